/** PPP: RFC 1661, RFC 1662. Options of its control protocols are not taken apart. */
import { hex2, hex4 } from './format.ts';
import { printUnknown } from './hex.ts';
import { printIp } from './ip.ts';
import { printIp6 } from './ip6.ts';
import { printMpls } from './mpls.ts';
import type { Page } from './page.ts';

/** https://www.iana.org/assignments/ppp-numbers */
const names = new Map<number, string>([
  [0x0021, 'IP'],
  [0x0023, 'OSI'],
  [0x0025, 'NS'],
  [0x0027, 'DECNET'],
  [0x0029, 'APPLE'],
  [0x002b, 'IPX'],
  [0x002d, 'VJC IP'],
  [0x002f, 'VJNC IP'],
  [0x0031, 'BRPDU'],
  [0x0033, 'STII'],
  [0x0035, 'VINES'],
  [0x0281, 'MPLS'],
  [0x0283, 'MPLS'],
  [0x00fd, 'Compressed'],
  [0x003d, 'MLPPP'],
  [0x0057, 'IP6'],
  [0x0201, 'HELLO'],
  [0x0231, 'LUXCOM'],
  [0x0233, 'SNS'],
  [0x8021, 'IPCP'],
  [0x8023, 'OSICP'],
  [0x8025, 'NSCP'],
  [0x8027, 'DECNETCP'],
  [0x8029, 'APPLECP'],
  [0x802b, 'IPXCP'],
  [0x8033, 'STIICP'],
  [0x8035, 'VINESCP'],
  [0x8057, 'IP6CP'],
  [0x8281, 'MPLSCP'],
  [0xc021, 'LCP'],
  [0xc023, 'PAP'],
  [0xc025, 'LQM'],
  [0xc223, 'CHAP'],
  [0xc227, 'EAP'],
  [0xc027, 'SPAP'],
  [0xc123, 'Old-SPAP'],
  [0xc02b, 'BACP'],
  [0xc02d, 'BAP'],
  [0x80fd, 'CCP'],
  [0x803d, 'MLPPP-CP'],
]);

const control: readonly number[] = [0xc021, 0x8021, 0x8023, 0x8281, 0x8057, 0x80fd, 0xc02b];

const codes = [
  'Vendor-Extension',
  'Conf-Request',
  'Conf-Ack',
  'Conf-Nack',
  'Conf-Reject',
  'Term-Request',
  'Term-Ack',
  'Code-Reject',
  'Prot-Reject',
  'Echo-Request',
  'Echo-Reply',
  'Disc-Req',
  'Ident',
  'Time-Rem',
  'Reset-Req',
  'Reset-Ack',
];

/** @returns the header's length */
export function printPpp(p: Page, at: number, length: number): number {
  p.protocol = 'ppp';
  const start = at;
  const end = at + length;
  if (length < 2) return cutShort(p);
  const head = p.u16(at);
  // Address and control; Linux's pppd puts a direction there.
  if (head === 0xff03 || head === 0x0003 || head === 0x0103) {
    if (p.linkHeader && head !== 0xff03) p.text += head === 0x0003 ? 'In  ' : 'Out ';
    at += 2;
  }
  if (end - at < 2) return cutShort(p);
  const short = (p.u8(at) & 1) === 1;
  const protocol = short ? p.u8(at) : p.u16(at);
  at += short ? 1 : 2;
  if (p.linkHeader) {
    const name = names.get(protocol);
    p.text += `${name ?? 'unknown'} (0x${hex4(protocol)}), length ${length}`;
    if (name === undefined) return at - start;
    p.text += ': ';
  }
  printPppPayload(p, protocol, at, end - at);
  return at - start;
}

function cutShort(p: Page): number {
  p.cutMark();
  return 0;
}

function printPppPayload(p: Page, protocol: number, at: number, length: number): void {
  if (control.includes(protocol)) return printControl(p, protocol, at, length);
  switch (protocol) {
    case 0x0021:
    case 0x002f:
    case 0x0800:
      return printIp(p, at, length);
    case 0x0057:
    case 0x86dd:
      return printIp6(p, at, length);
    case 0x0281:
    case 0x0283:
      return printMpls(p, at, length);
    case 0x00fd:
      p.text += 'compressed PPP data';
      return;
    default:
      p.text += `${names.get(protocol) ?? `unknown PPP protocol (0x${hex4(protocol)})`} `;
      printUnknown(p, '\n\t', at, length);
  }
}

function printControl(p: Page, protocol: number, at: number, length: number): void {
  const name = names.get(protocol)!;
  p.text += `${name}, `;
  if (length < 4 || !p.has(at, 2)) {
    p.text += `[|${name}]`;
    return;
  }
  const code = p.u8(at);
  p.text += `${codes[code] ?? 'Unknown Opcode'} (0x${hex2[code]}), id ${p.u8(at + 1)}, length ${length + 2}`;
  if (p.v === 0) return;
  const stated = p.u16(at + 2);
  if (stated < 4) p.text += `\n\tencoded length ${stated} (< 4))`;
  else if (stated > length) p.text += `\n\tencoded length ${stated} (> packet length ${length}))`;
  else p.text += `\n\tencoded length ${stated} (=Option(s) length ${stated - 4})`;
}
