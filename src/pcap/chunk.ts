/** A growing run of bytes that a writer fills and hands over. Little-endian, as both formats allow. */

/** Bytes up to which copying in a loop beats the calls of subarray() and set(). */
const shortCopy = 512;
const nothing = new Uint8Array(0);

function wordsOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export class Chunk {
  bytes: Uint8Array;
  /** The same memory, for whole words wherever they lie. */
  words: DataView;
  length = 0;
  /** The buffer bytes were copied from last, and the words in it: sources use the same few again and again. */
  #from: Uint8Array = nothing;
  #fromWords = wordsOf(nothing);
  readonly #known = new WeakMap<Uint8Array, DataView>();

  constructor(size = 64 * 1024) {
    this.bytes = new Uint8Array(size);
    this.words = wordsOf(this.bytes);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(this.length + count);
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(length, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.words = wordsOf(grown);
  }

  u16(value: number): void {
    this.words.setInt16(this.length, value, true);
    this.length += 2;
  }

  u32(value: number): void {
    this.words.setInt32(this.length, value, true);
    this.length += 4;
  }

  /** Appends from[start, end). */
  copy(from: Uint8Array, start: number, end: number): void {
    this.copyTo(this.length, from, start, end);
    this.length += end - start;
  }

  /** Puts from[start, end) at `at`, within what was reserved. */
  copyTo(at: number, from: Uint8Array, start: number, end: number): void {
    if (end - start > shortCopy) {
      this.bytes.set(from.subarray(start, end), at);
      return;
    }
    if (from !== this.#from) this.#take(from);
    const { bytes, words } = this;
    const source = this.#fromWords;
    let to = at;
    let i = start;
    // Never a BigInt by itself: the engine moves the eight bytes.
    for (; i + 8 <= end; i += 8, to += 8) words.setBigInt64(to, source.getBigInt64(i, true), true);
    for (; i < end; i++, to++) bytes[to] = from[i]!;
  }

  #take(from: Uint8Array): void {
    let words = this.#known.get(from);
    if (!words) {
      words = wordsOf(from);
      this.#known.set(from, words);
    }
    this.#from = from;
    this.#fromWords = words;
  }

  zeros(count: number): void {
    for (let i = 0; i < count; i++) this.bytes[this.length++] = 0;
  }

  /** What has gathered, for a caller that is done with it before the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}
