/** MPLS label stacks: RFC 3032. */
import { printDefault } from './hex.ts';
import { printIp } from './ip.ts';
import { printIp6 } from './ip6.ts';
import type { Page } from './page.ts';

const reserved = ['IPv4 explicit NULL', 'router alert', 'IPv6 explicit NULL', 'implicit NULL'];
const reservedCount = 16;

export function printMpls(p: Page, at: number, length: number): void {
  p.protocol = 'mpls';
  p.text += 'MPLS';
  let label = 0;
  for (let depth = 0, last = false; !last; depth++) {
    if (length < 4) {
      p.invalid();
      p.need(at, length);
      return;
    }
    const entry = p.u32(at);
    label = entry >>> 12;
    p.text += `${depth > 0 && p.v > 0 ? '\n\t' : ' '}(label ${label}`;
    if (p.v > 0 && label < reservedCount) p.text += ` (${reserved[label] ?? 'rsvd'})`;
    p.text += `, tc ${(entry >> 9) & 7}`;
    last = (entry & 0x100) !== 0;
    if (last) p.text += ', [S]';
    p.text += `, ttl ${entry & 255})`;
    at += 4;
    length -= 4;
  }
  // Labels do not tell what is inside: the first byte does.
  let version = label === 0 || label === 3 ? 4 : label === 2 ? 6 : 0;
  if (version === 0) {
    if (length < 1) return;
    const first = p.u8(at);
    version = first >= 0x45 && first <= 0x4f ? 4 : first >= 0x60 && first <= 0x6f ? 6 : 0;
  }
  if (version === 0) printDefault(p, at, length);
  else {
    p.text += p.v > 0 ? '\n\t' : ' ';
    if (version === 4) printIp(p, at, length);
    else printIp6(p, at, length);
  }
}
