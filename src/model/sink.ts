import type { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { FieldSpec } from './field.ts';
import type { Frame } from './frame.ts';
import type { CaptureInterface } from './interface.ts';
import type { Loss, SourceCounters } from './loss.ts';
import type { Clock } from './time.ts';

/** What a sink is told before anything else. */
export interface SinkContext {
  readonly clock: Clock;
  /** All declared fields by protocol name. */
  readonly fields: ReadonlyMap<string, { readonly title: string; readonly fields: readonly FieldSpec[] }>;
}

/** Everything a view or a file can be fed with. Sinks leave out what they do not show. */
export interface Sink {
  open?(context: SinkContext): void;
  interface?(iface: CaptureInterface): void;
  frame?(frame: Frame): void;
  opened?(exchange: Exchange): void;
  exchange?(exchange: Exchange): void;
  /** A connection that no protocol claimed has ended: who spoke, how much. */
  conversation?(summary: ConversationSummary): void;
  loss?(loss: Loss): void;
  note?(text: string): void;
  /** End of a batch: flush. A promise makes the source wait (files); live views never return one. */
  batch?(): void | Promise<void>;
  close?(counters: SourceCounters): void | Promise<void>;
}

/** A connection without exchanges: still worth a line. */
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
  readonly lostBytes: number;
  readonly ended: 'fin' | 'rst' | 'refused' | 'idle' | 'evicted' | 'captureEnd';
}
