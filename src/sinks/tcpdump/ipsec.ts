/** IPsec's headers: AH (RFC 4302), ESP (RFC 4303), IPComp (RFC 3173). Nothing is decrypted. */
import { hex, hex2, hex4, hex8 } from './format.ts';
import type { Page } from './page.ts';

/** @returns the header's length, 0 when it was cut */
export function printAuthentication(p: Page, at: number): number {
  p.protocol = 'ah';
  if (!p.has(at, 1)) {
    p.cutMark();
    return 0;
  }
  p.text += 'AH';
  const words = p.u8(at + 1);
  const length = (words + 2) * 4;
  p.text += '(';
  if (p.v > 0) p.text += `length=${words}(${length}-bytes),`;
  const reserved = p.u16(at + 2);
  if (reserved !== 0) p.text += `reserved=0x${hex(reserved)}[MustBeZero],`;
  p.text += `spi=0x${hex8(p.u32(at + 4))},`;
  p.text += `seq=0x${hex(p.u32(at + 8))},`;
  p.text += 'icv=0x';
  for (let i = 12; i < length; i++) p.text += hex2[p.u8(at + i)];
  p.text += '): ';
  return length;
}

export function printEncrypted(p: Page, at: number, length: number): void {
  p.protocol = 'esp';
  // At least a byte of the payload too, else there is nothing to speak of.
  if (!p.has(at, 9)) return p.cutMark();
  p.text += `ESP(spi=0x${hex8(p.u32(at))},seq=0x${hex(p.u32(at + 4))}), length ${length >>> 0}`;
}

export function printCompressed(p: Page, at: number): void {
  p.protocol = 'ipcomp';
  p.text += `IPComp(cpi=0x${hex4(p.u16(at + 2))})`;
}

/** ESP over UDP, and what keeps the address translation alive: RFC 3948. */
export function printNatTraversal(p: Page, at: number, length: number): void {
  p.protocol = 'isakmp_rfc3948';
  if (length === 1 && p.u8(at) === 0xff) p.text += 'isakmp-nat-keep-alive';
  else if (length < 4) p.cutMark();
  // IKE has no printer here.
  else if (p.u32(at) === 0) p.text += 'NONESP-encap: ';
  else {
    p.text += 'UDP-encap: ';
    printEncrypted(p, at, length);
  }
}
