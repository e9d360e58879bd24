/** `host` and `net`: addresses of IPv4, ARP and RARP, IPv6, DECnet and the link layer. */
import { LinkType } from '../model/index.ts';
import { alignLeft, ipv6Words, macBytes, parseIpv4Part, prefixMask, prefixMask6 } from './addresses.ts';
import type { Direction, Identifier, Qualifiers } from './ast.ts';
import { and, type Condition, or } from './conditions.ts';
import type { Context } from './context.ts';
import { decnetHost } from './decnet.ts';
import type { Span } from './error.ts';
import { payloadType } from './link-types.ts';
import { EtherType } from './names.ts';
import { wlanHost } from './wlan.ts';

/** Source and destination, or both of them as the direction says; `src or dst` when it says nothing. */
export function directed(
  c: Context,
  direction: Direction,
  span: Span,
  one: (side: 'src' | 'dst') => Condition,
): Condition {
  switch (direction) {
    case 'src':
    case 'dst':
      return one(direction);
    case 'and':
      return and(one('src'), one('dst'));
    case 'or':
    case undefined:
      return or(one('src'), one('dst'));
    default:
      return c.refuse('meaning', `'${direction}' goes with MAC addresses of 802.11 only`, span);
  }
}

/** Offsets of the addresses in the network layer's header, by the ether type: RFC 791, RFC 826. */
const ipv4Fields = [
  ['ip', EtherType.ip, 12, 16],
  ['arp', EtherType.arp, 14, 24],
  ['rarp', EtherType.rarp, 14, 24],
] as const;

/** (address & mask) == value in the protocols that have IPv4 addresses. */
export function ipv4Host(
  c: Context,
  address: number,
  mask: number,
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const { protocol, direction } = qualifiers;
  const fields = ipv4Fields.filter(([name]) => (protocol ?? 'ip') === name);
  if (protocol === undefined && c.layout.mplsDepth === 0) fields.push(ipv4Fields[1], ipv4Fields[2]);
  if (fields.length === 0) return notOfProtocol(c, qualifiers, 'an IPv4 address', span);
  return or(
    ...fields.map(([, type, source, destination]) => {
      const isType = payloadType(c, type, span);
      return directed(c, direction, span, (side) =>
        and(isType, c.masked(c.network(side === 'src' ? source : destination, 4), mask, address)),
      );
    }),
  );
}

/** @param address four words, @param mask four words */
export function ipv6Host(
  c: Context,
  address: readonly number[],
  mask: readonly number[],
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const { protocol, direction } = qualifiers;
  if (protocol !== undefined && protocol !== 'ip6')
    return notOfProtocol(c, qualifiers, 'an IPv6 address', span);
  return directed(c, direction, span, (side) => {
    const start = side === 'src' ? 8 : 24;
    const words = address.map((word, i) => c.masked(c.network(start + 4 * i, 4), mask[i]!, word));
    return and(payloadType(c, EtherType.ip6, span), ...words);
  });
}

function notOfProtocol(c: Context, qualifiers: Qualifiers, what: string, span: Span): never {
  const protocol = qualifiers.protocol === 'link' ? 'the link layer' : qualifiers.protocol;
  return c.refuse('meaning', `${protocol} has no ${what.replace(/^an? /, '')}`, span, {
    hint:
      qualifiers.protocol === 'link'
        ? 'ether host takes a MAC address; host takes this one'
        : `write '${qualifiers.protocol} and ${qualifiers.type ?? 'host'} ...' for packets of both kinds`,
  });
}

/** A MAC address, where the link type has some. */
export function linkHost(c: Context, bytes: readonly number[], direction: Direction, span: Span): Condition {
  const { layout } = c;
  if (layout.linktype === LinkType.ieee80211) return wlanHost(c, bytes, direction);
  if (layout.linktype !== LinkType.ethernet)
    return c.refuse('linktype', `${c.linktypeName} has no MAC addresses`, span);
  const host = directed(c, direction, span, (side) =>
    c.bytesEqual((offset, size) => c.link((side === 'src' ? 6 : 0) + offset, size), bytes),
  );
  return and(c.hasEthernet(), host);
}

