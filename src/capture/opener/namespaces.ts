/** Namespaces held open: verified to be what was looked up, and entered for the length of one socket(2). */
import { readFileSync } from 'node:fs';
import {
  closeNetns,
  type NetnsHandle,
  openLinkSocket,
  openNetns,
  openPacketSocket,
  withNetns,
} from '../sys/index.ts';

export class OpenerError extends Error {
  override readonly name = 'OpenerError';
  /** errno name, or GONE when the target ended between look-up and open. */
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

export interface NamespaceSpec {
  readonly path: string;
  /** Refused when the file's inode is another one by now. */
  readonly inode: number;
  /** Process that the path belongs to, with its start time: refused when that is another process now. 0 = none. */
  readonly pid: number;
  readonly startTime: string;
  /** For messages. */
  readonly label: string;
}

/** Needs the rights to enter: who holds it is the opener, or the command before it has given root up. */
export class HeldNamespaces {
  /** By number; one that was given back leaves a gap. */
  readonly #handles = new Map<number, NetnsHandle>();

  /** Throws OpenerError when one is gone, was replaced, or must not be opened. */
  static open(specs: readonly NamespaceSpec[]): HeldNamespaces {
    return new HeldNamespaces(specs.map(openVerified));
  }

  /** Takes descriptors over that somebody else has verified. */
  constructor(handles: readonly NetnsHandle[]) {
    handles.forEach((handle, i) => {
      this.#handles.set(i, handle);
    });
  }

  get handles(): NetnsHandle[] {
    return [...this.#handles.values()];
  }

  /** Takes one more over. */
  add(namespace: number, handle: NetnsHandle): void {
    this.drop(namespace);
    this.#handles.set(namespace, handle);
  }

  /** Lets go of it: when no socket is left in it either, the kernel takes it down. */
  drop(namespace: number): void {
    const handle = this.#handles.get(namespace);
    if (!handle) return;
    this.#handles.delete(namespace);
    closeNetns(handle);
  }

  /** A netlink socket in the namespace that reports its interfaces. */
  linkSocket(namespace: number): number {
    return this.#inside(namespace, openLinkSocket);
  }

  /** An AF_PACKET socket in the namespace, bound to nothing yet. */
  packetSocket(namespace: number, cooked: boolean): number {
    return this.#inside(namespace, () => openPacketSocket(cooked));
  }

  close(): void {
    for (const namespace of [...this.#handles.keys()]) this.drop(namespace);
  }

  #inside(namespace: number, open: () => number): number {
    const handle = this.#handles.get(namespace);
    if (!handle) throw new OpenerError('no such namespace was entrusted', 'EINVAL');
    return withNetns(handle, open);
  }
}

function startTimeOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Field 22; the command name (field 2) may hold spaces and parentheses.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Holds it, then makes sure that it is what was looked up. Throws OpenerError. */
export function openVerified(spec: NamespaceSpec): NetnsHandle {
  const gone = new OpenerError(`${spec.label} ended (or was replaced) between look-up and open`, 'GONE');
  let netns: NetnsHandle;
  try {
    netns = openNetns(spec.path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') throw gone;
    throw new OpenerError(`cannot open ${spec.path} of ${spec.label}: ${code}`, code);
  }
  // The namespace is held now: only then is the check of who it belongs to worth something.
  let same = netns.inode === spec.inode;
  if (same && spec.pid > 0) {
    try {
      same = startTimeOf(spec.pid) === spec.startTime;
    } catch {
      same = false;
    }
  }
  if (same) return netns;
  closeNetns(netns);
  throw gone;
}
