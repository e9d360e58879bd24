/**
 * What a test needs of the machine. Away from CI a test without it is skipped, with the reason; in CI
 * (CI=true) it fails, for a run whose end-to-end tests did not happen proves nothing.
 */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':');

function hasCommand(name: string): boolean {
  return path.some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const command = (name: string, debianPackage = name) =>
  hasCommand(name) ? '' : `needs ${name} (Debian package ${debianPackage})`;

function hasStaticLibc(): boolean {
  return ['/usr/lib', '/usr/lib64', ...readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`)].some((d) =>
    existsSync(join(d, 'libc.a')),
  );
}

/** '' when it is there, else why the test cannot run. */
const checks = {
  linux: () => (process.platform === 'linux' ? '' : 'needs Linux'),
  root: () => (process.getuid?.() === 0 ? '' : 'needs root: network namespaces and packet sockets'),
  ip: () => command('ip', 'iproute2'),
  cc: () =>
    command('cc', 'gcc') || (hasStaticLibc() ? '' : 'needs a static C library (Debian package libc6-dev)'),
  docker: () => command('dockerd', 'docker.io') || command('docker', 'docker.io'),
  containerd: () => command('containerd') || command('ctr', 'containerd') || command('runc'),
  cni: () =>
    existsSync('/usr/lib/cni/ptp')
      ? ''
      : 'needs the CNI plugins (Debian package containernetworking-plugins)',
  podman: () => command('podman') || command('runc'),
  crun: () => command('crun'),
  userns: () =>
    Number(readFileSync('/proc/sys/user/max_user_namespaces', 'latin1')) > 0 ? '' : 'needs user namespaces',
  iptables: () => command('iptables'),
  tcpdump: () => command('tcpdump'),
  tshark: () => command('tshark'),
  tmux: () => command('tmux'),
  git: () => command('git'),
  chromium: () => command('chromium'),
} satisfies Record<string, () => string>;

export type Precondition = keyof typeof checks;

/** For node:test's `skip`: false when everything is there. Throws in CI when something is missing. */
export function need(...what: Precondition[]): string | false {
  return skipBecause(what.map((name) => checks[name]()).filter((reason) => reason !== ''));
}

/** The reasons as one, false without any. Throws in CI, where every precondition must be met. */
export function skipBecause(reasons: readonly string[]): string | false {
  if (reasons.length === 0) return false;
  const reason = reasons.join('; ');
  if (process.env['CI'] === 'true') throw new Error(`in CI nothing is skipped: this test ${reason}`);
  return reason;
}
