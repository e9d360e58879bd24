/** Groups of entries: by protocol, by endpoint, by peer, by failure; who talks to whom. */
import { Histogram } from '../sinks/stats/histogram.ts';
import type { Group } from './ports.ts';

/** Groups that are told apart; what is beyond them is in the totals alone. Each has a histogram of some KiB. */
const groupsMax = 1024;
/** Rows of a table. */
const rowsMax = 100;

const failures: ReadonlySet<string> = new Set(['clientError', 'serverError', 'failed', 'unanswered']);
export const isError = (outcome: string): boolean => failures.has(outcome);

export class Sum {
  readonly times = new Histogram();
  count = 0;
  errors = 0;
  bytes = 0;

  add(durationNs: number | undefined, isError: boolean, bytes: number): void {
    this.count++;
    if (isError) this.errors++;
    this.bytes += bytes;
    if (durationNs !== undefined) this.times.add(durationNs);
  }

  group(key: string, query: string): Group {
    return {
      ...{ key, query, count: this.count, errors: this.errors, bytes: this.bytes },
      p50Ns: this.times.percentile(50),
      p99Ns: this.times.percentile(99),
    };
  }
}

/** `T` is what a group's query and its text are made of, when somebody looks. */
export class Table<T> {
  readonly #rows = new Map<string, { readonly of: T; readonly sum: Sum }>();
  /** Entries whose group is not told apart. */
  more = 0;

  /** undefined: there are too many already. */
  row(key: string, of: () => T): { readonly of: T; readonly sum: Sum } | undefined {
    let row = this.#rows.get(key);
    if (row) return row;
    if (this.#rows.size >= groupsMax) {
      this.more++;
      return undefined;
    }
    row = { of: of(), sum: new Sum() };
    this.#rows.set(key, row);
    return row;
  }

  /** Heaviest first. */
  rows(max = rowsMax): { readonly key: string; readonly of: T; readonly sum: Sum }[] {
    return [...this.#rows]
      .map(([key, row]) => ({ key, ...row }))
      .sort((a, b) => b.sum.count - a.sum.count || (a.key < b.key ? -1 : 1))
      .slice(0, max);
  }

  get size(): number {
    return this.#rows.size;
  }

  groups(key: (of: T) => string, query: (of: T) => string): Group[] {
    return this.rows().map(({ of, sum }) => sum.group(key(of), query(of)));
  }
}
