/** The namespaces of a target, looked at with the rights there are: interfaces, sockets, processes. */
import { closeSync, readFileSync } from 'node:fs';
import {
  closeNetns,
  type Link,
  openLinkSocket,
  openNetns,
  readLinkEvents,
  requestLinks,
  SystemError,
  withNetns,
} from '../../capture/sys/index.ts';
import type { LinkFacts, NamespaceFacts, TargetFacts } from '../../doctor/index.ts';
import type { Target } from '../../model/index.ts';
import { type Container, processesByNetns, revalidate, type TargetGroup } from '../../target/index.ts';
import { holdersOf, probeProcess, processesMax } from './processes.ts';
import {
  Elsewhere,
  listenersOf,
  openUnixTable,
  readInetSockets,
  readProtocols,
  UnixWatch,
} from './sockets.ts';

/** Namespaces looked into for the other ends of unix sockets. */
const neighboursMax = 64;

export interface NamespaceProbe {
  readonly label: string;
  /** Again, between: what comes and goes. Needs no rights. */
  look(): void;
  /** As it is now, with what was there at the beginning. Needs no rights. */
  facts(): NamespaceFacts;
  close(): void;
}

/** What is looked at once for all of them. */
export interface Neighbourhood {
  readonly byNetns: ReadonlyMap<number, readonly number[]>;
  readonly containers: readonly Container[];
  readonly elsewhere: Elsewhere;
}

export function probeNeighbourhood(
  groups: readonly TargetGroup[],
  containers: readonly Container[],
): Neighbourhood {
  const byNetns = processesByNetns();
  const own = new Set(groups.length === 1 ? groups.map((g) => g.netns) : []);
  return { byNetns, containers, elsewhere: new Elsewhere(unixTables(byNetns, own)) };
}

/** Throws SystemError, or the error of open(2), when the namespace cannot be entered. */
export function probeNamespace(
  group: TargetGroup,
  { byNetns, containers, elsewhere }: Neighbourhood,
): NamespaceProbe {
  const netns = openNetns(group.netnsPath);
  const opened = { links: -1, unix: -1 };
  let sockets: ReturnType<typeof readInetSockets> = [];
  let protocols: ReturnType<typeof readProtocols> = [];
  try {
    withNetns(netns, () => {
      opened.links = openLinkSocket();
      opened.unix = openUnixTable();
      sockets = readInetSockets();
      protocols = readProtocols();
    });
  } finally {
    closeNetns(netns);
  }
  const processes = (byNetns.get(group.netns) ?? [])
    .slice(0, processesMax)
    .flatMap((pid) => probeProcess(pid) ?? []);
  const holders = holdersOf(processes);
  const unix = new UnixWatch(opened.unix, elsewhere, holders);
  const before = readLinks(opened.links);
  unix.look();
  const others = othersIn(group, containers, byNetns.get(group.netns) ?? []);
  return {
    label: group.label,
    look: () => unix.look(),
    facts: () => ({
      label: group.label,
      targets: group.targets.map((target) => targetFacts(target, containers)),
      others,
      hostNetwork: group.targets.some((t) => t.hostNetwork),
      links: linkFacts(before, readLinks(opened.links)),
      processes: processes.map((p) => p.facts),
      listeners: listenersOf(sockets, holders),
      tcpStates: countBy(sockets.filter((s) => s.transport === 'tcp').map((s) => s.state)),
      unix: unix.facts(),
      otherSockets: protocols,
    }),
    close() {
      closeSync(opened.links);
      unix.close();
    },
  };
}

/** Tables of the namespaces around, where the far ends of shared socket files are. */
function unixTables(byNetns: ReadonlyMap<number, readonly number[]>, but: ReadonlySet<number>): number[] {
  const tables: number[] = [];
  for (const [netns, pids] of byNetns) {
    if (but.has(netns) || tables.length >= neighboursMax) continue;
    try {
      const handle = openNetns(`/proc/${pids[0]}/ns/net`);
      try {
        const fd = withNetns(handle, openUnixTable);
        if (fd >= 0) tables.push(fd);
      } finally {
        closeNetns(handle);
      }
    } catch {
      // Ended meanwhile.
    }
  }
  return tables;
}

function readLinks(fd: number): Link[] {
  const links = new Map<number, Link>();
  try {
    requestLinks(fd);
    // The kernel answers a dump before send(2) returns or on the next reads.
    for (let tries = 0; tries < 100; tries++) {
      const { events, done } = readLinkEvents(fd);
      for (const { kind, link } of events)
        if (kind === 'new') links.set(link.index, link);
        else links.delete(link.index);
      if (done) break;
    }
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  return [...links.values()];
}

const packetsOf = ({ counters, loopback }: Link) =>
  // On lo each packet is sent and received.
  loopback ? counters.rxPackets : counters.rxPackets + counters.txPackets;

function linkFacts(before: readonly Link[], after: readonly Link[]): LinkFacts[] {
  return after.map((link) => {
    const { name, kind, up, loopback, carrier, xdp } = link;
    const first = before.find((b) => b.index === link.index);
    return {
      ...{ name, kind, up, loopback, carrier, xdp },
      packetsBefore: first ? packetsOf(first) : 0,
      packetsAfter: packetsOf(link),
    };
  });
}

function targetFacts(target: Target, containers: readonly Container[]): TargetFacts {
  const { name, runtime, image, pid, addresses, since, id } = target;
  const state = id === '' ? '' : (containers.find((c) => c.id === id)?.state ?? '');
  return { ...{ name, runtime, image, pid, state, addresses, since }, ended: revalidate(target) === 'ended' };
}

/** Containers that were not asked for, but have processes in the same namespace: cgroups are named after them. */
function othersIn(group: TargetGroup, containers: readonly Container[], pids: readonly number[]): string[] {
  const asked = new Set(group.targets.map((t) => t.id));
  const cgroups = pids.slice(0, processesMax).map((pid) => readText(`/proc/${pid}/cgroup`));
  return containers
    .filter((c) => c.id !== '' && !asked.has(c.id) && cgroups.some((text) => text.includes(c.id)))
    .map((c) => c.name)
    .sort();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
