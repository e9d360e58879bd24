/** Entering a network namespace, for the length of one synchronous call: setns(2). */
import { closeSync, fstatSync, openSync } from 'node:fs';
import * as c from './libc.ts';

const CLONE_NEWNET = 0x40000000;

export interface NetnsHandle {
  readonly fd: number;
  /** Inode: the namespace's identity. */
  readonly inode: number;
}

/** Opens a namespace file; the descriptor keeps the namespace alive. Throws the error of open(2). */
export function openNetns(path: string): NetnsHandle {
  const fd = openSync(path, 'r');
  return { fd, inode: fstatSync(fd).ino };
}

export function closeNetns(netns: NetnsHandle): void {
  closeSync(netns.fd);
}

/**
 * Runs `inside` with the calling thread in the namespace, then returns home. `inside` must be
 * synchronous. Not being able to return home would be a security hole: the process ends.
 * Where the thread is in it already, no CAP_SYS_ADMIN is needed.
 */
export function withNetns<T>(netns: NetnsHandle, inside: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    if (fstatSync(home).ino === netns.inode) return inside();
    c.check('setns', c.setns(netns.fd, CLONE_NEWNET));
    try {
      return inside();
    } finally {
      if (c.setns(home, CLONE_NEWNET) !== 0) {
        process.stderr.write('porthole: cannot leave the network namespace again: ending.\n');
        process.exit(70);
      }
    }
  } finally {
    closeSync(home);
  }
}
