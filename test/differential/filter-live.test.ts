/** Filters for packet sockets: beside libpcap's for a live interface, and beside the kernel's own verdicts. */
import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import { compile } from '../../src/bpf/index.ts';
import { expressions } from '../../src/bpf/testing/expressions.ts';
import { packetsOf } from '../../src/bpf/testing/packets.ts';
import { type Metadata, runReference, type TestPacket } from '../../src/bpf/testing/reference.ts';
import { interpret } from '../../src/bpf/vm.ts';
import {
  attachFilter,
  bindToInterface,
  closeNetns,
  openNetns,
  openPacketSocket,
  sendFrame,
  withNetns,
} from '../../src/capture/sys/index.ts';
import { filterNames } from '../../src/cli/names.ts';
import { type BpfInstruction, LinkType } from '../../src/model/index.ts';
import { need } from '../support/need.ts';
import { addNetns, inNetns, ip, join, removeNetns } from '../support/netns.ts';
import { launch, start, stopAll } from '../support/porthole.ts';
import { until } from '../support/wait.ts';
import { KernelFilter, receive } from './filter/kernel.ts';
import { compileBy, liveHandle, skip } from './filter/libpcap.ts';

const ethernet = LinkType.ethernet;
const packets = packetsOf(ethernet, 1000);
const resolver = filterNames();
const notRoot = need('linux', 'root');

interface Received extends TestPacket {
  readonly metadata: Metadata;
  /** As it was on the wire. */
  readonly whole: TestPacket;
}

/** As Linux hands a packet to a socket: an outer tag taken out, or left in by a driver that does not. */
function received(packet: TestPacket): Received[] {
  const { bytes, length } = packet;
  const kept = { ...packet, metadata: { packetType: bytes[5]! % 5, interfaceIndex: 2 }, whole: packet };
  const type = bytes.length < 18 ? 0 : (bytes[12]! << 8) | bytes[13]!;
  if (![0x8100, 0x88a8, 0x9100].includes(type)) return [kept];
  const stripped = Uint8Array.from([...bytes.slice(0, 12), ...bytes.slice(16)]);
  const metadata = { ...kept.metadata, vlanTag: (bytes[14]! << 8) | bytes[15]! };
  return [kept, { bytes: stripped, length: length - 4, metadata, whole: packet }];
}

const all = packets.flatMap(received);
const tagged = [
  ...['vlan', 'vlan 5', 'vlan 0', 'vlan and ip', 'vlan and ip6', 'vlan and arp', 'vlan 5 and host 10.0.0.1'],
  ...['vlan and tcp port 80', 'vlan and (tcp or udp) and net 10.0.0.0/8', 'vlan and portrange 1-1000'],
  ...[
    'vlan and vlan',
    'vlan 5 and vlan 100',
    'vlan and vlan and tcp',
    'vlan and mpls and ip',
    'vlan and pppoes and ip',
  ],
  ...[
    'vlan and ip[8] > 5',
    'vlan and tcp[13] & 2 != 0',
    'vlan and not tcp',
    'vlan and icmp6',
    'vlan and broadcast',
  ],
];
const others = [
  ...[
    'not vlan',
    'tcp port 80',
    'inbound',
    'outbound',
    'inbound and udp',
    'ifindex 2 and ip',
    'ifindex 3',
    'len > 60',
  ],
];

function live(expression: string, optimize = true): readonly BpfInstruction[] {
  return compile(expression, { linktype: ethernet, live: true, optimize, resolver }).instructions;
}

function accepts(program: readonly BpfInstruction[], packet: Received): boolean {
  return runReference(program, packet, packet.metadata).returned !== 0;
}

test("the verdicts of libpcap's filter for a live interface", { skip: skip || notRoot }, () => {
  const handle = liveHandle('lo');
  assert.ok(handle);
  for (const expression of [...tagged, ...others]) {
    const ours = live(expression);
    const theirs: readonly BpfInstruction[] | undefined = compileBy(handle, expression).program;
    assert.ok(theirs, expression);
    assert.ok(
      ours.length <= theirs.length,
      `${expression}: ${ours.length} instructions, libpcap ${theirs.length}`,
    );
    for (const packet of all)
      assert.equal(
        accepts(ours, packet),
        accepts(theirs, packet),
        `${expression} ${Buffer.from(packet.bytes).toString('hex')}`,
      );
  }
});

