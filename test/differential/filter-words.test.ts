/**
 * Words that libpcap does not have: beside what one writes with libpcap instead, beside tshark on recorded
 * traffic and on some of our own, and never in the way of what libpcap takes.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, get, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls';
import fc from 'fast-check';
import { compile, createMatcher } from '../../src/bpf/index.ts';
import { packetsOf } from '../../src/bpf/testing/packets.ts';
import { filterNames } from '../../src/cli/names.ts';
import { LinkType } from '../../src/model/index.ts';
import { need } from '../support/need.ts';
import { launch } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';
import { run, tsharkFields } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';
import { until } from '../support/wait.ts';
import { packetsIn } from './filter/capture-file.ts';
import { compareOne, compareVerdicts } from './filter/compare.ts';
import { compileForFiles, skip } from './filter/libpcap.ts';

const linktypes: readonly number[] = Object.values(LinkType);
const resolver = filterNames();

/** As people write them who have tcpdump only: of IPv4 and of IPv6. */
const data4 = '((tcp[12:1] & 0xf0) >> 2)';
const data6 = '(40 + ((ip6[52] & 0xf0) >> 2))';
const length4 = `(ip[2:2] - ((ip[0] & 0xf) * 4) - ((tcp[12] >> 4) * 4))`;
const length6 = '(ip6[4:2] - ((ip6[52] >> 4) * 4))';
const isTcp4 = '(ip and tcp and (ip[6:2] & 0x1fff = 0))';
const isTcp6 = '(ip6 and ip6[6] = 6)';
const starts = [
  ...[0x47455420, 0x504f5354, 0x50555420, 0x48454144, 0x44454c45],
  ...[0x4f505449, 0x50415443, 0x434f4e4e, 0x54524143, 0x48545450],
];
const starting = (load: string) => `(${starts.map((start) => `${load} = ${start}`).join(' or ')})`;
const byHand: Readonly<Record<string, string>> = {
  payload: `((${isTcp4} and ${length4} != 0) or (${isTcp6} and ${length6} != 0))`,
  http:
    `((${isTcp4} and ${length4} > 3 and ${starting(`tcp[${data4}:4]`)}) or ` +
    `(${isTcp6} and ${length6} > 3 and ${starting(`ip6[${data6}:4]`)}))`,
  'tls-hello':
    `((${isTcp4} and ${length4} > 5 and tcp[${data4}] = 22 and tcp[${data4} + 1] = 3 and (tcp[${data4} + 5] = 1 or tcp[${data4} + 5] = 2)) or ` +
    `(${isTcp6} and ${length6} > 5 and ip6[${data6}] = 22 and ip6[${data6} + 1] = 3 and (ip6[${data6} + 5] = 1 or ip6[${data6} + 5] = 2)))`,
  dns: '(tcp port 53 or udp port 53)',
};
const words = Object.keys(byHand);
/** W stands for the word. */
const places = [
  ...[
    'W',
    'not W',
    'W and port 8080',
    'portrange 1-1000 and W',
    'portrange 1-1000 or not W',
    'host 10.0.0.1 or W',
    'ip6 and W',
  ],
  ...[
    'net 10.0.0.0/8 and (W and tcp)',
    'W or icmp',
    'udp or not (W or arp)',
    'less 200 and W',
    'ip[8] > 9 and W',
  ],
];
const behind = [
  'vlan and W',
  'vlan and not W',
  'vlan 5 or W',
  'W or vlan and W',
  'mpls and W',
  'pppoes and W',
  'vlan and vlan and W',
];

