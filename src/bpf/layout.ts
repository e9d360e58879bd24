/** Where things lie in a packet of a link type, and how encapsulations that were asked for move them. */
import { LinkType } from '../model/index.ts';
import type { Test } from './conditions.ts';
import type { Size, Value, Values } from './values.ts';

/** A place: a constant number of bytes after one that the packet itself decides. */
export interface Place {
  readonly constant: number;
  readonly variable: Value | undefined;
}

/** State of a compilation: `vlan`, `mpls`, `pppoes` and `geneve` move what later primitives look at. */
export interface Layout {
  linktype: number;
  linkHeader: Place;
  /** The field that says what the payload is; undefined where there is none. */
  linkTypeField: Place | undefined;
  /** Payload of the link layer: the LLC header where there is one. */
  payload: Place;
  /** From the payload to the network layer's header, with a SNAP header before it and without. */
  network: number;
  networkWithoutSnap: number;
  mplsDepth: number;
  vlanDepth: number;
  /** Within a tunnel that can do without an Ethernet header: whether there is one. */
  tunnelHasEthernet: Test | undefined;
}

interface Fixed {
  readonly linkTypeField?: number;
  readonly payload: number;
  readonly network?: number;
  readonly networkWithoutSnap?: number;
}

/** https://www.tcpdump.org/linktypes.html; 802.11's payload lies behind a header of variable length. */
const fixed: Readonly<Record<number, Fixed>> = {
  [LinkType.null]: { linkTypeField: 0, payload: 4 },
  [LinkType.loop]: { linkTypeField: 0, payload: 4 },
  [LinkType.ethernet]: { linkTypeField: 12, payload: 14, networkWithoutSnap: 3 },
  [LinkType.ppp]: { linkTypeField: 2, payload: 4 },
  [LinkType.raw]: { payload: 0 },
  [LinkType.ipv4]: { payload: 0 },
  [LinkType.ipv6]: { payload: 0 },
  [LinkType.linuxSll]: { linkTypeField: 14, payload: 16 },
  [LinkType.linuxSll2]: { linkTypeField: 0, payload: 20 },
  [LinkType.ieee80211]: { linkTypeField: 24, payload: 0, network: 8, networkWithoutSnap: 3 },
};

export const linkTypeNames: Readonly<Record<number, string>> = {
  [LinkType.null]: 'NULL (BSD loopback)',
  [LinkType.loop]: 'LOOP (OpenBSD loopback)',
  [LinkType.ethernet]: 'EN10MB (Ethernet)',
  [LinkType.ppp]: 'PPP',
  [LinkType.raw]: 'RAW (IP)',
  [LinkType.ipv4]: 'IPV4',
  [LinkType.ipv6]: 'IPV6',
  [LinkType.linuxSll]: 'LINUX_SLL (Linux cooked)',
  [LinkType.linuxSll2]: 'LINUX_SLL2 (Linux cooked v2)',
  [LinkType.ieee80211]: 'IEEE802_11 (802.11)',
};

export function at(constant: number, variable?: Value): Place {
  return { constant, variable };
}

/** DLT_RAW as some systems write it into files: https://www.tcpdump.org/linktypes.html */
const otherRaw = new Set([12, 14]);

/** Of other link types only `len` and the bytes of `link[...]` are known. */
const unknown: Fixed = { payload: 0 };

export function layoutOf(given: number, values: Values): Layout {
  const linktype = otherRaw.has(given) ? LinkType.raw : given;
  const { linkTypeField, payload, network = 0, networkWithoutSnap = 0 } = fixed[linktype] ?? unknown;
  return {
    linktype,
    linkHeader: at(0),
    linkTypeField: linkTypeField === undefined ? undefined : at(linkTypeField),
    payload: linktype === LinkType.ieee80211 ? at(0, wlanHeaderLength(values)) : at(payload),
    network,
    networkWithoutSnap,
    mplsDepth: 0,
    vlanDepth: 0,
    tunnelHasEthernet: undefined,
  };
}

/** 24 bytes, and 2 more in data frames with QoS (IEEE 802.11-2020 section 9.3.2.1). */
function wlanHeaderLength(values: Values): Value {
  const control = values.binary('&', values.load(1, 0), values.number(0x8c));
  const test = values.test(control, '==', values.number(0x88));
  return values.choice(test, values.number(26), values.number(24));
}

export function loadAt(values: Values, place: Place, offset: number, size: Size): Value {
  return values.load(size, place.constant + offset, place.variable);
}
