/** Which processes there are, and whose network namespace they are in. */
import { readdirSync } from 'node:fs';
import { netnsOf, readStat } from './stat.ts';

/** Every process, by number. */
export function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => name.charCodeAt(0) >= 0x30 && name.charCodeAt(0) <= 0x39)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Namespace inode -> the processes in it that we may look at. */
export function processesByNetns(): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const pid of listPids()) {
    const netns = netnsOf(pid);
    if (netns <= 0) continue;
    const pids = found.get(netns);
    if (pids) pids.push(pid);
    else found.set(netns, [pid]);
  }
  return found;
}

/** Some process of the namespace; 0 when there is none. */
export function anyProcessIn(netns: number): number {
  return listPids().find((pid) => netnsOf(pid) === netns) ?? 0;
}

/** The one that started first; numbers wrap around, start times do not. 0 when all have ended. */
export function eldest(pids: readonly number[]): number {
  let first = 0;
  let firstStart = Number.POSITIVE_INFINITY;
  for (const pid of pids) {
    const start = Number(readStat(pid)?.startTime ?? Number.POSITIVE_INFINITY);
    if (start < firstStart) [first, firstStart] = [pid, start];
  }
  return first;
}
