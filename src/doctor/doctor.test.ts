import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ConnectionState, Direction, type Frame } from '../model/index.ts';
import { diagnose, isHealthy } from './diagnose.ts';
import type {
  ConnectionFacts,
  Facts,
  LinkFacts,
  MachineFacts,
  NamespaceFacts,
  PacketFacts,
  RequestFacts,
  SampleFacts,
} from './facts.ts';
import { codes } from './finding.ts';
import { type QuietFacts, whyQuiet } from './quiet.ts';
import { Tally } from './tally.ts';
import { variantsOf } from './variants.ts';
import { count, figure, list, size } from './words.ts';

const machine: MachineFacts = {
  ...{ kernel: '6.1', arch: 'x64', node: '24.0.0', uid: 0, missingCapabilities: [], refusals: [], ffi: '' },
  ...{ noNewPrivileges: false, seccomp: 0, initialUserNamespace: true, initialPidNamespace: true },
  ...{ securityModules: [], confinement: '', lockdown: '', hidepid: 0, cgroup: 'v2' },
};
const request: RequestFacts = {
  ...{ spec: 'web', filter: '', interfaces: [], direction: '', snaplen: 262_144, ringBytes: 65_536 * 1024 },
};
const lo: LinkFacts = {
  ...{
    name: 'lo',
    kind: '',
    up: true,
    loopback: true,
    carrier: true,
    xdp: false,
    packetsBefore: 0,
    packetsAfter: 0,
  },
};
const eth0: LinkFacts = {
  ...lo,
  name: 'eth0',
  kind: 'veth',
  loopback: false,
  packetsBefore: 12,
  packetsAfter: 12,
};
const namespace: NamespaceFacts = {
  label: 'web',
  targets: [
    {
      ...{ name: 'web', runtime: 'docker', image: 'x', pid: 812, state: 'running' },
      addresses: [],
      since: 0,
      ended: false,
    },
  ],
  ...{
    others: [],
    hostNetwork: false,
    links: [lo, eth0],
    listeners: [],
    tcpStates: {},
    unix: [],
    otherSockets: [],
  },
  processes: [{ pid: 812, comm: 'nginx', state: 'S', tls: [], bypass: [] }],
};
const seen: PacketFacts = {
  ...{ packets: 0, bytes: 0, byInterface: {}, chatter: 0, speechByInterface: {}, loopback: 0, incoming: 0 },
  ...{ outgoing: 0, ip4: 0, ip6: 0, tagged: 0, doubleTagged: 0, vlans: [], tcp: 0, udp: 0 },
};
const sample: SampleFacts = {
  ...{
    seconds: 3,
    seen,
    kept: 0,
    keptChatter: 0,
    passed: 0,
    dropped: 0,
    freezes: 0,
    snaplenCut: 0,
    entries: 0,
  },
  ...{ connections: [], variants: [] },
};
const http: ConnectionFacts = {
  ...{
    transport: 'tcp',
    server: '10.0.0.2',
    port: 8081,
    clients: ['10.0.0.1'],
    protocol: 'HTTP/1',
    connections: 3,
  },
  ...{
    packets: 30,
    bytes: 900,
    refused: 0,
    reset: 0,
    unanswered: 0,
    pending: 0,
    joined: 0,
    loopback: false,
    exchanges: 3,
  },
};
/** 1,204 packets on eth0, all kept. */
const busy: SampleFacts = {
  ...sample,
  seen: {
    ...seen,
    packets: 1204,
    byInterface: { 'web/eth0': 1204 },
    speechByInterface: { 'web/eth0': 1204 },
    ip4: 1204,
    tcp: 1204,
  },
  ...{ kept: 1204, passed: 1204, entries: 3, connections: [http] },
};
const facts = (over: Partial<Facts>): Facts => ({
  machine,
  runtimes: [],
  request,
  namespaces: [namespace],
  ...over,
});
const first = (over: Partial<Facts>) => {
  const [finding] = diagnose(facts(over));
  return finding ? `${finding.severity} ${finding.code}: ${finding.sentence}` : '';
};
const withNamespace = (over: Partial<NamespaceFacts>, of: SampleFacts = busy) => ({
  namespaces: [{ ...namespace, ...over }],
  sample: of,
});

test('nothing is wrong: nothing is said', () => {
  assert.deepEqual(diagnose(facts({ sample: busy })), []);
  assert.equal(isHealthy([]), true);
});

