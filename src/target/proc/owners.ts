/**
 * Who holds a socket: inode -> process, by the descriptors in /proc/PID/fd (proc_pid_fd(5)). Looked up again and
 * again, so what was read before is remembered, and those who opened sockets last are asked first.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface SocketOwner {
  readonly pid: number;
  /** As it was when its socket was found: at most 15 bytes, any bytes but 0. */
  readonly comm: string;
}

/** /proc as this needs it. Each gives nothing for a process that has ended or may not be looked at. */
export interface ProcessFiles {
  pids(): readonly number[];
  /** Inode of its network namespace; 0 unknown. */
  netns(pid: number): number;
  /** Numbers of its descriptors. */
  descriptors(pid: number): readonly string[];
  /** Inode of the socket behind it; 0 when it is something else. */
  socket(pid: number, descriptor: string): number;
  comm(pid: number): string;
}

/** Descriptors of one process that are looked at in one round: one with a million must not stop the others. */
const maxDescriptors = 65_536;
/** A process may move to another namespace, or its number be another's by now: asked again after so many rounds. */
const staleRounds = 256;

/** Who held something looked for so lately is asked before anybody else, so many of them. */
const busyRounds = 64;
const maxBusy = 32;

interface Known {
  /** Descriptor -> inode, 0 no socket. */
  descriptors: Map<string, number>;
  netns: number;
  /** Round in which it was asked for its namespace. */
  askedIn: number;
  /** Round in which it last held something that was looked for. */
  hitIn: number;
}

export class DescriptorTables {
  readonly #files: ProcessFiles;
  readonly #known = new Map<number, Known>();
  #round = 0;
  /** Descriptors read in all: what it costs. */
  links = 0;

  constructor(files: ProcessFiles = procFiles) {
    this.#files = files;
  }

  /** Processes remembered. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * Tells who holds these sockets, the first process found of several that do.
   * @param wanted inodes; those found are taken out
   * @param alive whether a socket that was seen before still is one: its descriptor is not read again
   */
  find(
    netns: number,
    wanted: Set<number>,
    alive: (inode: number) => boolean,
    found: (inode: number, owner: SocketOwner) => void,
  ): void {
    if (wanted.size === 0) return;
    this.#round++;
    const search = (pid: number, known: Known, again: boolean) =>
      this.#search(pid, known, wanted, alive, again, found);
    const before = [...this.#known].filter(([, known]) => known.netns === netns);
    before.sort(([, a], [, b]) => b.hitIn - a.hitIn);
    const busy = before.filter(([, known]) => this.#round - known.hitIn < busyRounds).slice(0, maxBusy);
    // A descriptor that was a file may have been closed, and its number be a socket's now: read again last.
    for (const [step, again] of [
      [() => busy, false],
      [() => this.#newcomers(netns), false],
      [() => before.slice(busy.length), false],
      [() => before, true],
    ] as const)
      for (const [pid, known] of step()) {
        search(pid, known, again);
        if (wanted.size === 0) return;
      }
  }

  #search(
    pid: number,
    known: Known,
    wanted: Set<number>,
    alive: (inode: number) => boolean,
    again: boolean,
    found: (inode: number, owner: SocketOwner) => void,
  ): void {
    const names = this.#files.descriptors(pid);
    if (names.length === 0) this.#known.delete(pid);
    const { descriptors } = known;
    let comm: string | undefined;
    for (let i = 0; i < names.length && i < maxDescriptors; i++) {
      const name = names[i]!;
      const before = descriptors.get(name);
      if (before !== undefined && (before === 0 ? !again : alive(before))) {
        if (!wanted.has(before)) continue;
      }
      this.links++;
      const inode = this.#files.socket(pid, name);
      descriptors.set(name, inode);
      if (inode === 0 || !wanted.has(inode)) continue;
      comm ??= this.#files.comm(pid);
      known.hitIn = this.#round;
      wanted.delete(inode);
      found(inode, { pid, comm });
      if (wanted.size === 0) return;
    }
    if (descriptors.size > 2 * names.length + 64) this.#forgetClosed(descriptors, names);
  }

  #forgetClosed(descriptors: Map<string, number>, names: readonly string[]): void {
    const open = new Set(names);
    for (const name of descriptors.keys()) if (!open.has(name)) descriptors.delete(name);
  }

  /** Processes of the namespace that were not known to be in it; forgets those that ended. */
  #newcomers(netns: number): [number, Known][] {
    const pids = this.#files.pids();
    const now = new Set(pids);
    for (const pid of this.#known.keys()) if (!now.has(pid)) this.#known.delete(pid);
    const fresh: [number, Known][] = [];
    for (let i = pids.length - 1; i >= 0; i--) {
      const pid = pids[i]!;
      const before = this.#known.get(pid);
      if (before && this.#round - before.askedIn < staleRounds) continue;
      const known = { descriptors: new Map(), netns: this.#files.netns(pid), askedIn: this.#round, hitIn: 0 };
      this.#known.set(pid, known);
      if (known.netns === netns) fresh.push([pid, known]);
    }
    return fresh;
  }
}

function quietly<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise; // ended, closed, or not ours to look at
  }
}

/** What Node 23 and later call the first thread of every program: says nothing of which one it is. */
export const nodeComm = 'MainThread';

/** /proc/PID/comm; of a Node program the name of what it runs on (`node`). */
function commOf(pid: number): string {
  const comm = readFileSync(`/proc/${pid}/comm`, 'utf8').replace(/\n$/, '');
  return comm === nodeComm ? (readlinkSync(`/proc/${pid}/exe`).split('/').at(-1) ?? comm) : comm;
}

const isNumber = (name: string) => name.charCodeAt(0) >= 0x30 && name.charCodeAt(0) <= 0x39;
const afterPrefix = (text: string, prefix: string) =>
  text.startsWith(prefix) ? Number(text.slice(prefix.length, -1)) : 0;

export const procFiles: ProcessFiles = {
  pids: () => quietly(() => readdirSync('/proc').filter(isNumber).map(Number), []),
  netns: (pid) => quietly(() => afterPrefix(readlinkSync(`/proc/${pid}/ns/net`), 'net:['), 0),
  descriptors: (pid) => quietly(() => readdirSync(`/proc/${pid}/fd`), []),
  socket: (pid, fd) => quietly(() => afterPrefix(readlinkSync(`/proc/${pid}/fd/${fd}`), 'socket:['), 0),
  comm: (pid) => quietly(() => commOf(pid), ''),
};
