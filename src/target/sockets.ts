/**
 * Whose traffic is it, when many share a namespace: the local ports of a container's processes, by the
 * inodes of their sockets (proc_pid_fd(5)) and the kernel's tables (proc_pid_net(5)).
 */
import { readdirSync, readlinkSync } from 'node:fs';
import type { Target } from '../model/index.ts';
import { listPids } from './proc/scan.ts';
import { parseCgroups, readProc, readStat } from './proc/stat.ts';

export interface LocalSocket {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Waits for peers: a TCP listener, or a UDP socket without a fixed peer. */
  readonly listening: boolean;
  readonly inode: number;
}

/** TCP_LISTEN and TCP_CLOSE, include/net/tcp_states.h; an unconnected UDP socket is in the latter. */
const TCP_LISTEN = 0x0a;
const TCP_CLOSE = 0x07;

/**
 * One of /proc/PID/net/{tcp,tcp6,udp,udp6}: `sl local_address rem_address st ... uid timeout inode`,
 * addresses and ports in hex. Sockets without a port or an owner are left out.
 */
export function parseSocketTable(text: string, protocol: 'tcp' | 'udp'): LocalSocket[] {
  const found: LocalSocket[] = [];
  for (const line of text.split('\n')) {
    const f = line.trim().split(/\s+/);
    const port = Number.parseInt(f[1]?.split(':')[1] ?? '', 16);
    const state = Number.parseInt(f[3] ?? '', 16);
    const inode = Number(f[9]);
    // A socket in TIME_WAIT has inode 0: nobody owns it any more.
    if (!(port > 0) || !(inode > 0) || Number.isNaN(state)) continue;
    found.push({ protocol, port, listening: state === (protocol === 'tcp' ? TCP_LISTEN : TCP_CLOSE), inode });
  }
  return found;
}

/** Processes of the target: of its container's cgroup, and all that descend from its first one. */
function ownProcesses(target: Target): Set<number> {
  const parents = new Map<number, number>();
  for (const pid of listPids()) {
    const parent = readStat(pid)?.parent;
    if (parent !== undefined) parents.set(pid, parent);
  }
  const own = new Set([target.pid]);
  // `docker exec` starts processes beside the first one; a cgroup that is not named after the
  // container (a session, a slice) would take in strangers.
  if (target.id !== '')
    for (const pid of parents.keys())
      if (parseCgroups(readProc(pid, 'cgroup') ?? '').some((path) => path.includes(target.id))) own.add(pid);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of parents)
      if (!own.has(pid) && own.has(parent)) {
        own.add(pid);
        grown = true;
      }
  }
  return own;
}

/** Inodes of the sockets the process holds open. */
export function socketInodes(pid: number, into: Set<number>): void {
  let fds: string[] = [];
  try {
    fds = readdirSync(`/proc/${pid}/fd`);
  } catch {
    // Ended, or not ours to look at.
  }
  for (const fd of fds) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) into.add(Number(inode));
    } catch {
      // Closed meanwhile.
    }
  }
}

/** TCP and UDP sockets that the target's processes hold open now, listeners first. */
export async function ownSockets(target: Target): Promise<LocalSocket[]> {
  if (target.pid === 0) return [];
  const inodes = new Set<number>();
  for (const pid of ownProcesses(target)) socketInodes(pid, inodes);
  if (inodes.size === 0) return [];
  const tables = (['tcp', 'udp'] as const).flatMap((protocol) =>
    ['', '6'].flatMap((version) =>
      parseSocketTable(readProc(target.pid, `net/${protocol}${version}`) ?? '', protocol),
    ),
  );
  return tables.filter((s) => inodes.has(s.inode)).sort((a, b) => Number(b.listening) - Number(a.listening));
}

/**
 * Each `port N` costs the kernel's filter some comparisons on every packet of the host, and one filter
 * holds at most 4096 instructions (BPF_MAXINSNS); listeners come before short-lived client ports.
 */
const portsMax = 64;

/** Local ports of the target's own sockets, each once, listeners first, `portsMax` at most. */
export async function ownPorts(target: Target): Promise<number[]> {
  return [...new Set((await ownSockets(target)).map((s) => s.port))].slice(0, portsMax);
}

/** Filter text for those ports: `port 8080 or port 5353`; '' for none. */
export function portFilter(ports: readonly number[]): string {
  return ports.map((port) => `port ${port}`).join(' or ');
}
