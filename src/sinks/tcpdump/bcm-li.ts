/**
 * Lawful interception of Broadcom's switches: 4 bytes before a packet. Its port is an ordinary client
 * port on Linux, so that other datagrams are taken for it too, here as by tcpdump.
 */
import { printEthernet } from './ethernet.ts';
import { printIp } from './ip.ts';
import { printIp6 } from './ip6.ts';
import type { Page } from './page.ts';

const directions = ['', 'unused', 'egress', 'ingress'];
const types = ['', '', '', '', 'undecided', 'ipv4', 'ipv6', 'ethernet'];
const subtypes = ['', 'single VLAN tag', 'double VLAN tag', 'untagged'];

export function printBcmLi(p: Page, at: number, length: number): void {
  p.protocol = 'bcm_li';
  if (length < 4) {
    p.text += ` (length ${length} < 4)`;
    return p.invalid();
  }
  const shim = p.u32(at);
  const type = (shim >>> 25) & 15;
  const lead = p.v > 0 ? '\n    ' : '';
  p.text +=
    `${lead}BCM-LI-SHIM: direction ${directions[shim >>> 29] || 'unknown'}, pkt-type ${types[type] || 'unknown'}, ` +
    `pkt-subtype ${subtypes[(shim >>> 22) & 7] || 'unknown'}, li-id ${shim & 0x3fffff}${lead}`;
  const body = at + 4;
  const left = length - 4;
  if (p.v === 0) return p.need(body, left);
  // Undecided: the first nibble tells.
  const version = type === 5 ? 4 : type === 6 ? 6 : type === 4 ? p.u8(body) >> 4 : 0;
  if (type === 7) printEthernet(p, body, left, p.left(body));
  else if (version === 4) printIp(p, body, left);
  else if (version === 6) printIp6(p, body, left);
  else if (type === 4) p.text += 'unknown payload';
  else p.invalid();
}
