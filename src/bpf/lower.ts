/** Code generation: from the tree of the text to one of tests. Left to right, since encapsulations move what follows. */
import { LinkType } from '../model/index.ts';
import { relation } from './arithmetic.ts';
import type { Node } from './ast.ts';
import { and, type Condition, not, or } from './conditions.ts';
import type { Context } from './context.ts';
import { encapsulation } from './encapsulations.ts';
import type { Span } from './error.ts';
import { countTests } from './factor.ts';
import { hostIdentifier, linkHost } from './hosts.ts';
import { maxChanges, maxEncapsulations, maxWritten } from './limits.ts';
import { payloadType, wlanDataFrame } from './link-types.ts';
import { EtherType } from './names.ts';
import { AncillaryOffset } from './opcodes.ts';
import { parse } from './parser.ts';
import { portIdentifier } from './ports.ts';
import { protochainIdentifier } from './protochain.ts';
import { protocolCondition, protoIdentifier } from './protocols.ts';
import { wlanMulticast } from './wlan.ts';
import { isKnown, longhand } from './words.ts';

/** PACKET_OUTGOING of linux/if_packet.h; cooked headers carry the same number. */
const outgoing = 4;
const broadcastMac = [255, 255, 255, 255, 255, 255];
/** The longest 802.3 length; an ether type is larger. */
const maxEthernetLength = 1500;

/** @throws FilterError by the context's `refuse` */
export function lower(c: Context, node: Node): Condition {
  switch (node.kind) {
    case 'chain':
      return chain(c, node);
    case 'not':
      return not(lower(c, node.operand));
    case 'identifier':
      return identifier(c, node);
    case 'word':
      return word(c, node.word, node);
    case 'protocol':
      return protocolCondition(c, node.protocol, node);
    case 'relation':
      return relation(c, node.relation, node.left, node.right);
    case 'broadcast':
      return broadcast(c, node.protocol, node);
    case 'multicast':
      return multicast(c, node.protocol, node);
    case 'less':
      return not(c.compare(c.values.packetLength, '>', node.value));
    case 'greater':
      return c.compare(c.values.packetLength, '>=', node.value);
    case 'byte':
      return byte(c, node);
    case 'inbound':
      return not(isOutgoing(c, node));
    case 'outbound':
      return isOutgoing(c, node);
    case 'ifindex':
      return interfaceIndex(c, node.value, node);
    case 'encapsulation':
      c.words.clear();
      if (++c.encapsulations > maxEncapsulations)
        c.refuse('limit', `more than ${maxEncapsulations} tags and tunnels`, node);
      return encapsulation(c, node.name, node.id, node);
    case 'wlanType':
      return c.masked(wlanControl(c, 0, node), node.mask, node.value);
    case 'wlanDirection':
      return c.masked(wlanControl(c, 1, node), 3, node.value);
    case 'llc':
      return linkControl(c, node);
  }
}

/** `a and b and c or d`: runs of one operator are put together at once, so that long lists cost no more. */
function chain(c: Context, node: Node & { kind: 'chain' }): Condition {
  let run = [lower(c, node.first)];
  let operator = node.rest[0]!.operator;
  let changes = 0;
  let written = countTests(run[0]!, maxWritten);
  for (const { operator: next, operand } of node.rest) {
    if (next !== operator) {
      run = [operator === 'and' ? and(...run) : or(...run)];
      if (++changes > maxChanges)
        c.refuse('limit', `more than ${maxChanges} changes between and and or`, operand);
    }
    operator = next;
    const condition = lower(c, operand);
    written += countTests(condition, maxWritten);
    if (written > maxWritten) c.refuse('limit', `more than ${maxWritten} tests`, operand);
    run.push(condition);
  }
  return operator === 'and' ? and(...run) : or(...run);
}

function identifier(c: Context, node: Node & { kind: 'identifier' }): Condition {
  const { identifier, qualifiers } = node;
  if (node.word !== undefined && !isKnown(node.word, qualifiers, c.resolver)) return word(c, node.word, node);
  switch (qualifiers.type) {
    case 'port':
    case 'portrange':
      return portIdentifier(c, identifier, qualifiers, node);
    case 'proto':
      return protoIdentifier(c, identifier, qualifiers, node);
    case 'protochain':
      return protochainIdentifier(c, identifier, qualifiers, node);
    case 'gateway':
      return c.refuse('meaning', "'gateway' is not for filters that know IPv6, libpcap's or this one", node, {
        hint: "write 'ether host MAC and not host ADDRESS' with the gateway's MAC and IP addresses",
      });
    default:
      return hostIdentifier(c, identifier, qualifiers, node);
  }
}

