/** Domain names: RFC 1035 section 4.1.4, with the bit labels of RFC 2673. */
import { hex, hex2 } from './format.ts';
import type { Page } from './page.ts';

/** RFC 1035 section 2.3.4. */
const maxName = 255;

const Kind = { mask: 0xc0, pointer: 0xc0, reserved: 0x80, extended: 0x40 } as const;
const bitLabel = 1;

const bitLength = (stated: number) => (stated === 0 ? 256 : stated);

/** Offset behind a name, -1 when it was cut or is not one. Prints nothing. */
export function skipName(p: Page, at: number): number {
  for (;;) {
    if (!p.has(at, 1)) return -1;
    const length = p.u8(at++);
    if (length === 0) return at;
    const kind = length & Kind.mask;
    if (kind === Kind.pointer) return at + 1;
    if (kind === Kind.reserved) return -1;
    if (kind === Kind.extended) {
      if ((length & 0x3f) !== bitLabel || !p.has(at, 1)) return -1;
      at += 1 + ((bitLength(p.u8(at)) + 7) >> 3);
    } else at += length;
  }
}

/** Bytes of the label at `at` without its first one (for a pointer: that one's value); -1, and why, for none. */
function labelLength(p: Page, at: number): number {
  if (!p.has(at, 1)) return -1;
  const length = p.u8(at);
  const kind = length & Kind.mask;
  if (kind === Kind.reserved) {
    p.text += '<BAD LABEL TYPE>';
    return -1;
  }
  if (kind !== Kind.extended) return length;
  if ((length & 0x3f) !== bitLabel) {
    p.text += `<ELT ${length & 0x3f}>`;
    return -1;
  }
  return p.has(at + 1, 1) ? ((bitLength(p.u8(at + 1)) + 7) >> 3) + 1 : -1;
}

/**
 * Prints a name. Pointers must lead backwards, so that there is an end.
 * @param message what pointers count from
 * @returns offset behind the name, -1 when it was cut or is not one
 */
export function printName(p: Page, at: number, message: number): number {
  let length = labelLength(p, at);
  if (length < 0) return -1;
  let limit = (at - message) >>> 0;
  let first = p.u8(at++);
  let after = (first & Kind.mask) === Kind.pointer ? -1 : at + length;
  if (first === 0) {
    p.text += '.';
    return after;
  }
  let followed = false;
  let chars = 0;
  while (first !== 0 && at < p.end) {
    if ((first & Kind.mask) === Kind.pointer) {
      if (!followed) after = at + 1;
      followed = true;
      const offset = ((first << 8) | p.u8(at)) & 0x3fff;
      if (offset >= limit) {
        p.text += '<BAD PTR>';
        return -1;
      }
      limit = offset;
      at = message + offset;
    } else {
      if ((first & Kind.mask) === Kind.extended) {
        if (!printBitLabel(p, at)) return -1;
      } else {
        const shown = Math.min(length, maxName - chars);
        if (shown >= 0 && !p.string(at, shown)) return -1;
        chars += length;
      }
      at += length;
      if (chars <= maxName) p.text += '.';
      chars++;
    }
    if (!p.has(at, 1)) return -1;
    first = p.u8(at);
    length = labelLength(p, at);
    if (length < 0) return -1;
    at++;
    if (!followed) after += length + 1;
  }
  if (chars > maxName) p.text += '<DOMAIN NAME TOO LONG>';
  return after;
}

function printBitLabel(p: Page, at: number): boolean {
  if (!p.has(at, 1)) return false;
  const bits = bitLength(p.u8(at++));
  let left = bits;
  p.text += '\\[x';
  // The loop's limit is in digits there, twice the bytes.
  for (; left > 7; left -= 8) p.text += hex2[p.u8(at++)];
  if (left > 4) p.text += hex2[p.u8(at) & (0xff << (8 - left)) & 0xff];
  else if (left > 0) p.text += hex((p.u8(at) >> 4) & (0x0f << (4 - left)) & 15);
  p.text += `/${bits}]`;
  return true;
}
