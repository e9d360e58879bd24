/** SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869) over it, for rooms that have no platform. */

/** The fractional parts of the cube roots of the first 64 primes: section 4.2.2. */
const constants = Int32Array.of(
  ...[0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
  ...[0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
  ...[0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
  ...[0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
  ...[0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
  ...[0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
  ...[0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
  ...[0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
);
const initial = Int32Array.of(
  ...[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
);
const blockLength = 64;
export const hashLength = 32;

const schedule = new Int32Array(64);

function rotate(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n));
}

function compress(state: Int32Array, b: Uint8Array, at: number): void {
  const w = schedule;
  for (let i = 0, o = at; i < 16; i++, o += 4)
    w[i] = (b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!;
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let [a, b2, c, d, e, f, g, h] = state as unknown as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  for (let i = 0; i < 64; i++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + big1 + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (big0 + ((a & b2) ^ (a & c) ^ (b2 & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b2;
    b2 = a;
    a = (t1 + t2) | 0;
  }
  const sums = [a, b2, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = state[i]! + sums[i]!;
}

/** 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const state = initial.slice();
  let at = 0;
  for (; at + blockLength <= bytes.length; at += blockLength) compress(state, bytes, at);
  const rest = bytes.length - at;
  const tail = new Uint8Array(rest + 9 > blockLength ? 2 * blockLength : blockLength);
  tail.set(bytes.subarray(at));
  tail[rest] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, bytes.length >>> 29);
  view.setUint32(tail.length - 4, bytes.length << 3);
  for (let i = 0; i < tail.length; i += blockLength) compress(state, tail, i);
  const digest = new DataView(new ArrayBuffer(hashLength));
  for (let i = 0; i < 8; i++) digest.setInt32(4 * i, state[i]!);
  return new Uint8Array(digest.buffer);
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  const short = key.length > blockLength ? sha256(key) : key;
  const padded = (value: number, length: number) => {
    const b = new Uint8Array(blockLength + length).fill(value, 0, blockLength);
    for (let i = 0; i < short.length; i++) b[i]! ^= short[i]!;
    return b;
  };
  const inner = padded(0x36, data.length);
  inner.set(data, blockLength);
  const outer = padded(0x5c, hashLength);
  outer.set(sha256(inner), blockLength);
  return sha256(outer);
}

/** RFC 5869 section 2.2. */
export function hkdfExtract(salt: Uint8Array, secret: Uint8Array): Uint8Array {
  return hmacSha256(salt, secret);
}

/** HKDF-Expand-Label of RFC 8446 section 7.1, with no context. `label` without its "tls13 ". */
export function hkdfExpandLabel(secret: Uint8Array, label: string, length: number): Uint8Array {
  const text = `tls13 ${label}`;
  const info = new Uint8Array(4 + text.length);
  info[0] = length >> 8;
  info[1] = length;
  info[2] = text.length;
  for (let i = 0; i < text.length; i++) info[3 + i] = text.charCodeAt(i);
  const all = new Uint8Array(length);
  let block = new Uint8Array(0);
  for (let at = 0, count = 1; at < length; at += hashLength, count++) {
    const input = new Uint8Array(block.length + info.length + 1);
    input.set(block);
    input.set(info, block.length);
    input[input.length - 1] = count;
    block = Uint8Array.from(hmacSha256(secret, input));
    all.set(block.subarray(0, Math.min(hashLength, length - at)), at);
  }
  return all;
}
