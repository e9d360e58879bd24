/** Names for numbers from the machine's own files: services(5), protocols(5), hosts(5), ethers(5). */
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
