import type { Connection, EndReason, Secured, Side } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { FieldSpec } from './field.ts';
import type { Clock, Timestamp } from './time.ts';
import type { Decryption } from './tls.ts';

/** Where an analyzer puts what it found: a collector, so that the hot path makes no array per call. */
export interface AnalyzerOutput {
  /** Finished: complete, or as complete as it will get. */
  exchange(exchange: Exchange): void;
  /** A request is under way (live views show it as pending); `exchange` follows with the same `startAt`. */
  opened(exchange: Exchange): void;
  /**
   * From here on the stream is another protocol's (Upgrade, CONNECT, STARTTLS). `protocol` names it or
   * is '' for "detect anew". `rest` is what already came after the switch, per side; `carrier` the
   * exchange that agreed on it, where the child needs to know what was agreed.
   */
  child(
    protocol: string,
    rest: { client: Uint8Array; server: Uint8Array },
    at: Timestamp,
    carrier?: Exchange,
  ): void;
  /**
   * What rides inside this exchange's messages? Asked when the request's head is known, and again with the
   * response's, handing over what the first answer was. `exchange` holds the heads that are known (bodies
   * absent); bytes are fed to the latest answer, until `finish`.
   */
  inner(exchange: Exchange, before?: Inner): Inner | undefined;
  /**
   * What this protocol carries, in the clear: a stream of its own, looked into like any other, while the carrier goes
   * on. Its exchanges are of the same connection. Without it nobody looks.
   */
  within?(secured: Secured): StreamWithin;
  /** This is my protocol. Once. */
  confirmed(): void;
  /** This is not my protocol (any more); the analyzer gets no further data. */
  violation(reason: string): void;
  /** Odd, named, go on. */
  weird(name: string): void;
}

/** A stream inside another. Bytes are valid only during the call. */
export interface StreamWithin {
  data(side: Side, bytes: Uint8Array, at: Timestamp): void;
  gap(side: Side, length: number, at: Timestamp): void;
  end(side: Side, reason: EndReason, at: Timestamp): void;
  /** Exchanges that were told of it. */
  readonly exchanges: number;
}

/**
 * One per connection. Bytes may be cut anywhere and are valid only during the call (copy what is
 * kept). For udp each `data` call is one whole datagram. Never throws on any bytes.
 */
export interface Analyzer {
  data(side: Side, bytes: Uint8Array, at: Timestamp, out: AnalyzerOutput): void;
  /** `length` bytes of this side were not captured: resync or say violation. */
  gap(side: Side, length: number, at: Timestamp, out: AnalyzerOutput): void;
  /** This side sends no more. On 'rst', 'idle', 'evicted', 'captureEnd' it is called for both sides. */
  end(side: Side, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void;
  /** Bytes held right now, for the contract's limit. */
  buffered(): number;
}

export interface AnalyzerContext {
  readonly connection: Connection;
  /**
   * Either side may be in the middle of a message: the beginning was not seen, or bytes were lost since.
   * Default: connection.joinedMidStream.
   */
  readonly midMessage?: boolean;
  /** Bytes of a body kept for show; the rest is counted only. 0: none is wanted, which is no incompleteness. */
  readonly bodyLimit: number;
  /** false: nobody looks at `opened`, it may be left out. */
  readonly wantsOpened?: boolean;
  /** false: nothing rides inside exchanges, `inner` need not be asked. */
  readonly wantsInner?: boolean;
  /**
   * Whether anything could ride inside what this head begins: asked before `inner`, and cheap. Without it all may.
   * @param target of the request, '' for a response
   */
  readonly mayRide?: (head: 'request' | 'response', mediaType: string, target: string) => boolean;
  /** The exchange of the parent protocol that switched to this one. */
  readonly carrier?: Exchange;
  /** What Timestamps count from, for protocols that carry dates (certificates). Without it none is judged. */
  readonly clock?: Clock;
  /** Encrypted streams are opened with these secrets. */
  readonly decryption?: Decryption;
}

/**
 * What a carrier (HTTP) feeds with the bodies of one exchange: bytes as they come, the carrier's framing
 * removed, content encodings still on.
 */
export interface Inner {
  data(side: Side, bytes: Uint8Array, at: Timestamp): void;
  gap(side: Side, length: number, at: Timestamp): void;
  /** The carrier's exchange, finished: as this protocol sees it, with its fields beside the carrier's. */
  finish(exchange: Exchange): Exchange;
}

/** One per exchange. Same rules as for an Analyzer. What it reports on the way are exchanges of its own. */
export interface InnerAnalyzer {
  /** The response's head is known too; not called when it was at `open`. */
  answered?(exchange: Exchange): void;
  data(side: Side, bytes: Uint8Array, at: Timestamp, out: InnerOutput): void;
  gap(side: Side, length: number, at: Timestamp, out: InnerOutput): void;
  finish(exchange: Exchange, out: InnerOutput): Exchange;
  /** Bytes held right now, for the contract's limit. */
  buffered(): number;
}

export type InnerOutput = Pick<AnalyzerOutput, 'exchange' | 'weird'>;

/** Lower case. How the media type of a request's or a response's head begins, and parts of a target. */
export interface InnerSigns {
  readonly request: readonly string[];
  readonly response: readonly string[];
  readonly target: readonly string[];
}

/** A protocol that rides inside another's messages: gRPC, server-sent events, GraphQL ... */
export interface InnerModule {
  readonly name: string;
  readonly title: string;
  readonly fields: readonly FieldSpec[];
  /**
   * By the heads known so far: asked with the request's, and while it says no again with the response's. A
   * wrong yes costs only that `finish` gives the exchange back unchanged.
   */
  claims(exchange: Exchange): boolean;
  /** Of HTTP/1 heads: `claims` says yes to none without one of these. Without it, to any. */
  readonly signs?: InnerSigns;
  open(exchange: Exchange, context: AnalyzerContext): InnerAnalyzer;
  /** As for a ProtocolModule. */
  readonly bufferLimit: number;
}

export type Detection = 'yes' | 'no' | 'more';

export interface ProtocolModule {
  /** Lower case; equals its folder's name. */
  readonly name: string;
  /** For people: 'HTTP/1'. */
  readonly title: string;
  readonly transports: readonly ('tcp' | 'udp')[];
  /** Usual ports: a hint that orders the detection, never a proof. */
  readonly ports: readonly number[];
  readonly fields: readonly FieldSpec[];
  /**
   * By content: the first bytes of each side (either may be empty: one-sided or not yet seen).
   * 'more' asks to be called again with more; the pipeline ends the wait at its own limit.
   */
  detect(client: Uint8Array, server: Uint8Array, transport: 'tcp' | 'udp'): Detection;
  open(context: AnalyzerContext): Analyzer;
  /** Analyzer.buffered() never exceeds this plus 2 x bodyLimit. Bytes. */
  readonly bufferLimit: number;
}
