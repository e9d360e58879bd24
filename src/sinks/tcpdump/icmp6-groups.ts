/** Multicast listeners (RFC 3810) and node information (RFC 4620). */
import { visible } from './format.ts';
import { recordTypes } from './igmp.ts';
import type { Page } from './page.ts';

export function printListenerReport2(p: Page, at: number, length: number): void {
  if (length < 8) {
    p.text += ` [invalid len ${length}]`;
    return;
  }
  const count = p.u16(at + 6);
  p.text += `, ${count} group record(s)`;
  if (p.v === 0) return;
  let record = 8;
  for (let i = 0; i < count; i++) {
    if (length < record + 20) {
      p.text += ' [invalid number of groups]';
      return;
    }
    p.text += ` [gaddr ${p.ip6(at + record + 4)}`;
    const type = p.u8(at + record);
    p.text += ` ${recordTypes[type] || ` [v2-report-#${type}]`}`;
    const sources = p.u16(at + record + 2);
    if (length < record + 20 + sources * 16) {
      p.text += ` [invalid number of sources ${sources}]`;
      return;
    }
    if (p.v === 1) p.text += `, ${sources} source(s)`;
    else printSources(p, at + record + 20, sources);
    record += 20 + sources * 16;
    p.text += ']';
  }
}

function printSources(p: Page, at: number, count: number): void {
  p.text += ' {';
  for (let i = 0; i < count; i++) p.text += ` ${p.ip6(at + 16 * i)}`;
  p.text += ' }';
}

export function printListenerQuery(p: Page, at: number, length: number): void {
  const code = p.u16(at + 4);
  // Above 32767 a small floating point number.
  const delay = code < 32_768 ? code : ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);
  if (p.v > 0) p.text += ` [max resp delay=${delay}]`;
  p.text += ` [gaddr ${p.ip6(at + 8)}`;
  if (p.v > 0) {
    const flags = p.u8(at + 24);
    if ((flags & 8) !== 0) p.text += ' sflag';
    if ((flags & 7) !== 0) p.text += ` robustness=${flags & 7}`;
    const interval = p.u8(at + 25);
    p.text += ` qqi=${interval < 128 ? interval : ((interval & 15) | 16) << (((interval >> 4) & 7) + 3)}`;
  }
  const sources = p.u16(at + 26);
  if (sources > 0) {
    if (length < 28 + sources * 16) p.text += ' [invalid number of sources]';
    else if (p.v > 1) printSources(p, at + 28, sources);
    else p.text += `, ${sources} source(s)`;
  }
  p.text += ']';
}

const queryTypes = ['noop', 'supported qtypes', 'DNS name', 'node addresses'];
const addressFlags = [
  [0x40, 'a'],
  [0x20, 'G'],
  [0x10, 'S'],
  [0x08, 'L'],
  [0x04, 'C'],
  [0x02, 'A'],
] as const;

const letters = (flags: number, table: readonly (readonly [number, string])[]) =>
  table.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : '')).join('');

/** @returns false when it was cut */
export function printNodeInformation(p: Page, at: number, length: number): boolean {
  return p.u8(at) === 139 ? printNodeQuery(p, at) : printNodeReply(p, at, length);
}

function printNodeQuery(p: Page, at: number): boolean {
  const size = p.end - at;
  if (size === 12) {
    p.text += ' who-are-you request';
    return true;
  }
  p.text += ' node information query';
  if (!p.has(at, 16)) return false;
  p.text += ' (';
  const type = p.u16(at + 4);
  const flags = p.u16(at + 6);
  p.text += queryTypes[type] ?? 'unknown';
  if (type === 1 && flags !== 0) p.text += ` [${(flags & 1) !== 0 ? 'C' : ''}]`;
  if (type === 3 && flags !== 0) p.text += ` [${letters(flags, addressFlags)}]`;
  if (type < 2) {
    if (size !== 16 && p.v > 0) p.text += ', invalid len';
  } else if (size === 16) p.text += ', 03 draft';
  else printSubject(p, at, size);
  p.text += ')';
  return true;
}

function printSubject(p: Page, at: number, size: number): void {
  const subject = p.u8(at + 1);
  if (subject === 1) {
    p.text += ', subject=DNS name';
    printNodeName(p, at + 16);
    return;
  }
  if (subject !== 0 && subject !== 2) {
    p.text += ', unknown subject';
    return;
  }
  const width = subject === 0 ? 16 : 4;
  if (!p.has(at, 16 + width)) return;
  if (size === 16 + width) p.text += `, subject=${width === 16 ? p.ip6(at + 16) : p.ip4(at + 16)}`;
  else if (p.v > 0) p.text += ', invalid subject len';
}

/** A name by RFC 4620, or, when its first byte is the length of all that follows, by its third draft. */
function printNodeName(p: Page, at: number): void {
  const { end } = p;
  if (p.u8(at) === end - at - 1) {
    if (p.v > 0) p.text += ', 03 draft';
    p.text += ', "';
    for (let i = at + 1; i < end; i++) p.text += visible[p.u8(i)];
    p.text += '"';
    return;
  }
  p.text += ', "';
  while (at < end) {
    const size = p.u8(at++);
    if (size === 0) {
      if (at === end) p.text += '.';
      else if (at + 1 !== end || p.u8(at) !== 0) p.text += '???';
      break;
    }
    if (size > end - at) {
      p.text += '???';
      break;
    }
    for (let i = 0; i < size; i++) p.text += visible[p.u8(at++)];
    if (at + 1 < end && p.u8(at) !== 0) p.text += '.';
  }
  p.text += '"';
}

function printNodeReply(p: Page, at: number, length: number): boolean {
  const size = p.end - at;
  if (length > size || !p.has(at, 16)) return false;
  p.text += ' node information reply (';
  const code = p.u8(at + 1);
  let comma = '';
  if (code === 0 && p.v > 0) {
    p.text += 'success';
    comma = ', ';
  }
  if (code === 1 || code === 2) {
    p.text += code === 1 ? 'refused' : 'unknown';
    if (size !== 16 && p.v > 0) p.text += ', invalid length';
  }
  if (code === 0) printAnswer(p, at, size, comma);
  p.text += ')';
  return true;
}

function printAnswer(p: Page, at: number, size: number, comma: string): void {
  const type = p.u16(at + 4);
  const flags = p.u16(at + 6);
  p.text += comma + (queryTypes[type] ?? 'unknown');
  if (type === 0 && size !== 16 && p.v > 0) p.text += ', invalid length';
  if (type === 1 && flags !== 0) p.text += ` [${(flags & 1) !== 0 ? 'C' : ''}]`;
  if (type === 2) {
    printNodeName(p, at + 20);
    if ((flags & 1) !== 0) p.text += ` [TTL=${p.u32(at + 16)}]`;
  }
  if (type !== 3) return;
  for (let i = 16; i + 20 <= size; i += 20) p.text += ` ${p.ip6(at + i + 4)}(${p.u32(at + i)})`;
  if (flags !== 0) p.text += ` [${letters(flags, [...addressFlags, [1, 'T']])}]`;
}
