/** What follows an IP header, told by its protocol number. */
import { printEthernet } from './ethernet.ts';
import { printGre } from './gre.ts';
import { printIcmp } from './icmp.ts';
import { printIcmp6 } from './icmp6.ts';
import { printIgmp } from './igmp.ts';
import { printIp } from './ip.ts';
import { printIp6 } from './ip6.ts';
import { printAuthentication, printCompressed, printEncrypted } from './ipsec.ts';
import type { Page } from './page.ts';
import { printSctp } from './sctp.ts';
import { ipProtocolNames, ipProtocolTitles, lateIpProtocolNames } from './tables.ts';
import { printTcp } from './tcp.ts';
import { printUdp } from './udp.ts';
import { printVrrp } from './vrrp.ts';

/** https://www.iana.org/assignments/protocol-numbers, as far as it is printed here. */
export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  igmp: 2,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmp6: 58,
  none: 59,
  destinationOptions: 60,
  mobilityOld: 62,
  sunNd: 77,
  ipcomp: 108,
  vrrp: 112,
  sctp: 132,
  mobility: 135,
  ethernet: 143,
} as const;

/** ` name`, or ` ip-proto-N` with -n. */
export function protocolName(p: Page, protocol: number): string {
  const name = p.named ? ipProtocolNames[protocol] || lateIpProtocolNames.get(protocol) : undefined;
  return ` ${name ?? `ip-proto-${protocol}`}`;
}

/** Page.ipAt, ipVersion, fragmented and hops are the IP header's. */
export function printIpPayload(p: Page, at: number, length: number, protocol: number): void {
  switch (protocol) {
    case IpProtocol.tcp:
      return printTcp(p, at, length);
    case IpProtocol.udp:
      return printUdp(p, at, length);
    case IpProtocol.icmp:
      return p.ipVersion === 4 ? printIcmp(p, at, length) : misplaced(p, protocol);
    case IpProtocol.icmp6:
      return p.ipVersion === 6 ? printIcmp6(p, at, length) : misplaced(p, protocol);
    case IpProtocol.igmp:
      return p.ipVersion === 4 ? printIgmp(p, at, length) : misplaced(p, protocol);
    case IpProtocol.ipv4:
      return printIp(p, at, length);
    case IpProtocol.ipv6:
      return printIp6(p, at, length);
    case IpProtocol.gre:
      return printGre(p, at, length);
    case IpProtocol.vrrp:
      return printVrrp(p, at, length);
    case IpProtocol.sctp:
      return printSctp(p, at, length);
    case IpProtocol.ah: {
      const size = printAuthentication(p, at);
      return size > 0 ? printIpPayload(p, at + size, length - size, p.u8(at)) : undefined;
    }
    case IpProtocol.esp:
      return printEncrypted(p, at, length);
    case IpProtocol.ipcomp:
      return printCompressed(p, at);
    case IpProtocol.ethernet:
      if (p.ipVersion === 6) printEthernet(p, at, length, p.left(at));
      else misplaced(p, protocol);
      return;
    case IpProtocol.none:
      p.text += 'no next header';
      return;
    case IpProtocol.sunNd:
      p.text += ` nd ${length}`;
      return;
    default:
      p.text += `${protocolName(p, protocol)} ${length >>> 0}`;
  }
}

function misplaced(p: Page, protocol: number): void {
  const needs = p.ipVersion === 4 ? 6 : 4;
  p.text += `[${ipProtocolTitles.get(protocol)} requires IPv${needs}]`;
  p.invalid();
}
