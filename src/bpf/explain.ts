/** What a filter asks, in words: an outline in which every implied word is said. */
import type { Arithmetic, Identifier, Node, Qualifiers } from './ast.ts';
import type { FilterResolver } from './names.ts';
import { parse } from './parser.ts';
import { isKnown, words } from './words.ts';

/** A line, or one with others under it. */
type Outline = string | { readonly head: string; readonly parts: readonly Outline[] };

/** Lines, each ended by a newline. @throws FilterError for what is no filter; link types are not looked at */
export function explain(expression: string, resolver: FilterResolver = {}): string {
  const tree = parse(expression);
  if (!tree) return 'every packet\n';
  return lines(new Explainer(expression, resolver).outline(tree), '').join('');
}

function lines(outline: Outline, indent: string): string[] {
  if (typeof outline === 'string') return [`${indent}${outline}\n`];
  return [`${indent}${outline.head}\n`, ...outline.parts.flatMap((part) => lines(part, `${indent}  `))];
}

const protocolNames: Readonly<Record<string, string>> = {
  ip: 'IPv4',
  ip6: 'IPv6',
  arp: 'ARP',
  rarp: 'RARP',
  tcp: 'TCP over IPv4 or IPv6',
  udp: 'UDP over IPv4 or IPv6',
  sctp: 'SCTP over IPv4 or IPv6',
  pim: 'PIM over IPv4 or IPv6',
  ah: 'IPsec AH over IPv4 or IPv6',
  esp: 'IPsec ESP over IPv4 or IPv6',
  icmp: 'ICMP (over IPv4)',
  icmp6: 'ICMPv6',
  igmp: 'IGMP',
  igrp: 'IGRP',
  vrrp: 'VRRP',
  carp: 'CARP',
  atalk: 'AppleTalk',
  aarp: 'AppleTalk ARP',
  decnet: 'DECnet',
  lat: 'DEC LAT',
  sca: 'DEC SCA',
  moprc: 'DEC MOP remote console',
  mopdl: 'DEC MOP dump and load',
  iso: 'OSI',
  esis: 'ES-IS',
  isis: 'IS-IS',
  clnp: 'CLNP',
  l1: 'IS-IS level 1',
  l2: 'IS-IS level 2',
  iih: 'IS-IS hello',
  lsp: 'IS-IS link state',
  snp: 'IS-IS sequence numbers',
  csnp: 'IS-IS complete sequence numbers',
  psnp: 'IS-IS partial sequence numbers',
  stp: 'spanning tree',
  ipx: 'IPX',
  netbeui: 'NetBEUI',
};

const directions: Readonly<Record<string, string>> = {
  src: 'from',
  dst: 'to',
  or: 'from or to',
  and: 'both from and to',
  addr1: 'first address is',
  addr2: 'second address is',
  addr3: 'third address is',
  addr4: 'fourth address is',
  ra: 'receiver is',
  ta: 'transmitter is',
};

const encapsulated: Readonly<Record<string, string>> = {
  vlan: 'VLAN tag',
  mpls: 'MPLS label',
  pppoed: 'PPPoE discovery',
  pppoes: 'PPPoE session',
  geneve: 'Geneve tunnel',
  vxlan: 'VXLAN tunnel',
};

class Explainer {
  readonly #expression: string;
  readonly #resolver: FilterResolver;

  constructor(expression: string, resolver: FilterResolver) {
    this.#expression = expression;
    this.#resolver = resolver;
  }

