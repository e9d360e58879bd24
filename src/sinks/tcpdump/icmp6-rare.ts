/** Router renumbering (RFC 2894) and RPL (RFC 6550). */
import { formatIpv6 } from '../../util/address.ts';
import { hex, hex2 } from './format.ts';
import { printHex } from './hex.ts';
import type { Page } from './page.ts';

const codes = new Map<number, string>([
  [0, ', command'],
  [1, ', result'],
  [255, ', sequence number reset'],
]);
const flagLetters = [
  [0x80, 'T'],
  [0x40, 'R'],
  [0x20, 'A'],
  [0x10, 'S'],
  [0x08, 'P'],
] as const;
const operations = new Map<number, string>([
  [1, 'add'],
  [2, 'change'],
  [3, 'setglobal'],
]);

/** @returns false when it was cut */
export function printRenumbering(p: Page, at: number): boolean {
  if (!p.has(at + 12, 4)) return false;
  const code = p.u8(at + 1);
  p.text += codes.get(code) ?? `, code-#${code}`;
  p.text += `, seq=${p.u32(at + 4)}`;
  if (p.v > 0) {
    const flags = p.u8(at + 9);
    const set = flagLetters.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : '')).join('');
    const reserved = p.u32(at + 12);
    p.text += `[${flags !== 0 ? `${set},` : ''}seg=${p.u8(at + 8)},maxdelay=${p.u16(at + 10)}`;
    p.text += `${reserved !== 0 ? `rsvd=0x${hex(reserved)}` : ''}]`;
  }
  return code !== 0 || printCommand(p, at + 16);
}

function printCommand(p: Page, at: number): boolean {
  const lead = p.v > 1 ? '\n\t' : ' ';
  if (!p.has(at + 8, 16)) return false;
  const operation = p.u8(at);
  p.text += `${lead}match(${operations.get(operation) ?? `#${operation}`}`;
  if (p.v > 0) p.text += `,ord=${p.u8(at + 2)},min=${p.u8(at + 4)},max=${p.u8(at + 5)}`;
  p.text += `,${formatIpv6(p.buf, at + 8)}/${p.u8(at + 3)})`;
  const left = p.u8(at + 1) - 3;
  if (left % 4 !== 0) return false;
  let use = at + 24;
  for (let i = 0; i < left / 4; i++, use += 32) {
    if (!p.has(use + 16, 16)) return false;
    p.text += `${lead}use(`;
    if (p.u8(use + 12) !== 0) p.text += `${useFlags(p, use)},`;
    if (p.v > 0) {
      p.text += `mask=0x${hex(p.u8(use + 2))},raflags=0x${hex(p.u8(use + 3))},`;
      p.text += `vltime=${time(p.u32(use + 4))},pltime=${time(p.u32(use + 8))},`;
    }
    p.text += `${formatIpv6(p.buf, use + 16)}/${p.u8(use)}/${p.u8(use + 1)})`;
  }
  return true;
}

const time = (seconds: number) => (seconds === 0xffffffff ? 'infty' : `${seconds}`);

/** On a little-endian machine htonl(0x80000000) is 0x80, which is what the first byte is held against. */
const useFlags = (p: Page, at: number) =>
  `${(p.u8(at + 12) & 0x80) !== 0 ? 'V' : ''}${(p.u8(at + 12) & 0x40) !== 0 ? 'P' : ''}`;

const rplNames = [
  'DODAG Information Solicitation',
  'DODAG Information Object',
  'Destination Advertisement Object',
  'Destination Advertisement Object Ack',
];
const modes = ['nonstoring', 'storing', 'nonstoring-multicast', 'storing-multicast'];

/** @param at of the message's body */
export function printRpl(p: Page, code: number, at: number, length: number): void {
  if ((code & 0x80) !== 0) {
    p.text += ', (SEC) [worktodo]';
    return;
  }
  p.text += `, (CLR)${rplNames[code] ?? `RPL message, unknown code ${code}`}`;
  if (p.v === 0) return;
  if (code === 1) printRplObject(p, at, length);
  if (code === 2) printRplAdvertisement(p, at, length);
  if (code === 3) printRplAck(p, at, length);
}

function printRplObject(p: Page, at: number, length: number): void {
  if (length < 24) {
    p.text += ` [length ${length} < 24]`;
    return p.invalid();
  }
  const mode = p.u8(at + 4);
  p.text +=
    ` [dagid:${p.ip6(at + 8)},seq:${p.u8(at + 5)},instance:${p.u8(at)},rank:${p.u16(at + 2)}` +
    `,${(mode & 0x80) !== 0 ? 'grounded,' : ''}mop:${modes[(mode >> 3) & 7] ?? `mop${(mode >> 3) & 7}`}` +
    `,prf:${mode & 7}]`;
  if (p.v > 1) printRplOptions(p, at + 24, length - 24);
}

function printRplAdvertisement(p: Page, at: number, length: number): void {
  if (!p.has(at, 20)) return p.cutMark();
  if (length < 4) {
    p.text += ' [|length too short]';
    return;
  }
  const flags = p.u8(at + 1);
  const named = (flags & 0x40) !== 0;
  if (named && length < 20) {
    p.text += ' [|length too short]';
    return;
  }
  p.text +=
    ` [dagid:${named ? p.ip6(at + 4) : '<elided>'},seq:${p.u8(at + 3)},instance:${p.u8(at)}` +
    `${(flags & 0x80) !== 0 ? ',acK' : ''}${named ? ',Dagid' : ''},${hex2[flags]}]`;
  const header = named ? 20 : 4;
  if (p.v > 1) printRplOptions(p, at + header, length - header);
}

function printRplAck(p: Page, at: number, length: number): void {
  if (!p.has(at, 4)) return p.cutMark();
  if (length < 4) {
    p.text += ' [|dao-length too short]';
    return;
  }
  const named = (p.u8(at + 1) & 0x80) !== 0;
  if (named && !p.has(at + 4, 16)) return p.cutMark();
  if (named && length < 20) {
    p.text += ' [|dao-length too short]';
    return;
  }
  p.text +=
    ` [dagid:${named ? p.ip6(at + 4) : '<elided>'},seq:${p.u8(at + 2)},instance:${p.u8(at)}` +
    `,status:${p.u8(at + 3)}]`;
  const header = named ? 20 : 4;
  if (p.v > 1) printRplOptions(p, at + header, length - header);
}

const rplOptions = new Map<number, string>([
  [1, 'padN'],
  [2, 'metrics'],
  [3, 'routinginfo'],
  [4, 'config'],
  [5, 'rpltarget'],
  [6, 'transitinfo'],
  [8, 'destprefix'],
  [9, 'rpltargetdesc'],
]);

function printRplOptions(p: Page, at: number, length: number): void {
  while (length > 0) {
    const type = p.u8(at);
    let size = 1;
    if (type === 0) p.text += ' opt:pad1';
    else {
      if (length < 2) return p.cutMark();
      size = p.u8(at + 1) + 2;
      p.text += ` opt:${rplOptions.get(type) ?? `subopt:${type}`} len:${size} `;
      if (!p.has(at, size) || length < size) return p.cutMark();
      if (p.v > 2) printHex(p, ' ', at + 2, size - 2);
    }
    at += size;
    length -= size;
  }
}
