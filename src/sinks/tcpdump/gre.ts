/** GRE: RFC 2784, RFC 2890; routing of RFC 1701; version 1 is PPTP's (RFC 2637). */
import { formatIpv4 } from '../../util/address.ts';
import { printEthernet } from './ethernet.ts';
import { bitNames, hex, hex4 } from './format.ts';
import { printIp } from './ip.ts';
import { printIp6 } from './ip6.ts';
import { printMpls } from './mpls.ts';
import type { Page } from './page.ts';
import { printPpp } from './ppp.ts';
import { etherTypeNames } from './tables.ts';

const Flag = { checksum: 0x8000, routing: 0x4000, key: 0x2000, sequence: 0x1000, ack: 0x0080 } as const;
const flagNames = [
  [Flag.checksum, 'checksum present'],
  [Flag.routing, 'routing present'],
  [Flag.key, 'key present'],
  [Flag.sequence, 'sequence# present'],
  [0x0800, 'source routing present'],
  [Flag.ack, 'ack present'],
] as const;

export function printGre(p: Page, at: number, length: number): void {
  p.protocol = 'gre';
  if (!p.has(at, 2) || length < 2) return p.cutMark();
  const version = p.u16(at) & 7;
  p.text += `GREv${version}`;
  if (version > 1) p.text += ' ERROR: unknown-version';
  else if (!(version === 0 ? printVersion0(p, at, length) : printVersion1(p, at, length))) p.cutMark();
}

/** @returns false when it was cut */
function printVersion0(p: Page, at: number, length: number): boolean {
  const flags = p.u16(at);
  if (p.v > 0) p.text += `, Flags [${bitNames(flagNames, flags)}]`;
  let next = at + 2;
  const end = at + length;
  const lacks = (size: number) => !p.has(next, size) || end - next < size;
  if (lacks(2)) return false;
  const protocol = p.u16(next);
  next += 2;
  if ((flags & (Flag.checksum | Flag.routing)) !== 0) {
    if (lacks(2)) return false;
    if (p.v > 0) p.text += `, sum 0x${hex(p.u16(next))}`;
    next += 2;
    if (lacks(2)) return false;
    p.text += `, off 0x${hex(p.u16(next))}`;
    next += 2;
  }
  if ((flags & Flag.key) !== 0) {
    if (lacks(4)) return false;
    p.text += `, key=0x${hex(p.u32(next))}`;
    next += 4;
  }
  if ((flags & Flag.sequence) !== 0) {
    if (lacks(4)) return false;
    p.text += `, seq ${p.u32(next)}`;
    next += 4;
  }
  if ((flags & Flag.routing) !== 0)
    for (;;) {
      if (lacks(4)) return false;
      const family = p.u16(next);
      const offset = p.u8(next + 2);
      const size = p.u8(next + 3);
      next += 4;
      if (family === 0 && size === 0) break;
      if (!printRoute(p, family, offset, size, next, end) || end - next < size) return false;
      next += size;
    }
  printProtocol(p, protocol, length);
  printLead(p);
  const left = end - next;
  switch (protocol) {
    case 0x0800:
      printIp(p, next, left);
      break;
    case 0x86dd:
      printIp6(p, next, left);
      break;
    case 0x8847:
      printMpls(p, next, left);
      break;
    case 0x6558:
      printEthernet(p, next, left, p.left(next));
      break;
    default:
      p.text += `gre-proto-0x${hex(protocol)}`;
  }
  return true;
}

/** One line, or with -v a line of its own for what is inside. */
function printLead(p: Page): void {
  p.text += p.v < 1 ? ': ' : '\n\t';
}

function printProtocol(p: Page, protocol: number, length: number): void {
  if (p.linkHeader) p.text += `, proto ${etherTypeNames.get(protocol) ?? 'unknown'} (0x${hex4(protocol)})`;
  p.text += `, length ${length}`;
}

function printVersion1(p: Page, at: number, length: number): boolean {
  const flags = p.u16(at);
  if (p.v > 0) p.text += `, Flags [${bitNames(flagNames, flags)}]`;
  let next = at + 2;
  const end = at + length;
  const lacks = (size: number) => !p.has(next, size) || end - next < size;
  if (lacks(2)) return false;
  const protocol = p.u16(next);
  next += 2;
  for (const [flag, label, mask] of [
    [Flag.key, 'call', 0xffff],
    [Flag.sequence, 'seq', 0xffffffff],
    [Flag.ack, 'ack', 0xffffffff],
  ] as const) {
    if ((flags & flag) === 0) continue;
    if (lacks(4)) return false;
    p.text += `, ${label} ${(p.u32(next) & mask) >>> 0}`;
    next += 4;
  }
  const payload = (flags & Flag.sequence) !== 0;
  if (!payload) p.text += ', no-payload';
  printProtocol(p, protocol, length);
  if (!payload) return true;
  printLead(p);
  if (protocol === 0x880b) printPpp(p, next, end - next);
  else p.text += `gre-proto-0x${hex(protocol)}`;
  return true;
}

/** Source routes of IP addresses or autonomous systems; `*` before the present one. */
function printRoute(p: Page, family: number, offset: number, size: number, at: number, end: number): boolean {
  const width = family === 0x0800 ? 4 : family === 0xfffe ? 2 : 0;
  if (width === 0) {
    p.text += `, (rtaf=0x${hex(family)})`;
    return true;
  }
  p.text += `, (rtaf=${width === 4 ? 'ip' : 'asn'}`;
  const whole = printHops(p, width, offset, size, at, end);
  p.text += ')';
  return whole;
}

function printHops(p: Page, width: number, offset: number, size: number, at: number, end: number): boolean {
  if (offset % width !== 0) p.text += `, badoffset=${offset}`;
  else if (size % width !== 0) p.text += `, badlength=${size}`;
  else if (offset >= size) p.text += `, badoff/len=${offset}/${size}`;
  else
    for (let i = 0; i < size; i += width) {
      if (!p.has(at + i, width) || end - at - i < width) return false;
      const hop = width === 4 ? formatIpv4(p.buf, at + i) : hex(p.u16(at + i));
      p.text += ` ${i === offset ? '*' : ''}${hop}`;
    }
  return true;
}
