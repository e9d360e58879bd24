/** Network namespaces of our own, by iproute2: gone when the test ends. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { atEnd } from './at-end.ts';

export const ip = (...args: string[]): string =>
  execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();

const names = new Set<string>();
atEnd(() => {
  for (const name of names) removeNetns(name);
});

/** What a test run that was killed left behind: named after a process that is no more. */
export function sweepLeftovers(): void {
  const dead = (name: string, pattern: RegExp) => {
    const pid = pattern.exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  const names = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  for (const name of names) if (dead(name, /^ph(\d+)/)) removeNetns(name);
  for (const name of readdirSync('/sys/class/net')) if (dead(name, /^phb(\d+)$/)) ip('link', 'del', name);
}

let swept = false;

/** Named after this process and `suffix`, with lo up. */
export function addNetns(suffix: string): string {
  if (!swept) sweepLeftovers();
  swept = true;
  const name = `ph${process.pid}${suffix}`;
  ip('netns', 'add', name);
  names.add(name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
  return name;
}

export function removeNetns(name: string): void {
  names.delete(name);
  try {
    ip('netns', 'del', name);
  } catch {
    // Removed by the test itself.
  }
}

/** Joins two namespaces by a pair of devices, both called `device`, both up. */
export function join(
  [a, addressA]: readonly [string, string],
  [b, addressB]: readonly [string, string],
  device = 'eth0',
): void {
  ip('-n', a, 'link', 'add', device, 'type', 'veth', 'peer', 'name', device, 'netns', b);
  for (const [name, address] of [
    [a, addressA],
    [b, addressB],
  ] as const) {
    ip('-n', name, 'addr', 'add', address, 'dev', device);
    ip('-n', name, 'link', 'set', device, 'up');
  }
}

/** Runs a program in the namespace to its end; returns its output. */
export function inNetns(name: string, ...command: string[]): string {
  return execFileSync('ip', ['netns', 'exec', name, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();
}

/** Starts a program there; the pid is the program's own. */
export function startInNetns(name: string, ...command: string[]): ChildProcess {
  return spawn('ip', ['netns', 'exec', name, ...command], { stdio: 'ignore' });
}
