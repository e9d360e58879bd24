/** HPACK's Huffman code: RFC 7541 section 5.2 and appendix B. It is canonical, so lengths are all it takes. */
import { latin1 } from '../../util/bytes.ts';

/** Length of each symbol's code: 32 a row; the last is EOS. */
// biome-ignore format: a table
const lengths = Uint8Array.of(
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
);
const maxLength = 30;
const eos = 256;

/** By the next ten bits: symbol << 4 | length; 0 = a longer code. Covers what texts are made of. */
const fastBits = 10;
const fast = new Uint16Array(1 << fastBits);
/** For the longer ones, by length: the first code, how many there are, where their symbols begin. */
const firstCode = new Uint32Array(maxLength + 1);
const counts = new Uint16Array(maxLength + 1);
const offsets = new Uint16Array(maxLength + 1);
const symbols = new Uint16Array(lengths.length);

function build(): void {
  for (const length of lengths) counts[length]!++;
  let code = 0;
  let offset = 0;
  for (let length = 1; length <= maxLength; length++) {
    firstCode[length] = code;
    offsets[length] = offset;
    let next = code;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[offset++] = symbol;
      if (length <= fastBits) {
        const from = next << (fastBits - length);
        fast.fill((symbol << 4) | length, from, from + (1 << (fastBits - length)));
      }
      next++;
    }
    code = next * 2;
  }
}
build();

/** Of a symbol its code, right-aligned, and how many bits that is: for who writes them. */
export function huffmanCode(symbol: number): { readonly code: number; readonly bits: number } {
  const bits = lengths[symbol]!;
  let place = 0;
  for (let i = 0; i < counts[bits]!; i++) if (symbols[offsets[bits]! + i] === symbol) place = i;
  return { code: firstCode[bits]! + place, bits };
}

/** Of `decodeHuffman`: the input was no such code; what was read of it is given all the same. */
export let huffmanBroken = false;

/** Reused: decoding is over before anything else can be decoded. */
let scratch = new Uint8Array(4096);

/** [from, to) as text, one byte a character. */
export function decodeHuffman(b: Uint8Array, from: number, to: number): string {
  huffmanBroken = false;
  // Five bits are the shortest code.
  const most = Math.ceil(((to - from) * 8) / 5);
  if (most > scratch.length) scratch = new Uint8Array(most * 2);
  const out = scratch;
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  let at = from;
  for (;;) {
    while (bitCount < fastBits && at < to) {
      bits = ((bits << 8) | b[at++]!) & 0x3ffff;
      bitCount += 8;
    }
    // At the end ones follow, as the padding has it.
    const next =
      bitCount >= fastBits
        ? (bits >>> (bitCount - fastBits)) & 1023
        : ((bits << (fastBits - bitCount)) | (1023 >>> bitCount)) & 1023;
    const found = fast[next]!;
    const used = found & 15;
    if (found !== 0 && used <= bitCount) {
      out[length++] = found >> 4;
      bitCount -= used;
      continue;
    }
    if (bitCount < 8 && at === to) {
      // Section 5.2: less than a byte of padding, all ones.
      const isPadding = (bits & ((1 << bitCount) - 1)) === (1 << bitCount) - 1;
      huffmanBroken = !isPadding;
      break;
    }
    const start = at * 8 - bitCount;
    const symbol = longCode(b, start, to * 8);
    if (symbol < 0 || symbol === eos) {
      huffmanBroken = true;
      break;
    }
    out[length++] = symbol;
    const end = start + lengths[symbol]!;
    at = (end + 7) >> 3;
    bitCount = at * 8 - end;
    bits = bitCount === 0 ? 0 : b[at - 1]!;
  }
  return latin1(out, 0, length);
}

/** Bit by bit: rare. -1 when no code ends before `end`. */
function longCode(b: Uint8Array, start: number, end: number): number {
  let code = 0;
  for (let length = 1; length <= maxLength; length++) {
    const bit = start + length - 1;
    if (bit >= end) return -1;
    code = code * 2 + ((b[bit >> 3]! >> (7 - (bit & 7))) & 1);
    const index = code - firstCode[length]!;
    if (index < counts[length]!) return symbols[offsets[length]! + index]!;
  }
  return -1;
}
