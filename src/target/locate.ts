/** From a process or a namespace file to a Target: identity, guard against reuse, addresses. */
import type { Target } from '../model/index.ts';
import { hintForRights, TargetError } from './errors.ts';
import { viewNamespace } from './proc/addresses.ts';
import { isHostNetns, netnsOf, parseCgroups, readProc, readStat, startedAt } from './proc/stat.ts';
import type { Container } from './runtime.ts';

export interface ProcessPlace {
  readonly startTime: string;
  /** Inode; -1 when we may not look. */
  readonly netns: number;
  readonly comm: string;
}

/** Where a process is on the network; undefined when it has ended, its corpse included. */
export function placeOf(pid: number): ProcessPlace | undefined {
  const before = readStat(pid);
  if (!before) return undefined;
  const netns = netnsOf(pid);
  const after = readStat(pid);
  // Both reads are of one process only when nobody took the number in between.
  if (netns === 0 || after?.startTime !== before.startTime) return undefined;
  return { startTime: before.startTime, netns, comm: before.comm };
}

export const netnsPathOf = (pid: number): string => `/proc/${pid}/ns/net`;

export function refusedLook(what: string, pid: number): TargetError {
  return new TargetError(
    'permission',
    `cannot look at the network namespace of ${what} (pid ${pid}): permission denied`,
    hintForRights(),
  );
}

/** How far the clock may be off between the runtime's word for a start and the kernel's, ms. */
const startToleranceMs = 60_000;

/** Is this process of ours the container's, and not one that has the same number on another machine? */
function isOf(container: Container, pid: number, startTime: string): boolean {
  // The engines name cgroups after the container, and mount its files from a directory of that name.
  if (parseCgroups(readProc(pid, 'cgroup') ?? '').some((path) => path.includes(container.id))) return true;
  if (readProc(pid, 'mountinfo')?.includes(container.id)) return true;
  return Math.abs(startedAt(startTime) - container.startedAt) < startToleranceMs;
}

/**
 * A running container as a Target; undefined when its process has ended since it was asked for.
 * `blind` makes a namespace we may not look at a Target with netns 0 instead of an error.
 */
export function targetOfContainer(container: Container, blind = false): Target | undefined {
  const { pid, runtime, name } = container;
  const place = placeOf(pid);
  if (!place) return undefined;
  if (place.netns < 0 && !blind) throw refusedLook(name, pid);
  if (!isOf(container, pid, place.startTime))
    throw new TargetError(
      'elsewhere',
      `${runtime} says that ${name} is pid ${pid}, but pid ${pid} here is another process (${place.comm})`,
      'the daemon runs on another machine or in another pid namespace: run porthole there (in a container: --pid=host)',
    );
  const view = viewNamespace(pid);
  return {
    runtime,
    name,
    id: container.id,
    image: container.image,
    pid,
    startTime: place.startTime,
    netnsPath: netnsPathOf(pid),
    netns: Math.max(0, place.netns),
    hostNetwork: isHostNetns(place.netns),
    labels: container.labels,
    addresses: view && view.addresses.length > 0 ? view.addresses : container.addresses,
    interfaces: view?.interfaces ?? [],
    since: container.startedAt || startedAt(place.startTime),
  };
}

/** A process as a Target, named by its command; undefined when there is none. */
export function targetOfProcess(pid: number): Target | undefined {
  const place = placeOf(pid);
  if (!place) return undefined;
  if (place.netns < 0) throw refusedLook(place.comm, pid);
  const view = viewNamespace(pid);
  return {
    runtime: 'pid',
    name: place.comm,
    id: '',
    image: '',
    pid,
    startTime: place.startTime,
    netnsPath: netnsPathOf(pid),
    netns: place.netns,
    hostNetwork: isHostNetns(place.netns),
    labels: {},
    addresses: view?.addresses ?? [],
    interfaces: view?.interfaces ?? [],
    since: startedAt(place.startTime),
  };
}

/** The namespace of this host: that of pid 1, or ours when we may not look at pid 1's. */
export function targetOfHost(): Target {
  const pid = netnsOf(1) > 0 ? 1 : process.pid;
  const target = targetOfProcess(pid);
  if (!target) throw new TargetError('gone', `there is no /proc/${pid}: is /proc mounted?`);
  return { ...target, runtime: 'host', name: 'host', since: 0 };
}

/** The namespace this process is in, which is a pod's: under the pod's name. */
export function targetOfOwnPod(name: string): Target {
  const target = targetOfProcess(process.pid);
  if (!target) throw new TargetError('gone', `there is no /proc/${process.pid}: is /proc mounted?`);
  // The first process that is seen from here is the pod's too: that makes it no host.
  return { ...target, runtime: 'pod', name, hostNetwork: false };
}

export type Standing = 'same' | 'ended' | 'replaced';

/** Is the target still what it was when it was resolved? Opens nothing, takes microseconds. */
export function revalidate(target: Target): Standing {
  if (target.pid === 0) return 'same';
  const place = placeOf(target.pid);
  if (!place) return 'ended';
  if (place.startTime !== target.startTime) return 'replaced';
  // A process may move to another namespace: setns(2), unshare(2).
  return target.netns === 0 || place.netns < 0 || place.netns === target.netns ? 'same' : 'replaced';
}
