/** Header blocks of one direction: RFC 7541. The table lives as long as the connection. */
import { latin1 } from '../../util/bytes.ts';
import { findPlace, likeBefore, type Reference } from './hpack-recovery.ts';
import { type Header, staticTable } from './hpack-static.ts';
import { decodeHuffman, huffmanBroken } from './huffman.ts';

/** What a header list may weigh, as section 4.1 counts: servers refuse above 8 to 64 KiB. Memory of a bomb. */
export const listLimit = 256 * 1024;
/** Entries kept of a larger table, as section 4.1 counts: what Chrome asks for. Older ones become unknown. */
export const tableCap = 64 * 1024;
/** Default of SETTINGS_HEADER_TABLE_SIZE: RFC 9113 section 6.5.2. */
const defaultTableSize = 4096;
/** Section 4.1: what an entry weighs beside its texts. */
const overhead = 32;

export const unknownValue = '<unknown>';
/** Header lists remembered, to find the place in the table again by: heads and trailers of some kinds of calls. */
const maxRecent = 8;
/** Lost blocks may have added more to the table than the others did: so many times more, and so much besides. */
const caution = 4;
const uncounted = 256;
/** Blocks behind a hole by which the place is looked for. */
const maxTries = 32;

/** One decoded block. */
export interface HeaderList {
  readonly headers: readonly Header[];
  /** As section 4.1 counts, of what is kept. */
  readonly size: number;
  /** There were more than are kept. */
  readonly cut: boolean;
}

export class HpackDecoder {
  /** Newest last, from `#first` on. The tuples are those that lists share. */
  #entries: Header[] = [];
  #first = 0;
  #size = 0;
  #maxSize = defaultTableSize;
  /** What the receiver allows; the sender may use less. -1 = not known. */
  #allowed = defaultTableSize;
  /** Entries that were there were not seen: which ones is not known. */
  #lost = false;
  /** Entries added since: an unknown one keeps its name while it wanders. */
  #added = 0;
  /** The table before the hole, newest last, how large it might be and was; undefined: nothing to go by. */
  #old: readonly Header[] | undefined;
  #oldMaxSize = 0;
  #oldSize = 0;
  /** What lost blocks may have added, as section 4.1 counts: what they have pushed out is not known. */
  #unseenSize = 0;
  /** All that was ever added. */
  #addedSize = 0;
  #tries = 0;
  /** The last lists, in a ring. */
  #recent: (readonly Header[])[] | undefined;
  #recentAt = 0;
  /** Of the last block: oddities, by name; undefined = none. */
  weirds: string[] | undefined;
  /** Where the last integer or string ended; -1 = broken. */
  #at = 0;

  /** Memory held, as section 4.1 counts, with the table from before a hole. */
  get size(): number {
    return this.#size + (this.#old ? this.#oldSize : 0);
  }

  /** Some of the table is not known. */
  get lost(): boolean {
    return this.#lost;
  }

  /** SETTINGS_HEADER_TABLE_SIZE of who receives these blocks. */
  allow(size: number): void {
    this.#allowed = size;
    // Section 4.2: a sender says when it has shrunk its table; until then the old one holds.
  }

  /**
   * Blocks were not seen.
   * @param bytes of the stream in which they may have been
   * @param seen bytes of the stream until then
   */
  lose(bytes = Number.POSITIVE_INFINITY, seen = 0): void {
    const rate = seen > 0 ? this.#addedSize / seen : 1;
    const unseen = caution * rate * bytes + uncounted;
    this.#unseenSize = this.#lost ? this.#unseenSize + unseen + this.#size : unseen;
    // What came between two holes is not known well enough to count from.
    if (!this.#lost) {
      this.#old = this.#entries.slice(this.#first);
      this.#oldMaxSize = this.#maxSize;
      this.#oldSize = this.#size;
    }
    this.#tries = 0;
    this.#entries = [];
    this.#first = 0;
    this.#size = 0;
    this.#maxSize = tableCap;
    this.#allowed = -1;
    this.#lost = true;
    this.#added = 0;
  }

