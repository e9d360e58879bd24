/** Multipath TCP options: RFC 8684, and version 0 of RFC 6824. */
import { hex, hex2 } from './format.ts';
import type { Page } from './page.ts';

type Print = (p: Page, at: number, length: number, flags: number) => boolean;

const syn = 2;
const ack = 16;
const key = (p: Page, at: number) => `0x${p.u64(at).toString(16)}`;

const capable: Print = (p, at, length, flags) => {
  const opening = (length === 12 || length === 4) && (flags & syn) !== 0;
  if (!opening && !((length === 20 || length === 22) && (flags & (syn | ack)) === ack)) return false;
  const version = p.u8(at + 2) & 15;
  if (version > 1) {
    p.text += ` Unknown Version (${version})`;
    return true;
  }
  p.text += ` v${version}`;
  if ((p.u8(at + 3) & 0x80) !== 0) p.text += ' csum';
  if (length !== 12 && length < 20) return true;
  p.text += ` {${key(p, at + 4)}`;
  if (length >= 20) p.text += `,${key(p, at + 12)}`;
  p.text += '}';
  return true;
};

const join: Print = (p, at, length, flags) => {
  const fits =
    (length === 12 && (flags & syn) !== 0) ||
    (length === 16 && (flags & (syn | ack)) === (syn | ack)) ||
    (length === 24 && (flags & ack) !== 0);
  if (!fits) return false;
  if (length === 24) {
    p.text += ' hmac 0x';
    for (let i = 4; i < 24; i++) p.text += hex2[p.buf[at + i]!];
    return true;
  }
  if ((p.u8(at + 2) & 1) !== 0) p.text += ' backup';
  p.text += ` id ${p.u8(at + 3)}`;
  p.text +=
    length === 12
      ? ` token 0x${hex(p.u32(at + 4))} nonce 0x${hex(p.u32(at + 8))}`
      : ` hmac ${key(p, at + 4)} nonce 0x${hex(p.u32(at + 12))}`;
  return true;
};

const sequence: Print = (p, at, length, flags) => {
  if (length < 4 || (flags & syn) !== 0) return false;
  const bits = p.u8(at + 3);
  if ((bits & 0x10) !== 0) p.text += ' fin';
  at += 4;
  length -= 4;
  // 4 or 8 bytes, told by the flag beside.
  const number = (long: boolean): boolean => {
    const size = long ? 8 : 4;
    if (length < size) return false;
    p.text += long ? `${p.u64(at)}` : `${p.u32(at)}`;
    at += size;
    length -= size;
    return true;
  };
  if ((bits & 1) !== 0) {
    p.text += ' ack ';
    if (!number((bits & 2) !== 0)) return false;
  }
  if ((bits & 4) !== 0) {
    p.text += ' seq ';
    if (!number((bits & 8) !== 0)) return false;
    if (length < 4) return false;
    p.text += ` subseq ${p.u32(at)}`;
    if (length < 6) return false;
    p.text += ` len ${p.u16(at + 4)}`;
    at += 6;
    length -= 6;
    if (length >= 2) {
      p.text += ` csum 0x${hex(p.u16(at))}`;
      length -= 2;
    }
  }
  return length === 0;
};

const versions = new Map<number, string>([
  [6, 'v0-ip6'],
  [4, 'v0-ip4'],
  [1, 'v1-echo'],
  [0, 'v1'],
]);

const addAddress: Print = (p, at, length) => {
  const v4 = length === 8 || length === 10 || length === 16 || length === 18;
  if (!v4 && length !== 20 && length !== 22 && length !== 28 && length !== 30) return false;
  p.text += ` ${versions.get(p.u8(at + 2) & 15) ?? '[bad version/echo]'}`;
  p.text += ` id ${p.u8(at + 3)}`;
  p.text += ` ${v4 ? p.ip4(at + 4) : p.ip6(at + 4)}`;
  const rest = at + (v4 ? 8 : 20);
  const withPort = (length - (v4 ? 8 : 20)) % 8 === 2;
  if (withPort) p.text += `:${p.u16(rest)}`;
  if (length - (v4 ? 8 : 20) >= 8) p.text += ` hmac ${key(p, rest + (withPort ? 2 : 0))}`;
  return true;
};

const removeAddress: Print = (p, at, length) => {
  if (length < 4) return false;
  p.text += ' id';
  for (let i = 3; i < length; i++) p.text += ` ${p.u8(at + i)}`;
  return true;
};

const priority: Print = (p, at, length) => {
  if (length !== 3 && length !== 4) return false;
  p.text += (p.u8(at + 2) & 1) !== 0 ? ' backup' : ' non-backup';
  if (length === 4) p.text += ` id ${p.u8(at + 3)}`;
  return true;
};

const fail: Print = (p, at, length) => {
  if (length !== 12) return false;
  p.text += ` seq ${p.u64(at + 4)}`;
  return true;
};

const fastClose: Print = (p, at, length) => {
  if (length !== 12) return false;
  p.text += ` key ${key(p, at + 4)}`;
  return true;
};

const subtypes: readonly (readonly [string, Print])[] = [
  ['capable', capable],
  ['join', join],
  ['dss', sequence],
  ['add-addr', addAddress],
  ['rem-addr', removeAddress],
  ['prio', priority],
  ['fail', fail],
  ['fast-close', fastClose],
];

/**
 * @param at of the option's kind, `length` with kind and length
 * @param flags the segment's: what an option means depends on SYN and ACK
 * @returns false for an option that is not valid
 */
export function printMptcp(p: Page, at: number, length: number, flags: number): boolean {
  p.protocol = 'mptcp';
  if (length < 3) return false;
  const subtype = subtypes[p.u8(at + 2) >> 4];
  p.text += ` ${length}`;
  p.text += ` ${subtype?.[0] ?? 'unknown'}`;
  return subtype === undefined || subtype[1](p, at, length, flags);
}
