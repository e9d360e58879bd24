import type { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import type { Frame } from './frame.ts';
import type { CaptureInterface } from './interface.ts';
import type { Loss, SourceCounters } from './loss.ts';
import type { ConnectionState, ConversationSummary, FrameTally } from './sink.ts';

/** Where a source puts what it reads. Calls are synchronous and in packet order per interface. */
export interface FrameCollector {
  /** A new interface: always before its first frame. */
  interface(iface: CaptureInterface): void;
  frame(frame: Frame): void;
  loss(loss: Loss): void;
  /** Secrets that a capture file brings along for what follows: pcapng's type and bytes (Decryption Secrets Block). */
  secrets?(type: number, bytes: Uint8Array): void;
  /** A line for people: interfaces coming and going, a container that ended. */
  note(text: string): void;
  /**
   * A batch is over (a ring block, a file chunk): the moment to flush. A promise makes the source
   * wait before it reads on, so that the ring or the file is the buffer and not our memory.
   */
  batch(): void | Promise<void>;
}

/** Live namespace, capture file, remote agent. Control goes here and nowhere else. */
export interface PacketSource {
  /** Resolves at the end of the file, or when stopped. Rejects only for errors that end the capture. */
  run(out: FrameCollector): Promise<void>;
  /** Ends `run` soon; frames already captured are still delivered. */
  stop(): void;
  counters(): SourceCounters;
}

/**
 * Where a source that decodes where it captures puts entries, beside its interfaces, losses and notes. An entry's
 * connection is what `connected` has returned for it, each time the same object.
 */
export interface EntryCollector {
  /** What is to be added to times that count from that Unix second, in nanoseconds. */
  shiftOf(baseSec: number): number;
  /**
   * Before the first entry of a connection.
   * @param before the same connection, of which less was known when it was told of
   * @returns the connection with a number and names of our own
   */
  connected(connection: Connection, before?: Connection): Connection;
  opened(exchange: Exchange): void;
  waiting(exchange: Exchange): void;
  exchange(exchange: Exchange): void;
  conversation(summary: ConversationSummary): void;
  /** It is over. */
  connection(summary: ConversationSummary): void;
  /** It goes on, as it stands. */
  state(state: ConnectionState): void;
  /** Exchanges and conversations of it that were shed, before its next one. */
  skipped(connection: Connection, count: number): void;
  frames(tally: FrameTally): void;
  /** What was counted there since the last time, by the names of the pipeline's counters. */
  counted(more: Readonly<Record<string, number>>): void;
}
