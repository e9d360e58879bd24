/** Which interfaces of a namespace are captured, and how. */
import { LinkType } from '../../model/index.ts';
import type { Link } from '../sys/index.ts';

/** ARPHRD_ of linux/if_arp.h whose frames have a header libpcap knows; the others are captured cooked. */
const linkTypes = new Map<number, number>([
  [1, LinkType.ethernet],
  [772, LinkType.ethernet], // loopback: Linux gives it an Ethernet header
  [65534, LinkType.raw], // ARPHRD_NONE: tun, wireguard
  [776, LinkType.raw], // ARPHRD_SIT
]);

export function linkTypeOf(link: Link): { linktype: number; cooked: boolean } {
  const linktype = linkTypes.get(link.type);
  return linktype === undefined ? { linktype: LinkType.linuxSll, cooked: true } : { linktype, cooked: false };
}

/**
 * True for a device that a runtime makes for a container and sets up next. The kernel puts others into each new
 * namespace that stay down: the fallback devices of its tunnels.
 */
export function comesUp(link: Link): boolean {
  return link.loopback || /^(veth|macvlan|ipvlan|netkit|tun|bridge)$/.test(link.kind);
}

/**
 * True for a device that shows the frames of another captured one once more: a VLAN or macvlan child
 * (its parent shows them, tagged), or the member of a bond or team (the master shows them). A bridge's
 * members stay: two of them talk without the bridge seeing it; the doubles are then found by content.
 */
export function isShadow(link: Link, all: ReadonlyMap<number, Link>): boolean {
  if (/^(vlan|macvlan|ipvlan|macvtap|ipvtap)$/.test(link.kind) && all.get(link.lower)?.up) return true;
  const master = all.get(link.master);
  return master?.up === true && /^(bond|team)$/.test(master.kind);
}

/** True when frames can be seen on more than one of these devices. */
export function canDouble(all: ReadonlyMap<number, Link>): boolean {
  for (const link of all.values())
    if (link.master !== 0 || (link.kind === 'veth' && link.lower !== 0)) return true;
  return false;
}
