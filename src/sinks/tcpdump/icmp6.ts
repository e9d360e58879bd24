/** ICMPv6: RFC 4443, neighbor discovery RFC 4861, MLD RFC 2710 and RFC 3810. */
import { expectedChecksum, transportChecksum } from './checksum.ts';
import { bitNames, hex4 } from './format.ts';
import { printUnknown } from './hex.ts';
import { printListenerQuery, printListenerReport2, printNodeInformation } from './icmp6-groups.ts';
import { printRenumbering, printRpl } from './icmp6-rare.ts';
import { printNeighborOptions, routerPreference } from './nd-options.ts';
import type { Page } from './page.ts';

const Type = {
  unreachable: 1,
  tooBig: 2,
  exceeded: 3,
  parameter: 4,
  echo: 128,
  echoReply: 129,
  listenerQuery: 130,
  listenerReport: 131,
  listenerDone: 132,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
  renumbering: 138,
  nodeQuery: 139,
  nodeReply: 140,
  inverseSolicitation: 141,
  inverseAdvertisement: 142,
  listenerReport2: 143,
  homeAgentRequest: 144,
  homeAgentReply: 145,
  prefixSolicitation: 146,
  prefixAdvertisement: 147,
  rpl: 155,
} as const;

/** https://www.iana.org/assignments/icmpv6-parameters */
const names = new Map<number, string>([
  [1, 'destination unreachable'],
  [2, 'packet too big'],
  [3, 'time exceeded in-transit'],
  [4, 'parameter problem'],
  [128, 'echo request'],
  [129, 'echo reply'],
  [130, 'multicast listener query'],
  [131, 'multicast listener report'],
  [132, 'multicast listener done'],
  [133, 'router solicitation'],
  [134, 'router advertisement'],
  [135, 'neighbor solicitation'],
  [136, 'neighbor advertisement'],
  [137, 'redirect'],
  [138, 'router renumbering'],
  [141, 'inverse neighbor solicitation'],
  [142, 'inverse neighbor advertisement'],
  [143, 'multicast listener report v2'],
  [144, 'ha discovery request'],
  [145, 'ha discovery reply'],
  [146, 'mobile router solicitation'],
  [147, 'mobile router advertisement'],
  [139, 'who-are-you request'],
  [140, 'who-are-you reply'],
  [201, 'mtrace message'],
  [200, 'mtrace response'],
  [155, 'RPL'],
]);

/** These have their length before the detail that -v adds. */
const lengthFirst: readonly number[] = [
  Type.routerSolicitation,
  Type.routerAdvertisement,
  Type.neighborAdvertisement,
  Type.neighborSolicitation,
  Type.redirect,
  Type.homeAgentReply,
  Type.prefixAdvertisement,
];

export function printIcmp6(p: Page, at: number, length: number): void {
  p.protocol = 'icmp6';
  if (length === 0) {
    p.text += 'ICMP6, length 0';
    return p.invalid();
  }
  if (p.v > 0 && !p.fragmented && p.has(at, length)) {
    const stated = p.u16(at + 2);
    const sum = transportChecksum(p, at, length, 58);
    p.text +=
      sum === 0
        ? '[icmp6 sum ok] '
        : `[bad icmp6 cksum 0x${hex4(stated)} -> 0x${hex4(expectedChecksum(stated, sum))}!] `;
  }
  const type = p.u8(at);
  p.text += `ICMP6, ${names.get(type) ?? `unknown icmp6 type (${type})`}`;
  if (p.v > 0 && lengthFirst.includes(type)) p.text += `, length ${length}`;
  const end = printMessage(p, at, length, type, p.u8(at + 1));
  if (end === 'cut') p.cutMark();
  else if (end === 'length' && p.v === 0) p.text += `, length ${length}`;
}

/** What is left to be printed: the length, a mark that it was cut, or nothing. */
type Ending = 'length' | 'cut' | 'none';

function printMessage(p: Page, at: number, length: number, type: number, code: number): Ending {
  switch (type) {
    case Type.unreachable:
      return printUnreachable(p, at, length, code);
    case Type.tooBig:
      p.text += `, mtu ${p.u32(at + 4)}`;
      break;
    case Type.exceeded:
      p.text +=
        code === 0 ? ` for ${p.ip6(at + 32)}` : code === 1 ? ' (reassembly)' : `, unknown code (${code})`;
      break;
    case Type.parameter:
      if (!p.has(at + 32, 16)) return 'cut';
      p.text += parameterNames[code]
        ? `, ${parameterNames[code]} - octet ${p.u32(at + 4)}`
        : `, code-#${code}`;
      break;
    case Type.echo:
    case Type.echoReply:
      p.text += `, id ${p.u16(at + 4)}, seq ${p.u16(at + 6)}`;
      break;
    case Type.listenerQuery:
      if (length === 24) printListener(p, at);
      else if (length >= 28) {
        p.text += ' v2';
        printListenerQuery(p, at, length);
      } else p.text += ` unknown-version (len ${length}) `;
      break;
    case Type.listenerReport:
    case Type.listenerDone:
      printListener(p, at);
      break;
    case Type.routerSolicitation:
      return options(p, at, length, 8);
    case Type.routerAdvertisement:
      if (p.v > 0) printRouter(p, at);
      return options(p, at, length, 16);
    case Type.neighborSolicitation:
      p.text += `, who has ${p.ip6(at + 8)}`;
      return options(p, at, length, 24);
    case Type.neighborAdvertisement:
      p.text += `, tgt is ${p.ip6(at + 8)}`;
      if (p.v > 0) p.text += `, Flags [${bitNames(neighborFlags, p.u32(at + 4))}]`;
      return options(p, at, length, 24);
    case Type.redirect:
      p.text += `, ${p.ip6(at + 24)}`;
      p.text += ` to ${p.ip6(at + 8)}`;
      return options(p, at, length, 40);
    case Type.renumbering:
      return printRenumbering(p, at) ? 'length' : cutInside(p);
    case Type.nodeQuery:
    case Type.nodeReply:
      if (!printNodeInformation(p, at, length)) p.cutMark();
      break;
    case Type.inverseSolicitation:
    case Type.inverseAdvertisement:
      break;
    case Type.listenerReport2:
      printListenerReport2(p, at, length);
      break;
    case Type.prefixSolicitation:
    case Type.homeAgentRequest:
      p.text += `, id 0x${hex4(p.u16(at + 4))}`;
      break;
    case Type.homeAgentReply:
      if (p.v === 0) break;
      p.text += `, id 0x${hex4(p.u16(at + 4))}`;
      for (let i = 8; i < length; i += 16) p.text += `, ${p.ip6(at + i)}`;
      break;
    case Type.prefixAdvertisement:
      if (p.v > 0) printPrefixFlags(p, at);
      return options(p, at, length, 8);
    case Type.rpl:
      printRpl(p, code, at + 4, length - 4);
      break;
    default:
      p.text += `, length ${length}`;
      if (p.v < 2) printUnknown(p, '\n\t', at, length);
      return 'none';
  }
  return 'length';
}

