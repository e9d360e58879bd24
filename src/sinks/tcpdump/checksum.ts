/** The Internet checksum: RFC 1071. */
import type { Page } from './page.ts';

/** One's complement sum of big-endian 16-bit words, carries not yet folded in. */
function sumOf(buf: Uint8Array, at: number, length: number): number {
  let sum = 0;
  const end = at + length;
  for (; at + 1 < end; at += 2) sum += (buf[at]! << 8) | buf[at + 1]!;
  return at < end ? sum + (buf[at]! << 8) : sum;
}

/** Carries folded in (the sum of 16 MiB fits 48 bits: no bit operations before). */
function fold(sum: number): number {
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** 0 when bytes with their checksum among them are right. */
export const checksum = (buf: Uint8Array, at: number, length: number) => fold(sumOf(buf, at, length));

/** What a checksum field should hold, from what it holds and what `checksum` gave. */
export function expectedChecksum(stated: number, sum: number): number {
  const total = stated + sum;
  return (total & 0xffff) + (total >>> 16);
}

/**
 * Checksum over a pseudo-header and `length` bytes from `at`, which must be there.
 * @param protocol for the pseudo-header
 */
export function transportChecksum(p: Page, at: number, length: number, protocol: number): number {
  const { buf, ipAt } = p;
  if (p.ipVersion === 6) {
    p.need(ipAt + 8, 32);
    const pseudo = sumOf(buf, ipAt + 8, 16) + sumOf(buf, finalDestination6(p), 16);
    return fold(pseudo + (length >>> 16) + (length & 0xffff) + protocol + sumOf(buf, at, length));
  }
  p.need(ipAt + 12, 8);
  const pseudo = sumOf(buf, ipAt + 12, 4) + sumOf(buf, finalDestination4(p), 4);
  return fold(pseudo + (length & 0xffff) + protocol + sumOf(buf, at, length));
}

/** Where a source route ends: the last address of an LSRR or SSRR option. */
function finalDestination4(p: Page): number {
  const { ipAt } = p;
  const header = (p.u8(ipAt) & 15) * 4;
  let at = ipAt + 20;
  for (let left = header - 20; left > 0; ) {
    const type = p.u8(at);
    if (type === 0) break;
    const size = type === 1 ? 1 : p.u8(at + 1);
    if (size === 0 || (type !== 1 && size < 2) || left < size || !p.has(at, size)) break;
    if ((type === 131 || type === 137) && size >= 7) return at + size - 4;
    at += size;
    left -= size;
  }
  return ipAt + 16;
}

/** Where a routing header leads: RFC 8200 section 8.1. */
function finalDestination6(p: Page): number {
  let at = p.ipAt;
  const header = p.ipAt + 24;
  let advance = 40;
  let next = p.u8(at + 6);
  while (at < p.end) {
    at += advance;
    if (next === 0 || next === 60 || next === 62 || next === 135) {
      advance = (p.u8(at + 1) + 1) * 8;
      next = p.u8(at);
    } else if (next === 44) {
      advance = 8;
      next = p.u8(at);
    } else if (next === 43) return routeEnd(p, at) ?? header;
    else break;
  }
  return header;
}

function routeEnd(p: Page, at: number): number | undefined {
  if (!p.has(at, 4)) return undefined;
  const length = p.u8(at + 1);
  const type = p.u8(at + 2);
  if (length % 2 === 1) return undefined;
  // Segment routing lists its segments from the last to the first: RFC 8754 section 2.
  if (type === 4) return p.has(at + 8, 16) ? at + 8 : undefined;
  if (type !== 0 && type !== 2) return undefined;
  let last: number | undefined;
  for (let i = 0; i < length / 2 && p.has(at + 8 + 16 * i, 16); i++) last = at + 8 + 16 * i;
  return last;
}
