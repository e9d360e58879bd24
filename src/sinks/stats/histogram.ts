/**
 * Durations in buckets that widen with what they hold: 64 to each doubling. A percentile is the middle of its
 * bucket, so at most 1/128 (0.8%) from the sample it stands for; the least and the greatest are exact.
 */

/** Buckets to a doubling, as a power of two. */
const bits = 6;
const perDoubling = 2 ** bits;
/** 2^53 ns are 104 days, and the largest whole number a double holds for sure. */
const maxExponent = 52;

/** Whole part of the binary logarithm; `value` is whole and at least 1. */
function exponentOf(value: number): number {
  return value < 2 ** 31 ? 31 - Math.clz32(value) : 62 - Math.clz32(Math.floor(value / 2 ** 31));
}

export class Histogram {
  /**
   * Doublings by exponent less `bits`, the values below 64 first, each alone in its bucket. Made when they are
   * needed: what one endpoint takes lies within some doublings, 512 bytes each; all would be 24 KiB.
   */
  readonly #doublings: (Float64Array | undefined)[] = [];
  count = 0;
  sum = 0;
  min = 0;
  max = 0;

  /** @param value nanoseconds; below 0 counts as 0 */
  add(value: number): void {
    const whole = value >= 0 ? Math.floor(value) : 0;
    if (this.count === 0 || whole < this.min) this.min = whole;
    if (whole > this.max) this.max = whole;
    this.count++;
    this.sum += whole;
    if (whole < perDoubling) {
      this.#doubling(0)[whole]!++;
      return;
    }
    const shift = Math.min(exponentOf(whole), maxExponent) - bits;
    const bucket = Math.min(Math.floor(whole / 2 ** shift), 2 * perDoubling - 1) - perDoubling;
    this.#doubling(shift + 1)[bucket]!++;
  }

  #doubling(index: number): Float64Array {
    let doubling = this.#doublings[index];
    if (doubling === undefined) {
      doubling = new Float64Array(perDoubling);
      this.#doublings[index] = doubling;
    }
    return doubling;
  }

  merge(other: Histogram): void {
    if (other.count === 0) return;
    if (this.count === 0 || other.min < this.min) this.min = other.min;
    if (other.max > this.max) this.max = other.max;
    this.count += other.count;
    this.sum += other.sum;
    other.#doublings.forEach((from, index) => {
      if (from === undefined) return;
      const into = this.#doubling(index);
      for (let i = 0; i < perDoubling; i++) into[i]! += from[i]!;
    });
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /**
   * By nearest rank: the least sample that `percent` of all do not exceed. 0 when there are none.
   * @param percent above 0, up to 100
   */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent / 100) * this.count));
    // The ends are known exactly.
    if (rank >= this.count) return this.max;
    let left = rank;
    for (let index = 0; index < this.#doublings.length; index++) {
      const doubling = this.#doublings[index];
      if (doubling === undefined) continue;
      for (let i = 0; i < perDoubling; i++) {
        left -= doubling[i]!;
        if (left <= 0) return Math.min(this.max, Math.max(this.min, middle(index, i)));
      }
    }
    return this.max;
  }
}

function middle(index: number, bucket: number): number {
  if (index === 0) return bucket;
  const width = 2 ** (index - 1);
  return (perDoubling + bucket) * width + (width - 1) / 2;
}
