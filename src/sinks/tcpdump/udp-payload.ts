/** What a UDP datagram carries, told by its ports. */
import { printBcmLi } from './bcm-li.ts';
import { printDhcp } from './dhcp.ts';
import { printDhcp6 } from './dhcp6.ts';
import { printDns } from './dns.ts';
import { printGeneve } from './geneve.ts';
import { printNatTraversal } from './ipsec.ts';
import { printMpls } from './mpls.ts';
import { printNtp } from './ntp.ts';
import type { Page } from './page.ts';
import { printSnmp } from './snmp.ts';
import { printSyslog } from './syslog.ts';
import { printSip } from './text-protocols.ts';
import { printTftp } from './tftp.ts';
import { printOtv, printVxlan, printVxlanExtended } from './vxlan.ts';

type Print = (p: Page, at: number, length: number) => void;

const dns: Print = (p, at, length) => printDns(p, at, length, { tcp: false, multicast: false });
const multicastDns: Print = (p, at, length) => printDns(p, at, length, { tcp: false, multicast: true });

/** tcpdump has a printer of its own for these; here they are `UDP, length N`. */
const plain = undefined;

type Row = readonly [print: Print | undefined, end: 'either' | 'source' | 'destination', ...ports: number[]];

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** In the order in which tcpdump asks: the first that fits prints. */
const rows: readonly Row[] = [
  [dns, 'either', 53],
  [multicastDns, 'either', 5353],
  [plain, 'either', 525], // timed
  [printTftp, 'either', 69],
  [printDhcp, 'either', 67, 68],
  [plain, 'either', 520], // RIP
  [plain, 'either', 654], // AODV
  [plain, 'either', 500, 7500, 8500], // ISAKMP
  [printNatTraversal, 'either', 4500],
  [printSnmp, 'either', 161, 162],
  [printNtp, 'either', 123],
  [printKerberos, 'either', 88, 750],
  [plain, 'either', 1701], // L2TP
  [plain, 'destination', 3456], // vat
  [plain, 'either', 2103, 2104], // Zephyr
  [plain, 'either', ...range(7000, 7009)], // AFS
  [plain, 'either', 521], // RIPng
  [printDhcp6, 'either', 546, 547],
  [plain, 'either', 5359], // AHCP
  [plain, 'either', 6696, 6697], // Babel
  [plain, 'either', 8231], // HNCP
  [plain, 'destination', 4567], // whiteboard
  [plain, 'either', 496], // Cisco Auto-RP
  [plain, 'either', 1645, 1812, 1646, 1813, 1700, 3799], // RADIUS
  [plain, 'destination', 1985], // HSRP
  [plain, 'either', 921], // lwres
  [plain, 'either', 646], // LDP
  [plain, 'either', 698], // OLSR
  [plain, 'either', 3503], // MPLS LSP ping
  [printBcmLi, 'source', 49152],
  [plain, 'destination', 3784, 4784, 6784, 3785], // BFD
  [plain, 'either', 701], // LMP
  [plain, 'either', 1589], // VQP
  [plain, 'either', 6343], // sFlow
  [plain, 'either', 12223, 12222], // LWAPP
  [printSip, 'either', 5060],
  [printSyslog, 'either', 514],
  [printOtv, 'either', 8472],
  [printVxlan, 'either', 4789],
  [printGeneve, 'either', 6081],
  [plain, 'either', 4342], // LISP
  [printVxlanExtended, 'either', 4790],
  [plain, 'either', 17754], // ZEP
  [printMpls, 'either', 6635],
  [plain, 'either', 319, 320], // PTP
  [plain, 'either', 30490], // SOME/IP
];

const none = rows.length;
/** Index into `rows` by port; `none` without one. */
const bySource = new Uint8Array(65_536).fill(none);
const byDestination = new Uint8Array(65_536).fill(none);
rows.forEach(([, end, ...ports], rank) => {
  for (const port of ports) {
    if (end !== 'destination' && bySource[port] === none) bySource[port] = rank;
    if (end !== 'source' && byDestination[port] === none) byDestination[port] = rank;
  }
});

/** @returns false for what has no printer */
export function printUdpPayload(
  p: Page,
  at: number,
  length: number,
  source: number,
  destination: number,
): boolean {
  const rank = Math.min(bySource[source]!, byDestination[destination]!);
  const print = rank === none ? undefined : rows[rank]![0];
  if (print === undefined) return false;
  print(p, at, length);
  return true;
}

/** Version 5 begins with an ASN.1 tag; of the older ones the version only. */
function printKerberos(p: Page, at: number): void {
  p.protocol = 'krb';
  if (at >= p.end) return p.cutMark();
  const version = p.u8(at);
  if (version >= 1 && version <= 4) p.text += ` v${version}`;
  else if (version === 106 || version === 107) p.text += ' v5';
}
