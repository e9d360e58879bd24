import { staticTable } from './hpack-static.ts';

/**
 * Whether [from, to) is built like a header block, by its form alone: tells the beginning of a frame among
 * other bytes. The first entry has to be a pseudo-header or one that may be (section 8.3 of RFC 9113).
 */
export function mayBeHeaderBlock(b: Uint8Array, from: number, to: number): boolean {
  let at = from;
  let count = 0;
  while (at < to) {
    const first = b[at]!;
    const isIndexed = first >= 0x80;
    const isUpdate = (first & 0xe0) === 0x20;
    const prefix = isIndexed ? 7 : isUpdate ? 5 : first & 0x40 ? 6 : 4;
    const mask = (1 << prefix) - 1;
    let index = first & mask;
    at++;
    if (index === mask) {
      let shift = 0;
      do {
        if (at >= to || shift > 14) return false;
        index += (b[at]! & 0x7f) << shift;
        shift += 7;
      } while (b[at++]! >= 0x80);
    }
    if (isUpdate) {
      if (count > 0) return false;
      continue;
    }
    if (isIndexed ? index === 0 || index > maxIndex : index > maxIndex) return false;
    if (count === 0 && index > 14 && index <= staticTable.length) return false;
    count++;
    if (isIndexed) continue;
    for (let texts = index === 0 ? 2 : 1; texts > 0; texts--) {
      if (at >= to) return false;
      const isCoded = b[at]! >= 0x80;
      let length = b[at++]! & 0x7f;
      if (length === 0x7f) {
        let shift = 0;
        do {
          if (at >= to || shift > 14) return false;
          length += (b[at]! & 0x7f) << shift;
          shift += 7;
        } while (b[at++]! >= 0x80);
      }
      if (at + length > to) return false;
      if (!isCoded) for (let i = at; i < at + length; i++) if (b[i]! < 32 && b[i] !== 9) return false;
      at += length;
    }
  }
  return count > 0;
}

/** Tables of 4 KiB hold some sixty entries, of 64 KiB a thousand. */
const maxIndex = 61 + 2048;
