/** What the machine and our rights allow. */
import type { Facts, KernelRefusal, MachineFacts } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';
import { list } from '../words.ts';

/** Without these no live capture begins. The others only narrow what is seen. */
const essential = new Set(['CAP_SYS_ADMIN', 'CAP_NET_RAW', 'CAP_SETUID', 'CAP_SETGID']);

export function machineRules({ machine }: Facts): Finding[] {
  return [...ffi(machine), ...capabilities(machine), ...kernel(machine)];
}

function ffi({ ffi, node, arch }: MachineFacts): Finding[] {
  if (ffi === '') return [];
  return [
    finding('error', 'ffi', `the FFI library does not load: ${ffi}`, {
      advice: `npm install in Porthole's folder fetches koffi for this system (Node ${node}, ${arch})`,
    }),
  ];
}

function capabilities({ missingCapabilities, uid }: MachineFacts): Finding[] {
  const missing = missingCapabilities.filter(({ name }) => essential.has(name));
  if (missing.length > 0)
    return [
      finding(
        'error',
        'capability',
        `cannot watch live as this user: ${missing.map(({ name, purpose }) => `${name} is missing (${purpose})`).join(', ')}`,
        {
          advice:
            uid === 0
              ? `this root is a limited one: give it ${list(missing.map((m) => m.name))} (docker run --cap-add, securityContext.capabilities.add)`
              : 'run it as root: sudo porthole ...; reading a file (-r FILE) needs no rights',
          evidence: { missing: missing.map((m) => m.name), uid },
        },
      ),
    ];
  if (uid === 0) return [];
  return [
    finding(
      'error',
      'capability',
      'cannot watch live as this user: capabilities that were granted to one who is not root cannot be given up by every thread',
      { advice: 'run it as root: sudo porthole ...', evidence: { missing: [], uid } },
    ),
  ];
}

const tries: Readonly<Record<KernelRefusal['what'], { readonly what: string; readonly needs: string }>> = {
  packetSocket: { what: 'a packet socket', needs: 'CAP_NET_RAW' },
  packetRing: { what: 'a packet ring', needs: '' },
  setns: { what: 'to enter a network namespace', needs: 'CAP_SYS_ADMIN' },
};

/** Refusals that no missing capability explains. */
function kernel(machine: MachineFacts): Finding[] {
  const missing = new Set(machine.missingCapabilities.map((m) => m.name));
  const odd = machine.refusals.filter(({ what }) => {
    const { needs } = tries[what];
    return !missing.has(needs) && !(what === 'packetRing' && missing.has('CAP_NET_RAW'));
  });
  return odd.map(({ what, error }) =>
    finding('error', 'kernel-refuses', `the kernel refuses ${tries[what].what}: ${error}`, {
      advice: because(machine, error),
      evidence: { call: error },
    }),
  );
}

function because(
  { seccomp, securityModules, confinement, initialUserNamespace }: MachineFacts,
  error: string,
): string {
  if (error.includes('EAFNOSUPPORT'))
    return 'the kernel is built without it (CONFIG_PACKET), or a sandbox hides it';
  if (error.includes('ENOMEM'))
    return 'there is no memory for it in one piece, or a limit (memory cgroup) is reached';
  if (!initialUserNamespace)
    return "root of a user namespace has no rights over the host's namespaces: run it as the host's root";
  if (seccomp > 0)
    return 'a seccomp filter is in force: docker run --security-opt seccomp=unconfined, or a profile that allows it';
  const guards = securityModules.filter((m) => m === 'apparmor' || m === 'selinux' || m === 'smack');
  return guards.length > 0
    ? `${list(guards)} may forbid it${confinement === '' ? '' : ` to '${confinement}'`}: the kernel log tells (dmesg, ausearch -m avc)`
    : 'the kernel log may tell why (dmesg)';
}

/** What narrows the view, and what is good to know; after everything else. */
export function surroundings({ machine }: Facts): Finding[] {
  const found: Finding[] = [];
  const isBlind = machine.missingCapabilities.some(({ name }) => name === 'CAP_SYS_PTRACE');
  if (machine.hidepid > 0 && isBlind)
    found.push(
      finding(
        'warning',
        'hidden-processes',
        `/proc is mounted with hidepid=${machine.hidepid}: processes of others are not seen`,
        {
          advice: 'run it as root, or with CAP_SYS_PTRACE',
          evidence: { hidepid: machine.hidepid },
        },
      ),
    );
  else if (isBlind && machine.uid === 0)
    found.push(
      finding(
        'warning',
        'hidden-processes',
        'CAP_SYS_PTRACE is missing: namespaces of stronger processes cannot be looked at',
        {
          advice: 'docker run --cap-add SYS_PTRACE',
        },
      ),
    );
  if (!machine.initialUserNamespace)
    found.push(
      finding(
        'warning',
        'user-namespace',
        'root here is root of a user namespace only: namespaces of others cannot be entered',
        {
          advice: "run it as the host's root",
        },
      ),
    );
  if (machine.confinement !== '')
    found.push(finding('note', 'confined', `this process is confined as '${machine.confinement}'`));
  return found;
}
