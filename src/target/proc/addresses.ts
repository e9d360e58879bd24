/** Addresses and counters of a network namespace, read through a process in it without entering: /proc/PID/net. */
import { formatIpv6 } from '../../util/address.ts';
import { readProc } from './stat.ts';

/** A /proc file this long is that of a router; what comes later is not read. */
const linesMax = 200_000;

/** IPv4 addresses of the namespace itself: the `/32 host LOCAL` leaves of /proc/PID/net/fib_trie. */
export function parseFibTrie(text: string): string[] {
  const found = new Set<string>();
  let leaf = '';
  for (const line of text.split('\n', linesMax)) {
    const address = /\|-- (\d+\.\d+\.\d+\.\d+)$/.exec(line)?.[1];
    if (address !== undefined) leaf = address;
    else if (leaf !== '' && /^\s+\/32 host LOCAL$/.test(line)) found.add(leaf);
  }
  return [...found];
}

export interface Ipv6Entry {
  readonly address: string;
  readonly interface: string;
  readonly linkLocal: boolean;
}

/** /proc/PID/net/if_inet6: address, interface index, prefix length, scope, flags (all hex), name. */
export function parseIfInet6(text: string): Ipv6Entry[] {
  const found: Ipv6Entry[] = [];
  for (const line of text.split('\n', linesMax)) {
    const fields = /^([0-9a-f]{32}) [0-9a-f]+ [0-9a-f]+ ([0-9a-f]{2}) [0-9a-f]+ +(\S+)$/.exec(line);
    if (!fields) continue;
    const address = formatIpv6(Buffer.from(fields[1]!, 'hex'), 0);
    // IPV6_ADDR_LINKLOCAL, include/net/ipv6.h
    found.push({ address, interface: fields[3]!, linkLocal: fields[2] === '20' });
  }
  return found;
}

/** Counters since the interface was made; packets and bytes as the kernel counts them (without FCS). */
export interface InterfaceCounters {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
}

/** /proc/PID/net/dev: two lines of heading, then name, eight columns received, eight sent. */
export function parseNetDev(text: string): InterfaceCounters[] {
  const found: InterfaceCounters[] = [];
  for (const line of text.split('\n', linesMax)) {
    // A name may hold a colon (old aliases): the last one ends it.
    const fields = /^\s*(\S+):\s*((?:\d+\s*){16,})$/.exec(line);
    if (!fields) continue;
    const n = fields[2]!.trim().split(/\s+/).map(Number);
    found.push({ name: fields[1]!, rxBytes: n[0]!, rxPackets: n[1]!, txBytes: n[8]!, txPackets: n[9]! });
  }
  return found;
}

export interface NamespaceView {
  /** IPv4, IPv6, then IPv6 link-local; without 127.0.0.0/8 and ::1, which every namespace has. */
  readonly addresses: readonly string[];
  /** In kernel order; lo included. */
  readonly interfaces: readonly string[];
}

/** undefined when the process has ended. */
export function viewNamespace(pid: number): NamespaceView | undefined {
  const dev = readProc(pid, 'net/dev');
  if (dev === undefined) return undefined;
  // Without CONFIG_IP_FIB_TRIE_STATS or IPv6 the file is not there: then nothing is told of it.
  const v4 = parseFibTrie(readProc(pid, 'net/fib_trie') ?? '').filter((a) => !a.startsWith('127.'));
  const v6 = parseIfInet6(readProc(pid, 'net/if_inet6') ?? '').filter((e) => e.address !== '::1');
  return {
    addresses: [
      ...v4,
      ...v6.filter((e) => !e.linkLocal).map((e) => e.address),
      ...new Set(v6.filter((e) => e.linkLocal).map((e) => e.address)),
    ],
    interfaces: parseNetDev(dev).map((i) => i.name),
  };
}
