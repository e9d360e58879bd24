/** A network namespace of our own with its loopback up: unshare(2), netdevice(7). */
import { closeSync } from 'node:fs';
import * as c from './libc.ts';

const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const SIOCSIFFLAGS = 0x8914;
const SIOCSIFADDR = 0x8916;
const IFF_UP = 1;

/**
 * Moves the calling thread, and what it starts from now on, into a new network namespace. On the main
 * thread that is every socket Node opens, and what /proc/PID/ns/net shows. Needs CAP_SYS_ADMIN.
 */
export function isolateNetwork(): void {
  c.check('unshare(CLONE_NEWNET)', c.unshare(CLONE_NEWNET));
}

/** Sets lo up and gives it further IPv4 addresses (as lo:0, lo:1 ...). */
export function bringUpLoopback(addresses: readonly string[]): void {
  const fd = c.check('socket', c.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0));
  const request = (name: string) => {
    const ifreq = Buffer.alloc(40);
    ifreq.write(name, 0, 15, 'latin1');
    return ifreq;
  };
  try {
    const up = request('lo');
    up.writeInt16LE(IFF_UP, 16);
    c.check('ioctl(SIOCSIFFLAGS)', c.ioctl(fd, SIOCSIFFLAGS, up));
    addresses.forEach((address, i) => {
      const set = request(`lo:${i}`);
      set.writeUInt16LE(AF_INET, 16);
      set.set(address.split('.').map(Number), 20);
      c.check('ioctl(SIOCSIFADDR)', c.ioctl(fd, SIOCSIFADDR, set));
    });
  } finally {
    closeSync(fd);
  }
}