test('what cannot be staged everywhere', () => {
  const cases: readonly (readonly [Partial<Facts>, string])[] = [
    [
      { machine: { ...machine, ffi: 'Cannot find module koffi' } },
      'error ffi: the FFI library does not load: Cannot find module koffi',
    ],
    [
      {
        machine: {
          ...machine,
          seccomp: 2,
          refusals: [{ what: 'packetSocket', error: 'socket(AF_PACKET): EPERM' }],
        },
      },
      'error kernel-refuses: the kernel refuses a packet socket: socket(AF_PACKET): EPERM',
    ],
    [
      { machine: { ...machine, initialUserNamespace: false }, sample: busy },
      'warning user-namespace: root here is root of a user namespace only: namespaces of others cannot be entered',
    ],
    [
      {
        machine: { ...machine, hidepid: 2, missingCapabilities: [{ name: 'CAP_SYS_PTRACE', purpose: 'x' }] },
        sample: busy,
      },
      'warning hidden-processes: /proc is mounted with hidepid=2: processes of others are not seen',
    ],
    [
      { machine: { ...machine, confinement: 'docker-default' }, sample: busy },
      "note confined: this process is confined as 'docker-default'",
    ],
    [
      withNamespace({ links: [lo, { ...eth0, xdp: true }] }),
      'warning xdp: eth0 has an XDP program: what it drops, answers or redirects is never seen',
    ],
    [
      withNamespace({
        otherSockets: [
          { protocol: 'TCP', sockets: 9 },
          { protocol: 'XDP', sockets: 2 },
        ],
      }),
      'warning bypass: 2 XDP sockets: AF_XDP sockets take packets from the device before the kernel does, no packet capture sees it',
    ],
    [
      withNamespace({ processes: [{ ...namespace.processes[0]!, bypass: ['/dev/infiniband/uverbs0'] }] }),
      'warning bypass: nginx (pid 812) has /dev/infiniband/uverbs0 open: what it moves there passes by the kernel',
    ],
    [
      {
        sampleRefusal: {
          kind: 'capture',
          message: 'cannot capture on web/eth0: setsockopt(SO_ATTACH_FILTER): ENOMEM',
        },
      },
      'error capture-refused: cannot capture on web/eth0: setsockopt(SO_ATTACH_FILTER): ENOMEM',
    ],
  ];
  for (const [over, said] of cases) assert.equal(first(over), said);
  const [seccomp] = diagnose(facts(cases[1]![0]));
  assert.match(seccomp!.advice, /seccomp filter is in force/);
  const [tooLong] = diagnose(facts(cases.at(-1)![0]));
  assert.match(tooLong!.advice, /net\.core\.optmem_max/);
});

test('a capability that is missing explains what the kernel refuses', () => {
  const missing = [{ name: 'CAP_NET_RAW', purpose: 'to open a packet socket' }];
  const refusals = [{ what: 'packetSocket', error: 'socket(AF_PACKET): EPERM' }] as const;
  const found = diagnose(facts({ machine: { ...machine, missingCapabilities: missing, refusals } }));
  assert.deepEqual(
    found.map((f) => f.code),
    ['capability'],
  );
});

test('a runtime that does not answer is believed before a name that nobody knows', () => {
  const failure = { kind: 'no-answer', message: 'Docker at x does not answer: silent for 2 s', hint: '' };
  const runtimes = [{ name: 'docker', place: '/x', containers: 0, running: 0, ms: 2000, failure }];
  const refusal = { kind: 'unknown', message: "no container 'web'", hint: '' };
  const found = diagnose(facts({ runtimes, refusal, namespaces: [] }));
  assert.deepEqual(
    found.map((f) => [f.code, f.severity]),
    [
      ['runtime-no-answer', 'error'],
      ['target-unknown', 'error'],
    ],
  );
  const other = diagnose(facts({ runtimes, refusal: { ...refusal, kind: 'not-running' }, namespaces: [] }));
  assert.equal(other[0]!.code, 'target-not-running');
  assert.equal(diagnose(facts({ runtimes, sample: busy }))[0]!.severity, 'note');
});

test('chatter is nobody talking, unless it was asked for', () => {
  const chatter = {
    ...sample,
    seen: { ...seen, packets: 4, chatter: 4 },
    kept: 4,
    keptChatter: 4,
    passed: 4,
  };
  assert.match(
    first({ sample: chatter }),
    /^warning idle: .*\(but 4 packets of ARP, neighbour discovery and the like\)$/,
  );
  const asked = { sample: chatter, request: { ...request, filter: 'arp' } };
  assert.equal(
    first(asked),
    'warning no-entries: 4 packets kept, but nothing to decode: neither TCP nor UDP',
  );
});

test('idle: where the counters stand', () => {
  const [idle] = diagnose(facts({ sample }));
  assert.equal(idle!.sentence, 'it is idle: no packet in 3.0 s on lo and eth0');
  assert.equal(idle!.advice, 'since they were made eth0 had 12 packets; --for 30s looks longer');
  const [moved] = diagnose(facts(withNamespace({ links: [lo, { ...eth0, packetsAfter: 40 }] }, sample)));
  assert.equal(moved!.advice, 'eth0 had 28 packets just before; --for 30s looks longer');
});

