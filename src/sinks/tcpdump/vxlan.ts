/** VXLAN: RFC 7348. */
import { printEthernet } from './ethernet.ts';
import { bitNames, hex2 } from './format.ts';
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
