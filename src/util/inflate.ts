/**
 * DEFLATE (RFC 1951) undone as a stream: input may be cut anywhere, and what came before can be referred to
 * after the end of a message, which permessage-deflate needs and a platform's one-call inflate cannot do.
 */
import { fixedDistances, fixedLiterals, Huffman, invalid, more } from './huffman-deflate.ts';

/**
 * - more: all input was read and the stream goes on
 * - done: the final block has ended (`consumed` tells where)
 * - limit: `budget` is used up
 * - broken: not DEFLATE
 */
export type InflateResult = 'more' | 'done' | 'limit' | 'broken';

/** Decoded bytes: [from, to) of the window, valid during the call. */
export type InflateSink = (bytes: Uint8Array, from: number, to: number) => void;

export interface InflateOptions {
  /** After a final block the next one begins at the next byte (RFC 7692 section 7.2.3.4). */
  readonly endless?: boolean;
}

/** Section 3.2.5: base and extra bits of the length codes 257 to 285. */
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Section 3.2.7: the order in which the code length code's lengths come. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The farthest a distance reaches (section 2). */
export const maxWindow = 32 * 1024;
/** Most streams that keep a history are short messages: the window grows with what came. */
const minWindow = 1024;
/** Stands for a byte whose history was lost. */
export const unknownByte = 0x3f;

const State = {
  block: 0,
  storedLength: 1,
  stored: 2,
  counts: 3,
  codeLengths: 4,
  lengths: 5,
  symbol: 6,
  lengthBits: 7,
  distance: 8,
  distanceBits: 9,
  done: 10,
  broken: 11,
} as const;
type State = (typeof State)[keyof typeof State];

export class Inflater {
  readonly #endless: boolean;
  #window = new Uint8Array(minWindow);
  /** Where the next byte goes; everything before `#flushed` has been handed on. */
  #pos = 0;
  #flushed = 0;
  /** Bytes of history, at most the window. */
  #known = 0;
  /** The history's beginning was lost: what refers to it is unknown, not wrong. */
  #holed = false;
  #state: State = State.block;
  #bits = 0;
  #bitCount = 0;
  #final = false;
  #left = 0;
  #length = 0;
  #distanceCode = 0;
  // A dynamic block's head.
  #literalCount = 0;
  #distanceCount = 0;
  #codeCount = 0;
  #index = 0;
  #lengths: Uint8Array | undefined;
  #literals: Huffman = fixedLiterals;
  #distances: Huffman = fixedDistances;
  #own: { literals: Huffman; distances: Huffman; codes: Huffman } | undefined;

  /** Decoded bytes that may still come; the caller sets it, nothing is decoded beyond (within one window). */
  budget = Number.POSITIVE_INFINITY;
  /** Decoded bytes that referred to a lost history, in all. */
  unknown = 0;
  /** Of the last `push`: input read. */
  consumed = 0;

  constructor(options: InflateOptions = {}) {
    this.#endless = options.endless === true;
  }

  /** Memory held. */
  get size(): number {
    return this.#window.length + (this.#own ? 4096 : 0);
  }

  /** The stream begins anew. */
  reset(): void {
    this.#restart();
    this.#known = 0;
    this.#holed = false;
  }

  /** Input was lost: the next `push` begins at a block, with a history that is not known. */
  lose(): void {
    this.#restart();
    this.#known = 0;
    this.#holed = true;
  }