function cutInside(p: Page): Ending {
  p.cutMark();
  return 'length';
}

function options(p: Page, at: number, length: number, header: number): Ending {
  return p.v === 0 || printNeighborOptions(p, at + header, length - header) ? 'length' : 'cut';
}

const parameterNames = ['erroneous', 'next header', 'option', 'incomplete header chain'];
const neighborFlags = [
  [0x80000000, 'router'],
  [0x40000000, 'solicited'],
  [0x20000000, 'override'],
] as const;

const unreachableNames = [
  'unreachable route',
  ' unreachable prohibited',
  'beyond scope',
  'unreachable address',
  'unreachable port',
];

function printUnreachable(p: Page, at: number, length: number, code: number): Ending {
  const quoted = at + 8;
  p.text += `, ${unreachableNames[code] ?? `unknown unreach code (${code})`}`;
  switch (code) {
    case 0:
    case 1:
    case 3:
      p.text += ` ${p.ip6(quoted + 24)}`;
      return 'length';
    case 2:
      p.text += ` ${p.ip6(quoted + 24)}, source address ${p.ip6(quoted + 8)}`;
      return 'length';
    case 4: {
      const transport = quotedTransport(p, quoted);
      if (transport < 0) return 'cut';
      const port = p.u16(transport + 2);
      const to = p.ip6(quoted + 24);
      p.text +=
        quotedProtocol === 6 ? `, ${to} tcp port ${p.tcpPort(port)}` : `, ${to} udp port ${p.udpPort(port)}`;
      return 'length';
    }
    default:
      if (p.v > 1) return 'length';
      printUnknown(p, '\n\t', at, length);
      return 'none';
  }
}

/** 6 or 17: what `quotedTransport` found. */
let quotedProtocol = 0;

/** The TCP or UDP header of a quoted datagram, behind its extension headers; -1 without one. */
function quotedTransport(p: Page, at: number): number {
  if (!p.has(at + 6, 1)) return -1;
  let next = p.u8(at + 6);
  let size = 40;
  while (at < p.end) {
    at += size;
    switch (next) {
      case 6:
      case 17:
        quotedProtocol = next;
        return p.has(at + 2, 2) ? at : -1;
      case 0:
      case 43:
      case 60:
        if (!p.has(at + 1, 1)) return -1;
        next = p.u8(at);
        size = (p.u8(at + 1) + 1) * 8;
        break;
      case 44:
        // What is behind the first fragment is no header.
        if (!p.has(at + 2, 2) || (p.u16(at + 2) & 0xfff8) !== 0) return -1;
        next = p.u8(at);
        size = 8;
        break;
      case 51:
        if (!p.has(at + 1, 1)) return -1;
        next = p.u8(at);
        size = (p.u8(at + 1) + 2) * 4;
        break;
      default:
        return -1;
    }
  }
  return -1;
}

/** RFC 2710: query, report, done. */
function printListener(p: Page, at: number): void {
  if (!p.has(at, 24)) return;
  p.text += `max resp delay: ${p.u16(at + 4)} `;
  p.text += `addr: ${p.ip6(at + 8)}`;
}

const routerFlags = [
  [0x80, 'managed'],
  [0x40, 'other stateful'],
  [0x20, 'home agent'],
  [0x02, 'ipv6 only'],
] as const;

function printRouter(p: Page, at: number): void {
  const flags = p.u8(at + 5);
  p.text +=
    `\n\thop limit ${p.u8(at + 4)}, Flags [${bitNames(routerFlags, flags)}]` +
    `, pref ${routerPreference(flags)}, router lifetime ${p.u16(at + 6)}s` +
    `, reachable time ${p.u32(at + 8)}ms, retrans timer ${p.u32(at + 12)}ms`;
}

/** RFC 6275 section 6.8. */
function printPrefixFlags(p: Page, at: number): void {
  p.text += `, id 0x${hex4(p.u16(at + 4))}`;
  const flags = p.u16(at + 6);
  if ((flags & 0xc000) !== 0) p.text += ' ';
  if ((flags & 0x8000) !== 0) p.text += 'M';
  if ((flags & 0x4000) !== 0) p.text += 'O';
}
