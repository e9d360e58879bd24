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
  readonly handles: readonly NetnsHandle[];

  /** Throws OpenerError when one is gone, was replaced, or must not be opened. */
  static open(specs: readonly NamespaceSpec[]): HeldNamespaces {
    return new HeldNamespaces(specs.map(openVerified));
  }

  /** Takes descriptors over that somebody else has verified. */
  constructor(handles: readonly NetnsHandle[]) {
    this.handles = handles;
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
    for (const handle of this.handles) closeNetns(handle);
  }

  #inside(namespace: number, open: () => number): number {
    const handle = this.handles[namespace];
    if (!handle) throw new OpenerError('no such namespace was entrusted', 'EINVAL');
    return withNetns(handle, open);
  }
}

function startTimeOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Field 22; the command name (field 2) may hold spaces and parentheses.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function openVerified(spec: NamespaceSpec): NetnsHandle {
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