test('system sockets are no blind spot', () => {
  const socket = {
    type: 'stream',
    listening: false,
    connected: 1,
    connectionsSeen: 1,
    waiting: 0,
    pids: [812],
  };
  const unix = [
    { ...socket, name: '/run/systemd/journal/stdout' },
    { ...socket, name: '/run/dbus/system_bus_socket' },
  ];
  assert.match(first(withNamespace({ unix }, sample)), /^warning idle/);
  assert.equal(
    first(withNamespace({ unix: [...unix, { ...socket, name: '/run/app.sock' }] }, sample)),
    'error unix-only: the connection is to a unix socket, which no packet capture sees: /run/app.sock',
  );
});

test('TLS beside plain text is a note; who uses which library', () => {
  const tls = { library: 'OpenSSL', how: 'mapped', path: '/usr/lib/libssl.so.3' } as const;
  const processes = [{ ...namespace.processes[0]!, tls: [tls] }];
  const connections = [http, { ...http, port: 443, protocol: 'TLS', bytes: 2100 }];
  assert.equal(
    first(withNamespace({ processes }, { ...busy, connections })),
    'note tls: 70% of the 3.00 kB it says is TLS (port 443): nginx (pid 812) uses OpenSSL (/usr/lib/libssl.so.3)',
  );
});

test('small changes of a filter, in the order in which they are believed', () => {
  const tagged = { ...busy.seen, tagged: 3, doubleTagged: 3, vlans: [10] };
  assert.deepEqual(variantsOf('ip and port 80', { ...tagged, ip6: 2 }, [http]), [
    { filter: 'vlan and vlan and (ip and port 80)', reason: 'vlan' },
    { filter: 'vlan and (ip and port 80)', reason: 'vlan' },
    { filter: 'ip6 and port 80', reason: 'version' },
    { filter: 'ip and port 8081', reason: 'port' },
  ]);
  assert.deepEqual(
    variantsOf('src host 10.0.0.9 and ip[8] > 3', busy.seen, [http]).map((v) => v.filter),
    ['host 10.0.0.2 and ip[8] > 3', 'host 10.0.0.1 and ip[8] > 3'],
  );
  assert.deepEqual(variantsOf('', busy.seen, [http]), []);
});

test('a live watch: the most likely reason, from what costs nothing', () => {
  const quiet: QuietFacts = {
    ...{
      seconds: 3.2,
      passed: [
        { name: 'web/lo', packets: 0 },
        { name: 'web/eth0', packets: 1204 },
      ],
    },
    ...{ filter: 'port 8080', direction: '', captured: 0, received: 0, dropped: 0, hidden: 0 },
    ...{ undecodedBytes: 0, tlsBytes: 0, unix: [] },
  };
  const says = (over: Partial<QuietFacts>) =>
    whyQuiet({ ...quiet, ...over }).replace('nothing shown yet: ', '');
  assert.equal(says({}), '1,204 packets passed web/eth0 and the filter kept 0 of them');
  assert.equal(says({ filter: '' }), '1,204 packets passed web/eth0, none of them was captured');
  assert.equal(
    says({ direction: 'in', received: 7 }),
    '1,204 packets passed web/eth0, and none of the 7 packets that were wanted goes in (-Q)',
  );
  assert.equal(says({ passed: [{ name: 'web/lo', packets: 0 }] }), 'no packet passed web/lo in 3 s');
  assert.equal(
    says({ passed: [{ name: 'web/lo', packets: 0 }], filter: '', unix: ['/run/app.sock'] }),
    'no packet passed web/lo in 3 s; its processes are connected by unix sockets, which no packet capture sees: /run/app.sock',
  );
  assert.equal(
    says({ unix: ['/run/app.sock'] }),
    '1,204 packets passed web/eth0 and the filter kept 0 of them',
  );
  assert.equal(says({ passed: [] }), 'no interface that is up is there to be captured');
  assert.equal(says({ dropped: 9 }), '9 packets dropped by the kernel, none read');
  assert.equal(says({ captured: 5, hidden: 1 }), '5 packets captured, and -Y hides the one entry');
  assert.equal(
    says({ captured: 5, undecodedBytes: 9 }),
    '5 packets captured, of no protocol that is decoded',
  );
  assert.equal(says({ captured: 5, tlsBytes: 9 }), '5 packets captured, of TLS whose handshake was not seen');
  assert.equal(says({ captured: 5 }), '5 packets captured, no whole request and answer among them');
});

