/** From targets to a running capture, in the order that keeps rights out of the parser. */
import { flushCompileCache } from 'node:module';
import { LiveCapture, type LiveOptions, type SocketOpener } from '../capture/live/index.ts';
import {
  HeldNamespaces,
  type NamespaceSpec,
  type Opener,
  type OutputSpec,
  type SaveSpec,
} from '../capture/opener/index.ts';
import {
  type Capability,
  dropPrivileges,
  effectiveCapabilities,
  findUser,
  missingCapabilities,
  type User,
} from '../capture/sys/index.ts';
import type { TargetGroup } from '../target/index.ts';

export class WatchError extends Error {
  override readonly name = 'CliError';
  readonly hint: string;
  constructor(message: string, hint = '') {
    super(message);
    this.hint = hint;
  }
}

/** What each capability is needed for: first to capture, then so that the parser can give all of them up. */
const needed: readonly Readonly<Partial<Record<Capability, string>>>[] = [
  { CAP_SYS_ADMIN: 'to enter the network namespace', CAP_NET_RAW: 'to open a packet socket' },
  { CAP_SETUID: 'to parse as another user', CAP_SETGID: 'to parse as another group' },
];

/**
 * Throws when a namespace could not be entered, a packet socket not opened, or rights not given up.
 * @param isAtHome only the namespace that this process is in will be captured: none is entered
 */
export function requireCapabilities(isAtHome = false): void {
  for (const purpose of needed) {
    const wanted = Object.keys(purpose) as Capability[];
    const missing = missingCapabilities(isAtHome ? wanted.filter((c) => c !== 'CAP_SYS_ADMIN') : wanted);
    if (missing.length > 0)
      throw new WatchError(
        `cannot watch live as this user: ${missing.map((name) => `${name} is missing (${purpose[name]})`).join(', ')}`,
        'run it as root: sudo porthole ...; reading a file (-r FILE) needs no rights',
      );
  }
  if (process.getuid!() !== 0)
    throw new WatchError(
      'cannot watch live as this user: capabilities that were granted to one who is not root cannot be given up by every thread, and packets are never parsed with them',
      'run it as root: sudo porthole ...',
    );
}

/** Who the network's bytes are parsed as. Throws WatchError for nobody we know, and for root. */
export function parserUser(nameOrUid: string): User {
  const user = findUser(nameOrUid);
  if (!user)
    throw new WatchError(`no user '${nameOrUid}' in /etc/passwd to parse as`, '-Z USER names another one');
  if (user.uid === 0) throw new WatchError(`-Z ${nameOrUid}: that is root; packets are never parsed as root`);
  return user;
}

/**
 * Gives root up in this process, every thread. After this no module can be loaded from a directory that
 * only root may read: everything is imported before.
 */
export function giveUpRights(user: User): void {
  // Node keeps compiled code for the next start when it exits: by then we may not write there any more.
  flushCompileCache();
  // A root that has no capability has nothing to give up, and may not become another user.
  if (process.getuid!() === 0 && effectiveCapabilities() !== 0n) dropPrivileges(user);
}

export interface CaptureSettings extends Omit<LiveOptions, 'namespaces' | 'opener'> {
  /** Who ends is told by the lookout, and is not the end. */
  readonly isFollowed?: boolean;
}

export interface LiveWatch {
  readonly source: LiveCapture;
  /** From here on the opener opens what appears later; this process keeps nothing that enters a namespace. */
  handOver(opener: Opener, output: OutputSpec | undefined, saves?: SaveSpec): Promise<void>;
}

/**
 * Opens every interface of every group, with the rights this process still has. When it resolves, frames
 * are being captured: into the kernel's rings, where they wait until `run` reads them. Nothing of them is
 * looked at before rights are given up. Throws OpenerError when a target is gone.
 */
export async function openLive(
  groups: readonly TargetGroup[],
  settings: CaptureSettings,
): Promise<LiveWatch> {
  const held = HeldNamespaces.open(groups.map(specOf));
  let doors: SocketOpener = held;
  const source = await LiveCapture.open({
    ...settings,
    opener: {
      linkSocket: (namespace) => doors.linkSocket(namespace),
      packetSocket: (namespace, cooked) => doors.packetSocket(namespace, cooked),
    },
    namespaces: groups.map((group) => ({
      label: group.label,
      inode: group.netns,
      pids: settings.isFollowed ? [] : group.targets.map((t) => t.pid).filter((pid) => pid > 0),
    })),
  });
  return {
    source,
    async handOver(opener, output, saves) {
      await opener.configure(held, output, saves);
      doors = opener;
      held.close();
    },
  };
}

function specOf({ netnsPath, netns, label, targets }: TargetGroup): NamespaceSpec {
  const owner = targets.find((t) => t.netnsPath === netnsPath);
  return { path: netnsPath, inode: netns, pid: owner?.pid ?? 0, startTime: owner?.startTime ?? '', label };
}
