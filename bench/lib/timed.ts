/** Runs a program to its end: how long it took, what it used. */
import { closeSync, openSync } from 'node:fs';
import { launch } from '../../test/support/porthole.ts';

export interface Timed {
  /** Seconds. */
  readonly wall: number;
  /** User and system, all threads and children. */
  readonly cpu: number;
}

/** @param stdout file that takes what it prints */
export async function timed(stdout: string, ...command: string[]): Promise<Timed> {
  const out = openSync(stdout, 'w');
  try {
    // bash measures what it waited for in milliseconds, /proc in hundredths.
    const script = 'TIMEFORMAT="%3R %3U %3S"; time "$0" "$@"';
    const { code, stderr } = await launch('bash', ['-c', script, ...command], {
      stdio: ['ignore', out, 'pipe'],
    }).ended;
    if (code !== 0) throw new Error(`${command.join(' ')}: status ${code}\n${stderr}`);
    const [wall, user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
    return { wall: wall!, cpu: user! + system! };
  } finally {
    closeSync(out);
  }
}
