/** Options of neighbor discovery: RFC 4861 section 4.6, RFC 4191, RFC 8106, RFC 6275. */
import { formatIpv6 } from '../../util/address.ts';
import { printName } from './dns-name.ts';
import { bitNames, hex2 } from './format.ts';
import { printUnknown } from './hex.ts';
import type { Page } from './page.ts';

const names = new Map<number, string>([
  [1, 'source link-address'],
  [2, 'destination link-address'],
  [3, 'prefix info'],
  [4, 'redirected header'],
  [5, 'mtu'],
  [25, 'rdnss'],
  [31, 'dnssl'],
  [7, 'advertisement interval'],
  [8, 'homeagent information'],
  [24, 'route info'],
]);

const prefixFlags = [
  [0x80, 'onlink'],
  [0x40, 'auto'],
  [0x20, 'router'],
] as const;

/** RFC 4191 section 2.1. */
export const routerPreference = (flags: number) => ['medium', 'high', 'rsv', 'low'][(flags >> 3) & 3];

const lifetime = (seconds: number) => (seconds === 0xffffffff ? 'infinity' : `${seconds}s`);

/** @returns false when an option was cut */
export function printNeighborOptions(p: Page, start: number, length: number): boolean {
  let at = start;
  while (at < p.end) {
    if (!p.has(at + 1, 1)) return false;
    if (length <= 0) return true;
    const type = p.u8(at);
    const units = p.u8(at + 1);
    const size = units * 8;
    if (units === 0 || at + size > p.end) return false;
    p.text += `\n\t  ${names.get(type) ?? 'unknown'} option (${type}), length ${size} (${units}): `;
    const print = printers[type];
    if (print !== undefined) {
      if (!print(p, at, units, start)) return false;
    } else if (p.v < 2) {
      printUnknown(p, '\n\t  ', at + 2, size - 2);
      return true;
    }
    if (p.v > 1) printUnknown(p, '\n\t    ', at + 2, size - 2);
    at += size;
    length -= size;
  }
  return true;
}

/** @param first where all options begin */
type Print = (p: Page, at: number, units: number, first: number) => boolean;

const linkAddress: Print = (p, at, units) => {
  for (let i = 2; i < units * 8; i++) p.text += `${i > 2 ? ':' : ''}${hex2[p.u8(at + i)]}`;
  return true;
};

const prefix: Print = (p, at, units) => {
  p.text +=
    `${p.ip6(at + 16)}/${p.u8(at + 2)}${units !== 4 ? 'badlen' : ''}` +
    `, Flags [${bitNames(prefixFlags, p.u8(at + 3))}], valid time ${lifetime(p.u32(at + 4))}`;
  p.text += `, pref. time ${lifetime(p.u32(at + 8))}`;
  return true;
};

const redirected: Print = (p, _at, units, first) => {
  printUnknown(p, '\n\t    ', first, units * 8);
  return true;
};

const mtu: Print = (p, at, units) => {
  p.text += ` ${p.u32(at + 4)}${units !== 1 ? 'bad option length' : ''}`;
  return true;
};

const nameServers: Print = (p, at, units) => {
  p.text += ` lifetime ${p.u32(at + 4)}s,`;
  for (let i = 0; i < (units - 1) >> 1; i++) p.text += ` addr: ${p.ip6(at + 8 + 16 * i)}`;
  return true;
};

const searchList: Print = (p, at, units, first) => {
  p.text += ` lifetime ${p.u32(at + 4)}s, domain(s):`;
  for (let name = at + 8; name < at + units * 8 && p.u8(name) !== 0; ) {
    p.text += ' ';
    name = printName(p, name, first);
    if (name < 0) return false;
  }
  return true;
};

const interval: Print = (p, at) => {
  p.text += ` ${p.u32(at + 4)}ms`;
  return true;
};

const homeAgent: Print = (p, at) => {
  p.text += ` preference ${p.u16(at + 4)}, lifetime ${p.u16(at + 6)}`;
  return true;
};

const route: Print = (p, at, units) => {
  if (!p.has(at + 4, 4) || units > 3) return false;
  const given = (units - 1) * 8;
  p.need(at + 8, given);
  const address = new Uint8Array(16);
  address.set(p.buf.subarray(at + 8, at + 8 + given));
  p.text += ` ${formatIpv6(address, 0)}/${p.u8(at + 2)}`;
  p.text += `, pref=${routerPreference(p.u8(at + 3))}, lifetime=${lifetime(p.u32(at + 4))}`;
  return true;
};

const printers: Readonly<Record<number, Print>> = {
  1: linkAddress,
  2: linkAddress,
  3: prefix,
  4: redirected,
  5: mtu,
  7: interval,
  8: homeAgent,
  24: route,
  25: nameServers,
  31: searchList,
};
