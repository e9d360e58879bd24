/**
 * Handshakes beside tshark's: names, versions, cipher suites, fingerprints, alerts, certificates, connection
 * ids. On our recordings and on public captures where they are there.
 */
import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { Exchange } from '../../src/model/index.ts';
import { dtls } from '../../src/protocols/dtls/index.ts';
import { quic } from '../../src/protocols/quic/index.ts';
import { fixtureNames, readConversations } from '../../src/protocols/testing/fixture.ts';
import { tls } from '../../src/protocols/tls/index.ts';
import { alertWords } from '../../src/util/tls/alerts.ts';
import { cipherSuiteName } from '../../src/util/tls/cipher-suites.ts';
import { ours } from '../support/exchanges.ts';
import { missing, tsharkFields } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';

/** What both tell of one connection. */
interface Facts {
  name?: string | undefined;
  alpn?: string | undefined;
  cipher?: string | undefined;
  ja3?: string | undefined;
  ja3s?: string | undefined;
  alert?: string | undefined;
  certificates?: string | undefined;
  serial?: string | undefined;
  version?: string | undefined;
  ids?: string | undefined;
}

/** Why we and tshark differ: all there is. */
const explained: readonly { readonly file: RegExp; readonly line: RegExp; readonly why: string }[] = [
  { file: /^(vxlan|dtls\.)/, line: /^tshark/, why: 'tunnels are not looked into' },
  { file: /^(smtp|mysql|pgsql)/, line: /^tshark/, why: 'TLS begun within a protocol that is not read yet' },
  { file: /^tls_port_80/, line: /^ours/, why: 'tshark goes by the port there' },
  {
    file: /^tls_missing_ch_frag/,
    line: /(name|alpn)/,
    why: 'a hello with a hole: we tell what stands before it',
  },
  {
    file: /^negotiation/,
    line: /^(name|alpn|ja3) ours/,
    why: 'tshark keeps to the keys of the version that was refused',
  },
  {
    file: /^(v2|v1-to-v2|retry)\./,
    line: /tshark undefined/,
    why: 'that draft of version 2 is one whose keys tshark 4.0 does not know',
  },
];
const used = new Set<(typeof explained)[number]>();

const ends = (a: string, aPort: unknown, b: string, bPort: unknown) =>
  [`${a}:${aPort}`, `${b}:${bPort}`].sort().join(' ');

function factsOf({ fields, protocol }: Exchange): Facts {
  const named = (name: string) => (protocol === 'dtls' ? fields[name.replace(/^tls/, 'dtls')] : fields[name]);
  const field = (name: string) => named(name) as string | undefined;
  const list = (name: string) => (named(name) as readonly string[] | undefined)?.join(',');
  return {
    name: field('tls.handshake.extensions_server_name'),
    alpn: field('tls.alpn') ?? list('tls.handshake.extensions_alpn_str'),
    cipher: field('tls.handshake.ciphersuite'),
    ja3: field('tls.handshake.ja3'),
    ja3s: field('tls.handshake.ja3s'),
    alert: field('tls.alert_message.desc'),
    // Certificates are read over TCP only.
    ...(protocol === 'tls'
      ? { certificates: field('tls.certificate.count')?.toString(), serial: field('x509af.serialNumber') }
      : {}),
    ...(protocol === 'quic' ? { ids: `${field('quic.dcid')} ${field('quic.scid')}` } : {}),
  };
}

const columns = [
  ...['ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'],
  ...['tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport'],
  ...['tls.handshake.type', 'tls.handshake.extensions_server_name', 'tls.handshake.extensions_alpn_str'],
  ...['tls.handshake.ciphersuite', 'tls.handshake.ja3', 'tls.handshake.ja3s', 'tls.alert_message.desc'],
  ...['tls.handshake.certificate', 'x509af.serialNumber', 'quic.dcid', 'quic.scid', 'quic.long.packet_type'],
  'quic.long.packet_type_v2',
] as const;
/** And TLS' under DTLS' names. */
const allColumns: readonly string[] = [
  ...columns,
  ...columns.filter((name) => name.startsWith('tls.')).map((name) => `d${name}`),
];