test('the verdicts of the long expression, on every link type', { skip }, (t) => {
  let matched = 0;
  let compared = 0;
  for (const linktype of linktypes) {
    const packets = packetsOf(linktype, linktype === LinkType.ethernet ? 2000 : 400);
    for (const place of linktype === LinkType.ethernet ? [...places, ...behind] : places)
      for (const word of words) {
        const [expression, long] = [word, byHand[word]!].map((text) => place.replaceAll('W', text)) as [
          string,
          string,
        ];
        const theirs = compileForFiles(linktype, long);
        assert.ok(
          theirs.program || /rejects all|not supported/.test(theirs.error),
          `${long}: ${theirs.error}`,
        );
        if (!theirs.program) {
          assert.throws(() => compile(expression, { linktype, resolver }), { name: 'FilterError' });
          continue;
        }
        const ours = compile(expression, { linktype, resolver }).instructions;
        const { difference } = compareVerdicts(ours, theirs.program, packets);
        assert.equal(difference, '', `${linktype} ${expression}`);
        assert.ok(ours.length <= theirs.program.length, `${linktype} ${expression}: ${ours.length}`);
        const matches = createMatcher({ linktype, instructions: ours });
        matched += packets.filter(({ bytes, length }) => matches(bytes, 0, bytes.length, length)).length;
        compared++;
      }
  }
  assert.ok(matched > 1000, `${matched}`);
  t.diagnostic(`${compared} expressions, ${matched} matches`);
});

const anyWord = fc.constantFrom(
  ...[...words, 'container', 'pod', 'web', 'container web', 'pod web', 'container (', '\\http', '\\dns'],
  ...[
    'host',
    'port',
    'src',
    'net',
    'and',
    'or',
    'not',
    '(',
    ')',
    'tcp',
    'ip',
    '80',
    '10.0.0.1',
    'port 80',
    'proto',
  ],
  ...['host 10.0.0.1', 'vlan', 'len', '=', 'tcp[13]', 'portrange', '&', 'ether', '00:00:5e:00:53:01'],
);
const withWords = fc.array(anyWord, { minLength: 1, maxLength: 7 }).map((all) => all.join(' '));

test('what libpcap takes means what it means there', { skip }, () => {
  const packets = packetsOf(LinkType.ethernet, 200);
  let taken = 0;
  fc.assert(
    fc.property(withWords, (expression) => {
      const { error } = compileForFiles(LinkType.ethernet, expression);
      if (error !== undefined) return;
      taken++;
      assert.equal(compareOne(LinkType.ethernet, expression, packets).difference, '', expression);
    }),
    { seed: 20, numRuns: Number(process.env['FILTER_RUNS'] ?? 1200) },
  );
  assert.ok(taken > 20, `${taken}`);
});

const fields = [
  'frame.number',
  'tcp.len',
  'http.request.method',
  'http.response.code',
  'tls.handshake.type',
  'tcp.port',
  'udp.port',
];

/** By word, numbers of the frames that tshark dissects so, each segment by itself. */
function dissected(file: string, options: readonly string[] = []): ReadonlyMap<string, number[]> {
  const frames = new Map(words.map((word) => [word, [] as number[]]));
  const rows = tsharkFields(file, fields, ['-o', 'tcp.desegment_tcp_streams:FALSE', ...options]);
  for (const [number, length = '', method, status, handshakes = '', tcp = '', udp = ''] of rows) {
    const find = (word: string, isOne: boolean) => isOne && frames.get(word)!.push(Number(number));
    find('payload', Number(length) > 0);
    find('http', length !== '' && Boolean(method || status));
    find('tls-hello', length !== '' && /(?:^|\x1f)[12](?:$|\x1f)/.test(handshakes));
    find('dns', [...tcp.split('\x1f'), ...udp.split('\x1f')].includes('53'));
  }
  return frames;
}

function matchesIn(file: string, expression: string): number[] {
  const matches = createMatcher(compile(expression, { linktype: LinkType.ethernet, resolver }));
  return packetsIn(readFileSync(file)).flatMap(({ bytes, length }, i) =>
    matches(bytes, 0, bytes.length, length) ? [i + 1] : [],
  );
}

/** Recorded traffic of others; files with tags are looked into behind those. */
const recorded: readonly (readonly [file: string, except: readonly string[], why: string])[] = [
  ['http.pcapng', [], ''],
  ['http_auth.pcap', [], ''],
  ['http-proxy.pcapng', [], ''],
  ['http-lines-split.pcap', [], ''],
  ['http_ua_splitted_in_two_pkts.pcapng', [], ''],
  ['http_starting_with_reply.pcapng', [], ''],
  ['http_connect.pcap', [], ''],
  ['http_asymmetric.pcapng', [], ''],
  ['http_ipv6.pcap', ['tls-hello'], 'a ServerHello there comes after an alert, in the same segment'],
  ['windowsupdate_over_http.pcap', [], ''],
  ['websocket.pcap', [], ''],
  ['smtp-starttls.pcap', [], ''],
  ['tls_2_reasms.pcapng', [], ''],
  ['tls_alert.pcap', [], ''],
  ['tls_ech.pcapng', [], ''],
  ['dns_doh.pcap', [], ''],
  ['dns_dot.pcap', [], ''],
];

