/** Is there any systemd-nspawn or LXC container? Asked on the way to every target. */
import { existsSync, readdirSync } from 'node:fs';

/** cgroup v1 has one tree per controller, v2 one for all: a directory is made for the first machine. */
const cgroupRoots = [
  '/sys/fs/cgroup',
  '/sys/fs/cgroup/unified',
  '/sys/fs/cgroup/systemd',
  '/sys/fs/cgroup/pids',
];

/** A look at a few directories: is there any machine at all? */
export function machinesExist(): boolean {
  return cgroupRoots.some((root) => {
    if (existsSync(`${root}/machine.slice`)) return true;
    try {
      return readdirSync(root).some((name) => name === 'lxc' || name.startsWith('lxc.payload'));
    } catch {
      return false;
    }
  });
}
