/** Processes of a namespace: what they hold open, and whose TLS they use. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessFacts, TlsFacts } from '../../doctor/index.ts';
import { linkedTls } from './executable.ts';

/** Shared libraries by the beginning of their file names. */
const libraries: readonly (readonly [RegExp, string])[] = [
  [/^libssl\.so/, 'OpenSSL'],
  [/^libgnutls\.so/, 'GnuTLS'],
  [/^libssl3\.so|^libnss3\.so/, 'NSS'],
  [/^libmbedtls\.so/, 'Mbed TLS'],
  [/^libwolfssl\.so/, 'wolfSSL'],
  [/^libboringssl|^libconscrypt|^libtcnative|^libnetty_tcnative/, 'BoringSSL'],
  [/^librustls/, 'rustls'],
  [/^libs2n\.so/, 's2n-tls'],
];

/** Files behind which data goes past the kernel's network: RDMA, user-space drivers. */
const bypassing = /^\/dev\/(?:infiniband\/uverbs\d+|vfio\/\d+|uio\d+)$/;

/** A namespace of more is looked at in part: that of the host. */
export const processesMax = 256;

export interface HeldByProcess {
  readonly facts: ProcessFacts;
  /** Inodes of its sockets. */
  readonly sockets: readonly number[];
}

/** PF_KTHREAD, include/linux/sched.h: the kernel's own thread. */
const PF_KTHREAD = 0x0020_0000;

/** undefined: it has ended, or is a thread of the kernel. */
export function probeProcess(pid: number): HeldByProcess | undefined {
  // comm, state, then flags as field 9
  const stat = /^\d+ \((.*)\) (\S)(?: -?\d+){5} (\d+)/s.exec(readText(pid, 'stat'));
  if (!stat || (Number(stat[3]) & PF_KTHREAD) !== 0) return undefined;
  const sockets: number[] = [];
  const bypass = new Set<string>();
  for (const fd of entries(`/proc/${pid}/fd`)) {
    const link = linkOf(`/proc/${pid}/fd/${fd}`);
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined) sockets.push(Number(inode));
    else if (bypassing.test(link)) bypass.add(link);
  }
  return {
    facts: { pid, comm: stat[1]!, state: stat[2]!, tls: tlsOf(pid), bypass: [...bypass] },
    sockets,
  };
}

/** Mapped libraries first; only without one its own bytes are looked through. */
function tlsOf(pid: number): TlsFacts[] {
  const found = parseMaps(readText(pid, 'maps'));
  return found.length > 0 ? found : linkedTls(`/proc/${pid}/exe`);
}

/** proc_pid_maps(5): the sixth field is the file. */
export function parseMaps(text: string): TlsFacts[] {
  const found = new Map<string, TlsFacts>();
  for (const line of text.split('\n')) {
    const path = /^\S+ \S+ \S+ \S+ \S+ +(\/.*)$/.exec(line)?.[1];
    if (path === undefined) continue;
    const file = path.slice(path.lastIndexOf('/') + 1);
    const library = libraries.find(([name]) => name.test(file))?.[1];
    if (library !== undefined && !found.has(library)) found.set(library, { library, how: 'mapped', path });
  }
  return [...found.values()];
}

/** Inode -> the processes that hold it. */
export function holdersOf(processes: readonly HeldByProcess[]): Map<number, number[]> {
  const holders = new Map<number, number[]>();
  for (const { facts, sockets } of processes)
    for (const inode of sockets) {
      const pids = holders.get(inode);
      if (pids) pids.push(facts.pid);
      else holders.set(inode, [facts.pid]);
    }
  return holders;
}

function readText(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // Ended, or not ours to look at.
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
