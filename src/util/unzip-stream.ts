/** A gzip or zlib stream undone as it comes; told apart by its first bytes. */
import { Inflater } from './inflate.ts';
import { Pending } from './pending.ts';
import { deflateStart } from './unzip.ts';

/** Where the compressed data of a gzip stream begin: a name and a comment come before. */
const headerLimit = 4096;

export class UnzipStream {
  readonly #inflater = new Inflater();
  #header: Pending | undefined = new Pending();
  /** Neither gzip nor zlib, damaged, or more than the budget allows. */
  broken = false;

  /** @param budget decoded bytes at most, in all */
  constructor(budget: number) {
    this.#inflater.budget = budget;
  }

  get size(): number {
    return this.#inflater.size + (this.#header?.length ?? 0);
  }

  /** Decoded bytes are handed on as they come: valid during the call. */
  push(b: Uint8Array, sink: (bytes: Uint8Array) => void): void {
    if (this.broken) return;
    let input = b;
    let from = 0;
    if (this.#header) {
      input = this.#header.append(b);
      const start = deflateStart(input);
      if (start === undefined || (start > input.length && input.length > headerLimit)) {
        this.broken = true;
        return;
      }
      if (start > input.length) return;
      from = start;
      this.#header = undefined;
    }
    const result = this.#inflater.push(input, from, input.length, (window, start, end) =>
      sink(window.subarray(start, end)),
    );
    this.broken = result === 'broken' || result === 'limit';
  }
}
