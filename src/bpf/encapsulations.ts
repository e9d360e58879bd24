/** `vlan`, `mpls`, `pppoed`, `pppoes`, `geneve`: each tests, and moves what comes after it in the filter. */
import { LinkType } from '../model/index.ts';
import type { Encapsulation } from './ast.ts';
import { and, type Condition, not, or, prepare } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import { at, type Place } from './layout.ts';
import { payloadType } from './link-types.ts';
import { EtherType } from './names.ts';
import { AncillaryOffset } from './opcodes.ts';
import { ports4, ports6 } from './ports.ts';
import type { Value } from './values.ts';

/** Assigned by https://www.iana.org/assignments/ppp-numbers */
const pppMpls = 0x0281;
/** RFC 8926 section 3.3 */
const genevePort = 6081;

export function encapsulation(
  c: Context,
  name: Encapsulation,
  id: number | undefined,
  span: Span,
): Condition {
  switch (name) {
    case 'vlan':
      return vlan(c, id, span);
    case 'mpls':
      return mpls(c, id, span);
    case 'pppoed':
      return payloadType(c, EtherType.pppoeDiscovery, span);
    case 'pppoes':
      return pppoes(c, id, span);
    case 'geneve':
      return geneve(c, id, span);
  }
}

function checkId(c: Context, id: number | undefined, highest: number, what: string, span: Span): void {
  if (id !== undefined && id > highest)
    c.refuse('meaning', `${id} is no ${what}: the highest is ${highest}`, span);
}

/** IEEE 802.1Q; the ether types of customer, service and old stacked tags. */
function vlan(c: Context, id: number | undefined, span: Span): Condition {
  const { layout, values } = c;
  if (layout.mplsDepth > 0) c.refuse('meaning', 'no VLAN tags below MPLS labels', span);
  if (layout.linktype !== LinkType.ethernet && layout.linktype !== LinkType.ieee80211)
    c.refuse('linktype', `${c.linktypeName} has no VLAN tags`, span);
  checkId(c, id, 0x0fff, 'VLAN id', span);
  const isTagged = or(
    ...[EtherType.vlan, EtherType.vlanService, EtherType.vlanOld].map((type) => payloadType(c, type, span)),
  );
  const hasId = (tag: Value) => (id === undefined ? and() : c.masked(tag, 0x0fff, id));
  const inPacket = and(isTagged, hasId(c.network(0, 2)));
  const isOutermost =
    layout.vlanDepth === 0 && layout.linkHeader.constant === 0 && !layout.linkHeader.variable;
  layout.vlanDepth++;
  if (!c.live || !isOutermost || layout.linktype !== LinkType.ethernet) {
    layout.payload = moved(layout.payload, 4);
    layout.linkTypeField = moved(layout.linkTypeField!, 4);
    return inPacket;
  }
  // Linux takes the outer tag out of the packet: it is metadata unless the driver left it in.
  const inMetadata = values.load(1, AncillaryOffset.vlanTagPresent);
  const shift = values.binary('<<', values.binary('^', inMetadata, values.number(1)), values.number(2));
  layout.payload = at(layout.payload.constant, shift);
  layout.linkTypeField = at(layout.linkTypeField!.constant, shift);
  const isStripped = c.equal(inMetadata, 1);
  return or(and(isStripped, hasId(values.load(1, AncillaryOffset.vlanTag))), and(not(isStripped), inPacket));
}

function moved(place: Place, by: number): Place {
  return at(place.constant + by, place.variable);
}

/** RFC 3032: label in the top 20 bits, then traffic class, bottom-of-stack bit, time to live. */
function mpls(c: Context, label: number | undefined, span: Span): Condition {
  const { layout } = c;
  let isLabelled: Condition;
  if (layout.mplsDepth > 0) isLabelled = c.masked(c.network(-2, 1), 1, 0);
  else if (layout.linktype === LinkType.ethernet) isLabelled = payloadType(c, EtherType.mpls, span);
  else if (layout.linktype === LinkType.ppp) isLabelled = payloadType(c, pppMpls, span);
  else return c.refuse('linktype', `${c.linktypeName} carries no MPLS`, span);
  checkId(c, label, 0xfffff, 'MPLS label', span);
  const hasLabel = label === undefined ? and() : c.masked(c.network(0, 4), 0xfffff000, (label << 12) >>> 0);
  layout.network += 4;
  layout.networkWithoutSnap += 4;
  layout.mplsDepth++;
  return and(isLabelled, hasLabel);
}