test('a filter says the same of a tag in the metadata and of one in the packet', () => {
  for (const expression of [...tagged, 'not vlan']) {
    const file = interpret(compile(expression, { linktype: ethernet }).instructions);
    const program = live(expression);
    for (const packet of all) {
      const { bytes, length } = packet.whole;
      const inFile = file(bytes, 0, bytes.length, length) !== 0;
      assert.equal(accepts(program, packet), inFile, `${expression} ${Buffer.from(bytes).toString('hex')}`);
    }
  }
});

test('the kernel takes every program, and decides as the interpreter', { skip: need('linux') }, () => {
  const linktypes = [LinkType.ethernet, LinkType.raw, LinkType.ieee80211];
  const samples = new Map(
    linktypes.map((linktype) => [linktype, packetsOf(linktype, 60).filter((p) => p.bytes.length > 0)]),
  );
  const kernel = new KernelFilter();
  let taken = 0;
  try {
    for (const linktype of linktypes)
      for (const [n, expression] of expressions.entries()) {
        const program = tryCompile(expression, linktype, n % 2 === 0);
        if (!program) continue;
        kernel.attach(program);
        taken++;
        const run = interpret(program);
        for (const { bytes } of samples.get(linktype)!) {
          const inKernel = kernel.accepts(bytes);
          const here = run(bytes, 0, bytes.length, bytes.length) !== 0;
          assert.equal(inKernel, here, `${expression} ${Buffer.from(bytes).toString('hex')}`);
        }
      }
  } finally {
    kernel.close();
  }
  assert.ok(taken > 500, `${taken}`);
});

/** For files, so that the interpreter knows all that the kernel does. */
function tryCompile(expression: string, linktype: number, optimize: boolean) {
  try {
    return compile(expression, { linktype, optimize, resolver }).instructions;
  } catch {
    return undefined;
  }
}

test('the kernel decides alike on packets of a live interface, tags taken out', {
  skip: need('linux', 'root', 'ip'),
}, () => {
  const names = [addNetns('fl'), addNetns('fr')] as const;
  const sockets: number[] = [];
  try {
    join([names[0], '10.89.5.1/24'], [names[1], '10.89.5.2/24']);
    const open = (name: string) => {
      const netns = openNetns(`/run/netns/${name}`);
      const fd = withNetns(netns, () => openPacketSocket(false));
      closeNetns(netns);
      sockets.push(fd);
      return { fd, index: Number(ip('-n', name, '-o', 'link', 'show', 'eth0').split(':')[0]) };
    };
    const sender = open(names[0]);
    // The one that takes all is bound last, and so served last: then the other has had its turn.
    const [filtered, all] = [open(names[1]), open(names[1])];
    for (const { fd, index } of [sender, filtered, all]) bindToInterface(fd, index);
    const frames = packets
      .filter(({ bytes, length }) => bytes.length === length && length >= 60)
      .slice(0, 120);
    let matched = 0;
    for (const expression of [...tagged, 'not vlan', 'tcp port 80', 'inbound', 'outbound', 'ip or ip6']) {
      attachFilter(filtered.fd, live(expression));
      for (const { bytes, length } of frames) {
        takes(all.fd, bytes);
        takes(filtered.fd, bytes);
        sendFrame(sender.fd, bytes);
        waitFor(() => takes(all.fd, bytes));
        const accepted = takes(filtered.fd, bytes);
        if (accepted) matched++;
        // The kernel itself takes out no tag of the old stacked type.
        const expected = received({ bytes, length }).at(bytes[12] === 0x91 ? 0 : -1)!;
        const metadata = { ...expected.metadata, packetType: 0 };
        assert.equal(
          accepted,
          runReference(live(expression), expected, metadata).returned !== 0,
          `${expression} ${Buffer.from(bytes).toString('hex')}`,
        );
      }
    }
    assert.ok(matched > 100, `${matched}`);
  } finally {
    for (const fd of sockets) closeSync(fd);
    for (const name of names) removeNetns(name);
  }
});

