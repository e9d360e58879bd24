/** The canonical Huffman codes of DEFLATE: RFC 1951 section 3.2.2. Codes come lowest bit first. */

/** `decode` needs more bits. */
export const more = -1;
/** No code begins so. */
export const invalid = -2;

/** Nearly all symbols of usual streams have codes this short. */
const fastBits = 9;

export class Huffman {
  /** By the next nine bits: symbol << 4 | length; 0 = longer, or none. */
  readonly fast = new Uint16Array(1 << fastBits);
  readonly #counts = new Uint16Array(16);
  readonly #symbols: Uint16Array;

  constructor(maxSymbols: number) {
    this.#symbols = new Uint16Array(maxSymbols);
  }

  /**
   * From the lengths [from, to); false when they are no code. One that leaves codes unused is none either,
   * but for the single distance code that section 3.2.7 allows.
   */
  build(lengths: Uint8Array, from: number, to: number, mayBeIncomplete: boolean): boolean {
    const counts = this.#counts;
    counts.fill(0);
    for (let i = from; i < to; i++) counts[lengths[i]!]!++;
    const used = to - from - counts[0]!;
    counts[0] = 0;
    let left = 1;
    const offsets = new Uint16Array(17);
    const codes = new Uint16Array(17);
    let code = 0;
    for (let length = 1; length < 16; length++) {
      left = left * 2 - counts[length]!;
      if (left < 0) return false;
      offsets[length + 1] = offsets[length]! + counts[length]!;
      codes[length] = code;
      code = (code + counts[length]!) << 1;
    }
    if (left > 0 && !(mayBeIncomplete && (used === 0 || (used === 1 && counts[1] === 1)))) return false;
    this.fast.fill(0);
    for (let i = from; i < to; i++) {
      const length = lengths[i]!;
      if (length === 0) continue;
      this.#symbols[offsets[length]!++] = i - from;
      const own = codes[length]!++;
      if (length > fastBits) continue;
      const entry = ((i - from) << 4) | length;
      for (let bits = reversed(own, length); bits < 1 << fastBits; bits += 1 << length)
        this.fast[bits] = entry;
    }
    return true;
  }

  /** symbol << 4 | length of its code, `more` or `invalid`. */
  decode(bits: number, bitCount: number): number {
    const found = this.fast[bits & ((1 << fastBits) - 1)]!;
    if (found !== 0 && (found & 15) <= bitCount) return found;
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      if (length > bitCount) return more;
      code |= (bits >>> (length - 1)) & 1;
      const count = this.#counts[length]!;
      if (code - count < first) return (this.#symbols[index + (code - first)]! << 4) | length;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return invalid;
  }
}

function reversed(code: number, length: number): number {
  let turned = 0;
  for (let i = 0; i < length; i++) turned |= ((code >>> i) & 1) << (length - 1 - i);
  return turned;
}

/** Section 3.2.6. */
function fixed(lengths: Uint8Array): Huffman {
  const code = new Huffman(lengths.length);
  code.build(lengths, 0, lengths.length, false);
  return code;
}

export const fixedLiterals = fixed(
  Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
export const fixedDistances = fixed(new Uint8Array(32).fill(5));
