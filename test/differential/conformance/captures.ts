/** The captures that are compared: every recording of every protocol, and the public ones where they are there. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { declarations } from '../../../src/protocols/registry.ts';
import { carriedConversations } from '../../../src/protocols/testing/carried.ts';
import { fixtureNames } from '../../../src/protocols/testing/fixture.ts';
import { traces } from '../../support/traces.ts';

export interface Capture {
  /** `http/ipv6`, `public/dns.pcap`. */
  readonly name: string;
  readonly path: string;
  /** tshark goes by ports: what is on them it is told. */
  readonly options: readonly string[];
}

const protocols = resolve(import.meta.dirname, '../../../src/protocols');

function recordings(): Capture[] {
  return declarations.flatMap(({ name: protocol }) => {
    const folder = join(protocols, protocol, 'fixtures');
    if (!existsSync(folder)) return [];
    return fixtureNames(folder).map((name) => {
      const rules = carriedConversations(folder, name).map(
        ({ carrier, conversation: { connection } }) =>
          `${connection.transport}.port==${connection.server.port},${carrier.name}`,
      );
      const options = [...new Set(rules)].flatMap((rule) => ['-d', rule]);
      return { name: `${protocol}/${name}`, path: join(folder, `${name}.pcap`), options };
    });
  });
}

/** Of the public ones: what begins in the middle, or is on another's port. */
const told: Readonly<Record<string, readonly string[]>> = {
  'websocket.pcap': ['-d', 'tcp.port==12345,websocket'],
  'http2.pcapng': ['-d', 'tcp.port==29518,http2'],
  'http_on_sip_port.pcap': ['-d', 'tcp.port==5060,http'],
  'tls_port_80.pcapng': ['-d', 'tcp.port==80,tls'],
};

export function captures(): Capture[] {
  const known = traces().map((path) => ({
    name: `public/${basename(path)}`,
    path,
    options: told[basename(path)] ?? [],
  }));
  return [...recordings(), ...known];
}