/** By connection: the first hello of the client, the last of the server, what the server proves itself with. */
function theirFacts(path: string, options: readonly string[]): Map<string, Facts> {
  const filter = '(tls && tcp) || quic || dtls';
  const orderly = ['-o', 'tcp.reassemble_out_of_order:TRUE'];
  const found = new Map<string, Facts>();
  for (const row of tsharkFields(path, allColumns, [...orderly, ...options, '-Y', filter])) {
    const at = (name: string) =>
      (row[allColumns.indexOf(name)] ?? '').split('\x1f').filter((value) => value !== '');
    const values = (name: (typeof columns)[number]) => {
      const mine = at(name);
      return mine.length === 0 && name.startsWith('tls.') ? at(`d${name}`) : mine;
    };
    const last = (name: (typeof columns)[number]) => values(name).at(-1) ?? '';
    const [from, to] = [last('ip.src') || last('ipv6.src'), last('ip.dst') || last('ipv6.dst')];
    const transport = last('tcp.srcport') === '' ? 'udp' : 'tcp';
    const key = ends(from, last(`${transport}.srcport`), to, last(`${transport}.dstport`));
    const facts: Facts = found.get(key) ?? {};
    found.set(key, facts);
    const types = values('tls.handshake.type');
    if (types.includes('1') && facts.ja3 === undefined) {
      facts.name = values('tls.handshake.extensions_server_name')[0];
      facts.alpn = values('tls.handshake.extensions_alpn_str').join(',') || undefined;
      facts.ja3 = values('tls.handshake.ja3')[0];
    }
    if (types.includes('2')) {
      facts.cipher = cipherSuiteName(Number(last('tls.handshake.ciphersuite')));
      facts.ja3s = last('tls.handshake.ja3s');
      facts.alpn = types.includes('1')
        ? facts.alpn
        : (values('tls.handshake.extensions_alpn_str')[0] ?? facts.alpn);
    }
    if (types.includes('11') && facts.certificates === undefined && !types.includes('16')) {
      facts.certificates = String(values('tls.handshake.certificate').length);
      facts.serial = values('x509af.serialNumber')[0]
        ?.replaceAll(':', '')
        .replace(/^00(?=.)/, '');
    }
    const alert = values('tls.alert_message.desc')[0];
    if (alert !== undefined) facts.alert ??= alertWords(Number(alert)).name;
    if (values('quic.long.packet_type').length + values('quic.long.packet_type_v2').length > 0)
      facts.ids ??= `${values('quic.dcid')[0] ?? ''} ${values('quic.scid')[0] ?? ''}`;
  }
  return found;
}

function differences(mine: Map<string, Facts>, theirs: Map<string, Facts>): string[] {
  const found: string[] = [];
  for (const [key, a] of mine) {
    const b = theirs.get(key);
    if (!b) found.push(`ours ${key}`);
    else
      for (const what of Object.keys(a) as (keyof Facts)[])
        if (a[what] !== b[what]) found.push(`${what} ours ${a[what]} tshark ${b[what]} ${key}`);
  }
  for (const [key, facts] of theirs)
    if (!mine.has(key) && facts.ja3 !== undefined) found.push(`tshark ${key} ${facts.name}`);
  return found;
}

/** Returns how many connections were compared. */
async function compare(path: string, options: readonly string[] = []): Promise<number> {
  const mine = new Map<string, Facts>();
  for (const exchange of (await ours(path)).exchanges) {
    const { protocol, fields } = exchange;
    if (fields[`${protocol}.stage`] !== `${protocol.toUpperCase()} hello`) continue;
    const { client, server } = exchange.connection;
    mine.set(ends(client.address, client.port, server.address, server.port), factsOf(exchange));
  }
  const theirs = theirFacts(path, options);
  const unexplained = differences(mine, theirs).filter((line) => {
    const reason = explained.find((e) => e.file.test(basename(path)) && e.line.test(line));
    if (reason) used.add(reason);
    return !reason;
  });
  assert.deepEqual(unexplained, [], basename(path));
  return [...mine.keys()].filter((key) => theirs.has(key)).length;
}

const skip = missing('tshark');

for (const module of [tls, quic, dtls])
  test(`recordings of ${module.name}`, { skip }, async () => {
    const folder = join(import.meta.dirname, '../../src/protocols', module.name, 'fixtures');
    for (const name of fixtureNames(folder)) {
      const servers = readConversations(folder, name).map((c) => c.connection);
      const decodeAs = new Set(servers.map((c) => `${c.transport}.port==${c.server.port},${module.name}`));
      const rules = [...decodeAs].flatMap((rule) => ['-d', rule]);
      const count = await compare(join(folder, `${name}.pcap`), rules);
      assert.ok(count > 0 || name === 'joined-later', `${name}: nothing compared`);
    }
  });

test('public captures', { skip: skip || noTraces }, async (t) => {
  let count = 0;
  for (const path of traces()) count += await compare(path);
  t.diagnostic(`${count} handshakes compared`);
  assert.ok(count > 15, `${count} handshakes compared`);
});

test('the list of explanations has no stale ones', { skip: skip || noTraces }, () => {
  assert.deepEqual(
    explained.filter((e) => !used.has(e)).map((e) => e.why),
    [],
  );
});
