/**
 * conmon(8) watches over each container that Podman runs, for as long as it runs: its command line has the
 * id, the name, where the pid is written and which storage the container is of. It tells of containers of
 * every user without any daemon.
 */
import { readFileSync, statSync } from 'node:fs';
import { listPids } from '../proc/scan.ts';
import { readProc } from '../proc/stat.ts';

export interface Conmon {
  readonly id: string;
  readonly name: string;
  readonly pidFile: string;
  /** Podman's --root; '' when it is not said. */
  readonly root: string;
}

/** A conmon and whose it is: anybody can start a program of that name, so it speaks for its own only. */
export interface OwnedConmon extends Conmon {
  readonly uid: number;
}

/** Is the file this user's (or root's)? False when it is not there, or not plain. */
function isOwn(path: string, uid: number, kind: 'file' | 'directory'): boolean {
  try {
    const found = statSync(path);
    return (kind === 'file' ? found.isFile() : found.isDirectory()) && (found.uid === uid || found.uid === 0);
  } catch {
    return false;
  }
}

/** From the NUL-separated text of /proc/PID/cmdline; undefined when it is another's: CRI-O has conmon too. */
export function parseConmon(cmdline: string): Conmon | undefined {
  const words = cmdline.split('\0');
  if (!/(^|\/)conmon$/.test(words[0] ?? '')) return undefined;
  const after = (flag: string, long: string) => {
    const at = words.findIndex((w) => w === flag || w === long);
    return at < 0 ? '' : (words[at + 1] ?? '');
  };
  if (!/(^|\/)podman$/.test(after('--exit-command', '--exit-command'))) return undefined;
  const argument = words.flatMap((w, i) => (w === '--exit-command-arg' ? [words[i + 1] ?? ''] : []));
  const rootAt = argument.indexOf('--root');
  const id = after('-c', '--cid');
  if (id === '') return undefined;
  return {
    id,
    name: after('-n', '--name'),
    pidFile: after('-p', '--container-pidfile'),
    root: rootAt < 0 ? '' : (argument[rootAt + 1] ?? ''),
  };
}

/** The kernel's name of conmon processes; one file of a few bytes for each process is read. */
export function conmons(): OwnedConmon[] {
  const found: OwnedConmon[] = [];
  for (const pid of listPids()) {
    if (readProc(pid, 'comm')?.trimEnd() !== 'conmon') continue;
    const conmon = parseConmon(readProc(pid, 'cmdline') ?? '');
    const uid = Number(/^Uid:\t(\d+)/m.exec(readProc(pid, 'status') ?? '')?.[1] ?? Number.NaN);
    if (!conmon || Number.isNaN(uid)) continue;
    const root = isOwn(conmon.root, uid, 'directory') ? conmon.root : '';
    found.push({ ...conmon, root, uid });
  }
  return found;
}

/** The container's first process, 0 when it is not written (yet) or not readable. */
export function pidOf({ pidFile, uid }: OwnedConmon): number {
  try {
    if (!isOwn(pidFile, uid, 'file') || statSync(pidFile).size > 16) return 0;
    const text = readFileSync(pidFile, 'latin1').trim();
    return /^\d{1,7}$/.test(text) ? Number(text) : 0;
  } catch {
    return 0;
  }
}
