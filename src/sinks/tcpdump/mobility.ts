/** Mobility headers of IPv6: RFC 6275 section 6.1. */
import { bitNames, hex, hex2, hex4, hex8 } from './format.ts';
import type { Page } from './page.ts';

const names = ['BRR', 'HoTI', 'CoTI', 'HoT', 'CoT', 'BU', 'BA', 'BE'];
/** Bytes each type has at least. */
const sizes = [8, 16, 16, 24, 24, 12, 12, 24];
const updateFlags = [
  [8, 'A'],
  [4, 'H'],
  [2, 'L'],
  [1, 'K'],
] as const;

/** @returns the header's length, -1 when it was cut */
export function printMobility(p: Page, at: number): number {
  p.protocol = 'mobility';
  const length = p.has(at + 1, 1) ? (p.u8(at + 1) + 1) * 8 : -1;
  if (length < 0) return cutHeader(p);
  const type = p.u8(at + 2);
  if (type < sizes.length && length < sizes[type]!) {
    p.text += `(header length ${length} is too small for type ${type})`;
    return cutHeader(p);
  }
  p.text += `mobility: ${names[type] ?? `type-#${type}`}`;
  const body = at + 8;
  const cookie = (label: string, from: number) =>
    ` ${type === 1 || type === 3 ? 'Home' : 'Care-of'} ${label}=${hex8(p.u32(from))}:${hex8(p.u32(from + 4))}`;
  switch (type) {
    case 0:
      break;
    case 1:
    case 2:
      if (p.v > 0) p.text += cookie('Init Cookie', body);
      break;
    case 3:
    case 4:
      p.text += ` nonce id=0x${hex(p.u16(at + 6))}`;
      if (p.v > 0) p.text += cookie('Init Cookie', body);
      if (p.v > 0) p.text += cookie('Keygen Token', body + 8);
      break;
    case 5: {
      p.text += ` seq#=${p.u16(at + 6)}`;
      if (!p.has(body, 2)) return cutHeader(p);
      const flags = p.u8(body) >> 4;
      if (flags !== 0) p.text += ` ${bitNames(updateFlags, flags, '')}`;
      p.text += ` lifetime=${p.u16(body + 2) * 4}`;
      break;
    }
    case 6:
      p.text += ` status=${p.u8(at + 6)}`;
      if ((p.u8(at + 7) & 0x80) !== 0) p.text += ' K';
      p.text += ` seq#=${p.u16(body)}`;
      p.text += ` lifetime=${p.u16(body + 2) * 4}`;
      break;
    case 7:
      p.text += ` status=${p.u8(at + 6)}`;
      p.text += ` homeaddr ${p.ip6(body)}`;
      break;
    default:
      p.text += ` len=${p.u8(at + 1)}`;
      return length;
  }
  const size = sizes[type]!;
  return p.v === 0 || printOptions(p, at + size, length - size) ? length : cutHeader(p);
}

function cutHeader(p: Page): number {
  p.cutMark();
  return -1;
}

/** type: name in a mark of being too short, bytes at least, text */
const options: Readonly<Record<number, readonly [string, number, (p: Page, at: number) => string]>> = {
  1: ['padn', 2, () => '(padn)'],
  2: ['refresh', 4, (p, at) => `(refresh: ${p.u16(at + 2) * 4})`],
  3: ['altcoa', 18, (p, at) => `(alt-CoA: ${p.ip6(at + 2)})`],
  4: ['ni', 6, (p, at) => `(ni: ho=0x${hex4(p.u16(at + 2))} co=0x${hex4(p.u16(at + 4))})`],
  5: ['auth', 12, () => '(auth)'],
};

function printOptions(p: Page, at: number, length: number): boolean {
  for (let i = 0, size = 1; i < length; i += size) {
    const type = p.u8(at + i);
    size = 1;
    if (type !== 0) {
      if (i + 1 >= length) return false;
      size = p.u8(at + i + 1) + 2;
    }
    // One byte more than the option is asked for there.
    if (i + size > length || !p.has(at + i + size, 1)) return false;
    const known = options[type];
    if (type === 0) p.text += '(pad1)';
    else if (known === undefined) p.text += `(type-0x${hex2[type]}: len=${size - 2})`;
    else if (length - i < known[1]) {
      p.text += `(${known[0]}: trunc)`;
      return false;
    } else p.text += known[2](p, at + i);
  }
  return true;
}
