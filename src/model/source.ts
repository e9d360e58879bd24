import type { Frame } from './frame.ts';
import type { CaptureInterface } from './interface.ts';
import type { Loss, SourceCounters } from './loss.ts';

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
