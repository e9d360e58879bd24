/** `vlan`, `mpls`, `pppoed`, `pppoes` and tunnels: each tests, and moves what comes after it in the filter. */
import { LinkType } from '../model/index.ts';
import type { Encapsulation } from './ast.ts';
import { and, type Condition, not, or } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import { at, type Place } from './layout.ts';
import { payloadType } from './link-types.ts';
import { EtherType } from './names.ts';
import { AncillaryOffset } from './opcodes.ts';
import { geneve, vxlan } from './tunnels.ts';
import type { Value } from './values.ts';

/** Assigned by https://www.iana.org/assignments/ppp-numbers */
const pppMpls = 0x0281;

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
      checkId(c, id, 0xffffff, 'Geneve network', span);
      return geneve(c, id, span);
    case 'vxlan':
      checkId(c, id, 0xffffff, 'VXLAN network', span);
      return vxlan(c, id, span);
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
