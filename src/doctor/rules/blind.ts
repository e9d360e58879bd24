/** What no packet capture sees, said aloud, with its size where the kernel tells. */
import type { Facts, NamespaceFacts, UnixFacts } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';
import { count, list, size } from '../words.ts';
import { speechOf } from './filter.ts';

/** Sockets that every system has, and that are not what somebody is looking for. */
const plumbing =
  /^\/(?:var\/)?run\/(?:systemd|dbus|nscd|udev|user\/\d+\/(?:bus|systemd))\b|^\/dev\/log$|^@\/?(?:tmp\/dbus-|containerd-shim)|\/notify$/;

/** Nobody looks for what is said there. */
export const isPlumbing = (name: string): boolean => plumbing.test(name);

export const isBusy = (socket: UnixFacts): boolean =>
  !isPlumbing(socket.name) && (socket.connected > 0 || socket.connectionsSeen > 0 || socket.listening);

export const unixName = (socket: UnixFacts): string => socket.name;

export function blindRules({ namespaces, sample }: Facts): Finding[] {
  return namespaces.flatMap((ns) => [
    ...xdp(ns),
    ...bypass(ns),
    ...(sample && speechOf(sample.seen) === 0 ? [] : unix(ns)),
  ]);
}

function unix({ unix, hostNetwork }: NamespaceFacts): Finding[] {
  // On the host every daemon has some: that is no news.
  if (hostNetwork) return [];
  const used = unix.filter((u) => isBusy(u) && (u.connected > 0 || u.connectionsSeen > 0));
  if (used.length === 0) return [];
  return [
    finding(
      'note',
      'unix-sockets',
      `what passes its unix sockets is not seen: ${list(used.map(described))}`,
      {
        evidence: {
          sockets: used.map((u) => u.name),
          connections: used.reduce((n, u) => n + u.connected, 0),
        },
      },
    ),
  ];
}

function described({ name, connected, waiting, connectionsSeen }: UnixFacts): string {
  const n = Math.max(connected, connectionsSeen);
  return `${name} (${count(n, 'connection')}${waiting > 0 ? `, ${size(waiting)} waiting` : ''})`;
}

function xdp({ links }: NamespaceFacts): Finding[] {
  return links
    .filter((l) => l.xdp)
    .map((l) =>
      finding(
        'warning',
        'xdp',
        `${l.name} has an XDP program: what it drops, answers or redirects is never seen`,
        {
          advice: 'bpftool net show tells which',
          evidence: { interface: l.name },
        },
      ),
    );
}

const whats: Readonly<Record<string, string>> = {
  XDP: 'AF_XDP sockets take packets from the device before the kernel does',
  SMC: 'SMC sockets move data by RDMA',
  SMC6: 'SMC sockets move data by RDMA',
  RDS: 'RDS sockets may move data by RDMA',
  VSOCK: 'vsock goes to the hypervisor, by no interface of the network',
  AF_VSOCK: 'vsock goes to the hypervisor, by no interface of the network',
};

function bypass({ otherSockets, processes }: NamespaceFacts): Finding[] {
  const found = otherSockets
    .filter(({ protocol }) => protocol in whats)
    .map(({ protocol, sockets }) =>
      finding(
        'warning',
        'bypass',
        `${count(sockets, `${protocol} socket`)}: ${whats[protocol]}, no packet capture sees it`,
        {
          evidence: { protocol, sockets },
        },
      ),
    );
  for (const { comm, pid, bypass } of processes)
    if (bypass.length > 0)
      found.push(
        finding(
          'warning',
          'bypass',
          `${comm} (pid ${pid}) has ${list(bypass)} open: what it moves there passes by the kernel`,
          {
            evidence: { pid, devices: bypass },
          },
        ),
      );
  return found;
}
