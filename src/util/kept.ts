/** The beginning of a body, kept to be read when it is over. */
import { latin1 } from './bytes.ts';
import { unzip } from './unzip.ts';

/** Decompressed bytes for each that is kept: texts shrink to a tenth. */
const unfold = 20;

const nothing: Uint8Array = new Uint8Array(0);

export class Kept {
  readonly #limit: number;
  #bytes = nothing;
  length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(b: Uint8Array): void {
    const take = Math.min(b.length, this.#limit - this.length);
    if (take <= 0) return;
    if (this.length === 0) {
      // Most bodies come in one piece.
      this.#bytes = b.slice(0, take);
      this.length = take;
      return;
    }
    if (this.length + take > this.#bytes.length) {
      const grown = new Uint8Array(
        Math.min(this.#limit, Math.max(this.length + take, 2 * this.#bytes.length)),
      );
      grown.set(this.#bytes.subarray(0, this.length));
      this.#bytes = grown;
    }
    this.#bytes.set(b.subarray(0, take), this.length);
    this.length += take;
  }

  clear(): void {
    this.#bytes = nothing;
    this.length = 0;
  }

  /** One byte a character, gzip and deflate undone; '' when it is encoded otherwise. */
  text(encoding: string | undefined): string {
    const bytes = this.#bytes.subarray(0, this.length);
    const name = (encoding ?? '').trim().toLowerCase();
    if (name === '' || name === 'identity') return latin1(bytes);
    const undone = unzip(bytes, this.#limit * unfold);
    return undone ? latin1(undone.bytes) : '';
  }
}