/** RFC 2516 section 4: six bytes of header, the session id in the third and fourth, then PPP. */
function pppoes(c: Context, session: number | undefined, span: Span): Condition {
  const { layout } = c;
  const isSession = payloadType(c, EtherType.pppoeSession, span);
  checkId(c, session, 0xffff, 'PPPoE session', span);
  const hasId = session === undefined ? and() : c.masked(c.network(0, 4), 0xffff, session);
  const ppp = moved(layout.payload, layout.network + 6);
  layout.linktype = LinkType.ppp;
  layout.linkHeader = ppp;
  layout.linkTypeField = ppp;
  layout.payload = moved(ppp, 2);
  layout.network = 0;
  layout.networkWithoutSnap = 0;
  return and(isSession, hasId);
}

/** RFC 8926 section 3.4: options' length in words, protocol type, and the network's number. */
function geneve(c: Context, vni: number | undefined, span: Span): Condition {
  const { layout, values } = c;
  checkId(c, vni, 0xffffff, 'Geneve network', span);
  const port = { first: genevePort, last: genevePort };
  const qualifiers = { protocol: 'udp', direction: 'dst', type: 'port' } as const;
  const header = (udp: Place) =>
    and(
      c.masked(c.load(udp, 8, 1), 0xc0, 0),
      vni === undefined ? and() : c.masked(c.load(udp, 12, 4), 0xffffff00, (vni << 8) >>> 0),
    );
  const over4 = and(ports4(c, port, 'udp', qualifiers, span), header(c.transport4()));
  const over6 = and(ports6(c, port, 'udp', qualifiers, span), header(c.transport6()));
  const start = geneveStart(c, span);
  const words = values.binary('&', c.load(start, 0, 1), values.number(0x3f));
  const length = values.binary('<<', words, values.number(2));
  const inner = values.binary('+', length, start.variable ?? values.number(0));
  const ethernet = values.test(c.load(start, 2, 2), '==', values.number(EtherType.bridging));
  const content = start.constant + 8;
  layout.linktype = LinkType.ethernet;
  layout.linkHeader = at(content, inner);
  layout.payload = at(content, values.choice(ethernet, values.binary('+', inner, values.number(14)), inner));
  layout.linkTypeField = at(
    start.constant + 2,
    values.choice(
      ethernet,
      values.binary('+', inner, values.number(6 + 12)),
      start.variable ?? values.number(0),
    ),
  );
  layout.network = 0;
  layout.inGeneve = true;
  const offsets = [layout.payload.variable!, layout.linkTypeField.variable!];
  return and(or(over4, over6), prepare(values, [inner, ...offsets]));
}

/** Behind the UDP header, which follows an IPv4 header or one of IPv6. */
function geneveStart(c: Context, span: Span): Place {
  const { values } = c;
  const [four, six] = [c.transport4(), c.transport6()];
  const isIp = lastTest(payloadType(c, EtherType.ip, span));
  if (typeof isIp === 'boolean') return moved(isIp ? four : six, 8);
  const after6 = six.variable ? values.binary('+', six.variable, values.number(40)) : values.number(40);
  return at(four.constant + 8, values.choice(isIp, four.variable!, after6));
}

/** The test that decides between IPv4 and IPv6: the last one of a protocol's condition. */
function lastTest(condition: Condition) {
  if (condition.kind === 'constant') return condition.value;
  if (condition.kind === 'test') return condition.test;
  if (condition.kind === 'and') return lastTest(condition.parts.at(-1)!);
  throw new Error('the test of IPv4 is one test');
}

/** Is there an Ethernet header within the Geneve tunnel? */
export function geneveHasEthernet(c: Context): Condition {
  const { payload, linkHeader } = c.layout;
  const { variable } = payload;
  return variable?.kind === 'choice' && variable.no === linkHeader.variable
    ? { kind: 'test', test: variable.test }
    : and();
}
