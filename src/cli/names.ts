/** Names for numbers from the machine's own files: services(5), protocols(5), hosts(5), ethers(5), networks(5). */
import { readFileSync } from 'node:fs';

function rows(path: string): string[][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return []; // a missing file names nothing
  }
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter((words) => words.length >= 2);
}

/** name -> { tcp?, udp?, ... } port */
export function readServices(path = '/etc/services'): Map<string, Record<string, number>> {
  const services = new Map<string, Record<string, number>>();
  for (const [name, slot, ...aliases] of rows(path)) {
    const [port, protocol] = slot!.split('/');
    if (!protocol) continue;
    for (const alias of [name!, ...aliases]) {
      const entry = services.get(alias) ?? {};
      entry[protocol] ??= Number(port);
      services.set(alias, entry);
    }
  }
  return services;
}

/** name -> number */
export function readProtocols(path = '/etc/protocols'): Map<string, number> {
  const protocols = new Map<string, number>();
  for (const [name, number, ...aliases] of rows(path))
    for (const alias of [name!, ...aliases]) protocols.set(alias, Number(number));
  return protocols;
}

/** name -> addresses */
export function readHosts(path = '/etc/hosts'): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const [address, ...names] of rows(path))
    for (const name of names) hosts.set(name, [...(hosts.get(name) ?? []), address!]);
  return hosts;
}

/** name -> MAC address */
export function readEthers(path = '/etc/ethers'): Map<string, string> {
  return new Map(rows(path).map(([mac, name]) => [name!, mac!]));
}

/** name -> network number, as networks(5) has it */
export function readNetworks(path = '/etc/networks'): Map<string, string> {
  return new Map(rows(path).map(([name, number]) => [name!, number!]));
}

/** `80/tcp` -> http: names of ports for printing, the first name of each. */
export function portNames(path = '/etc/services'): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, slot] of rows(path)) if (!names.has(slot!)) names.set(slot!, name!);
  return names;
}

/** The names a filter may use, read when it asks for the first of a kind. DNS is not asked. */
export function filterNames() {
  let services: ReturnType<typeof readServices> | undefined;
  let protocols: ReturnType<typeof readProtocols> | undefined;
  let hosts: ReturnType<typeof readHosts> | undefined;
  let ethers: ReturnType<typeof readEthers> | undefined;
  let networks: ReturnType<typeof readNetworks> | undefined;
  return {
    service(name: string, protocol: 'tcp' | 'udp' | 'sctp'): number | undefined {
      services ??= readServices();
      return services.get(name)?.[protocol];
    },
    protocol(name: string): number | undefined {
      protocols ??= readProtocols();
      return protocols.get(name);
    },
    host(name: string): string[] {
      hosts ??= readHosts();
      return hosts.get(name) ?? [];
    },
    ether(name: string): string | undefined {
      ethers ??= readEthers();
      return ethers.get(name);
    },
    network(name: string): string | undefined {
      networks ??= readNetworks();
      return networks.get(name);
    },
  };
}
