/** Network namespaces of our own, by iproute2: gone when the test ends. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { atEnd } from './at-end.ts';

export const ip = (...args: string[]): string =>
  execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();

const names = new Set<string>();
atEnd(() => {
  for (const name of names) removeNetns(name);
});

/** Named after this process and `suffix`, with lo up. */
export function addNetns(suffix: string): string {
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
