/**
 * AES-128 (FIPS 197, encryption only) and GCM over it (NIST SP 800-38D), for rooms that have no platform:
 * the keys it is used with are published (RFC 9001 section 5.2), so time that depends on data tells nothing.
 */

/** One table of the round's four: SubBytes, ShiftRows and MixColumns of a byte in the first row. */
const table = new Int32Array(256);
const sbox = new Uint8Array(256);
fillTables();

/** Section 5.1.1: the inverse in GF(2^8), then an affine map. 3 generates the field. */
function fillTables(): void {
  let p = 1;
  let q = 1;
  do {
    p = p ^ double(p);
    // Divided by 3, that is times 0xf6.
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 0xff;
    if (q & 0x80) q ^= 0x09;
    sbox[p] = 0x63 ^ q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^ rotate8(q, 4);
  } while (p !== 1);
  sbox[0] = 0x63;
  for (let i = 0; i < 256; i++) {
    const s = sbox[i]!;
    const s2 = double(s);
    table[i] = (s2 << 24) | (s << 16) | (s << 8) | (s2 ^ s);
  }
}

function double(x: number): number {
  return ((x << 1) ^ (x & 0x80 ? 0x1b : 0)) & 0xff;
}

function rotate8(x: number, n: number): number {
  return ((x << n) | (x >> (8 - n))) & 0xff;
}

function rotateRight(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n));
}

