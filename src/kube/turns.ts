/** So many at a time; the others wait for their turn, in order. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  /** At once at most, so far. */
  peak = 0;
  #taken = 0;

  constructor(most: number) {
    this.#free = most;
  }

  async run<T>(what: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((turn) => this.#waiting.push(turn));
    else this.#free--;
    this.peak = Math.max(this.peak, ++this.#taken);
    try {
      return await what();
    } finally {
      this.#taken--;
      // The place goes from hand to hand.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
