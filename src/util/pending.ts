const nothing = new Uint8Array(0);
const smallest = 512;

/**
 * Bytes that wait for the rest of what they belong to. Grows by doubling, so that a unit that comes a byte
 * at a time costs its length and not its square.
 */
export class Pending {
  #bytes: Uint8Array = nothing;
  length = 0;

  /** What waits, behind it `more`: valid until the next call. */
  append(more: Uint8Array): Uint8Array {
    const length = this.length + more.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length, smallest));
      grown.set(this.#bytes.subarray(0, this.length));
      this.#bytes = grown;
    }
    this.#bytes.set(more, this.length);
    this.length = length;
    return this.#bytes.subarray(0, length);
  }

  /** Keeps [from, end) of what `append` returned, which is the buffer's own memory. */
  keepFrom(from: number): void {
    if (from >= this.length) return this.clear();
    if (from === 0) return;
    this.#bytes.copyWithin(0, from, this.length);
    this.length -= from;
  }

  clear(): void {
    this.#bytes = nothing;
    this.length = 0;
  }

  /** Hands what waits over and forgets it. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.length);
    this.clear();
    return taken;
  }
}