/** The expression that a word stands for, here: behind the tags and tunnels that were asked for. */
function word(c: Context, name: string, span: Span): Condition {
  let condition = c.words.get(name);
  if (!condition) {
    // What a link type refuses of it, it refuses of IPv4: the place in the text is the word's.
    payloadType(c, EtherType.ip, span);
    condition = lower(c, parse(longhand(name))!);
    c.words.set(name, condition);
  }
  return condition;
}

function broadcast(c: Context, protocol: string | undefined, span: Span): Condition {
  if (protocol === 'ip') {
    const hosts = ~c.netmask >>> 0;
    const isAddress = (address: number) => c.masked(c.network(16, 4), hosts, address);
    return and(payloadType(c, EtherType.ip, span), or(isAddress(0), isAddress(hosts)));
  }
  if (protocol !== undefined && protocol !== 'link')
    return c.refuse('meaning', `${protocol} has no broadcasts`, span, {
      expected: 'ether broadcast or ip broadcast',
    });
  return linkHost(c, broadcastMac, 'dst', span);
}

function multicast(c: Context, protocol: string | undefined, span: Span): Condition {
  const { layout } = c;
  if (protocol === 'ip')
    return and(payloadType(c, EtherType.ip, span), c.compare(c.network(16, 1), '>=', 224));
  if (protocol === 'ip6') return and(payloadType(c, EtherType.ip6, span), c.equal(c.network(24, 1), 255));
  if (protocol !== undefined && protocol !== 'link')
    return c.refuse('meaning', `${protocol} has no multicasts`, span, {
      expected: 'ether multicast, ip multicast or ip6 multicast',
    });
  if (layout.linktype === LinkType.ieee80211) return wlanMulticast(c);
  if (layout.linktype !== LinkType.ethernet)
    return c.refuse('linktype', `${c.linktypeName} has no MAC addresses`, span);
  return and(c.hasEthernet(), c.compare(c.link(0, 1), '&', 1));
}

function byte(c: Context, node: Node & { kind: 'byte' }): Condition {
  const value = c.link(node.index, 1);
  switch (node.operator) {
    case '=':
      return c.equal(value, node.value);
    case '<':
      return not(c.compare(value, '>=', node.value));
    case '>':
      return c.compare(value, '>', node.value);
    case '&':
      return c.compare(value, '&', node.value);
    default:
      return not(c.equal(c.values.binary('|', value, c.values.number(node.value)), 0));
  }
}

function isOutgoing(c: Context, span: Span): Condition {
  if (c.layout.linktype === LinkType.linuxSll) return c.equal(c.link(0, 2), outgoing);
  if (c.layout.linktype === LinkType.linuxSll2) return c.equal(c.link(10, 1), outgoing);
  if (!c.live)
    return c.refuse('linktype', `files of ${c.linktypeName} do not say which way a packet went`, span);
  return c.equal(c.values.load(2, AncillaryOffset.packetType), outgoing);
}

function interfaceIndex(c: Context, index: number, span: Span): Condition {
  if (c.layout.linktype === LinkType.linuxSll2) return c.equal(c.link(4, 4), index);
  if (!c.live)
    return c.refuse(
      'linktype',
      `files of ${c.linktypeName} do not say which interface a packet was on`,
      span,
    );
  return c.equal(c.values.load(4, AncillaryOffset.interfaceIndex), index);
}

function wlanControl(c: Context, at: 0 | 1, span: Span) {
  if (c.layout.linktype !== LinkType.ieee80211)
    c.refuse('linktype', `${c.linktypeName} has no 802.11 header`, span);
  return c.link(at, 1);
}

function linkControl(c: Context, node: Node & { kind: 'llc' }): Condition {
  const { control } = node;
  let hasLlc: Condition;
  if (c.layout.linktype === LinkType.ieee80211) hasLlc = wlanDataFrame(c);
  else if (c.layout.linktype === LinkType.ethernet)
    // 0xffff begins Novell's raw 802.3 frames, which have no LLC header.
    hasLlc = and(
      not(c.compare(c.linkTypeField(0, 2), '>', maxEthernetLength)),
      not(c.equal(c.payload(0, 2), 0xffff)),
    );
  else return c.refuse('linktype', `${c.linktypeName} has no LLC header`, node);
  if (!control) return hasLlc;
  const byte = c.masked(c.payload(2, 1), control.mask, control.value);
  return and(hasLlc, control.isNot ? not(byte) : byte);
}
