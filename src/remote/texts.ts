/**
 * Texts of entries: most have been said before (names of fields and headers, methods, hosts). Either end keeps the
 * latest short ones in the same places, and a text that is in one is told by its place.
 *
 *     uint: place * 2 + 1 | length * 4, one byte a code unit | length * 4 + 2, two bytes a code unit
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Two bytes tell each place. Of what is said once (paths with numbers) a few thousand pass before it is used again. */
const places = 4096;
/** Longer ones are seldom said twice, and would take megabytes. */
const longest = 128;
const isNarrow = /^[\0-\xff]*$/;

export class TextWriter {
  readonly #placeOf = new Map<string, number>();
  readonly #texts: string[] = [];
  #next = 0;

  write(to: ByteWriter, text: string): void {
    const place = this.#placeOf.get(text);
    if (place !== undefined) {
      to.uint(2 * place + 1);
      return;
    }
    if (isNarrow.test(text)) {
      to.uint(4 * text.length);
      to.narrow(text);
    } else {
      to.uint(4 * text.length + 2);
      to.wide(text);
    }
    if (text.length > longest) return;
    const old = this.#texts[this.#next];
    if (old !== undefined) this.#placeOf.delete(old);
    this.#texts[this.#next] = text;
    this.#placeOf.set(text, this.#next);
    this.#next = (this.#next + 1) % places;
  }
}

export class TextReader {
  readonly #texts: string[] = [];
  #next = 0;

  read(from: ByteReader): string {
    const head = from.uint();
    if (head % 2 === 1) {
      const text = this.#texts[(head - 1) / 2];
      if (text === undefined) from.bad();
      return text ?? '';
    }
    const length = Math.floor(head / 4);
    const text = head % 4 === 0 ? from.narrow(length) : from.wide(length);
    if (from.isBad || length > longest) return text;
    this.#texts[this.#next] = text;
    this.#next = (this.#next + 1) % places;
    return text;
  }
}
