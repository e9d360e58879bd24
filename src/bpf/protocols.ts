/** `tcp`, `ip proto 89`, `ether proto 0x88cc`: which protocol a packet carries. */
import type { Identifier, Qualifiers } from './ast.ts';
import { and, type Condition, or } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import { payloadType } from './link-types.ts';
import {
  EtherType,
  etherProtocolNames,
  IpProtocol,
  ipProtocolNames,
  isisTypes,
  osiProtocolNames,
  Sap,
} from './names.ts';

/** Protocols that the link layer's type field names. */
const payloadTypes: Readonly<Record<string, number>> = {
  ip: EtherType.ip,
  ip6: EtherType.ip6,
  arp: EtherType.arp,
  rarp: EtherType.rarp,
  atalk: EtherType.atalk,
  aarp: EtherType.aarp,
  decnet: EtherType.decnet,
  sca: EtherType.sca,
  lat: EtherType.lat,
  mopdl: EtherType.mopdl,
  moprc: EtherType.moprc,
  iso: Sap.iso,
  stp: Sap.bridge,
  ipx: Sap.ipx,
  netbeui: Sap.netbeui,
};

/** Protocols over IPv4 alone, IPv6 alone, or either. */
const ipProtocols: Readonly<Record<string, readonly [number, version: 'ip' | 'ip6' | undefined]>> = {
  tcp: [IpProtocol.tcp, undefined],
  udp: [IpProtocol.udp, undefined],
  sctp: [IpProtocol.sctp, undefined],
  pim: [IpProtocol.pim, undefined],
  ah: [IpProtocol.ah, undefined],
  esp: [IpProtocol.esp, undefined],
  icmp: [IpProtocol.icmp, 'ip'],
  igmp: [IpProtocol.igmp, 'ip'],
  igrp: [IpProtocol.igrp, 'ip'],
  vrrp: [IpProtocol.vrrp, 'ip'],
  carp: [IpProtocol.carp, 'ip'],
  icmp6: [IpProtocol.icmp6, 'ip6'],
};

/** A protocol's name on its own. */
export function protocolCondition(c: Context, protocol: string, span: Span): Condition {
  const type = payloadTypes[protocol];
  if (type !== undefined) return payloadType(c, type, span);
  const ip = ipProtocols[protocol];
  if (ip) return ipProtocol(c, ip[0], ip[1], span);
  const osi = osiProtocolNames[protocol];
  if (osi !== undefined) return isoProtocol(c, osi, span);
  const isis = isisTypes[protocol];
  if (isis) return or(...isis.map((number) => isisType(c, number, span)));
  if (protocol === 'link')
    return c.refuse('syntax', 'the link layer alone is no condition', span, {
      expected: "'host', 'proto', 'broadcast', 'multicast', or bytes: 'ether[0]'",
    });
  return c.refuse('meaning', `'${protocol}' alone is no condition`, span);
}

/** By the protocol field of IPv4 and the next-header field of IPv6, its fragment header skipped. */
export function ipProtocol(
  c: Context,
  number: number,
  version: 'ip' | 'ip6' | undefined,
  span: Span,
): Condition {
  const in4 = () => and(payloadType(c, EtherType.ip, span), c.equal(c.network(9, 1), number));
  const in6 = () =>
    and(
      payloadType(c, EtherType.ip6, span),
      or(
        c.equal(c.network(6, 1), number),
        and(c.equal(c.network(6, 1), IpProtocol.fragment), c.equal(c.network(40, 1), number)),
      ),
    );
  if (version) return version === 'ip' ? in4() : in6();
  return or(in4(), in6());
}

function isoProtocol(c: Context, number: number, span: Span): Condition {
  return and(payloadType(c, Sap.iso, span), c.equal(c.networkWithoutSnap(0, 1), number));
}

function isisType(c: Context, number: number, span: Span): Condition {
  return and(isoProtocol(c, osiProtocolNames['isis']!, span), c.equal(c.networkWithoutSnap(4, 1), number));
}

/** A value after `proto`. */
export function protoIdentifier(
  c: Context,
  identifier: Identifier,
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const { protocol } = qualifiers;
  const number = protocolNumber(c, identifier, protocol, span);
  switch (protocol) {
    case undefined:
    case 'ip':
    case 'ip6':
      return ipProtocol(c, number, protocol, span);
    case 'link':
      return payloadType(c, number, span);
    case 'iso':
      return isoProtocol(c, number, span);
    case 'isis':
      return isisType(c, number, span);
    default:
      return c.refuse('meaning', `what ${protocol} carries has no number to ask for`, span, {
        expected: "'ip proto', 'ip6 proto', 'ether proto' or 'proto'",
      });
  }
}

export function protocolNumber(
  c: Context,
  identifier: Identifier,
  protocol: string | undefined,
  span: Span,
): number {
  if (identifier.kind === 'number') return identifier.value;
  if (identifier.kind !== 'name')
    return c.refuse('meaning', 'a protocol is no address', span, { expected: 'a protocol number or name' });
  const { text } = identifier;
  const own = (table: Readonly<Record<string, number>>) =>
    Object.hasOwn(table, text) ? table[text] : undefined;
  let number: number | undefined;
  let source = '';
  switch (protocol) {
    case undefined:
    case 'ip':
    case 'ip6':
      number = c.resolver.protocol?.(text) ?? own(ipProtocolNames);
      source = 'names of IP protocols come from /etc/protocols';
      break;
    case 'link':
      number = own(etherProtocolNames);
      source = `one of ${Object.keys(etherProtocolNames).join(', ')}, or the number of an ether type`;
      break;
    case 'iso':
      number = own(osiProtocolNames);
      source = `one of ${Object.keys(osiProtocolNames).join(', ')}`;
  }
  return number ?? c.refuse('name', `no protocol known by the name '${text}'`, span, { hint: source });
}
