/**
 * Texts that come again and again, kept once and named by number: methods, paths' hosts, headers' names. A place
 * (a field, a header) whose texts are mostly new ones is found out and left alone.
 */

/** Different texts of one place. A status or a host has few; who has more is written out each time. */
const perPlace = 256;
/** Longer ones are seldom the same. */
const maxLength = 256;
/** Places, and texts of all of them: header names are the sender's choice. */
const maxPlaces = 4096;
const maxTexts = 100_000;

export interface TextPlace {
  left: number;
}

export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #places = new Map<string, TextPlace>();
  /** Characters of all. */
  characters = 0;

  place(name: string): TextPlace {
    let place = this.#places.get(name);
    if (!place) {
      place = { left: this.#places.size < maxPlaces ? perPlace : 0 };
      if (place.left > 0) this.#places.set(name, place);
    }
    return place;
  }

  /** @returns -1: it is written out */
  numberOf(text: string, place: TextPlace): number {
    if (text.length > maxLength) return -1;
    if (place.left === 0) return -1;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    place.left--;
    if (this.#texts.length >= maxTexts) return -1;
    // A copy: a part of a long text would keep all of it.
    const own = copyOf(text);
    this.#numbers.set(own, this.#texts.length);
    this.characters += own.length;
    return this.#texts.push(own) - 1;
  }

  text(number: number): string {
    return this.#texts[number]!;
  }
}

/** V8 makes parts of texts that lean on the whole; through an array it has to write it anew. */
function copyOf(text: string): string {
  return text.length < 13 ? text : JSON.parse(JSON.stringify(text));
}