/** A value after `host`, `net`, or no type at all. */
export function hostIdentifier(
  c: Context,
  identifier: Identifier,
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const { type } = qualifiers;
  if (type === 'container' || type === 'pod') return containerHost(c, identifier, qualifiers, type, span);
  switch (identifier.kind) {
    case 'name':
      return qualifiers.type === 'net'
        ? netName(c, identifier.text, qualifiers, span)
        : hostName(c, identifier.text, qualifiers, span);
    case 'mac':
      if (qualifiers.protocol !== 'link' || qualifiers.type === 'net')
        return c.refuse('meaning', 'a MAC address without the word ether before it', span, {
          hint: `write 'ether host ${identifier.text}'`,
        });
      return linkHost(c, macBytes(identifier.text), qualifiers.direction, span);
    case 'arcnet':
      return c.refuse('linktype', 'addresses with $ are for ARCnet, which is no link type of Porthole', span);
    case 'number':
      return numberHost(c, identifier.value, qualifiers, span);
    case 'ipv4':
      return ipv4Identifier(c, identifier, qualifiers, span);
    case 'ipv6':
      return ipv6Identifier(c, identifier, qualifiers, span);
  }
}

/** A bare number: the address as such, or after `net` its leading bytes. */
function numberHost(c: Context, number: number, qualifiers: Qualifiers, span: Span): Condition {
  if (qualifiers.protocol === 'decnet') return decnetHost(c, number, qualifiers.direction, span);
  if (qualifiers.protocol === 'link')
    return c.refuse('meaning', 'a number is no MAC address', span, {
      expected: 'an address such as 00:00:5e:00:53:01',
    });
  if (qualifiers.type !== 'net') return ipv4Host(c, number, 0xffffffff, qualifiers, span);
  const { address, mask } = leadingBytes(number);
  return ipv4Host(c, address, mask, qualifiers, span);
}

/** 10 -> 10.0.0.0/8: zero bytes at the top are moved out. */
function leadingBytes(number: number): { address: number; mask: number } {
  let address = number;
  let mask = 0xffffffff;
  while (address !== 0 && address >>> 24 === 0) {
    address = (address << 8) >>> 0;
    mask = (mask << 8) >>> 0;
  }
  return { address, mask };
}

function ipv4Identifier(
  c: Context,
  identifier: Identifier & { kind: 'ipv4' },
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const { text } = identifier;
  const hasMask = identifier.prefix !== undefined || identifier.mask !== undefined;
  if (qualifiers.protocol === 'decnet' && !hasMask) {
    const [area, node] = text.split('.').map(Number) as [number, number];
    const value = ((area << 10) & 0xfc00) | (node & 0x3ff);
    return decnetHost(c, value, qualifiers.direction, span);
  }
  const part = parseIpv4Part(text) ?? c.refuse('syntax', `${text} is no IPv4 address`, span);
  const address = alignLeft(part);
  if (!hasMask) {
    if (qualifiers.protocol === 'link') return notOfProtocol(c, qualifiers, 'an IPv4 address', span);
    return ipv4Host(c, address, prefixMask(part.bits), qualifiers, span);
  }
  const mask = ipv4Mask(c, identifier, span);
  const network = (address & mask) >>> 0;
  if (network !== address)
    c.refuse('meaning', 'the address has bits beyond its mask', span, {
      hint: `the network is ${dotted(network)}${identifier.prefix === undefined ? '' : `/${identifier.prefix}`}`,
    });
  if (qualifiers.type !== 'net') return maskWithoutNet(c, span);
  return ipv4Host(c, address, mask, qualifiers, span);
}

function ipv4Mask(c: Context, identifier: Identifier & { kind: 'ipv4' }, span: Span): number {
  const { prefix, mask } = identifier;
  if (mask !== undefined) {
    const part = parseIpv4Part(mask) ?? c.refuse('syntax', `${mask} is no mask`, span);
    return alignLeft(part);
  }
  if (prefix! > 32) c.refuse('meaning', `/${prefix} is longer than an IPv4 address has bits (32)`, span);
  return prefixMask(prefix!);
}

