/** The sums that somebody asks for, kept while entries come. */
import type { Held, Shelf } from './held.ts';
import type { Tally } from './tally.ts';

/** Queries whose sums are kept, and for how long when nobody asks for them. */
const talliesMax = 4;
const idleMs = 60_000;
/** Share of the entries in a sum that may have been let go of. */
const stalePart = 0.1;

interface Kept {
  tally: Tally;
  successor?: Tally | undefined;
  askedMs: number;
}

export class Tallies {
  readonly #shelf: Shelf;
  readonly #make: (query: string) => Tally;
  readonly #kept = new Map<string, Kept>();

  constructor(shelf: Shelf, make: (query: string) => Tally) {
    this.#shelf = shelf;
    this.#make = make;
  }

  /** @param begin is told of one that was made for this question */
  of(query: string, nowMs: number, begin: (tally: Tally) => void): Tally {
    let kept = this.#kept.get(query);
    if (!kept) {
      kept = { tally: this.#make(query), askedMs: nowMs };
      begin(kept.tally);
    }
    kept.askedMs = nowMs;
    // The one that was asked for last is last.
    this.#kept.delete(query);
    this.#kept.set(query, kept);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > talliesMax) this.#kept.delete(oldest);
    return kept.tally;
  }

  *all(): Generator<Tally> {
    for (const { tally, successor } of this.#kept.values()) {
      yield tally;
      if (successor) yield successor;
    }
  }

  /** What nobody asks for any more goes; what counts many that are gone is made anew beside it, and takes its place. */
  tend(nowMs: number): void {
    const { first, length, next } = this.#shelf;
    for (const [query, kept] of this.#kept) {
      if (nowMs - kept.askedMs > idleMs) this.#kept.delete(query);
      else if (kept.successor?.next === next) {
        kept.tally = kept.successor;
        kept.successor = undefined;
      } else if (!kept.successor && first - kept.tally.first > Math.max(100, length * stalePart))
        kept.successor = this.#make(query);
    }
  }

  changed(id: number, held: Held): void {
    for (const tally of this.all()) tally.changed(id, held);
  }

  /** Entries that they have yet to look at. */
  get behind(): number {
    let behind = 0;
    for (const { tally } of this.#kept.values()) behind = Math.max(behind, this.#shelf.next - tally.next);
    return behind;
  }

  clear(): void {
    this.#kept.clear();
  }
}
