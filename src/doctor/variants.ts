/** Filters that are nearly the one that kept nothing: which small change would have kept something? */
import type { ConnectionFacts, PacketFacts, VariantFacts } from './facts.ts';

export type Variant = Pick<VariantFacts, 'filter' | 'reason'>;

/** Ports tried in the place of the filter's own. */
const maxPorts = 3;

/** `port 80`, `dst portrange 80-90`, `tcp port http`: what follows the word is the value. */
const portValue = /\b(port|portrange)\s+(?:\d+(?:-\d+)?|[a-z][\w-]*)/gi;
const ip4Word = /\b(ip|arp|rarp)\b(?!\s*\[)/gi;
const hostValue =
  /\b(?:(?:src|dst)\s+(?:(?:or|and)\s+(?:src|dst)\s+)?)?(?:host|net)\s+\S+|\b\d+\.\d+\.\d+\.\d+(?:\/\d+)?\b/gi;

/** In the order in which they are believed. Some may be no filters at all: who tries them finds out. */
export function variantsOf(
  filter: string,
  packets: PacketFacts,
  connections: readonly ConnectionFacts[],
): Variant[] {
  if (filter === '') return [];
  const found: Variant[] = [];
  const inside = `(${filter})`;
  if (packets.doubleTagged > 0 && !/\bvlan\b/i.test(filter))
    found.push({ filter: `vlan and vlan and ${inside}`, reason: 'vlan' });
  if (packets.tagged > 0 && !/\bvlan\b/i.test(filter))
    found.push({ filter: `vlan and ${inside}`, reason: 'vlan' });
  if (/\bvlan\b/i.test(filter) && packets.tagged === 0) {
    const without = filter.replace(/\bvlan\b(\s+\d+)?(\s+and\b)?/gi, '').trim();
    found.push({ filter: without, reason: 'vlan' });
  }
  if (packets.ip6 > 0) found.push({ filter: filter.replace(ip4Word, 'ip6'), reason: 'version' });
  if (packets.ip4 > 0) found.push({ filter: filter.replace(/\bip6\b/gi, 'ip'), reason: 'version' });
  for (const port of portsOf(connections).slice(0, maxPorts))
    found.push({ filter: filter.replace(portValue, `port ${port}`), reason: 'port' });
  for (const host of hostsOf(connections).slice(0, maxPorts))
    found.push({ filter: filter.replace(hostValue, `host ${host}`), reason: 'host' });
  // Where nothing was replaced it is the filter itself.
  const known = new Set([filter]);
  return found.filter((variant) => {
    if (known.has(variant.filter)) return false;
    known.add(variant.filter);
    return true;
  });
}

/** Server ports, the busiest first. */
export function portsOf(connections: readonly ConnectionFacts[]): number[] {
  return [...new Set(connections.filter((c) => c.port > 0).map((c) => c.port))];
}

/** Both ends of every connection, the busiest first. */
export function hostsOf(connections: readonly ConnectionFacts[]): string[] {
  return [...new Set(connections.flatMap((c) => [c.server, ...c.clients]))].filter((a) => a !== '');
}
