/** NTP: RFC 5905. */
import { hex, hex8 } from './format.ts';
import type { Page } from './page.ts';

const modes = [
  'unspecified',
  'symmetric active',
  'symmetric passive',
  'Client',
  'Server',
  'Broadcast',
  'Control Message',
  'Reserved',
];
const leaps = new Map<number, string>([
  [0x00, ''],
  [0x40, '+1s'],
  [0x80, '-1s'],
  [0xc0, 'clock unsynchronized'],
]);
/** Seconds from 1900 to 1970. */
const epoch = 2_208_988_800;
const control = 6;

export function printNtp(p: Page, at: number, length: number): void {
  p.protocol = 'ntp';
  const first = p.u8(at);
  const mode = first & 7;
  p.text += `NTPv${(first >> 3) & 7}`;
  p.text += `, ${modes[mode]}, length ${length}`;
  if (p.v === 0) return;
  p.text += `\n\tLeap indicator: ${leaps.get(first & 0xc0)} (${first & 0xc0})`;
  if (mode < control) printTimes(p, at, length);
  else if (mode === control) printControl(p, at, length);
}

function short(p: Page, at: number, length: number): void {
  p.invalid();
  if (!p.has(at, length)) p.cutMark();
}

function printTimes(p: Page, at: number, length: number): void {
  if (length < 48) return short(p, at, length);
  const stratum = p.u8(at + 1);
  const named = stratum >= 2 && stratum <= 15 ? 'secondary reference' : 'reserved';
  p.text += `, Stratum ${stratum} (${['unspecified', 'primary reference'][stratum] ?? named})`;
  const poll = p.i8(at + 2);
  p.text += `, poll ${poll}`;
  if (poll > -32 && poll < 32) p.text += poll >= 0 ? ` (${2 ** poll}s)` : ` (1/${2 ** -poll}s)`;
  p.text += `, precision ${p.i8(at + 3)}`;
  if (!p.has(at + 4, 4)) return p.cutMark();
  p.text += `\n\tRoot Delay: ${fixed16(p, at + 4)}`;
  if (!p.has(at + 8, 4)) return p.cutMark();
  p.text += `, Root dispersion: ${fixed16(p, at + 8)}`;
  if (!p.has(at + 12, 4)) return p.cutMark();
  p.text += ', Reference-ID: ';
  if (stratum === 0) p.text += '(unspec)';
  else if (stratum === 1) p.string(at + 12, 4);
  else if (stratum === 62 || stratum === 63) {
    p.text += `${p.ip4(at + 12)} INFO_${stratum === 62 ? 'QUERY' : 'REPLY'}`;
    return;
  } else p.text += `0x${hex8(p.u32(at + 12))}`;
  for (const [label, offset] of stamps) {
    if (!p.has(at + offset, 8)) return p.cutMark();
    p.text += `\n\t  ${label}${stampText(p, at + offset)}`;
  }
  p.text += `\n\t    Originator - Receive Timestamp:  ${difference(p, at + 24, at + 32)}`;
  p.text += `\n\t    Originator - Transmit Timestamp: ${difference(p, at + 24, at + 40)}`;
  printKey(p, at + 48, length - 48);
}

const stamps = [
  ['Reference Timestamp:  ', 16],
  ['Originator Timestamp: ', 24],
  ['Receive Timestamp:    ', 32],
  ['Transmit Timestamp:   ', 40],
] as const;

/** A key's number alone, or with a digest of 16 or 20 bytes. */
function printKey(p: Page, at: number, length: number): void {
  if (length === 4 || length === 20 || length === 24) {
    p.text += `\n\tKey id: ${p.u32(at)}`;
    if (length === 4) return;
    if (!p.has(at + 4, length - 4)) return p.cutMark();
    p.text += '\n\tAuthentication: ';
    for (let i = 4; i < length; i += 4) p.text += hex8(p.u32(at + i));
  } else if (length > 0) p.text += `\n\t(${length} more bytes after the header)`;
}

function fixed16(p: Page, at: number): string {
  const fraction = Math.floor((p.u16(at + 2) / 65_536) * 1e6);
  return `${p.u16(at)}.${String(fraction).padStart(6, '0')}`;
}

const nanoseconds = (fraction: number) => String(Math.floor((fraction / 0x100000000) * 1e9)).padStart(9, '0');

function stampText(p: Page, at: number): string {
  const seconds = p.u32(at);
  const text = `${seconds}.${nanoseconds(p.u32(at + 4))}`;
  if (seconds === 0) return text;
  return `${text} (${new Date((seconds - epoch) * 1000).toISOString().slice(0, 19)}Z)`;
}

/** `to` less `from`, or all of `to` when there is no `from`. */
function difference(p: Page, from: number, to: number): string {
  if (p.u32(from) === 0 && p.u32(from + 4) === 0) return stampText(p, to);
  const a = (BigInt(p.u32(from)) << 32n) | BigInt(p.u32(from + 4));
  const b = (BigInt(p.u32(to)) << 32n) | BigInt(p.u32(to + 4));
  const span = b > a ? b - a : a - b;
  // Equal times count as less.
  const sign = b > a ? '+' : '-';
  return `${sign}${span >> 32n}.${nanoseconds(Number(span & 0xffffffffn))}`;
}

/** RFC 9327. */
function printControl(p: Page, at: number, length: number): void {
  if (length < 12) return short(p, at, length);
  const bits = p.u8(at + 1);
  const kind = `${bits & 0x80 ? 'Response' : 'Request'}, ${bits & 0x40 ? 'Error' : 'OK'}, ${bits & 0x20 ? 'More' : 'Last'}`;
  p.text += `, ${kind}, OpCode=${bits & 0x1f}\n`;
  p.text += `\tSequence=${p.u16(at + 2)}`;
  const status = p.u16(at + 4);
  p.text += `, Status=${status === 0 ? '0' : `0x${hex(status)}`}`;
  p.text += `, Assoc.=${p.u16(at + 6)}`;
  p.text += `, Offset=${p.u16(at + 8)}`;
  const count = p.u16(at + 10);
  p.text += `, Count=${count}`;
  if (12 + count > length) return short(p, at, length);
  if (count === 0) return;
  if (!p.has(at + 12, count)) return p.cutMark();
  p.text += '\n\tTO-BE-DONE: data not interpreted';
}
