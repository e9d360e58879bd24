import type { Connection, Side } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { FieldSpec } from './field.ts';
import type { Frame } from './frame.ts';
import type { IcmpError } from './icmp.ts';
import type { CaptureInterface } from './interface.ts';
import type { Loss, SourceCounters } from './loss.ts';
import type { ProbeKind } from './surroundings.ts';
import type { Clock } from './time.ts';

/** What a sink is told before anything else. */
export interface SinkContext {
  readonly clock: Clock;
  /** All declared fields by protocol name. */
  readonly fields: ReadonlyMap<string, DeclaredFields>;
}

export interface DeclaredFields {
  readonly title: string;
  readonly fields: readonly FieldSpec[];
  /** It carries protocols and is none that was decoded: tcp, udp. */
  readonly isTransport?: boolean;
}

/** Everything a view or a file can be fed with. Sinks leave out what they do not show. */
export interface Sink {
  open?(context: SinkContext): void;
  interface?(iface: CaptureInterface): void;
  frame?(frame: Frame): void;
  /** Frames that were decoded elsewhere, within one second, in their place among the entries. */
  frames?(tally: FrameTally): void;
  opened?(exchange: Exchange): void;
  /**
   * Something under way has gone without an answer for so long that it is told before it is over (SYNs, live).
   * `exchange` follows with the same `startAt`.
   */
  waiting?(exchange: Exchange): void;
  exchange?(exchange: Exchange): void;
  /** A connection that no protocol claimed has ended, and did not fail: who spoke, how much. */
  conversation?(summary: ConversationSummary): void;
  /**
   * Any connection's end, once: after its exchanges and `conversation`, when no packet of it is counted any
   * more (TCP: some seconds after it was closed).
   */
  connection?(summary: ConversationSummary): void;
  loss?(loss: Loss): void;
  note?(text: string): void;
  /** End of a batch: flush. A promise makes the source wait (files); live views never return one. */
  batch?(): void | Promise<void>;
  close?(counters: SourceCounters): void | Promise<void>;
}

export interface FrameTally {
  /** Unix second, and nanoseconds within it of the first and the last. */
  readonly sec: number;
  readonly firstNsec: number;
  readonly lastNsec: number;
  readonly packets: number;
  /** On the wire. */
  readonly bytes: number;
}

/** A connection as a whole. */
export interface ConversationSummary {
  readonly connection: Connection;
  /** Best name for it: a protocol's title, 'tcp', 'udp'. */
  readonly protocol: string;
  readonly startAt: number;
  readonly endAt: number;
  readonly clientBytes: number;
  readonly serverBytes: number;
  readonly clientPackets: number;
  readonly serverPackets: number;
  /** Of its packets, link layer included. */
  readonly clientWireBytes: number;
  readonly serverWireBytes: number;
  readonly lostBytes: number;
  /** How many were told of it. */
  readonly exchanges: number;
  /** unreachable: an ICMP error said so. */
  readonly ended: 'fin' | 'rst' | 'refused' | 'unreachable' | 'idle' | 'evicted' | 'captureEnd';
  /** Who sent the RST. */
  readonly resetBy?: Side;
  /** The last ICMP error about one of its packets. */
  readonly icmp?: IcmpError;
  /** What each side began with: some bytes, of datagrams the first. Only where no protocol was found. */
  readonly clientStart?: Uint8Array;
  readonly serverStart?: Uint8Array;
  readonly tcp?: TcpMeasures;
  /** As an Exchange's. */
  readonly probe?: readonly ProbeKind[];
  /** Oddities by name, the first few: what belongs to no exchange is told here alone. */
  readonly weirds?: readonly string[];
}

/** A connection that may not be over, as it stands. */
export type ConnectionState = Omit<ConversationSummary, 'ended'> & {
  readonly ended: ConversationSummary['ended'] | 'open';
};

/** What TCP's headers tell. Times are as seen where the capture is, in nanoseconds; undefined: not seen. */
export interface TcpMeasures {
  readonly client: TcpSide;
  readonly server: TcpSide;
  /** SYN (of several the last) to SYN-ACK: from here to the server and back. */
  readonly serverHandshakeNs?: number;
  /** SYN-ACK, when there was only one, to its acknowledgement: from here to the client and back. */
  readonly clientHandshakeNs?: number;
}

/** What one side sent. */
export interface TcpSide {
  /** With payload. */
  readonly segments: number;
  /** Segments sent again, SYN and FIN too: all that follow. Keep-alives and window probes are none. */
  readonly retransmitted: number;
  /** Of those: fill a hole, so the first was lost before it came here. */
  readonly lateFills: number;
  /** Of those: SYNs, or SYN-ACKs. */
  readonly repeatedSyns: number;
  /** Segments that fill a hole sooner than they could have been sent again: overtaken on the way. */
  readonly overtaken: number;
  /** Packets that say it has no room, and for how long it had none. */
  readonly zeroWindows: number;
  readonly shutNs: number;
  /** Samples of its data's way from here to the other side and back as an acknowledgement. */
  readonly rtt?: {
    readonly count: number;
    readonly sumNs: number;
    readonly minNs: number;
    readonly maxNs: number;
  };
}
