/**
 * conmon(8) watches over each container that Podman runs, for as long as it runs: its command line has the
 * id, the name, where the pid is written and which storage the container is of. It tells of containers of
 * every user without any daemon.
 */
import { readFileSync } from 'node:fs';
import { listPids } from '../proc/scan.ts';
import { readProc } from '../proc/stat.ts';

export interface Conmon {
  readonly id: string;
  readonly name: string;
  readonly pidFile: string;
  /** Podman's --root; '' when it is not said. */
  readonly root: string;
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
export function conmons(): Conmon[] {
  const found: Conmon[] = [];
  for (const pid of listPids()) {
    if (readProc(pid, 'comm')?.trimEnd() !== 'conmon') continue;
    const conmon = parseConmon(readProc(pid, 'cmdline') ?? '');
    if (conmon) found.push(conmon);
  }
  return found;
}

/** The container's first process, 0 when it is not written (yet) or not readable. */
export function pidOf({ pidFile }: Conmon): number {
  try {
    const text = readFileSync(pidFile, 'latin1').trim();
    return /^\d{1,7}$/.test(text) ? Number(text) : 0;
  } catch {
    return 0;
  }
}
