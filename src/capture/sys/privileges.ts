/** Which capabilities this process has, and how it gives them up: capabilities(7), credentials(7). */
import { readdirSync, readFileSync } from 'node:fs';

/** Bit numbers of linux/capability.h. */
const bits = {
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_NET_RAW: 13,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
} as const;
export type Capability = keyof typeof bits;

/** The effective set of this process, a bit a capability. */
export function effectiveCapabilities(): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return BigInt(`0x${hex}`);
}

/** The ones of `wanted` that are not in the effective set of this process. */
export function missingCapabilities(wanted: readonly Capability[]): Capability[] {
  const effective = effectiveCapabilities();
  return wanted.filter((name) => ((effective >> BigInt(bits[name])) & 1n) === 0n);
}

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Looks a user up by name or number in /etc/passwd. */
export function findUser(nameOrUid: string): User | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name && (name === nameOrUid || uid === nameOrUid))
      return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/**
 * Becomes `user` for good, every thread of the process: the C library's setuid reaches them all, and
 * with the last root id the kernel clears the capability sets. Throws when any thread kept one.
 */
export function dropPrivileges(user: User): void {
  process.setgroups!([]);
  process.setgid!(user.gid);
  process.setuid!(user.uid);
  for (const task of readdirSync('/proc/self/task')) {
    const status = readFileSync(`/proc/self/task/${task}/status`, 'utf8');
    const kept = /^Cap(?:Eff|Prm|Amb):\s*0*[1-9a-f]/m.exec(status);
    const uids = /^Uid:\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(status);
    if (kept || !uids || uids.slice(1).some((uid) => Number(uid) !== user.uid))
      throw new Error(
        `cannot become ${user.name}: thread ${task} kept rights (${kept?.[0] ?? uids?.[0] ?? 'no Uid line'})`,
      );
  }
}