test('a tally: chatter apart, tags, directions, rows of servers with a limit', () => {
  const tally = new Tally(new Set(['web/lo']));
  const iface = { id: 0, name: 'web/eth0', linktype: 1, snaplen: 0, netns: 1, target: 'web' };
  const frame = (hex: string, over: Partial<Frame> = {}): Frame => {
    const buf = Uint8Array.from(Buffer.from(hex, 'hex'));
    return {
      ...{ buf, start: 0, capLen: buf.length, origLen: buf.length, sec: 1, nsec: 0, iface, number: 1 },
      ...{ direction: Direction.in, checksumNotReady: false, ...over },
    };
  };
  const udp = '4500001c00000000401166b00a6000020a60000114e9003500080000';
  const addresses = 'ffffffffffff0200000000aa';
  assert.equal(tally.frame(frame(`${addresses}0806${'00'.repeat(28)}`)), false);
  // MLDv2 report behind a hop-by-hop header
  const mld = `6000000000240001${'00'.repeat(32)}3a00050200000100${'8f00000000000000'}${'00'.repeat(20)}`;
  assert.equal(tally.frame(frame(`${addresses}86dd${mld}`)), false);
  assert.equal(
    tally.frame(frame(`${addresses}8100000a81000014${`0800${udp}`}`, { direction: Direction.out })),
    true,
  );
  assert.equal(tally.frame(frame(`${addresses}0800${udp}`, { iface: { ...iface, name: 'web/lo' } })), true);
  assert.deepEqual(
    { ...tally.packets(), bytes: 0 },
    {
      ...{ packets: 4, bytes: 0, byInterface: { 'web/eth0': 3, 'web/lo': 1 }, chatter: 2 },
      ...{ speechByInterface: { 'web/eth0': 1, 'web/lo': 1 }, loopback: 1, incoming: 1, outgoing: 1 },
      ...{ ip4: 2, ip6: 0, tagged: 1, doubleTagged: 1, vlans: [10], tcp: 0, udp: 2 },
    },
  );
  for (let port = 1; port <= 3000; port++) tally.connection(connection(port));
  const rows = tally.connections();
  assert.ok(rows.length <= 1026);
  assert.equal(
    rows.reduce((sum, row) => sum + row.connections, 0),
    3000,
  );
});

function connection(port: number): ConnectionState {
  const side = {
    segments: 0,
    retransmitted: 0,
    lateFills: 0,
    repeatedSyns: 0,
    overtaken: 0,
    zeroWindows: 0,
    shutNs: 0,
  };
  return {
    connection: {
      ...{ id: port, transport: 'tcp', netns: 1, target: 'web', openedAt: 0, joinedMidStream: false },
      client: { address: '10.0.0.1', port: 40_000 },
      server: { address: '10.0.0.2', port },
    },
    ...{
      protocol: 'tcp',
      startAt: 0,
      endAt: 0,
      clientBytes: 1,
      serverBytes: 1,
      clientPackets: 1,
      serverPackets: 1,
    },
    ...{ clientWireBytes: 60, serverWireBytes: 60, lostBytes: 0, exchanges: 0, ended: 'fin' },
    tcp: { client: side, server: side },
  };
}

test('whatever the facts, a diagnosis: errors first, every code known and told of in the manual', () => {
  const manual = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');
  for (const code of codes) assert.ok(manual.includes(`\`${code}\``), `docs/doctor.md tells of ${code}`);
  const n = fc.integer({ min: 0, max: 3 });
  const arbitrary = fc.record({
    machine: fc.record({ uid: n, hidepid: n }).map((over) => ({ ...machine, ...over })),
    sample: fc
      .record({
        kept: n,
        passed: n,
        dropped: n,
        snaplenCut: n,
        entries: n,
        packets: n,
        loopback: n,
        joined: n,
      })
      .map(({ packets, loopback, joined, ...over }) => ({
        ...{ ...busy, ...over, seen: { ...busy.seen, packets, loopback } },
        connections: [{ ...http, joined, refused: joined }],
      })),
  });
  fc.assert(
    fc.property(arbitrary, (over) => {
      const found = diagnose(facts(over));
      const order = found.map((f) => ['error', 'warning', 'note'].indexOf(f.severity));
      assert.deepEqual(order, order.toSorted());
      for (const { code, sentence } of found) {
        assert.ok(codes.includes(code));
        assert.doesNotMatch(sentence, /NaN|undefined|Infinity|\n/);
      }
    }),
  );
});

test('figures for people', () => {
  assert.deepEqual([0, 999, 1204, 1_234_567].map(figure), ['0', '999', '1,204', '1,234,567']);
  assert.deepEqual([count(1, 'packet'), count(2, 'packet')], ['1 packet', '2 packets']);
  assert.deepEqual([999, 34_200, 1_000_000].map(size), ['999 B', '34.2 kB', '1.00 MB']);
  assert.deepEqual(
    [list(['a']), list(['a', 'b', 'c']), list(['a', 'b', 'c'], 2)],
    ['a', 'a, b and c', 'a, b and 1 more'],
  );
});