test('what tshark finds in recorded traffic', {
  skip: skip || noTraces || need('tcpdump', 'tshark'),
}, () => {
  const directory = scratch();
  let found = 0;
  for (const [name, except] of recorded) {
    const copy = join(directory, `${name}.copy`);
    const path = traces().find((each) => basename(each) === name);
    assert.ok(path, name);
    run('tcpdump', ['-r', path, '-w', copy]);
    for (const [word, frames] of dissected(copy)) {
      if (except.includes(word)) continue;
      assert.deepEqual(matchesIn(copy, `${word} or (vlan and ${word})`), frames, `${name} ${word}`);
      found += frames.length;
    }
  }
  assert.ok(found > 500, `${found}`);
});

test('what tshark finds in traffic of our own, over IPv4 and IPv6', {
  skip: skip || need('linux', 'root', 'tcpdump', 'tshark'),
}, async () => {
  const http = createServer((incoming, outgoing) => {
    incoming.resume().on('end', () => outgoing.end('x'.repeat(incoming.url === '/long' ? 100_000 : 10)));
  });
  const key = Buffer.alloc(16, 7);
  const shared = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
  const tls = createTlsServer({ ...shared, pskCallback: () => key, pskIdentityHint: 'x' }, (socket) => {
    socket.on('error', () => {}).on('data', (bytes) => socket.end(bytes));
  });
  for (const each of [http, tls]) await once(each.listen(0, '::'), 'listening');
  const [httpPort, tlsPort] = [http, tls].map((each) => (each.address() as AddressInfo).port) as [
    number,
    number,
  ];
  const file = join(scratch(), 'own.pcap');
  const only = `tcp port ${httpPort} or tcp port ${tlsPort}`;
  const capture = launch('tcpdump', ['-i', 'lo', '-U', '-Z', 'root', '-w', file, only]);
  try {
    await capture.saw('listening on');
    for (const host of ['127.0.0.1', '::1']) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD', 'TRACE']) {
        const asked = request({ host, port: httpPort, method, agent: false }, (answer) => answer.resume());
        asked.end();
        await once(asked, 'close');
      }
      const long = get({ host, port: httpPort, path: '/long', agent: false }, (answer) => answer.resume());
      await once(long, 'close');
      const client = tlsConnect({
        ...{ ...shared, host, port: tlsPort, checkServerIdentity: () => undefined },
        pskCallback: () => ({ psk: key, identity: 'x' }),
      });
      client.on('secureConnect', () => client.write('x')).resume();
      await once(client, 'close');
    }
    // The last connection's end is in the file.
    await until(() => framesOfLater(file, tlsPort) >= 4, 'the end of the connections');
  } finally {
    await capture.stop();
    http.close();
    tls.close();
  }
  const decode = ['-d', `tcp.port==${httpPort},http`, '-d', `tcp.port==${tlsPort},tls`];
  for (const [word, frames] of dissected(file, decode)) {
    assert.deepEqual(matchesIn(file, word), frames, word);
    if (word === 'http') assert.equal(frames.length, 2 * 9 * 2);
    if (word === 'tls-hello') assert.equal(frames.length, 2 * 2);
  }
  const rest = matchesIn(file, 'not payload').length;
  assert.equal(rest + matchesIn(file, 'payload').length, packetsIn(readFileSync(file)).length);
});

/** FINs of the TLS connections, of both sides. */
function framesOfLater(file: string, port: number): number {
  return matchesIn(file, `tcp port ${port} and (tcp[tcpflags] & tcp-fin != 0 or ip6[53] & 1 != 0)`).length;
}