function maskWithoutNet(c: Context, span: Span): never {
  return c.refuse('meaning', 'a mask goes with net only', span, { hint: "write 'net' before the address" });
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function ipv6Identifier(
  c: Context,
  identifier: Identifier & { kind: 'ipv6' },
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const address = ipv6Words(identifier.text)!;
  const prefix = identifier.prefix ?? 128;
  if (prefix > 128) c.refuse('meaning', `/${prefix} is longer than an IPv6 address has bits (128)`, span);
  const mask = prefixMask6(prefix);
  if (address.some((word, i) => (word & ~mask[i]!) !== 0))
    c.refuse('meaning', 'the address has bits beyond its prefix', span);
  if (qualifiers.type !== 'net' && prefix !== 128) return maskWithoutNet(c, span);
  return ipv6Host(c, address, mask, qualifiers, span);
}

function hostName(c: Context, name: string, qualifiers: Qualifiers, span: Span): Condition {
  const { protocol, direction } = qualifiers;
  if (protocol === 'link') {
    if (c.layout.linktype !== LinkType.ethernet && c.layout.linktype !== LinkType.ieee80211)
      return c.refuse('linktype', `${c.linktypeName} has no MAC addresses`, span);
    const mac =
      c.resolver.ether?.(name) ??
      c.refuse('name', `no MAC address known for '${name}'`, span, {
        hint: 'names of MAC addresses come from /etc/ethers',
      });
    return linkHost(c, macBytes(mac), direction, span);
  }
  if (protocol === 'decnet')
    return c.refuse('name', `'${name}' is no DECnet address`, span, { expected: 'AREA.NODE' });
  const addresses = c.resolver.host?.(name) ?? [];
  if (addresses.length === 0) unknownHost(c, name, span);
  return hostAddresses(c, name, addresses, qualifiers, span);
}

function hostAddresses(
  c: Context,
  name: string,
  addresses: readonly string[],
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const { protocol } = qualifiers;
  // Without a type field a protocol that is not IP is no packet of this link type.
  const only = c.layout.linkTypeField === undefined && protocol === undefined;
  const conditions: Condition[] = [];
  for (const address of addresses) {
    const part = /^[\d.]+$/.test(address) ? parseIpv4Part(address) : undefined;
    const words = part ? undefined : ipv6Words(address);
    if (part && protocol !== 'ip6') {
      const q = { ...qualifiers, protocol: only ? 'ip' : protocol };
      conditions.push(ipv4Host(c, alignLeft(part), 0xffffffff, q, span));
    } else if (words && protocol !== 'ip')
      conditions.push(
        ipv6Host(c, words, prefixMask6(128), { ...qualifiers, protocol: only ? 'ip6' : protocol }, span),
      );
  }
  if (conditions.length === 0)
    c.refuse('name', `'${name}' has no address of ${protocol}`, span, {
      hint: `it has ${addresses.join(', ')}`,
    });
  return or(...conditions);
}

/** A container or pod by the addresses it has now. ARP has IPv4's only. */
function containerHost(
  c: Context,
  identifier: Identifier,
  qualifiers: Qualifiers,
  kind: 'container' | 'pod',
  span: Span,
): Condition {
  if (identifier.kind !== 'name' && identifier.kind !== 'mac')
    return c.refuse('meaning', `this is no name of a ${kind}`, span, {
      hint: identifier.kind === 'number' ? '' : "an address is asked for by 'host' or 'net'",
    });
  const { protocol } = qualifiers;
  const name = identifier.text;
  const found = c.resolver.container?.(kind, name);
  if (!found) return c.refuse('name', `nobody here can tell the addresses of a ${kind}`, span);
  if (found.problem !== undefined) return c.refuse('name', found.problem, span, { hint: found.hint });
  const addresses =
    protocol === 'arp' || protocol === 'rarp'
      ? found.addresses.filter((address) => !address.includes(':'))
      : found.addresses;
  if (addresses.length === 0) return c.refuse('name', `the ${kind} '${name}' has no address`, span);
  return hostAddresses(c, name, addresses, qualifiers, span);
}

function unknownHost(c: Context, name: string, span: Span): never {
  return c.refuse('name', `no address known for the host '${name}'`, span, {
    hint: `names come from /etc/hosts, DNS is not asked; a container is 'container ${name}'`,
  });
}

function netName(c: Context, name: string, qualifiers: Qualifiers, span: Span): Condition {
  const text = c.resolver.network?.(name);
  const part = text === undefined ? undefined : parseIpv4Part(text);
  if (!part || part.value === 0)
    return c.refuse('name', `no network known by the name '${name}'`, span, {
      expected: 'a network such as 10.0.0.0/8, 192.168 or 2001:db8::/32',
      hint: 'names of networks come from /etc/networks',
    });
  // libpcap takes getnetbyname(3)'s number as it takes a bare one: 127.0.0.0 is that address alone.
  const { address, mask } = leadingBytes(part.value);
  return ipv4Host(c, address, mask, qualifiers, span);
}
