/**
 * A table with a limit. When it is full the lighter half of its rows is summed into one, so what is heavy stays
 * whatever comes before or after it, and a new row costs a constant time on average.
 */

export interface Row<R> {
  /** Adds the other's figures to its own. */
  merge(other: R): void;
  /** What rows are kept and sorted by. */
  readonly weight: number;
}

export class Rows<R extends Row<R>> {
  readonly #limit: number;
  readonly #empty: () => R;
  readonly #rows = new Map<string, R>();
  /** What was folded away, summed. */
  readonly others: R;
  /** How many rows that were. One that came again is counted again. */
  folded = 0;

  /** @param empty a row of nobody, for sums */
  constructor(limit: number, empty: () => R) {
    this.#limit = limit;
    this.#empty = empty;
    this.others = empty();
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): R | undefined {
    return this.#rows.get(key);
  }

  /** For a key that is not there. */
  add(key: string, row: R): R {
    if (this.#rows.size >= this.#limit) this.#fold();
    this.#rows.set(key, row);
    return row;
  }

  #fold(): void {
    const byWeight = [...this.#rows].sort((a, b) => a[1].weight - b[1].weight);
    for (const [key, row] of byWeight.slice(0, Math.ceil(byWeight.length / 2))) {
      this.others.merge(row);
      this.folded++;
      this.#rows.delete(key);
    }
  }

  /** Adds another table's rows, which stay what they are. */
  merge(other: Rows<R>): void {
    for (const [key, row] of other.#rows) (this.get(key) ?? this.add(key, this.#empty())).merge(row);
    this.others.merge(other.others);
    this.folded += other.folded;
  }

  /** The heaviest, and the sum of all others. */
  top(count: number, weight: (row: R) => number = (row) => row.weight): Top<R> {
    const sorted = [...this.#rows.values()].sort((a, b) => weight(b) - weight(a));
    const rest = sorted.slice(count);
    const others = this.#empty();
    others.merge(this.others);
    for (const row of rest) others.merge(row);
    return { rows: sorted.slice(0, count), others, othersCount: this.folded + rest.length };
  }
}

export interface Top<R> {
  readonly rows: readonly R[];
  readonly others: R;
  /** Rows that `others` is the sum of. */
  readonly othersCount: number;
}