/** Takes all that waits; whether `frame` was in it, among what the kernel itself says at times (IPv6 does). */
function takes(fd: number, frame: Uint8Array): boolean {
  const payload = Buffer.from(frame).subarray(18);
  let found = false;
  for (let packet = receive(fd); packet; packet = receive(fd))
    found ||= payload.equals(packet.subarray(packet.length - payload.length));
  return found;
}

function waitFor(condition: () => boolean): void {
  const until = performance.now() + 5000;
  while (!condition()) assert.ok(performance.now() < until, 'the packet did not arrive');
}

test('the kernel takes every program for live capture', { skip: need('linux') }, () => {
  const kernel = new KernelFilter();
  try {
    for (const expression of [...tagged, ...others]) {
      kernel.attach(live(expression));
      kernel.attach(live(expression, false));
    }
  } finally {
    kernel.close();
  }
});

/**
 * As pcap-filter(7) has it. tcpdump 4.99 itself asks for the netmask only with -f, and libpcap 1.10 then takes it
 * with its bytes swapped on little-endian machines: the peer is the same question written out.
 */
test('ip broadcast goes by the netmask of each interface', {
  skip: need('linux', 'root', 'ip', 'tcpdump'),
}, async () => {
  const [one, two] = [addNetns('ba'), addNetns('bb')] as const;
  try {
    join([one, '10.89.6.1/24'], [two, '10.89.6.2/24']);
    join([one, '10.90.0.1/16'], [two, '10.90.0.2/16'], 'eth1');
    join([one, '10.91.0.1/32'], [two, '10.91.0.2/32'], 'eth2');
    ip('-n', one, 'addr', 'flush', 'dev', 'eth2');
    for (const device of ['eth0', 'eth1'])
      await until(() => ip('-n', one, 'link', 'show', device).includes('state UP'), 'a carrier');
    const ours = start(['dump', '-n', `netns:${one}`, 'ip broadcast and udp']);
    const theirs = [
      ['eth0', '0xff'],
      ['eth1', '0xffff'],
    ].map(([device, hosts]) => {
      const asked = `udp and (ip[16:4] & ${hosts} = 0 or ip[16:4] & ${hosts} = ${hosts})`;
      return launch('ip', ['netns', 'exec', one, 'tcpdump', '-l', '-n', '-i', device!, asked]);
    });
    await ours.listening();
    for (const each of theirs) await each.saw('listening on');
    const say =
      "const s = require('dgram').createSocket('udp4'); s.bind(0, () => { s.setBroadcast(true);" +
      'const [to, ...rest] = process.argv.slice(1); const next = (to, ...rest) => to === undefined ? process.exit() :' +
      "s.send('x', 9, to, () => next(...rest)); next(to, ...rest); });";
    // To everybody on one network, to a host of the other that ends alike, to everybody there, to one.
    const targets = ['10.89.6.255', '10.90.6.255', '10.90.255.255', '10.89.6.1'];
    ip('-n', one, 'neigh', 'replace', '10.90.6.255', 'lladdr', '00:00:5e:00:53:01', 'dev', 'eth1');
    ip('-n', two, 'neigh', 'replace', '10.90.6.255', 'lladdr', '00:00:5e:00:53:01', 'dev', 'eth1');
    inNetns(two, process.execPath, '-e', say, ...targets);
    const lines = (text: string) => [...text.matchAll(/ IP .* > (\S+): UDP/g)].map(([, to]) => to!).sort();
    await until(() => lines(ours.stdout()).length >= 2, 'two broadcasts');
    for (const each of theirs) await until(() => lines(each.stdout()).length >= 1, 'a broadcast');
    const told = (await Promise.all([ours, ...theirs].map((each) => each.stop()))).map(({ stdout }) =>
      lines(stdout),
    );
    assert.deepEqual(told[0], ['10.89.6.255.9', '10.90.255.255.9']);
    assert.deepEqual(told[0], told.slice(1).flat().sort());
  } finally {
    stopAll();
    for (const name of [one, two]) removeNetns(name);
  }
});