  #text({ position, length }: { position: number; length: number }): string {
    return this.#expression.slice(position, position + length).replaceAll(/\s+/g, ' ');
  }

  outline(node: Node): Outline {
    switch (node.kind) {
      case 'chain':
        return this.#chain(node);
      case 'not': {
        const part = this.outline(node.operand);
        return typeof part === 'string' ? `not: ${part}` : { head: 'not', parts: [part] };
      }
      case 'identifier':
        return node.word !== undefined ? this.#bareWord(node.word, node) : this.#identifier(node);
      case 'word':
        return word(node.word);
      case 'protocol':
        return protocolNames[node.protocol] ?? node.protocol;
      case 'relation':
        return this.#relation(node);
      case 'broadcast':
        return node.protocol === 'ip' ? 'to a broadcast address of IPv4' : 'to the broadcast MAC address';
      case 'multicast':
        return `to a multicast ${node.protocol && node.protocol !== 'link' ? `address of ${protocolNames[node.protocol]}` : 'MAC address'}`;
      case 'less':
        return `at most ${node.value} bytes long`;
      case 'greater':
        return `at least ${node.value} bytes long`;
      case 'byte':
        return `byte ${node.index} of the packet ${node.operator} ${node.value}${'&|'.includes(node.operator) ? ' is not 0' : ''}`;
      case 'inbound':
        return 'not sent by this machine';
      case 'outbound':
        return 'sent by this machine';
      case 'ifindex':
        return `on the interface with index ${node.value}`;
      case 'encapsulation':
        return encapsulation(node.name, node.id);
      case 'wlanType':
      case 'wlanDirection':
        return `802.11 frames with ${this.#text(node)}`;
      case 'llc':
        return `frames with an LLC header${node.control ? ` (${this.#text(node)})` : ''}`;
    }
  }

  /** Runs of one operator as one list; what came before a change of operator is its first part. */
  #chain(node: Node & { kind: 'chain' }): Outline {
    let parts = [this.outline(node.first)];
    let operator = node.rest[0]!.operator;
    const whole = (): Outline => ({ head: operator === 'and' ? 'all of' : 'any of', parts });
    for (const { operator: next, operand } of node.rest) {
      if (next !== operator) parts = [whole()];
      operator = next;
      parts.push(this.outline(operand));
    }
    return whole();
  }

  /** A name where what stood before says what it is, if it is known as such. */
  #bareWord(name: string, node: Node & { kind: 'identifier' }): Outline {
    if (!isKnown(name, node.qualifiers, this.#resolver)) return word(name);
    return `${this.#identifier(node)}; '${name}' as ${node.qualifiers.type ?? 'host'}, by the word before`;
  }

  #identifier({ identifier, qualifiers }: Node & { kind: 'identifier' }): string {
    const { protocol, direction, type } = qualifiers;
    const way = directions[direction ?? 'or']!;
    switch (type) {
      case 'port':
      case 'portrange': {
        const ports = this.#ports(identifier);
        const carrier = protocol?.toUpperCase() ?? ports.transport ?? 'TCP, UDP or SCTP';
        const what = type === 'port' ? 'port' : 'ports';
        return `${carrier} ${way} ${what} ${ports.text} (of IPv4 fragments only the first)`;
      }
      case 'proto':
      case 'protochain': {
        const carrier =
          protocol === undefined
            ? 'IPv4 or IPv6'
            : protocol === 'link'
              ? 'the link layer'
              : protocolNames[protocol];
        const where = type === 'proto' ? 'carries' : 'carries, behind up to six headers,';
        return `${carrier} that ${where} protocol ${valueText(identifier)}`;
      }
      case 'gateway':
        return `by way of the gateway ${valueText(identifier)}`;
    }
    if (type !== 'container' && type !== 'pod' && (identifier.kind === 'mac' || protocol === 'link'))
      return `${way} MAC address ${valueText(identifier)}`;
    return `${way} ${this.#address(identifier, qualifiers)}`;
  }

  #address(identifier: Identifier, { protocol, type }: Qualifiers): string {
    const carriers =
      protocol !== undefined
        ? protocolNames[protocol]
        : identifier.kind === 'ipv6'
          ? 'IPv6'
          : identifier.kind === 'name' || type === 'container' || type === 'pod'
            ? 'IPv4, ARP, RARP, IPv6'
            : 'IPv4, ARP, RARP';
    const isContainer = type === 'container' || type === 'pod';
    const what = type === 'net' ? 'network' : isContainer ? type : 'address';
    const name = identifier.kind === 'name' || identifier.kind === 'mac' ? identifier.text : undefined;
    let known: readonly string[] | undefined;
    if (name !== undefined && isContainer) {
      const found = this.#resolver.container?.(type, name);
      known = found?.problem === undefined ? found?.addresses : [found.problem];
    } else if (name !== undefined && type !== 'net') known = this.#resolver.host?.(name);
    const addresses = known?.length ? ` = ${known.join(', ')}` : '';
    return `${what} ${valueText(identifier)}${addresses} (${carriers})`;
  }

  /** A name with its number, and the transport when it is of one alone. */
  #ports(identifier: Identifier): { text: string; transport?: string | undefined } {
    if (identifier.kind !== 'name') return { text: valueText(identifier) };
    const { text } = identifier;
    const known = (['tcp', 'udp'] as const).flatMap((transport) => {
      const port = this.#resolver.service?.(text, transport);
      return port === undefined ? [] : [{ port, transport: transport.toUpperCase() }];
    });
    if (known.length === 0) return { text };
    return {
      text: `${text} = ${known[0]!.port}`,
      transport: known.length === 1 ? known[0]!.transport : undefined,
    };
  }

  #relation(node: Node & { kind: 'relation' }): string {
    const implied = [...new Set([...protocolsOf(node.left), ...protocolsOf(node.right)])];
    const text = this.#text(node);
    return implied.length > 0 ? `${text} (in ${implied.map(impliedName).join(' and ')})` : text;
  }
}

/** What it means, and the expression that it stands for. */
function word(name: string): Outline {
  const { meaning, alternatives } = words.get(name)!;
  return { head: `${name}: ${meaning}, which is any of`, parts: alternatives };
}

/** What bytes of a packet imply: those of the right side of an operator nothing. */
function protocolsOf(arithmetic: Arithmetic): string[] {
  switch (arithmetic.kind) {
    case 'load':
      return [
        ...protocolsOf(arithmetic.index),
        ...(arithmetic.protocol === 'link' ? [] : [arithmetic.protocol]),
      ];
    case 'binary':
      return protocolsOf(arithmetic.left);
    case 'negate':
      return protocolsOf(arithmetic.operand);
    default:
      return [];
  }
}

function impliedName(protocol: string): string {
  const name = protocolNames[protocol] ?? protocol;
  return name.endsWith(' over IPv4 or IPv6')
    ? `${name.replace(' or IPv6', '')}, of fragments only the first`
    : name;
}

function encapsulation(name: string, id: number | undefined): string {
  const what = encapsulated[name]!;
  const follows = name === 'pppoed' ? '' : '; what follows in the filter looks behind it';
  return `${what}${id === undefined ? '' : ` ${id}`}${follows}`;
}

function valueText(identifier: Identifier): string {
  switch (identifier.kind) {
    case 'number':
      return `${identifier.value}`;
    case 'ipv4':
    case 'ipv6': {
      const mask = identifier.kind === 'ipv4' && identifier.mask ? ` mask ${identifier.mask}` : '';
      return `${identifier.text}${identifier.prefix === undefined ? mask : `/${identifier.prefix}`}`;
    }
    default:
      return identifier.text;
  }
}
