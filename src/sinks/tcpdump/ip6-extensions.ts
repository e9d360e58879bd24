/** IPv6 options and routing headers: RFC 8200 section 4, RFC 8754, RFC 6275 section 6. */
import { hex, hex2, hex4 } from './format.ts';
import type { Jumbo } from './ip6.ts';
import type { Page } from './page.ts';

/** @returns the header's length, -1 when it was cut */
export function printHopByHop(p: Page, at: number, jumbo: Jumbo): number {
  p.protocol = 'hbhopt';
  const length = (p.u8(at + 1) + 1) * 8;
  if (!p.has(at, length)) return cutHeader(p);
  p.text += 'HBH ';
  return printOptions(p, at + 2, length - 2, jumbo) ? length : cutHeader(p);
}

/** @returns the header's length, -1 when it was cut */
export function printDestinationOptions(p: Page, at: number): number {
  p.protocol = 'dstopt';
  const length = (p.u8(at + 1) + 1) * 8;
  if (!p.has(at, length)) return cutHeader(p);
  p.text += 'DSTOPT ';
  return p.v === 0 || printOptions(p, at + 2, length - 2) ? length : cutHeader(p);
}

function cutHeader(p: Page): number {
  p.cutMark();
  return -1;
}

const Option = { pad1: 0, padN: 1, routerAlert: 5, jumbo: 0xc2, homeAddress: 0xc9 } as const;

/** @returns false when an option goes beyond its header */
function printOptions(p: Page, at: number, length: number, jumbo?: Jumbo): boolean {
  const loud = p.v > 0;
  let jumboSeen = false;
  for (let i = 0, size = 1; i < length; i += size) {
    const type = p.u8(at + i);
    size = 1;
    if (type !== Option.pad1) {
      if (i + 1 >= length) return false;
      size = p.u8(at + i + 1) + 2;
    }
    if (i + size > length) return false;
    const left = length - i;
    const stated = size - 2;
    switch (type) {
      case Option.pad1:
        if (loud) p.text += '(pad1)';
        break;
      case Option.padN:
        if (loud) p.text += '(padn)';
        break;
      case Option.routerAlert:
        if (wrongSize(p, 'rtalert', left, stated, 2)) return false;
        if (loud) p.text += `(rtalert: 0x${hex4(p.u16(at + i + 2))}) `;
        break;
      case Option.jumbo: {
        if (wrongSize(p, 'jumbo', left, stated, 4)) return false;
        const text = jumboText(p.u32(at + i + 2), jumboSeen, jumbo);
        if (loud) p.text += text;
        jumboSeen = true;
        break;
      }
      case Option.homeAddress:
        if (left < 18) {
          p.text += '(homeaddr: trunc)';
          return false;
        }
        if (stated < 16) {
          p.text += `(homeaddr: invalid len ${stated})`;
          return false;
        }
        if (!loud) break;
        p.text += `(homeaddr: ${p.ip6(at + i + 2)}`;
        if (stated > 16 && !printSubOptions(p, at + i + 18, size - 18)) return false;
        p.text += ')';
        break;
      default:
        if (loud) p.text += `(opt_type 0x${hex2[type]}: len=${stated})`;
    }
  }
  if (loud && length > 0) p.text += ' ';
  return true;
}

function wrongSize(p: Page, name: string, left: number, stated: number, due: number): boolean {
  if (left >= due + 2 && stated === due) return false;
  p.text += left < due + 2 ? `(${name}: trunc)` : `(${name}: invalid len ${stated})`;
  return true;
}

/** RFC 2675 section 3. */
function jumboText(length: number, seen: boolean, jumbo: Jumbo | undefined): string {
  if (seen) return `(jumbo: ${length} - already seen) `;
  if (jumbo === undefined) return `(jumbo: ${length} - not a hop-by-hop option) `;
  if (jumbo.length !== 0) return `(jumbo: ${length} - payload len != 0) `;
  if (length < 65_536) return `(jumbo: ${length} - < 65536) `;
  jumbo.found = true;
  jumbo.length = length;
  return `(jumbo: ${length}) `;
}

function printSubOptions(p: Page, at: number, length: number): boolean {
  for (let i = 0, size = 1; i < length; i += size) {
    const type = p.u8(at + i);
    size = 1;
    if (type !== 0) {
      if (i + 1 >= length) return false;
      size = p.u8(at + i + 1) + 2;
    }
    if (i + size > length) return false;
    if (type === 0) p.text += ', pad1';
    else if (type === 1) p.text += ', padn';
    else p.text += `, sopt_type 0x${hex2[type]}: len=${size - 2}`;
  }
  return true;
}

/** @returns the header's length, -1 when it is invalid */
export function printRouting(p: Page, at: number): number {
  p.protocol = 'rt6';
  p.text += 'RT6';
  const length = p.u8(at + 1);
  p.text += ` (len=${length}`;
  const type = p.u8(at + 2);
  p.text += `, type=${type}`;
  if (type === 0) p.text += ' [Deprecated]';
  p.text += `, segleft=${p.u8(at + 3)}`;
  if (type === 0 || type === 2) {
    const reserved = p.u32(at + 4);
    if (reserved !== 0 || p.v > 0) p.text += `, rsv=0x${hex(reserved)}`;
  } else if (type === 4) {
    p.text += `, last-entry=${p.u8(at + 4)}`;
    const flags = p.u8(at + 5);
    if (flags !== 0 || p.v > 0) p.text += `, flags=0x${hex(flags)}`;
    p.text += `, tag=${hex(p.u16(at + 6))}`;
  } else {
    p.text += ' (unknown type)';
    p.invalid();
    return -1;
  }
  if (length % 2 === 1) {
    p.text += ` (invalid length ${length})`;
    p.invalid();
    return -1;
  }
  for (let i = 0; i < length / 2; i++) p.text += `, [${i}]${p.ip6(at + 8 + 16 * i)}`;
  p.text += ') ';
  return (length + 1) * 8;
}
