/** The agent's side of the stream: numbered units, kept until the client has them. */
import { encodeUnit, type UnitKind } from './frames.ts';

/**
 * Bytes under way. Beyond it the agent waits and the kernel's rings are the buffer, which count exactly what
 * they had no room for: nothing is ever dropped here. Some 100 ms of a gigabit link.
 */
export const windowBytes = 8 * 1024 * 1024;

interface Kept {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

export class Outbox {
  readonly #window: number;
  #kept: Kept[] = [];
  #bytes = 0;
  #next = 1;
  #send: ((bytes: Uint8Array) => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(window = windowBytes) {
    this.#window = window;
  }

  /** Number of the next unit. */
  get next(): number {
    return this.#next;
  }

  /** Bytes that the client has not said it has. */
  get unacknowledged(): number {
    return this.#bytes;
  }

  /** A connection: what the client does not have is sent again. False: it asks for what is kept no more. */
  connect(send: (bytes: Uint8Array) => void, next: number): boolean {
    const first = this.#kept[0]?.sequence ?? this.#next;
    if (next < first || next > this.#next) return false;
    this.acknowledge(next);
    this.#send = send;
    for (const { bytes } of this.#kept) send(bytes);
    return true;
  }

  /** The connection is broken. */
  disconnect(): void {
    this.#send = undefined;
  }

  /** The payload is copied. */
  push(kind: UnitKind, payload: Uint8Array): void {
    const sequence = this.#next++;
    const bytes = encodeUnit(kind, sequence, payload);
    this.#kept.push({ sequence, bytes });
    this.#bytes += bytes.length;
    this.#send?.(bytes);
  }

  /** The client has all units before `next`. */
  acknowledge(next: number): void {
    let count = 0;
    while (count < this.#kept.length && this.#kept[count]!.sequence < next)
      this.#bytes -= this.#kept[count++]!.bytes.length;
    if (count === 0) return;
    this.#kept = this.#kept.slice(count);
    if (this.#bytes >= this.#window) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#window;
  }

  /** Undefined: there is room now. */
  room(): Promise<void> | undefined {
    if (this.hasRoom) return undefined;
    return new Promise((go) => this.#waiting.push(go));
  }

  /** Nobody will say any more what it has: whoever waits goes on. */
  abandon(): void {
    this.#kept = [];
    this.#bytes = 0;
    for (const go of this.#waiting.splice(0)) go();
  }
}
