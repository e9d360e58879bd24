/** Processes by what they are called and by where they listen: for what is no container, or any container. */
import { matchesGlob } from './glob.ts';
import { eldest, listPids, processesByNetns } from './proc/scan.ts';
import { netnsOf, readProc, readStat } from './proc/stat.ts';
import { parseSocketTable, socketInodes } from './sockets.ts';

/** The first process of that name in each network namespace, the eldest. */
export function processesNamed(comm: string): number[] {
  const byNetns = new Map<number, number[]>();
  for (const pid of listPids()) {
    const stat = readStat(pid);
    if (!stat || !matchesGlob(comm, stat.comm)) continue;
    const netns = netnsOf(pid);
    if (netns === 0) continue;
    byNetns.set(netns, [...(byNetns.get(netns) ?? []), pid]);
  }
  return [...byNetns.values()].map(eldest);
}

/** The process that waits on the port, TCP or UDP, in each namespace where one does. */
export function processesListening(port: number): number[] {
  const found: number[] = [];
  for (const pids of processesByNetns().values()) {
    const inodes = listenersOn(port, pids);
    const owner = inodes.size > 0 ? pids.filter((pid) => holdsOneOf(inodes, pid)) : [];
    if (owner.length > 0) found.push(eldest(owner));
  }
  return found;
}

/** Sockets of the namespace that these processes are in; any of them shows it, if it has not ended. */
function listenersOn(port: number, pids: readonly number[]): Set<number> {
  const shown = pids.find((pid) => readProc(pid, 'net/tcp') !== undefined);
  const inodes = new Set<number>();
  if (shown === undefined) return inodes;
  for (const protocol of ['tcp', 'udp'] as const)
    for (const version of ['', '6'])
      for (const socket of parseSocketTable(readProc(shown, `net/${protocol}${version}`) ?? '', protocol))
        if (socket.listening && socket.port === port) inodes.add(socket.inode);
  return inodes;
}

function holdsOneOf(inodes: ReadonlySet<number>, pid: number): boolean {
  const own = new Set<number>();
  socketInodes(pid, own);
  return [...inodes].some((inode) => own.has(inode));
}
