/**
 * Memory of all analyzers together. Each has a limit of its own, but many at once need one too: a thousand
 * slow downloads, or as many heads that never end.
 */

/** Some hundreds of bodies at the usual limit, or tens of thousands of heads. */
export const memoryLimit = 64 * 1024 * 1024;

export class Budget {
  readonly #limit: number;
  held = 0;
  /** Messages given up because there was no room. */
  evicted = 0;

  constructor(limit = memoryLimit) {
    this.#limit = limit;
  }

  /** false: that was one too many, and whoever took it has to give up what it holds. */
  change(bytes: number): boolean {
    this.held += bytes;
    if (bytes <= 0 || this.held <= this.#limit) return true;
    this.evicted++;
    return false;
  }
}
