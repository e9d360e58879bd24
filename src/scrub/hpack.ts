/** Header blocks of HTTP/2, walked for their names and for where their values lie. RFC 7541. */
import { staticTable } from '../protocols/http2/hpack-static.ts';
import { decodeHuffman } from '../protocols/http2/huffman.ts';
import { latin1 } from '../util/bytes.ts';

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly size: number;
}

/** A literal value within the block. */
export interface Literal {
  /** Of its octets, the length before them left out. */
  readonly from: number;
  readonly to: number;
  readonly isHuffman: boolean;
  readonly name: string;
  readonly value: string;
}

/** Section 4.1: what an entry weighs beside its texts. */
const overhead = 32;
/** Of what servers and browsers use, the most is 64 KiB. */
const maxTable = 1024 * 1024;
export const unknownName = '';

export class HpackWalker {
  /** Newest last. */
  #entries: Entry[] = [];
  #size = 0;
  #maxSize = 4096;
  /** Entries that were there before we came are not known. */
  #lost: boolean;
  #at = 0;

  constructor(lost: boolean) {
    this.#lost = lost;
  }

  /**
   * @param literal is told of each value that stands in the block
   * @param header is told of each header, in order; '' is an unknown name
   * @returns false: it is no block
   */
  walk(
    b: Uint8Array,
    literal: (literal: Literal) => void,
    header: (name: string, value: string) => void,
  ): boolean {
    this.#at = 0;
    while (this.#at < b.length) {
      const first = b[this.#at]!;
      if (first & 0x80) {
        const index = this.#integer(b, 7);
        const entry = index > 0 ? this.#entry(index) : undefined;
        if (!entry) return false;
        header(entry.name, entry.value);
        continue;
      }
      if ((first & 0xe0) === 0x20) {
        const wanted = this.#integer(b, 5);
        if (wanted < 0 || wanted > maxTable) return false;
        this.#maxSize = wanted;
        if (wanted === 0) this.#lost = false;
        this.#evict();
        continue;
      }
      const isAdded = (first & 0x40) !== 0;
      const index = this.#integer(b, isAdded ? 6 : 4);
      if (index < 0) return false;
      const name = index === 0 ? this.#string(b)?.value : this.#entry(index)?.name;
      if (name === undefined) return false;
      const text = this.#string(b);
      if (!text) return false;
      literal({ ...text, name });
      header(name, text.value);
      if (isAdded) {
        const size = name.length + text.value.length + overhead;
        this.#entries.push({ name, value: text.value, size });
        this.#size += size;
        this.#evict();
      }
    }
    return this.#at === b.length;
  }

  #evict(): void {
    let gone = 0;
    while (this.#size > this.#maxSize && gone < this.#entries.length)
      this.#size -= this.#entries[gone++]!.size;
    if (gone > 0) this.#entries.splice(0, gone);
  }

  #entry(index: number): { readonly name: string; readonly value: string } | undefined {
    if (index <= staticTable.length) {
      const [name, value] = staticTable[index - 1]!;
      return { name, value };
    }
    const entry = this.#entries[this.#entries.length - (index - staticTable.length)];
    return entry ?? (this.#lost ? { name: unknownName, value: '' } : undefined);
  }

  /** Section 5.1; -1: cut, or too large to be meant. */
  #integer(b: Uint8Array, prefix: number): number {
    const mask = (1 << prefix) - 1;
    let value = b[this.#at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const c = b[this.#at++];
      if (c === undefined) return -1;
      value += (c & 0x7f) << shift;
      if (c < 0x80) return value;
    }
    return -1;
  }

  /** Section 5.2. */
  #string(b: Uint8Array): Omit<Literal, 'name'> | undefined {
    if (this.#at >= b.length) return undefined;
    const isHuffman = (b[this.#at]! & 0x80) !== 0;
    const length = this.#integer(b, 7);
    const from = this.#at;
    const to = from + length;
    if (length < 0 || to > b.length) return undefined;
    this.#at = to;
    return { from, to, isHuffman, value: isHuffman ? decodeHuffman(b, from, to) : latin1(b, from, to) };
  }
}
