/** Ethernet over UDP: VXLAN (RFC 7348), its generic extension, and OTV, whose port Linux's VXLAN had first. */
import { printEthernet } from './ethernet.ts';
import { bitNames, hex2 } from './format.ts';
import { printIp } from './ip.ts';
import { printIp6 } from './ip6.ts';
import type { Page } from './page.ts';

const flagNames = [[8, 'I']] as const;

export function printVxlan(p: Page, at: number, length: number): void {
  p.protocol = 'vxlan';
  p.text += 'VXLAN';
  if (length < 8) return p.invalid();
  const flags = p.u8(at);
  p.text += `, flags [${bitNames(flagNames, flags, '', 'invalid')}] (0x${hex2[flags]}), `;
  p.text += `vni ${p.u24(at + 4)}\n`;
  p.need(at + 7, 1);
  printEthernet(p, at + 8, length - 8, p.left(at + 8));
}

/** draft-hasmit-otv-04. */
export function printOtv(p: Page, at: number, length: number): void {
  p.protocol = 'otv';
  p.text += 'OTV, ';
  if (length < 8) {
    p.text += `[length ${length} < 8]`;
    p.invalid();
    p.need(at, length);
    return;
  }
  const flags = p.u8(at);
  p.text += `flags [${(flags & 8) !== 0 ? 'I' : '.'}] (0x${hex2[flags]}), `;
  p.text += `overlay ${p.u24(at + 1)}, `;
  p.text += `instance ${p.u24(at + 4)}\n`;
  p.need(at + 7, 1);
  printEthernet(p, at + 8, length - 8, p.left(at + 8));
}

const extendedFlagNames = [
  [8, 'I'],
  [4, 'P'],
  [2, 'B'],
  [1, 'O'],
] as const;

/** draft-ietf-nvo3-vxlan-gpe-10. */
export function printVxlanExtended(p: Page, at: number, length: number): void {
  p.protocol = 'vxlan_gpe';
  p.text += 'VXLAN-GPE, ';
  if (length < 8) {
    p.text += ` (len ${length} < 8)`;
    return p.invalid();
  }
  p.text += `flags [${bitNames(extendedFlagNames, p.u8(at), '')}], `;
  const next = p.u8(at + 3);
  const network = p.u24(at + 4);
  p.need(at + 7, 1);
  p.text += `vni ${network}${p.v > 0 ? '\n    ' : ': '}`;
  const body = at + 8;
  if (next === 1) printIp(p, body, length - 8);
  else if (next === 2) printIp6(p, body, length - 8);
  else if (next === 3) printEthernet(p, body, length - 8, p.left(body));
  else {
    p.text += 'ERROR: unknown-next-protocol';
    p.invalid();
  }
}
