/** Huffman-coded header values with a part masked: as many octets as before, and a legal code. RFC 7541 section 5.2. */
import { huffmanCode } from '../protocols/http2/huffman.ts';

interface Code {
  readonly code: number;
  readonly bits: number;
}

const codes: Code[] = [];
function codeOf(symbol: number): Code {
  codes[symbol] ??= huffmanCode(symbol);
  return codes[symbol];
}

/** Its code has eight bits. */
const star = 0x2a;
const starBits = 8;
/** Symbols by which what stars do not fill is filled: codes of 5, 6 and 7 bits. */
const fillers: readonly number[] = [0x30, 0x2d, 0x3a];

class BitWriter {
  readonly bytes: Uint8Array;
  #bit = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  put({ code, bits }: Code): void {
    for (let i = bits - 1; i >= 0; i--, this.#bit++)
      if ((code >>> i) & 1) this.bytes[this.#bit >> 3]! |= 0x80 >> (this.#bit & 7);
  }

  /** Less than an octet of ones. */
  pad(): void {
    while (this.#bit < this.bytes.length * 8) this.put({ code: 1, bits: 1 });
  }
}

function bitsOf(text: string, from: number, to: number): number {
  let bits = 0;
  for (let i = from; i < to; i++) bits += codeOf(text.charCodeAt(i)).bits;
  return bits;
}

/** Symbols whose codes take exactly so many bits: stars, and one to three others; undefined: there are none. */
function filling(bits: number): number[] | undefined {
  for (let stars = Math.floor(bits / starBits); stars >= 0; stars--) {
    const rest = bits - stars * starBits;
    const few = fewOf(rest, 3);
    if (few) return [...new Array<number>(stars).fill(star), ...few];
    if (rest > 3 * starBits) return undefined;
  }
  return undefined;
}

function fewOf(bits: number, most: number): number[] | undefined {
  if (bits === 0) return [];
  if (most === 0) return undefined;
  for (const symbol of fillers) {
    const { bits: own } = codeOf(symbol);
    const rest = own <= bits ? fewOf(bits - own, most - 1) : undefined;
    if (rest) return [symbol, ...rest];
  }
  return undefined;
}

/**
 * @param text what `octets` octets decode to
 * @param spans parts to be masked, in order
 */
export function maskedHuffman(
  text: string,
  octets: number,
  spans: readonly (readonly [from: number, to: number])[],
): Uint8Array {
  const symbols: number[] = [];
  let at = 0;
  for (const [from, to] of spans) {
    const instead = filling(bitsOf(text, from, to));
    // A character or two of odd lengths: the whole value is masked then.
    if (!instead) return allMasked(octets);
    for (; at < from; at++) symbols.push(text.charCodeAt(at));
    symbols.push(...instead);
    at = to;
  }
  for (; at < text.length; at++) symbols.push(text.charCodeAt(at));
  const writer = new BitWriter(octets);
  for (const symbol of symbols) writer.put(codeOf(symbol));
  writer.pad();
  return writer.bytes;
}

/** A star's code is one octet. */
export function allMasked(octets: number): Uint8Array {
  return new Uint8Array(octets).fill(codeOf(star).code);
}
