/** A run of bytes that comes in pieces, in any order, some of them twice: QUIC's CRYPTO frames, DTLS' fragments. */

const nothing = new Uint8Array(0);

export class Pieces {
  readonly #limit: number;
  readonly #maxHoles: number;
  #bytes = new Uint8Array(0);
  /** Sorted, disjoint, not touching. */
  readonly #ranges: [from: number, to: number][] = [];

  /**
   * @param limit bytes kept: where a piece may end
   * @param maxHoles pieces with holes between them at once
   */
  constructor(limit: number, maxHoles: number) {
    this.#limit = limit;
    this.#maxHoles = maxHoles;
  }

  get buffered(): number {
    return this.#bytes.length;
  }

  /** From the start, without a hole. */
  get whole(): Uint8Array {
    const first = this.#ranges[0];
    return first && first[0] === 0 ? this.#bytes.subarray(0, first[1]) : nothing;
  }

  /** false: it does not fit the limits and was left out. */
  add(offset: number, bytes: Uint8Array): boolean {
    const end = offset + bytes.length;
    if (end > this.#limit || this.#ranges.length >= this.#maxHoles) return false;
    if (bytes.length === 0) return true;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(end, 2 * this.#bytes.length, 2048)));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, offset);
    this.#merge(offset, end);
    return true;
  }

  #merge(from: number, to: number): void {
    const ranges = this.#ranges;
    let i = 0;
    while (i < ranges.length && ranges[i]![1] < from) i++;
    let j = i;
    let [start, end] = [from, to];
    for (; j < ranges.length && ranges[j]![0] <= to; j++) {
      start = Math.min(start, ranges[j]![0]);
      end = Math.max(end, ranges[j]![1]);
    }
    ranges.splice(i, j - i, [start, end]);
  }

  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#ranges.length = 0;
  }
}
