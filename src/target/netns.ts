/** Namespaces that are files: those of `ip netns` (ip-netns(8)) and any other path. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Target } from '../model/index.ts';
import { codeOf, enumerate, hintForRights, TargetError } from './errors.ts';
import { isGlob, matchesGlob } from './glob.ts';
import { nearest } from './nearest.ts';
import { viewNamespace } from './proc/addresses.ts';
import { anyProcessIn, processesByNetns } from './proc/scan.ts';
import { isHostNetns, netnsInode } from './proc/stat.ts';

/** What can be learnt of a namespace without a process: handed in by who may enter it. */
export type InspectNamespace = (
  path: string,
) => { readonly addresses: readonly string[]; readonly interfaces: readonly string[] } | undefined;

/** Where `ip netns add` puts names; the second is the same directory on most systems. */
const directories = ['/run/netns', '/var/run/netns'];

/** Names that `ip netns` knows. */
export function namedNamespaces(): string[] {
  const names = new Set<string>();
  for (const directory of directories) {
    try {
      for (const name of readdirSync(directory)) names.add(name);
    } catch {
      // No name was ever given: no directory.
    }
  }
  return [...names].sort();
}

/** linux/magic.h */
const NSFS_MAGIC = 0x6e736673;

/** Inode of the network namespace behind a file. Throws TargetError. */
export function netnsOfFile(path: string): number {
  let fd = -1;
  try {
    // Before it is opened: to open a FIFO or a device could block or do something.
    if (statfsSync(path).type !== NSFS_MAGIC)
      throw new TargetError(
        'unknown',
        `${path} is ${statSync(path).isDirectory() ? 'a directory' : 'not a namespace file'}`,
        'a namespace file is /proc/PID/ns/net, or a mount of one as in /run/netns',
      );
    fd = openSync(path, 'r');
    const inode = netnsInode(readlinkSync(`/proc/self/fd/${fd}`)) || netnsInode(mountedThing(fd));
    if (inode > 0) return inode;
    throw new TargetError(
      'unknown',
      `${path} is a namespace, but not of the network`,
      'the file of a process is /proc/PID/ns/net',
    );
  } catch (error) {
    if (error instanceof TargetError) throw error;
    switch (codeOf(error)) {
      case 'ENOENT':
      case 'ENOTDIR':
      case 'ESRCH':
        throw new TargetError('unknown', `there is no namespace file ${path}`);
      case 'EACCES':
      case 'EPERM':
        throw new TargetError(
          'permission',
          `cannot look at the namespace file ${path}: permission denied`,
          hintForRights(),
        );
      default:
        throw new TargetError(
          'unknown',
          `cannot look at the namespace file ${path}: ${codeOf(error) || error}`,
        );
    }
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

/**
 * What a bind mount shows there, as `net:[4026532210]`: the link of a descriptor tells only the mount's own
 * path. proc_pid_fdinfo(5) has the mount's number, proc_pid_mountinfo(5) its root in field 4.
 */
function mountedThing(fd: number): string {
  const mount = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
  const line = readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .find((text) => text.startsWith(`${mount} `));
  return line?.split(' ')[3] ?? '';
}

/** Some process in a namespace, 0 for none. */
export type MemberOf = (netns: number) => number;

/** A namespace file as a Target; it is seen through a process in it, else by `inspect`. Throws TargetError. */
function targetOfFile(path: string, name: string, inspect?: InspectNamespace, member?: MemberOf): Target {
  const netns = netnsOfFile(path);
  // Looking at every process is the slow way to find one.
  const pid = member?.(netns) ?? (inspect ? 0 : anyProcessIn(netns));
  const view = (pid > 0 ? viewNamespace(pid) : undefined) ?? inspect?.(path);
  return {
    runtime: 'netns',
    name,
    id: '',
    image: '',
    pid: 0,
    startTime: '',
    netnsPath: path,
    netns,
    hostNetwork: isHostNetns(netns),
    labels: {},
    addresses: view?.addresses ?? [],
    interfaces: view?.interfaces ?? [],
    since: 0,
  };
}

export function targetOfPath(path: string, inspect?: InspectNamespace): Target {
  const pid = Number(/^\/proc\/(\d+)\/(?:task\/\d+\/)?ns\//.exec(path)?.[1] ?? 0);
  // Every namespace file of /proc is called `net`.
  return targetOfFile(
    path,
    pid > 0 ? `pid-${pid}` : basename(path),
    inspect,
    pid > 0 ? () => pid : undefined,
  );
}

function fileOf(name: string): string | undefined {
  return directories
    .map((directory) => `${directory}/${name}`)
    .find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** By the name `ip netns` gave, or a glob over the names. Throws TargetError. */
export function targetsOfName(name: string, inspect?: InspectNamespace, member?: MemberOf): Target[] {
  const known = namedNamespaces();
  const wanted = isGlob(name) ? known.filter((k) => matchesGlob(name, k)) : [name];
  const found: Target[] = [];
  // To look at every process for each of many would take seconds.
  const processes = wanted.length > 1 && !member && !inspect ? processesByNetns() : undefined;
  const memberOf = processes ? (netns: number) => processes.get(netns)?.[0] ?? 0 : member;
  for (const one of wanted) {
    const path = known.includes(one) ? fileOf(one) : undefined;
    if (path !== undefined) found.push(targetOfFile(path, one, inspect, memberOf));
  }
  if (found.length > 0) return found;
  const like = nearest(name, known);
  throw new TargetError(
    'unknown',
    `no network namespace named '${name}'${known.length === 0 ? ': ip netns knows none' : ''}`,
    like.length > 0
      ? `did you mean ${enumerate(like, 'or')}?`
      : known.length > 0
        ? `there is ${enumerate(known)}`
        : '',
  );
}