function word(b: Uint8Array, o: number): number {
  return (b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!;
}

function putWord(b: Uint8Array, o: number, value: number): void {
  b[o] = value >>> 24;
  b[o + 1] = value >>> 16;
  b[o + 2] = value >>> 8;
  b[o + 3] = value;
}

const rounds = 10;
export const blockLength = 16;
export const tagLength = 16;

export class Aes128 {
  readonly #keys = new Int32Array(4 * (rounds + 1));

  /** @param key 16 bytes */
  constructor(key: Uint8Array) {
    const k = this.#keys;
    for (let i = 0; i < 4; i++) k[i] = word(key, 4 * i);
    let constant = 1;
    for (let i = 4; i < k.length; i++) {
      let t = k[i - 1]!;
      if (i % 4 === 0) {
        t = subWord(rotateRight(t, 24)) ^ (constant << 24);
        constant = double(constant);
      }
      k[i] = k[i - 4]! ^ t;
    }
  }

  /** 16 bytes from `input` at `from`, to `output` at `to`. */
  encrypt(input: Uint8Array, from: number, output: Uint8Array, to: number): void {
    const k = this.#keys;
    let a = word(input, from) ^ k[0]!;
    let b = word(input, from + 4) ^ k[1]!;
    let c = word(input, from + 8) ^ k[2]!;
    let d = word(input, from + 12) ^ k[3]!;
    for (let round = 1; round < rounds; round++) {
      const o = 4 * round;
      const a1 = column(a, b, c, d) ^ k[o]!;
      const b1 = column(b, c, d, a) ^ k[o + 1]!;
      const c1 = column(c, d, a, b) ^ k[o + 2]!;
      d = column(d, a, b, c) ^ k[o + 3]!;
      a = a1;
      b = b1;
      c = c1;
    }
    const o = 4 * rounds;
    putWord(output, to, lastColumn(a, b, c, d) ^ k[o]!);
    putWord(output, to + 4, lastColumn(b, c, d, a) ^ k[o + 1]!);
    putWord(output, to + 8, lastColumn(c, d, a, b) ^ k[o + 2]!);
    putWord(output, to + 12, lastColumn(d, a, b, c) ^ k[o + 3]!);
  }
}

function column(a: number, b: number, c: number, d: number): number {
  return (
    table[a >>> 24]! ^
    rotateRight(table[(b >>> 16) & 255]!, 8) ^
    rotateRight(table[(c >>> 8) & 255]!, 16) ^
    rotateRight(table[d & 255]!, 24)
  );
}

function lastColumn(a: number, b: number, c: number, d: number): number {
  return (
    (sbox[a >>> 24]! << 24) | (sbox[(b >>> 16) & 255]! << 16) | (sbox[(c >>> 8) & 255]! << 8) | sbox[d & 255]!
  );
}

function subWord(x: number): number {
  return lastColumn(x, x, x, x);
}

/** The four bits that a shift by four pushes out, reduced: what they add at the top (section 6.3). */
const reductions = Int32Array.from({ length: 16 }, (_, bits) => {
  let low = bits;
  let top = 0;
  for (let i = 0; i < 4; i++) {
    const out = low & 1;
    low >>>= 1;
    top = (top >>> 1) ^ (out ? 0xe1000000 : 0);
  }
  return top;
});

export class Aes128Gcm {
  readonly #aes: Aes128;
  /** Multiples of the hash key by every four bits: 16 x 4 words. */
  readonly #multiples = new Int32Array(64);
  readonly #sum = new Int32Array(4);

  /** @param key 16 bytes */
  constructor(key: Uint8Array) {
    this.#aes = new Aes128(key);
    const h = new Uint8Array(blockLength);
    this.#aes.encrypt(h, 0, h, 0);
    const m = this.#multiples;
    for (let i = 0; i < 4; i++) m[4 * 8 + i] = word(h, 4 * i);
    // In GCM's bit order a shift right multiplies by x: entry 4 is entry 8 times x, and so on.
    for (let n = 8; n > 1; n >>= 1) {
      const [from, to] = [4 * n, 2 * n];
      const out = m[from + 3]! & 1;
      for (let i = 3; i > 0; i--) m[to + i] = (m[from + i]! >>> 1) | (m[from + i - 1]! << 31);
      m[to] = (m[from]! >>> 1) ^ (out ? 0xe1000000 : 0);
    }
    for (let n = 3; n < 16; n++) {
      const high = n & 8 || n & 4 || n & 2;
      if (n === high) continue;
      for (let i = 0; i < 4; i++) m[4 * n + i] = m[4 * high + i]! ^ m[4 * (n ^ high) + i]!;
    }
  }

  /**
   * @param nonce 12 bytes
   * @param sealed ciphertext and, behind it, the tag
   * @returns the plaintext; undefined when the tag is not right
   */
  open(nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - tagLength;
    if (length < 0) return undefined;
    const sum = this.#sum.fill(0);
    this.#absorb(associated, associated.length);
    this.#absorb(sealed, length);
    // Lengths in bits; associated data and ciphertext are shorter than 2^29 bytes.
    sum[1]! ^= associated.length << 3;
    sum[3]! ^= length << 3;
    this.#multiply();
    const counter = new Uint8Array(blockLength);
    counter.set(nonce);
    counter[15] = 1;
    const stream = new Uint8Array(blockLength);
    this.#aes.encrypt(counter, 0, stream, 0);
    for (let i = 0; i < 4; i++)
      if ((word(stream, 4 * i) ^ sum[i]!) !== word(sealed, length + 4 * i)) return undefined;
    const plain = new Uint8Array(length);
    for (let at = 0, count = 2; at < length; at += blockLength, count++) {
      putWord(counter, 12, count);
      this.#aes.encrypt(counter, 0, stream, 0);
      const end = Math.min(blockLength, length - at);
      for (let i = 0; i < end; i++) plain[at + i] = sealed[at + i]! ^ stream[i]!;
    }
    return plain;
  }

  #absorb(b: Uint8Array, length: number): void {
    const sum = this.#sum;
    let at = 0;
    for (; at + blockLength <= length; at += blockLength) {
      for (let i = 0; i < 4; i++) sum[i]! ^= word(b, at + 4 * i);
      this.#multiply();
    }
    if (at === length) return;
    for (let i = at; i < length; i++) sum[(i - at) >> 2]! ^= b[i]! << (24 - 8 * ((i - at) & 3));
    this.#multiply();
  }

  /** The sum times the hash key, four bits at a time from the last. */
  #multiply(): void {
    const m = this.#multiples;
    const sum = this.#sum;
    let z0 = 0;
    let z1 = 0;
    let z2 = 0;
    let z3 = 0;
    for (let i = 31; i >= 0; i--) {
      const reduced = reductions[z3 & 15]!;
      z3 = (z3 >>> 4) | (z2 << 28);
      z2 = (z2 >>> 4) | (z1 << 28);
      z1 = (z1 >>> 4) | (z0 << 28);
      z0 = (z0 >>> 4) ^ reduced;
      const o = 4 * ((sum[i >> 3]! >>> (28 - 4 * (i & 7))) & 15);
      z0 ^= m[o]!;
      z1 ^= m[o + 1]!;
      z2 ^= m[o + 2]!;
      z3 ^= m[o + 3]!;
    }
    sum[0] = z0;
    sum[1] = z1;
    sum[2] = z2;
    sum[3] = z3;
  }
}
