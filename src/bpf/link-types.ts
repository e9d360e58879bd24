/** "The payload is of this type", on every link type: an ether type, or an 802.2 SAP when it is at most 1500. */
import { LinkType } from '../model/index.ts';
import { always, and, type Condition, never, not, or } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import { EtherType, Sap } from './names.ts';

/** The longest 802.3 length; larger values of the field are ether types (IEEE 802.3 section 3.2.6). */
const maxLength = 1500;
/** Values of the protocol field for frames without an ether type, linux/if_ether.h. */
const Sll = { raw8023: 1, llc: 4 } as const;
/** Assigned by https://www.iana.org/assignments/ppp-numbers */
const pppTypes = new Map<number, number>([
  [EtherType.ip, 0x21],
  [EtherType.ip6, 0x57],
  [EtherType.decnet, 0x27],
  [EtherType.atalk, 0x29],
  [EtherType.ns, 0x25],
  [Sap.iso, 0x23],
  [Sap.bridge, 0x31],
  [Sap.ipx, 0x2b],
]);
/** Address families of loopback headers: AF_INET is 2 everywhere, AF_INET6 differs. */
const familyIp = 2;
const familyIp6Linux = 10;
/** macOS and iOS; other BSDs; FreeBSD. */
const familyIp6Bsd = [30, 24, 28];

export function payloadType(c: Context, type: number, span: Span): Condition {
  const { layout } = c;
  if (layout.mplsDepth > 0) return mplsPayload(c, type, span);
  switch (layout.linktype) {
    case LinkType.ethernet:
      return ethernet(c, type);
    case LinkType.linuxSll:
      return linuxSll(c, type);
    case LinkType.linuxSll2:
      return c.equal(c.linkTypeField(0, 2), type);
    case LinkType.ppp:
      return c.equal(c.linkTypeField(0, 2), pppTypes.get(type) ?? type);
    case LinkType.raw:
      if (type === EtherType.ip) return c.masked(c.link(0, 1), 0xf0, 0x40);
      return type === EtherType.ip6 ? c.masked(c.link(0, 1), 0xf0, 0x60) : never;
    case LinkType.ipv4:
      return type === EtherType.ip ? always : never;
    case LinkType.ipv6:
      return type === EtherType.ip6 ? always : never;
    case LinkType.null:
    case LinkType.loop:
      return loopback(c, type);
    case LinkType.ieee80211:
      return and(wlanDataFrame(c), llc(c, type));
    default:
      return c.refuse('linktype', `protocols cannot be told on ${c.linktypeName}`, span);
  }
}

/** A 16-bit word with the SAP for both destination and source. */
function bothSaps(sap: number): number {
  return (sap << 8) | sap;
}

function snap(c: Context, organization: number, type: number): Condition {
  const bytes = [
    ...[Sap.snap, Sap.snap, 3, organization >> 16, (organization >> 8) & 0xff, organization & 0xff],
    ...[type >> 8, type & 0xff],
  ];
  return c.bytesEqual((offset, size) => c.payload(offset, size), bytes);
}

/** AppleTalk's frames carry Apple's organization code, ARP's for it the one of Ethernet. */
function appleSnap(c: Context, type: number): Condition {
  return snap(c, type === EtherType.atalk ? 0x080007 : 0, type);
}

function ethernet(c: Context, type: number): Condition {
  const isLength = () => not(c.compare(c.linkTypeField(0, 2), '>', maxLength));
  const isType = c.equal(c.linkTypeField(0, 2), type);
  switch (type) {
    case Sap.iso:
    case Sap.ip:
    case Sap.netbeui:
      return and(isLength(), c.equal(c.payload(0, 2), bothSaps(type)));
    case Sap.ipx:
      // Its four encapsulations: Ethernet II, and as length 802.2, raw 802.3, SNAP.
      return or(
        c.equal(c.linkTypeField(0, 2), EtherType.ipx),
        and(
          isLength(),
          or(snap(c, 0, EtherType.ipx), c.equal(c.payload(0, 1), Sap.ipx), c.equal(c.payload(0, 2), 0xffff)),
        ),
      );
    case EtherType.atalk:
    case EtherType.aarp:
      return or(isType, and(isLength(), appleSnap(c, type)));
  }
  return type <= maxLength ? and(isLength(), c.equal(c.linkTypeField(2, 1), type)) : isType;
}

function linuxSll(c: Context, type: number): Condition {
  const isLlc = c.equal(c.linkTypeField(0, 2), Sll.llc);
  const isType = c.equal(c.linkTypeField(0, 2), type);
  switch (type) {
    case Sap.iso:
    case Sap.ip:
    case Sap.netbeui:
      return and(isLlc, c.equal(c.payload(0, 2), bothSaps(type)));
    case Sap.ipx:
      return or(
        c.equal(c.linkTypeField(0, 2), EtherType.ipx),
        c.equal(c.linkTypeField(0, 2), Sll.raw8023),
        and(isLlc, or(c.equal(c.payload(0, 1), Sap.ipx), snap(c, 0, EtherType.ipx))),
      );
    case EtherType.atalk:
    case EtherType.aarp:
      return or(isType, and(isLlc, appleSnap(c, type)));
  }
  if (type > maxLength) return isType;
  return and(isLlc, c.equal(c.link(c.layout.payload.constant, 1), type));
}

function loopback(c: Context, type: number): Condition {
  const isFamily = (family: number) => {
    // NULL headers are in the byte order of the machine that captured, LOOP's in network order.
    const isSwapped = c.layout.linktype === LinkType.null && !c.isBigEndian;
    const value = isSwapped ? (family << 24) >>> 0 : family;
    return c.equal(c.link(0, 4), value);
  };
  if (type === EtherType.ip) return isFamily(familyIp);
  if (type !== EtherType.ip6) return never;
  return c.live ? isFamily(familyIp6Linux) : or(...familyIp6Bsd.map(isFamily));
}

export function wlanDataFrame(c: Context): Condition {
  return and(not(c.compare(c.link(0, 1), '&', 0x04)), c.compare(c.link(0, 1), '&', 0x08));
}

/** By the LLC header that data frames of 802.11 begin with. */
function llc(c: Context, type: number): Condition {
  switch (type) {
    case Sap.iso:
    case Sap.ip:
    case Sap.netbeui:
      return c.equal(c.payload(0, 2), bothSaps(type));
    case EtherType.atalk:
      return appleSnap(c, type);
  }
  return type <= maxLength ? c.equal(c.payload(0, 1), type) : c.equal(c.payload(6, 2), type);
}

/** Below the last label (its bottom-of-stack bit) only the version tells IPv4 from IPv6, RFC 4928 section 2. */
function mplsPayload(c: Context, type: number, span: Span): Condition {
  const version = type === EtherType.ip ? 0x40 : type === EtherType.ip6 ? 0x60 : 0;
  if (version === 0) return c.refuse('meaning', 'below MPLS labels only ip and ip6 can be told', span);
  return and(c.masked(c.network(-2, 1), 1, 1), c.masked(c.network(0, 1), 0xf0, version));
}
