/** BOOTP and DHCP: RFC 951, RFC 2131. */
import { printDhcpOptions } from './dhcp-options.ts';
import { bitNames, hex, hex2, hex4 } from './format.ts';
import type { Page } from './page.ts';

const ethernet = 1;
const request = 1;
/** RFC 2132 section 2; the other one is of Carnegie Mellon. */
const Magic = { dhcp: 0x63825363, cmu: 0x434d5500 } as const;
const flagNames = [[0x8000, 'Broadcast']] as const;

export function printDhcp(p: Page, at: number, length: number): void {
  p.protocol = 'bootp';
  const operation = p.u8(at);
  const name = ['', 'Request', 'Reply'][operation] || `unknown (0x${hex2[operation]})`;
  p.text += `BOOTP/DHCP, ${name}`;
  const hardware = p.u8(at + 1);
  const hardwareLength = p.u8(at + 2);
  const onEthernet = hardware === ethernet && hardwareLength === 6;
  if (onEthernet && operation === request) p.text += ` from ${p.mac(at + 28)}`;
  p.text += `, length ${length}`;
  if (p.v === 0) return;
  if (!p.has(at + 8, 2)) return p.cutMark();
  if (hardware !== ethernet) p.text += `, htype ${hardware}`;
  if (!onEthernet) p.text += `, hlen ${hardwareLength}`;
  const hops = p.u8(at + 3);
  if (hops !== 0) p.text += `, hops ${hops}`;
  const id = p.u32(at + 4);
  if (id !== 0) p.text += `, xid 0x${hex(id)}`;
  const seconds = p.u16(at + 8);
  if (seconds !== 0) p.text += `, secs ${seconds}`;
  const flags = p.u16(at + 10);
  p.text += `, Flags [${bitNames(flagNames, flags)}]`;
  if (p.v > 1) p.text += ` (0x${hex4(flags)})`;
  for (const [label, offset] of addresses)
    if (p.u32(at + offset) !== 0) p.text += `\n\t  ${label} ${p.ip4(at + offset)}`;
  if (onEthernet) p.text += `\n\t  Client-Ethernet-Address ${p.mac(at + 28)}`;
  if (!printField(p, 'sname', at + 44, 64) || !printField(p, 'file', at + 108, 128)) return p.cutMark();
  const vendor = at + 236;
  if (!p.has(vendor, 4)) return p.cutMark();
  const magic = p.u32(vendor);
  if (magic === Magic.dhcp) printDhcpOptions(p, vendor);
  else if (magic === Magic.cmu) printCmu(p, vendor);
  else if (magic !== 0) p.text += `\n\t  Vendor-#0x${hex(magic)}`;
}

const addresses = [
  ['Client-IP', 12],
  ['Your-IP', 16],
  ['Server-IP', 20],
  ['Gateway-IP', 24],
] as const;

/** @returns false when its end is missing */
function printField(p: Page, label: string, at: number, size: number): boolean {
  if (p.u8(at) === 0) return true;
  p.text += `\n\t  ${label} "`;
  const read = p.stringz(at, size);
  p.text += '"';
  return read !== 0;
}

function printCmu(p: Page, at: number): void {
  p.text += ' vend-cmu';
  if (!p.has(at + 4, 4)) return p.cutMark();
  const flags = p.u8(at + 4);
  if ((flags & ~1) !== 0) p.text += ` F:0x${hex(flags)}`;
  for (const [label, offset] of [
    ['DG', 12],
    [(flags & 1) !== 0 ? 'SM' : 'SM*', 8],
    ['NS1', 16],
    ['NS2', 20],
    ['IEN1', 24],
    ['IEN2', 28],
    ['TS1', 32],
    ['TS2', 36],
  ] as const) {
    if (!p.has(at + offset, 4)) return p.cutMark();
    if (p.u32(at + offset) !== 0) p.text += ` ${label}:${p.ip4(at + offset)}`;
  }
}
