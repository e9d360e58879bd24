/** One direction of a TCP connection: messages with their lengths before them (RFC 1035 section 4.2.2). */
import type { Timestamp } from '../../model/index.ts';
import { u16 } from '../../util/bytes.ts';
import { Pending } from '../../util/pending.ts';
import { beginsMessage } from './detect.ts';

export class MessageStream {
  readonly #partial = new Pending();
  #partialAt: Timestamp = 0;
  /** Behind a hole: the next segment that begins a message is the place to go on. */
  #isSeeking: boolean;
  /** Bytes that were not captured, told with the next message. */
  lost = 0;

  constructor(midMessage: boolean) {
    this.#isSeeking = midMessage;
  }

  get buffered(): number {
    return this.#partial.length;
  }

  /** @param message gets each whole one, valid during the call, and when it began; false = no more is wanted */
  data(bytes: Uint8Array, at: Timestamp, message: (bytes: Uint8Array, startAt: Timestamp) => boolean): void {
    if (this.#isSeeking) {
      if (!beginsMessage(bytes)) return;
      this.#isSeeking = false;
    }
    const waited = this.#partial.length > 0;
    const b = waited ? this.#partial.append(bytes) : bytes;
    if (!waited) this.#partialAt = at;
    let from = 0;
    while (b.length - from >= 2) {
      const end = from + 2 + u16(b, from);
      if (end > b.length) break;
      if (!message(b.subarray(from + 2, end), this.#partialAt)) return;
      from = end;
      this.#partialAt = at;
    }
    if (waited) this.#partial.keepFrom(from);
    else if (from < b.length) this.#partial.append(b.subarray(from));
  }

  gap(length: number): void {
    this.end();
    this.lost += length;
    this.#isSeeking = true;
  }

  /** What is there of a message will not become one. */
  end(): void {
    this.lost += this.#partial.length;
    this.#partial.clear();
  }
}
