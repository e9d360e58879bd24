/** Ethernet and its tags: IEEE 802.3, 802.1Q. */
import { printArp } from './arp.ts';
import { hex4 } from './format.ts';
import { printDefault } from './hex.ts';
import { printIp } from './ip.ts';
import { printIp6 } from './ip6.ts';
import { printLlc } from './llc.ts';
import { printLoopback } from './loopback.ts';
import { printMpls } from './mpls.ts';
import type { Page } from './page.ts';
import { printPpp } from './ppp.ts';
import { printPppoe } from './pppoe.ts';
import { etherTypeNames } from './tables.ts';

/** Up to here the field is a length: IEEE 802.3 clause 3.2.6. */
export const maxLength = 1500;

const vlanTypes: readonly number[] = [0x8100, 0x9100, 0x9200, 0x88a8];
/** draft-ietf-isis-ext-eth: an LLC header follows, whatever the length. */
const jumbo = 0x8870;

/**
 * @param length of the frame on the wire
 * @param capLen bytes of it that are there
 * @returns bytes of link header
 */
export function printEthernet(p: Page, at: number, length: number, capLen: number): number {
  p.protocol = 'ether';
  if (!p.deeper()) return capLen;
  if (length < capLen) {
    p.text += `[length ${length} < caplen ${capLen}]`;
    p.invalid();
    return length;
  }
  if (capLen < 14) {
    p.cutMark();
    return capLen;
  }
  const start = at;
  const end = at + length;
  let capEnd = at + capLen;
  if (p.linkHeader) printAddresses(p, start);
  let type = p.u16(at + 12);
  at += 14;
  let lengthPrinted = false;
  while (vlanTypes.includes(type)) {
    if (capEnd - at < 4) {
      p.protocol = 'vlan';
      p.cutMark();
      return capLen;
    }
    if (p.linkHeader) {
      const tag = p.u16(at);
      printType(p, type);
      p.text += lengthPrinted ? ', ' : `, length ${length}: `;
      lengthPrinted = true;
      p.text += `${vlanText(tag)}, `;
    }
    type = p.u16(at + 2);
    at += 4;
  }
  if (type <= maxLength || type === jumbo) {
    let left = end - at;
    const outer = p.end;
    if (type !== jumbo) {
      left = Math.min(left, type);
      capEnd = Math.min(capEnd, at + left);
      p.end = Math.min(outer, at + left);
      if (p.linkHeader) p.text += lengthPrinted ? '802.3' : `802.3, length ${left}: `;
    }
    let header = printLlc(p, at, left, capEnd - at, start);
    if (header < 0) {
      printDefault(p, at, capEnd - at);
      header = -header;
    }
    p.end = outer;
    return at - start + header;
  }
  if (p.linkHeader) {
    printType(p, type);
    p.text += lengthPrinted ? ', ' : `, length ${length}: `;
  }
  if (!printEtherType(p, type, at, end - at, capEnd - at)) {
    if (!p.linkHeader) {
      printAddresses(p, start);
      printType(p, type);
      p.text += `, length ${length}: `;
    }
    printDefault(p, at, capEnd - at);
  }
  return at - start;
}

/** `source > destination, ` */
function printAddresses(p: Page, at: number): void {
  p.text += `${p.mac(at + 6)} > ${p.mac(at)}, `;
}

function printType(p: Page, type: number): void {
  const name = etherTypeNames.get(type);
  if (p.quiet) p.text += name ?? `Unknown Ethertype (0x${hex4(type)})`;
  else p.text += `ethertype ${name ?? 'Unknown'} (0x${hex4(type)})`;
}

/** Tag control of IEEE 802.1Q clause 9.6. */
export const vlanText = (tag: number) =>
  `vlan ${tag & 0xfff}, p ${tag >> 13}${(tag & 0x1000) !== 0 ? ', DEI' : ''}`;

/**
 * What follows an Ethernet type.
 * @param capLen bytes there from `at` on
 * @returns false for a type without a printer
 */
export function printEtherType(p: Page, type: number, at: number, length: number, capLen: number): boolean {
  switch (type) {
    case 0x0800:
      printIp(p, at, length);
      return true;
    case 0x86dd:
      printIp6(p, at, length);
      return true;
    case 0x0806:
    case 0x8035:
      printArp(p, at, length, capLen);
      return true;
    case 0x8863:
    case 0x8864:
    case 0x3c12:
    case 0x3c13:
      printPppoe(p, at, length);
      return true;
    case 0x880b:
      if (length !== 0) {
        p.text += ': ';
        printPpp(p, at, length);
      }
      return true;
    case 0x8847:
    case 0x8848:
      printMpls(p, at, length);
      return true;
    case 0x9000:
      printLoopback(p, at, length);
      return true;
    default:
      return false;
  }
}
