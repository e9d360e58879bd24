/** The slowest exchanges: a heap whose first is the fastest of those kept. */
import type { Outcome } from './outcomes.ts';
import type { Party } from './party.ts';

export interface SlowExchange {
  /** Timestamp of its beginning. */
  readonly at: number;
  readonly durationNs: number;
  readonly protocol: string;
  readonly client: Party;
  readonly server: Party;
  readonly port: number;
  readonly operation: string;
  readonly subject: string;
  readonly result: string;
  readonly outcome: Outcome;
}

export class Slowest {
  readonly #limit: number;
  readonly #heap: SlowExchange[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether it would be kept: asked before anything is made of it. */
  isSlow(durationNs: number): boolean {
    return this.#heap.length < this.#limit || (this.#limit > 0 && durationNs > this.#heap[0]!.durationNs);
  }

  add(exchange: SlowExchange): void {
    const heap = this.#heap;
    if (heap.length < this.#limit) {
      let i = heap.length;
      for (; i > 0; i = (i - 1) >> 1) {
        const parent = heap[(i - 1) >> 1]!;
        if (parent.durationNs <= exchange.durationNs) break;
        heap[i] = parent;
      }
      heap[i] = exchange;
      return;
    }
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.durationNs < heap[child]!.durationNs) child++;
      if (heap[child]!.durationNs >= exchange.durationNs) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = exchange;
  }

  /** The slowest first. */
  list(): SlowExchange[] {
    return [...this.#heap].sort((a, b) => b.durationNs - a.durationNs);
  }
}
