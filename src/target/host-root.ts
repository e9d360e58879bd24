/** Sockets of the node's runtime, from within a container that shares the node's process ids (hostPID). */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { listPids } from './proc/scan.ts';
import { readProc } from './proc/stat.ts';
import { parseListening } from './proc/unix.ts';
import { socketInodes } from './sockets.ts';

/** What a kubelet asks, by the kernel's names of its process and by usual names of its socket. */
const criDaemons = new Set(['containerd', 'crio', 'cri-dockerd']);
const criSocket = /\/(containerd|crio|cri-dockerd)\.sock$/;
/** Processes that see the node's file system. */
const hostProcesses = new Set([...criDaemons, 'kubelet', 'dockerd', 'systemd', 'init']);

const processesCalled = (names: ReadonlySet<string>) =>
  listPids().filter((pid) => names.has(readProc(pid, 'comm')?.trimEnd() ?? ''));

/**
 * The socket of the node's CRI as a path that can be opened here; undefined: this is the node's own file system,
 * or nothing of that kind listens. Needs hostPID and CAP_SYS_PTRACE.
 */
export function nodeCriSocket(): string | undefined {
  for (const pid of processesCalled(criDaemons)) {
    if (!isElsewhere(pid)) continue;
    const inodes = new Set<number>();
    socketInodes(pid, inodes);
    const own = listeningAt(pid).find(({ path, inode }) => inodes.has(inode) && criSocket.test(path));
    if (own) return `/proc/${pid}/root${own.path}`;
  }
  return undefined;
}

/**
 * The path of a file of the node, as it can be opened here.
 * @param paths nodes differ: the first that is there is taken; else the first, so that its absence is told
 */
export function onNode(paths: readonly string[]): string {
  const pids = processesCalled(hostProcesses).filter(isElsewhere);
  for (const path of paths)
    for (const pid of pids) if (existsSync(`/proc/${pid}/root${path}`)) return `/proc/${pid}/root${path}`;
  return paths.find((path) => existsSync(path)) ?? paths[0]!;
}

/** Its file system is another one than ours, and can be looked at. */
function isElsewhere(pid: number): boolean {
  try {
    const [ours, theirs] = [statSync('/'), statSync(`/proc/${pid}/root/`)];
    return ours.dev !== theirs.dev || ours.ino !== theirs.ino;
  } catch {
    return false;
  }
}

function listeningAt(pid: number) {
  try {
    return parseListening(readFileSync(`/proc/${pid}/net/unix`, 'utf8'));
  } catch {
    return [];
  }
}
