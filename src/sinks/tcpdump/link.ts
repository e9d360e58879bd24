/** The link layer of a capture: https://www.tcpdump.org/linktypes.html */
import { type Frame, LinkType } from '../../model/index.ts';
import { maxLength, printEthernet, printEtherType, vlanText } from './ethernet.ts';
import { hex4 } from './format.ts';
import { printDefault, printHexAscii } from './hex.ts';
import { printAnyIp, printIp } from './ip.ts';
import { printIp6 } from './ip6.ts';
import { printLlc } from './llc.ts';
import type { Page } from './page.ts';
import { printPpp } from './ppp.ts';
import { etherTypeNames } from './tables.ts';

/** DLT_RAW of Linux: in files of old programs. */
const rawOld = 12;

/** Prints the frame and sets Page.linkLength. */
export function printLink(p: Page, frame: Frame): void {
  const at = frame.start;
  const { origLen: length, capLen } = frame;
  switch (frame.iface.linktype) {
    case LinkType.ethernet:
      p.linkLength = printEthernet(p, at, length, capLen);
      return;
    case LinkType.linuxSll:
      return printSll(p, at, length, capLen, 1);
    case LinkType.linuxSll2:
      return printSll(p, at, length, capLen, 2);
    case LinkType.raw:
    case rawOld:
    case LinkType.ipv4:
    case LinkType.ipv6:
      p.protocol = 'raw';
      if (p.linkHeader) p.text += 'ip: ';
      return printAnyIp(p, at, length);
    case LinkType.null:
    case LinkType.loop:
      return printFamily(p, at, length, capLen);
    case LinkType.ppp:
      p.protocol = 'ppp';
      if (capLen < 4) {
        p.cutMark();
        p.linkLength = capLen;
        return;
      }
      p.linkLength = 4;
      printPpp(p, at, length);
      return;
    default:
      p.protocol = 'unsupported';
      p.text += 'UNSUPPORTED';
      printHexAscii(p, '\n\t', at, capLen);
  }
}

/** AF_ numbers of the BSDs; IPv6 has three. */
const families = new Map<number, string>([
  [2, 'IPv4'],
  [6, 'NS'],
  [7, 'ISO'],
  [16, 'Appletalk'],
  [23, 'IPX'],
  [24, 'IPv6'],
  [28, 'IPv6'],
  [30, 'IPv6'],
]);

function printFamily(p: Page, at: number, length: number, capLen: number): void {
  p.protocol = 'null';
  p.need(at, 4);
  p.linkLength = 4;
  const big = p.u32(at);
  // Families are small: a large one is in the other byte order. LINKTYPE_LOOP is handled the same.
  const little = swap(big);
  const family = (little & 0xffff0000) !== 0 ? big : little;
  if (p.linkHeader) printFamilyHeader(p, family, length);
  const name = families.get(family);
  if (name === 'IPv4') printIp(p, at + 4, length - 4);
  else if (name === 'IPv6') printIp6(p, at + 4, length - 4);
  else {
    if (!p.linkHeader) printFamilyHeader(p, family, length);
    printDefault(p, at + 4, capLen - 4);
  }
}

const swap = (n: number) => ((n >>> 24) | ((n >>> 8) & 0xff00) | ((n << 8) & 0xff0000) | (n << 24)) >>> 0;

function printFamilyHeader(p: Page, family: number, length: number): void {
  const name = families.get(family);
  p.text += p.quiet ? (name ?? `Unknown AF ${family}`) : `AF ${name ?? 'Unknown'} (${family})`;
  p.text += `, length ${length}: `;
}

const directions = ['In', 'B', 'M', 'P', 'Out'];
const ieee80211Radio = 803;
const vlan = 0x8100;
/** Protocols of a cooked header that are no Ethernet types. */
const Cooked = { ipx: 1, llc: 4 } as const;

/** Linux's cooked captures, version 1 (16 bytes) and 2 (20 bytes). */
function printSll(p: Page, start: number, length: number, capLen: number, version: 1 | 2): void {
  const header = version === 1 ? 16 : 20;
  p.protocol = version === 1 ? 'sll' : 'sll2';
  p.need(start, header);
  if (version === 2) {
    const name = p.options.interfaceName?.(p.u32(start + 4)) ?? '?';
    const direction = directions[p.u8(start + 10)] ?? '?';
    p.text += `${name.padEnd(5)} ${direction.padEnd(3)} `;
  }
  if (p.linkHeader) printSllHeader(p, start, length, version);
  let at = start + header;
  const end = start + length;
  const capEnd = start + capLen;
  p.linkLength = header;
  if (p.u16(start + (version === 1 ? 2 : 8)) === ieee80211Radio) return;
  let type = p.u16(version === 1 ? start + 14 : start);
  while (type === vlan) {
    if (capEnd - at < 4) {
      p.protocol = 'vlan';
      p.cutMark();
      p.linkLength = capLen;
      return;
    }
    if (p.linkHeader) p.text += `${vlanText(p.u16(at))}, `;
    type = p.u16(at + 2);
    if (type <= maxLength) type = Cooked.llc;
    if (!p.quiet) p.text += `ethertype ${etherTypeNames.get(type) ?? 'Unknown'}, `;
    at += 4;
  }
  p.linkLength = at - start;
  if (type <= maxLength) {
    const llc = type === Cooked.llc ? printLlc(p, at, end - at, capEnd - at, -1) : -1;
    if (llc >= 0) p.linkLength += llc;
    else printDefault(p, at, capEnd - at);
  } else if (!printEtherType(p, type, at, end - at, capEnd - at)) {
    if (!p.linkHeader) printSllHeader(p, start, end - at + header, version);
    printDefault(p, at, capEnd - at);
  }
}

function printSllHeader(p: Page, start: number, length: number, version: 1 | 2): void {
  p.protocol = version === 1 ? 'sll' : 'sll2';
  const type = p.u16(version === 1 ? start + 14 : start);
  const addressLength = version === 1 ? p.u16(start + 4) : p.u8(start + 11);
  if (version === 1) p.text += `${(directions[p.u16(start)] ?? '?').padStart(3)} `;
  else p.text += `ifindex ${p.u32(start + 4)} `;
  if (addressLength === 6) p.text += `${p.mac(start + (version === 1 ? 6 : 12))} `;
  if (p.quiet) return;
  if (type === Cooked.ipx) p.text += '802.3';
  else if (type === Cooked.llc) p.text += '802.2';
  else
    p.text += `ethertype ${type > maxLength ? (etherTypeNames.get(type) ?? 'Unknown') : 'Unknown'} (0x${hex4(type)})`;
  p.text += `, length ${length}: `;
}
