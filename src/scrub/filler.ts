/** Compressed bodies of a given length that unfold to stars: what reads the file finds nothing wrong with them. */

const star = 0x2a;
/** A stored block of deflate: a byte, two lengths of two bytes (RFC 1951 section 3.2.4). */
const storedHead = 5;
const maxStored = 0xffff;

/** undefined: there is none of that length, or of that encoding. */
export function filler(encoding: string, length: number): Uint8Array | undefined {
  if (encoding === 'gzip' || encoding === 'x-gzip') return gzipFiller(length);
  return encoding === 'deflate' ? zlibFiller(length) : undefined;
}

/** RFC 1952: ten bytes before, eight behind. */
function gzipFiller(length: number): Uint8Array | undefined {
  const out = new Uint8Array(length);
  const content = stored(out, 10, length - 8);
  if (content < 0) return undefined;
  out.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  const view = new DataView(out.buffer);
  view.setUint32(length - 8, crc32OfStars(content), true);
  view.setUint32(length - 4, content, true);
  return out;
}

/** RFC 1950: two bytes before, four behind. */
function zlibFiller(length: number): Uint8Array | undefined {
  const out = new Uint8Array(length);
  const content = stored(out, 2, length - 4);
  if (content < 0) return undefined;
  out.set([0x78, 0x01]);
  let a = 1;
  let b = 0;
  for (let i = 0; i < content; i++) {
    a = (a + star) % 65_521;
    b = (b + a) % 65_521;
  }
  new DataView(out.buffer).setUint32(length - 4, ((b << 16) | a) >>> 0, false);
  return out;
}

/** Fills [from, to) with stored blocks; returns how many stars are in them, -1 when there is no room for one. */
function stored(out: Uint8Array, from: number, to: number): number {
  let content = 0;
  let at = from;
  do {
    let take = to - at - storedHead;
    if (take < 0) return -1;
    if (take > maxStored) {
      take = maxStored;
      // What is left has to have room for a block's head.
      const left = to - at - storedHead - take;
      if (left < storedHead) take -= storedHead - left;
    }
    const isLast = at + storedHead + take === to;
    out.set([isLast ? 1 : 0, take & 255, take >> 8, ~take & 255, (~take >> 8) & 255], at);
    out.fill(star, at + storedHead, at + storedHead + take);
    content += take;
    at += storedHead + take;
  } while (at < to);
  return content;
}

let table: Uint32Array | undefined;

/** CRC-32 as RFC 1952 section 8 has it. */
function crc32OfStars(count: number): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let crc = 0xffffffff;
  for (let i = 0; i < count; i++) crc = table[(crc ^ star) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
