/** Packets pass, and what was asked for keeps none of them. */
import type { PacketFacts, RequestFacts, SampleFacts, VariantFacts } from '../facts.ts';
import { type Code, type Finding, finding } from '../finding.ts';
import { hostsOf, portsOf } from '../variants.ts';
import { count, figure, list } from '../words.ts';

/** Packets that somebody has said. */
export const speechOf = (seen: PacketFacts): number => seen.packets - seen.chatter;

export function nothingKept(sample: SampleFacts, request: RequestFacts): Finding {
  return otherInterface(sample, request) ?? direction(sample, request) ?? filter(sample, request);
}

const onInterface = (seen: PacketFacts, name: string) =>
  Object.entries(seen.speechByInterface)
    .filter(([full]) => full.endsWith(`/${name}`))
    .reduce((sum, [, packets]) => sum + packets, 0);

const shortNames = (seen: PacketFacts) =>
  Object.keys(seen.speechByInterface).map((name) => name.slice(name.lastIndexOf('/') + 1));

function otherInterface({ seen }: SampleFacts, { interfaces }: RequestFacts): Finding | undefined {
  if (interfaces.length === 0 || interfaces.some((name) => onInterface(seen, name) > 0)) return undefined;
  const where =
    seen.loopback === speechOf(seen)
      ? 'all its traffic is loopback inside the pod'
      : `they are on ${list(shortNames(seen))}`;
  return finding(
    'error',
    'other-interface',
    `-i ${interfaces.join(',')} keeps 0 of ${count(speechOf(seen), 'packet')}: ${where}`,
    {
      advice: 'leave -i out to see every interface, lo too',
      evidence: { seen: speechOf(seen), kept: 0, loopback: seen.loopback },
    },
  );
}

function direction({ seen, passed }: SampleFacts, request: RequestFacts): Finding | undefined {
  if (request.direction === '' || passed === 0) return undefined;
  return finding(
    'error',
    'direction',
    `-Q ${request.direction} keeps 0 of ${count(passed, 'packet')}: all of them ${request.direction === 'in' ? 'go out' : 'come in'}`,
    {
      advice: 'leave -Q out to see both directions',
      evidence: { kept: 0, passed, incoming: seen.incoming, outgoing: seen.outgoing },
    },
  );
}

function filter(sample: SampleFacts, request: RequestFacts): Finding {
  const { seen } = sample;
  const best = sample.variants.find((v) => v.kept > 0);
  const [code, why] = reason(sample, best);
  return finding('error', code, `your filter keeps 0 of ${count(speechOf(seen), 'packet')}: ${why}`, {
    advice: best
      ? `'${best.filter}' would have kept ${best.kept === best.of ? 'all' : figure(best.kept)} of ${best.of < speechOf(seen) ? `the first ${figure(best.of)}` : 'them'}`
      : `porthole filter explains '${request.filter}'`,
    evidence: {
      ...{ seen: speechOf(seen), kept: 0, filter: request.filter },
      ...(best ? { instead: best.filter, insteadKept: best.kept, insteadOf: best.of } : {}),
      ports: portsOf(sample.connections).slice(0, 8).map(String),
    },
  });
}

function reason({ seen, connections }: SampleFacts, best: VariantFacts | undefined): [Code, string] {
  const ports = portsOf(connections);
  const loopback = seen.loopback === speechOf(seen) ? ', all of it loopback inside the pod' : '';
  switch (best?.reason) {
    case 'vlan':
      return [
        'filter-vlan',
        seen.tagged === 0
          ? 'none of them has a VLAN tag here'
          : `they are tagged (VLAN ${list(seen.vlans.map(String), 8)}${seen.doubleTagged > 0 ? ', twice' : ''}) and the filter does not say vlan`,
      ];
    case 'version': {
      const version = /\bip6\b/i.test(best.filter) ? 6 : 4;
      const isAll = (version === 6 ? seen.ip4 : seen.ip6) === 0;
      return [
        'filter-ip-version',
        `${isAll ? 'all its traffic' : 'what it is looking for'} is IPv${version}`,
      ];
    }
    case 'port':
      return [
        'filter-port',
        `traffic is on port${ports.length === 1 ? '' : 's'} ${list(ports.slice(0, 4).map(String))}${loopback}`,
      ];
    case 'host':
      return ['filter-host', `traffic is between ${list(hostsOf(connections))}${loopback}`];
    default:
      return ['filter', `traffic is ${described(seen, connections)}${loopback}`];
  }
}

function described(seen: PacketFacts, connections: SampleFacts['connections']): string {
  // One port may have several rows: some of its connections were not decoded.
  const ways = new Set(connections.map((c) => `${c.transport} to port ${c.port} of ${c.server}`));
  const parts = [...ways].slice(0, 3);
  if (parts.length > 0) return list(parts);
  return seen.tcp + seen.udp === 0 ? 'neither TCP nor UDP' : 'without any port';
}