  #restart(): void {
    this.#state = State.block;
    this.#bits = 0;
    this.#bitCount = 0;
    this.#flushed = this.#pos;
  }

  push(b: Uint8Array, from: number, to: number, sink: InflateSink): InflateResult {
    let at = from;
    let result: InflateResult = 'more';
    loop: for (;;) {
      while (this.#bitCount <= 24 && at < to && this.#state !== State.stored) {
        this.#bits |= b[at++]! << this.#bitCount;
        this.#bitCount += 8;
      }
      switch (this.#state) {
        case State.stored:
          at = this.#copyStored(b, at, to, sink);
          break;
        case State.symbol:
        case State.lengthBits:
        case State.distance:
        case State.distanceBits:
          at = this.#codes(b, at, to, sink);
          break;
        case State.done:
          result = 'done';
          break loop;
        case State.broken:
          result = 'broken';
          break loop;
        default:
          if (this.#head() || (at < to && this.#bitCount <= 24)) continue;
          break loop;
      }
      if (this.budget <= 0) {
        result = 'limit';
        break;
      }
      // What stays in a state of data has run out of input.
      if (this.#state >= State.symbol && this.#state <= State.distanceBits) break;
      if (this.#state === State.stored) break;
    }
    this.#flush(sink);
    if (result === 'done') {
      at -= this.#bitCount >> 3;
      this.#bitCount = 0;
      this.#bits = 0;
    }
    this.consumed = at - from;
    return result;
  }

  /** What is between the data: returns false when it needs more bits. */
  #head(): boolean {
    switch (this.#state) {
      case State.block:
        if (this.#bitCount < 3) return false;
        this.#final = this.#take(1) === 1;
        this.#blockBegins(this.#take(2));
        return true;
      case State.storedLength: {
        const padding = this.#bitCount & 7;
        if (this.#bitCount - padding < 32) {
          // The padding goes first, so that four bytes fit.
          this.#take(padding);
          if (this.#bitCount < 32) return false;
        }
        const length = this.#take(16);
        const check = this.#take(16);
        this.#left = length;
        this.#state =
          length !== (check ^ 0xffff) ? State.broken : length === 0 ? this.#blockEnds() : State.stored;
        return true;
      }
      case State.counts:
        if (this.#bitCount < 14) return false;
        this.#literalCount = this.#take(5) + 257;
        this.#distanceCount = this.#take(5) + 1;
        this.#codeCount = this.#take(4) + 4;
        this.#lengths ??= new Uint8Array(288 + 32);
        this.#lengths.fill(0);
        this.#index = 0;
        this.#state = this.#literalCount > 286 || this.#distanceCount > 30 ? State.broken : State.codeLengths;
        return true;
      case State.codeLengths:
        return this.#readCodeLengths();
      case State.lengths:
        return this.#readLengths();
      default:
        return false;
    }
  }

  #blockBegins(type: number): void {
    if (type === 0) this.#state = State.storedLength;
    else if (type === 1) {
      this.#literals = fixedLiterals;
      this.#distances = fixedDistances;
      this.#state = State.symbol;
    } else this.#state = type === 2 ? State.counts : State.broken;
  }

  #blockEnds(): State {
    if (!this.#final) return State.block;
    if (!this.#endless) return State.done;
    this.#take(this.#bitCount & 7);
    return State.block;
  }

  #readCodeLengths(): boolean {
    const lengths = this.#lengths!;
    while (this.#index < this.#codeCount) {
      if (this.#bitCount < 3) return false;
      lengths[lengthOrder[this.#index++]!] = this.#take(3);
    }
    this.#own ??= { literals: new Huffman(288), distances: new Huffman(32), codes: new Huffman(19) };
    const isCode = this.#own.codes.build(lengths, 0, 19, false);
    lengths.fill(0);
    this.#index = 0;
    this.#state = isCode ? State.lengths : State.broken;
    return true;
  }

  #readLengths(): boolean {
    const lengths = this.#lengths!;
    const { literals, distances, codes } = this.#own!;
    const all = this.#literalCount + this.#distanceCount;
    while (this.#index < all) {
      const found = codes.decode(this.#bits, this.#bitCount);
      if (found === more) return false;
      if (found === invalid) return this.#break();
      const symbol = found >> 4;
      const used = found & 15;
      if (symbol < 16) {
        this.#take(used);
        lengths[this.#index++] = symbol;
        continue;
      }
      const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
      if (this.#bitCount < used + extra) return false;
      this.#take(used);
      const count = this.#take(extra) + (symbol === 18 ? 11 : 3);
      if ((symbol === 16 && this.#index === 0) || this.#index + count > all) return this.#break();
      const value = symbol === 16 ? lengths[this.#index - 1]! : 0;
      lengths.fill(value, this.#index, this.#index + count);
      this.#index += count;
    }
    const isWhole =
      lengths[256] !== 0 &&
      literals.build(lengths, 0, this.#literalCount, false) &&
      distances.build(lengths, this.#literalCount, all, true);
    if (!isWhole) return this.#break();
    this.#literals = literals;
    this.#distances = distances;
    this.#state = State.symbol;
    return true;
  }

  #break(): boolean {
    this.#state = State.broken;
    return true;
  }

  /** Up to 16 bits, which are there. */
  #take(count: number): number {
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #copyStored(b: Uint8Array, at: number, to: number, sink: InflateSink): number {
    // Bytes that are in the bit buffer already come first.
    while (this.#left > 0 && this.#bitCount >= 8) {
      this.#put(this.#take(8), sink);
      this.#left--;
    }
    const end = Math.min(to, at + this.#left);
    this.#left -= end - at;
    while (at < end) this.#put(b[at++]!, sink);
    if (this.#left === 0) this.#state = this.#blockEnds();
    return at;
  }

  #put(byte: number, sink: InflateSink): void {
    if (this.#pos === this.#window.length) this.#wrap(sink);
    this.#window[this.#pos++] = byte;
  }

  /** Literals and copies until the block ends or input does. */
  #codes(b: Uint8Array, at: number, to: number, sink: InflateSink): number {
    const literals = this.#literals;
    const distances = this.#distances;
    const fast = literals.fast;
    let bits = this.#bits;
    let bitCount = this.#bitCount;
    let state: State = this.#state;
    for (;;) {
      while (bitCount <= 24 && at < to) {
        bits |= b[at++]! << bitCount;
        bitCount += 8;
      }
      if (state === State.symbol) {
        let found: number = fast[bits & 511]!;
        if (found === 0 || (found & 15) > bitCount) found = literals.decode(bits, bitCount);
        if (found < 0) {
          if (found === invalid) state = State.broken;
          break;
        }
        bits >>>= found & 15;
        bitCount -= found & 15;
        const symbol = found >> 4;
        if (symbol < 256) {
          if (this.#pos === this.#window.length) {
            this.#wrap(sink);
            if (this.budget <= 0) {
              // The symbol is read already: the next call begins behind it.
              this.#window[this.#pos++] = symbol;
              break;
            }
          }
          this.#window[this.#pos++] = symbol;
          continue;
        }
        if (symbol === 256) {
          this.#bits = bits;
          this.#bitCount = bitCount;
          this.#state = this.#blockEnds();
          return at;
        }
        if (symbol > 285) {
          state = State.broken;
          break;
        }
        this.#length = symbol - 257;
        state = State.lengthBits;
      }
      if (state === State.lengthBits) {
        const extra = lengthExtra[this.#length]!;
        if (bitCount < extra) break;
        this.#length = lengthBase[this.#length]! + (bits & ((1 << extra) - 1));
        bits >>>= extra;
        bitCount -= extra;
        state = State.distance;
        continue; // so that 15 bits more are there if they are anywhere
      }
      if (state === State.distance) {
        const found = distances.decode(bits, bitCount);
        if (found < 0) {
          if (found === invalid) state = State.broken;
          break;
        }
        bits >>>= found & 15;
        bitCount -= found & 15;
        this.#distanceCode = found >> 4;
        if (this.#distanceCode > 29) {
          state = State.broken;
          break;
        }
        state = State.distanceBits;
        continue;
      }
      const extra = distanceExtra[this.#distanceCode]!;
      if (bitCount < extra) break;
      const distance = distanceBase[this.#distanceCode]! + (bits & ((1 << extra) - 1));
      bits >>>= extra;
      bitCount -= extra;
      state = this.#copy(distance, sink) ? State.symbol : State.broken;
      if (state === State.broken || this.budget <= 0) break;
    }
    this.#bits = bits;
    this.#bitCount = bitCount;
    this.#state = state;
    return at;
  }

  /** `#length` bytes from `distance` back; false when that is before the beginning. */
  #copy(distance: number, sink: InflateSink): boolean {
    const history = this.#known + (this.#pos - this.#flushed);
    if (distance > history && !this.#holed) return false;
    let missing = Math.max(0, distance - history);
    for (let left = this.#length; left > 0; left--) {
      if (this.#pos === this.#window.length) this.#wrap(sink);
      if (missing > 0) {
        missing--;
        this.unknown++;
        this.#window[this.#pos++] = unknownByte;
        continue;
      }
      const from = this.#pos - distance;
      this.#window[this.#pos++] = this.#window[from < 0 ? from + this.#window.length : from]!;
    }
    return true;
  }

  /** The window is full: it grows, or its beginning is written over. */
  #wrap(sink: InflateSink): void {
    this.#flush(sink);
    if (this.#window.length < maxWindow) {
      const grown = new Uint8Array(this.#window.length * 2);
      grown.set(this.#window);
      this.#window = grown;
    } else {
      this.#pos = 0;
      this.#flushed = 0;
    }
  }

  #flush(sink: InflateSink): void {
    const count = this.#pos - this.#flushed;
    if (count === 0) return;
    this.budget -= count;
    sink(this.#window, this.#flushed, this.#pos);
    this.#flushed = this.#pos;
    this.#known = Math.min(maxWindow, this.#known + count);
  }
}
