/** Big-endian reads; the caller has checked the bounds. Faster than a DataView on the packet path. */
export function u16(b: Uint8Array, o: number): number {
  return (b[o]! << 8) | b[o + 1]!;
}
export function u24(b: Uint8Array, o: number): number {
  return (b[o]! << 16) | (b[o + 1]! << 8) | b[o + 2]!;
}
/** Unsigned. */
export function u32(b: Uint8Array, o: number): number {
  return ((b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!) >>> 0;
}
export function u16le(b: Uint8Array, o: number): number {
  return b[o]! | (b[o + 1]! << 8);
}
/** Unsigned. */
export function u32le(b: Uint8Array, o: number): number {
  return (b[o]! | (b[o + 1]! << 8) | (b[o + 2]! << 16) | (b[o + 3]! << 24)) >>> 0;
}

const latin1Chunk = 4096;

/** Node's own, where there is one: a tenth of the time of the portable way. */
const nodeLatin1 = (
  globalThis as {
    Buffer?: { prototype: { latin1Slice?(this: Uint8Array, start: number, end: number): string } };
  }
).Buffer?.prototype.latin1Slice;

/** Bytes as Latin-1 (each byte one char code), in chunks so that no call has too many arguments. */
export function latin1(b: Uint8Array, start = 0, end = b.length): string {
  if (nodeLatin1) return nodeLatin1.call(b, start, end);
  if (end - start <= latin1Chunk) return String.fromCharCode.apply(null, b.subarray(start, end) as never);
  let s = '';
  for (let at = start; at < end; at += latin1Chunk) s += latin1(b, at, Math.min(end, at + latin1Chunk));
  return s;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Of an even number of hex digits. */
export function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length >> 1 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