  /** [from, to) is one whole block; undefined when it is none, and the table is lost then. */
  decode(b: Uint8Array, from: number, to: number): HeaderList | undefined {
    this.weirds = undefined;
    if (this.#old) this.#recover(b, from, to);
    const headers: Header[] = [];
    let size = 0;
    let cut = false;
    let at = from;
    while (at < to) {
      const first = b[at]!;
      let header: Header | undefined;
      if (first & 0x80) {
        const index = this.#integer(b, at, to, 7);
        if (this.#at < 0 || index === 0) return this.#broken();
        header = this.#entry(index);
      } else if ((first & 0xe0) === 0x20) {
        const wanted = this.#integer(b, at, to, 5);
        if (this.#at < 0) return this.#broken();
        // Section 4.2: at the beginning of a block.
        if (headers.length > 0) this.#weird('http2_table_size_update_late');
        this.#resize(wanted);
        at = this.#at;
        continue;
      } else {
        header = this.#literal(b, at, to, (first & 0x40) !== 0);
        if (this.#at < 0) return this.#broken();
      }
      if (!header) return this.#broken();
      at = this.#at;
      const weight = header[0].length + header[1].length + overhead;
      if (size + weight > listLimit) cut = true;
      else {
        size += weight;
        headers.push(header);
      }
    }
    if (this.#lost) this.#nameUnknown(headers);
    else {
      this.#recent ??= [];
      this.#recent[this.#recentAt] = headers;
      this.#recentAt = (this.#recentAt + 1) % maxRecent;
    }
    if (cut) this.#weird('http2_header_list_too_long');
    return { headers, size, cut };
  }

  /** Whether this block shows by how much the table has grown unseen: then all of it but that is known again. */
  #recover(b: Uint8Array, from: number, to: number): void {
    const old = this.#old!;
    const references = this.#references(b, from, to);
    const place = references && findPlace(references, old, this.#recent ?? []);
    if (!place || !this.#isStillThere(old, place.deepest)) {
      if (++this.#tries >= maxTries) this.#old = undefined;
      return;
    }
    const { shift, names } = place;
    const unseen = Array.from({ length: shift }, (_, i): Header => {
      const back = shift - i;
      const name = names.get(back);
      return [name === undefined ? `<unknown ${61 + back}>` : guessed(name), unknownValue];
    });
    /** What was added since under a name that was not known then. */
    const named = (header: Header): Header => {
      const back = referenceOf(header[0]);
      if (typeof back === 'string') return header;
      const like = names.get(back);
      const name = back > shift ? old[old.length - (back - shift)]?.[0] : like && guessed(like);
      return name === undefined ? header : [name, header[1]];
    };
    this.#entries = [...old, ...unseen, ...this.#entries.slice(this.#first).map(named)];
    this.#first = 0;
    this.#size = 0;
    for (const [name, value] of this.#entries) this.#size += name.length + value.length + overhead;
    // How large what was not seen is, nobody knows: more is kept rather than less.
    if (shift === 0 && this.#added === 0) this.#maxSize = this.#oldMaxSize;
    this.#lost = false;
    this.#old = undefined;
    this.#evict();
    this.#weird('http2_table_recovered');
  }

  /**
   * Whether the newest `count` entries from before the hole cannot have been pushed out by what was added since.
   * If they were, their senders have added them again, perhaps with other values, and all would look the same.
   */
  #isStillThere(old: readonly Header[], count: number): boolean {
    let size = this.#unseenSize + this.#size;
    for (let i = Math.max(0, old.length - count); i < old.length; i++)
      size += old[i]![0].length + old[i]![1].length + overhead;
    return size <= this.#oldMaxSize;
  }

  /** Later entries have their names from earlier ones: one that is unknown would stay so for good. */
  #nameUnknown(headers: Header[]): void {
    if (!headers.some(([name]) => name.startsWith('<unknown '))) return;
    const names = likeBefore(headers, isUnknownName, this.#recent ?? []);
    if (!names) return;
    this.#weird('http2_name_guessed');
    for (let i = 0; i < headers.length; i++) {
      const [name, value] = headers[i]!;
      if (!name.startsWith('<unknown ')) continue;
      const like = guessed(names[i]!);
      headers[i] = [like, value];
      for (let n = this.#first; n < this.#entries.length; n++)
        if (this.#entries[n]![0] === name) this.#replace(n, [like, this.#entries[n]![1]]);
    }
  }

  #replace(at: number, header: Header): void {
    this.#size += header[0].length - this.#entries[at]![0].length;
    this.#entries[at] = header;
  }

  /** What the block refers to, nothing of it decoded but names; undefined when it is no block. */
  #references(b: Uint8Array, from: number, to: number): Reference[] | undefined {
    const references: Reference[] = [];
    let added = this.#added;
    let at = from;
    while (at < to) {
      const first = b[at]!;
      const isIndexed = first >= 0x80;
      const isAdded = !isIndexed && first >= 0x40;
      // Whoever changes its table's size begins anew.
      if (!isIndexed && !isAdded && first >= 0x20) return undefined;
      const index = this.#integer(b, at, to, isIndexed ? 7 : isAdded ? 6 : 4);
      if (this.#at < 0) return undefined;
      if (index > staticTable.length) {
        const back = index - staticTable.length;
        const own = this.#entries[this.#entries.length - (back - (added - this.#added))];
        references.push(back > added ? back - added : referenceOf(own?.[0] ?? ''));
      } else references.push(index > 0 ? staticTable[index - 1]![0] : this.#string(b, this.#at, to));
      if (this.#at < 0) return undefined;
      if (!isIndexed) this.#skipString(b, to);
      if (this.#at < 0) return undefined;
      if (isAdded) added++;
      at = this.#at;
    }
    return references;
  }

  #skipString(b: Uint8Array, to: number): void {
    const from = this.#at;
    if (from >= to) {
      this.#at = -1;
      return;
    }
    const length = this.#integer(b, from, to, 7);
    if (this.#at >= 0) this.#at = this.#at + length > to ? -1 : this.#at + length;
  }

  /** Section 6.2: name by index or as text, value as text. */
  #literal(b: Uint8Array, from: number, to: number, isAdded: boolean): Header | undefined {
    const index = this.#integer(b, from, to, isAdded ? 6 : 4);
    if (this.#at < 0) return undefined;
    let name: string;
    if (index === 0) name = this.#string(b, this.#at, to);
    else {
      const entry = this.#entry(index);
      if (!entry) return undefined;
      name = entry[0];
    }
    if (this.#at < 0) return undefined;
    const value = this.#string(b, this.#at, to);
    if (this.#at < 0) return undefined;
    const header: Header = [name, value];
    if (isAdded) this.#add(header);
    return header;
  }

  /** undefined: there can be none. */
  #entry(index: number): Header | undefined {
    if (index <= staticTable.length) return staticTable[index - 1];
    const back = index - staticTable.length;
    const place = this.#entries.length - back;
    if (place >= this.#first) return this.#entries[place];
    if (!this.#lost && this.#maxSize <= tableCap) return undefined;
    // Of a table that is partly kept, or was in use before we came.
    return [`<unknown ${this.#lost ? index - this.#added : index}>`, unknownValue];
  }

  #add(header: Header): void {
    const weight = header[0].length + header[1].length + overhead;
    this.#added++;
    this.#entries.push(header);
    this.#size += weight;
    this.#addedSize += weight;
    this.#evict();
  }

  #evict(): void {
    const limit = Math.min(this.#maxSize, tableCap);
    const entries = this.#entries;
    let first = this.#first;
    while (this.#size > limit && first < entries.length) {
      const [name, value] = entries[first++]!;
      this.#size -= name.length + value.length + overhead;
    }
    this.#first = first;
    if (first === entries.length) {
      this.#entries = [];
      this.#first = 0;
    } else if (first > 64 && first * 2 > entries.length) {
      this.#entries = entries.slice(first);
      this.#first = 0;
    }
  }

  #resize(wanted: number): void {
    if (this.#allowed >= 0 && wanted > this.#allowed) this.#weird('http2_table_larger_than_allowed');
    if (wanted > tableCap) this.#weird('http2_table_capped');
    // Emptied (section 4.3): whatever was unknown is gone.
    if (wanted === 0) {
      this.#lost = false;
      this.#old = undefined;
    }
    this.#maxSize = wanted;
    this.#evict();
  }

  #weird(name: string): void {
    this.weirds ??= [];
    if (!this.weirds.includes(name)) this.weirds.push(name);
  }

  #broken(): undefined {
    this.#weird('http2_bad_header_block');
    this.lose();
  }

  /** Section 5.1. Sets `#at` behind it, to -1 when it is cut or too large. */
  #integer(b: Uint8Array, from: number, to: number, prefix: number): number {
    const mask = (1 << prefix) - 1;
    let value = b[from]! & mask;
    let at = from + 1;
    if (value === mask) {
      // Four bytes more: larger than anything that is meant, exact in 32 bits.
      for (let shift = 0; ; shift += 7) {
        if (at >= to || shift > 21) {
          this.#at = -1;
          return 0;
        }
        const c = b[at++]!;
        value += (c & 0x7f) << shift;
        if (c < 0x80) break;
      }
    }
    this.#at = at;
    return value;
  }

  /** Section 5.2. */
  #string(b: Uint8Array, from: number, to: number): string {
    if (from >= to) {
      this.#at = -1;
      return '';
    }
    const length = this.#integer(b, from, to, 7);
    const start = this.#at;
    if (start < 0 || start + length > to) {
      this.#at = -1;
      return '';
    }
    this.#at = start + length;
    if ((b[from]! & 0x80) === 0) return latin1(b, start, start + length);
    const text = decodeHuffman(b, start, start + length);
    if (huffmanBroken) this.#weird('http2_bad_huffman');
    return text;
  }
}

export function isUnknownName(name: string): boolean {
  return name.endsWith(guess) || (name.charCodeAt(0) === 60 && name.startsWith('<unknown '));
}

/** Names that are not certain end so, which no name does. */
const guess = '?';

function guessed(name: string): string {
  return name.endsWith(guess) ? name : name + guess;
}

/** An unknown name says how far back it was at the hole; 0: a guess, which may be anything. */
function referenceOf(name: string): Reference {
  if (name.endsWith(guess)) return 0;
  const number = name.charCodeAt(0) === 60 ? /^<unknown (\d+)>$/.exec(name)?.[1] : undefined;
  return number === undefined ? name : Number(number) - staticTable.length;
}
