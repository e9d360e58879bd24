/** Names that `dump` prints instead of numbers, from where tcpdump has them. DNS is not asked. */
import { readdirSync, readFileSync } from 'node:fs';
import type { PrintOptions } from '../sinks/tcpdump/index.ts';
import { portNames, readHosts } from './names.ts';

/** @param known names of containers and what DNS answers said, by address; they come before hosts(5) */
export function packetNames(
  known: ReadonlyMap<string, string>,
): Pick<PrintOptions, 'hostName' | 'serviceName'> {
  const hosts = new Map<string, string>();
  for (const [name, addresses] of readHosts())
    for (const address of addresses) if (!hosts.has(address)) hosts.set(address, name);
  const ports = portNames();
  return {
    hostName: (address) => known.get(address) ?? hosts.get(address),
    serviceName: (port, protocol) => ports.get(`${port}/${protocol}`),
  };
}

/** Names of the interfaces here by number, read when the first one is asked for. */
export function interfaceNames(): (index: number) => string | undefined {
  let names: Map<number, string> | undefined;
  return (index) => {
    names ??= readInterfaces();
    return names.get(index);
  };
}

function readInterfaces(): Map<number, string> {
  const names = new Map<number, string>();
  try {
    for (const name of readdirSync('/sys/class/net'))
      names.set(Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8')), name);
  } catch {
    // No sysfs, or an interface that went away: numbers without names.
  }
  return names;
}
