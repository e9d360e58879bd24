/** What the kernel and our rights allow: asked for a try, and read from /proc and /sys. */
import { closeSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { arch, release } from 'node:os';
import type { KernelRefusal, MachineFacts } from '../../doctor/index.ts';

/** What each capability is needed for. */
const purposes = {
  CAP_SYS_ADMIN: 'to enter the network namespace',
  CAP_NET_RAW: 'to open a packet socket',
  CAP_SETUID: 'to parse as another user',
  CAP_SETGID: 'to parse as another group',
  CAP_SYS_PTRACE: 'to look at the processes of others',
} as const;

/** Inodes of the first namespaces: include/linux/proc_ns.h. */
const PROC_USER_INIT_INO = 0xeffffffd;
const PROC_PID_INIT_INO = 0xeffffffc;

export async function probeMachine(): Promise<MachineFacts> {
  const status = read('/proc/self/status');
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  const { ffi, missing, refusals } = await trials();
  return {
    kernel: release(),
    arch: arch(),
    node: process.version.slice(1),
    uid: process.getuid!(),
    missingCapabilities: missing,
    refusals,
    ffi,
    noNewPrivileges: field('NoNewPrivs') === '1',
    seccomp: Number(field('Seccomp') || 0),
    initialUserNamespace: namespaceInode('user') === PROC_USER_INIT_INO,
    initialPidNamespace: namespaceInode('pid') === PROC_PID_INIT_INO,
    securityModules: read('/sys/kernel/security/lsm').trim().split(',').filter(Boolean),
    confinement: confinement(),
    lockdown: /\[(\w+)\]/.exec(read('/sys/kernel/security/lockdown'))?.[1] ?? '',
    hidepid: hidepid(read('/proc/self/mountinfo')),
    cgroup: cgroupVersion(),
  };
}

/** Each thing that a capture does first, done once. */
async function trials(): Promise<{
  ffi: string;
  missing: MachineFacts['missingCapabilities'];
  refusals: KernelRefusal[];
}> {
  let sys: typeof import('../../capture/sys/index.ts');
  try {
    sys = await import('../../capture/sys/index.ts');
  } catch (error) {
    return { ffi: (error as Error).message.split('\n')[0]!, missing: [], refusals: [] };
  }
  const missing = sys
    .missingCapabilities(Object.keys(purposes) as (keyof typeof purposes)[])
    .map((name) => ({ name, purpose: purposes[name] }));
  const refusals: KernelRefusal[] = [];
  const attempt = async (what: KernelRefusal['what'], act: () => void | Promise<void>) => {
    try {
      await act();
    } catch (error) {
      refusals.push({ what, error: (error as Error).message });
    }
  };
  let socket = -1;
  await attempt('packetSocket', () => {
    socket = sys.openPacketSocket(false);
  });
  if (socket >= 0) {
    // As small as a ring gets; unbound: no packet comes.
    await attempt('packetRing', async () => sys.unmapRing(await sys.mapRing(socket, 128 * 1024, 4, 100)));
    closeSync(socket);
  }
  await attempt('setns', () => {
    const home = sys.openNetns('/proc/self/ns/net');
    try {
      sys.withNetns(home, () => {});
    } finally {
      sys.closeNetns(home);
    }
  });
  return { ffi: '', missing, refusals };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** user:[4026531837] */
function namespaceInode(kind: 'user' | 'pid'): number {
  try {
    return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/self/ns/${kind}`))?.[1]);
  } catch {
    return 0;
  }
}

/** AppArmor's and SELinux's word for what we are; nothing when that confines nobody. */
function confinement(): string {
  const label = read('/proc/self/attr/current').replace(/\0/g, '').trim();
  return /^$|^unconfined$|:unconfined_t:|^kernel$/.test(label) ? '' : label;
}

/** proc(5): options of the file system behind /proc; `hidepid=invisible` is 2, `noaccess` 1, `ptraceable` 4. */
export function hidepid(mountinfo: string): number {
  const line = mountinfo.split('\n').find((text) => /^\S+ \S+ \S+ \S+ \/proc .* - proc /.test(text)) ?? '';
  const value = /\bhidepid=(\w+)/.exec(line)?.[1] ?? '0';
  return { off: 0, noaccess: 1, invisible: 2, ptraceable: 4 }[value] ?? (Number(value) || 0);
}

function cgroupVersion(): MachineFacts['cgroup'] {
  const has = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (has('/sys/fs/cgroup/cgroup.controllers')) return 'v2';
  if (has('/sys/fs/cgroup/unified/cgroup.controllers')) return 'hybrid';
  try {
    return readdirSync('/sys/fs/cgroup').length > 0 ? 'v1' : '';
  } catch {
    return '';
  }
}
