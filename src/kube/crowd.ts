/** Lines about nodes: one for each of the first, then one for many. */

/** Nodes that have a line of their own. */
const ownLines = 8;
/** What happens to others within so long is one line. */
const gatherMs = 1000;

export class Crowd {
  readonly #one: (node: string) => string;
  readonly #many: (count: number, all: number) => string;
  readonly #note: (text: string) => void;
  #all = 0;
  #pending = 0;

  /**
   * @param one what is said of one node
   * @param many what is said of `count` more, of which there are `all` then
   */
  constructor(
    note: (text: string) => void,
    one: (node: string) => string,
    many: (count: number, all: number) => string,
  ) {
    this.#note = note;
    this.#one = one;
    this.#many = many;
  }

  add(node: string): void {
    if (++this.#all <= ownLines) {
      this.#note(this.#one(node));
      return;
    }
    if (this.#pending++ > 0) return;
    setTimeout(() => {
      this.#note(this.#many(this.#pending, this.#all));
      this.#pending = 0;
    }, gatherMs).unref();
  }
}
