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

/** A copy: a slice would keep all that it was cut from. */
export function own(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

export class Rows<R extends Row<R>> {
  readonly #limit: number;
  readonly #make: (key: string) => R;
  readonly #rows = new Map<string, R>();
  /** What was folded away, summed. */
  readonly others: R;
  /** How many rows that were. One that came again is counted again. */
  folded = 0;

  /** @param make a row without figures; of no key for sums */
  constructor(limit: number, make: (key: string) => R) {
    this.#limit = limit;
    this.#make = make;
    this.others = make('');
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The key's row, made when it is not there. */
  at(key: string): R {
    const row = this.#rows.get(key);
    if (row !== undefined) return row;
    if (this.#rows.size >= this.#limit) this.#fold();
    const made = this.#make(key);
    this.#rows.set(own(key), made);
    return made;
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
    for (const [key, row] of other.#rows) this.at(key).merge(row);
    this.others.merge(other.others);
    this.folded += other.folded;
  }

  /** The heaviest, and the sum of all others. */
  top(count: number, weight: (row: R) => number = (row) => row.weight): Top<R> {
    const sorted = [...this.#rows.values()].sort((a, b) => weight(b) - weight(a));
    const rest = sorted.slice(count);
    const others = this.#make('');
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
