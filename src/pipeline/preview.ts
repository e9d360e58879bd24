/** What a connection of no known protocol began with, for people to look at. */
import type { Side, Timestamp } from '../model/index.ts';

/** Of each side: four lines in hex. */
export const previewBytes = 64;

const nothing = new Uint8Array(0);

export class Preview {
  client: Uint8Array = nothing;
  server: Uint8Array = nothing;
  readonly startedAt: Record<Side, Timestamp> = { client: 0, server: 0 };
  readonly #isDatagrams: boolean;
  #firstLength = -1;
  /** UDP: all that the client sent is as long as the first. Whoever asks again wants an answer. */
  isRepetition = true;

  constructor(isDatagrams: boolean) {
    this.#isDatagrams = isDatagrams;
  }

  /** @param bytes valid during the call; of a stream the next ones of that side, else one datagram */
  add(side: Side, bytes: Uint8Array, at: Timestamp): void {
    if (this.#isDatagrams && side === 'client') {
      if (this.#firstLength < 0) this.#firstLength = bytes.length;
      else if (bytes.length !== this.#firstLength) this.isRepetition = false;
    }
    const before = this[side];
    if (before.length >= previewBytes || (this.#isDatagrams && before.length > 0)) return;
    if (before.length === 0) this.startedAt[side] = at;
    const length = Math.min(previewBytes, before.length + bytes.length);
    const all = new Uint8Array(length);
    all.set(before);
    all.set(bytes.subarray(0, length - before.length), before.length);
    this[side] = all;
  }
}
