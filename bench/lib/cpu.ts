/** What processes have used, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** The process and all that it started, itself first. */
export function tree(pid: number): number[] {
  const children = tasks(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`)
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  );
  return [pid, ...children.flatMap(tree)];
}

/**
 * CPU seconds, user and system, of these processes with all their living threads. By the scheduler's clock
 * (nanoseconds); /proc/PID/stat counts in hundredths of a second, which is too coarse beside a short load.
 */
export function cpuSeconds(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids)
    for (const task of tasks(pid))
      nanoseconds += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0);
  return nanoseconds / 1e9;
}

/** Largest resident set so far, bytes, all processes added up; a mapped packet ring counts. */
export function peakMemory(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) kib += Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return kib * 1024;
}

function tasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** '' when the process or thread has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
