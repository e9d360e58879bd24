/** The capture engine as the command line drives it, in namespaces of our own, beside tcpdump where it has the same. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  bindToInterface,
  closeNetns,
  openNetns,
  openPacketSocket,
  sendFrame,
  withNetns,
} from '../../src/capture/sys/index.ts';
import { need } from '../support/need.ts';
import { addNetns, inNetns, ip, join as joinNetns, removeNetns, startInNetns } from '../support/netns.ts';
import { launch, start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory, upbeat } from '../support/upbeat.ts';
import { sleep, until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'cc', 'tcpdump', 'tshark');

let box: string;
let peer: string;
let directory: string;

before(() => {
  if (skip) return;
  directory = temporaryDirectory('engine');
  box = addNetns('e1');
  peer = addNetns('e2');
  joinNetns([box, '10.95.0.1/24'], [peer, '10.95.0.2/24']);
});
after(stopAll);

const say = (from: string, to: string, port: number, text: string, count = 1) =>
  inNetns(from, upbeat(), 'say', to, String(port), text, String(count));

const watch = (...args: string[]) => start(args);

/** Fields of each packet of a capture file, by tshark. */
function fields(file: string, ...names: string[]): string[][] {
  const args = ['-n', '-r', file, '-T', 'fields', ...names.flatMap((name) => ['-e', name])];
  const text = execFileSync('tshark', args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** tcpdump's three numbers. */
function counts(stderr: string): { captured: number; received: number; dropped: number } {
  const [, captured, received, dropped] =
    /^(\d+) packets? captured\n(\d+) packets? received by filter\n(\d+) packets? dropped by kernel$/m.exec(
      stderr,
    ) ?? [];
  assert.ok(captured !== undefined, stderr);
  return { captured: Number(captured), received: Number(received), dropped: Number(dropped) };
}

test('no packet the filter refuses is ever delivered, whenever the watch begins', { skip }, async () => {
  const flood = startInNetns(peer, upbeat(), 'flood', '10.95.0.1', '9', '64', '100000000');
  try {
    for (let round = 0; round < 3; round++) {
      const file = join(directory, `flood-${round}.pcapng`);
      const dump = watch('dump', `netns:${box}`, '-w', file, 'udp', 'port', '7');
      await dump.listening();
      say(peer, '10.95.0.1', 7, 'wanted', 20);
      await sleep(100);
      const { stderr } = await dump.stop();
      assert.deepEqual(counts(stderr), { captured: 20, received: 20, dropped: 0 });
      assert.deepEqual([...new Set(fields(file, 'udp.dstport').flat())], ['7']);
    }
  } finally {
    flood.kill('SIGKILL');
  }
});

test('what the kernel had to drop is counted and told', { skip }, async () => {
  const file = join(directory, 'drops.pcapng');
  const dump = watch(
    'dump',
    `netns:${box}`,
    '-i',
    'eth0',
    '-B',
    '256',
    '-w',
    file,
    '--print',
    '-nn',
    'udp',
    'port',
    '9',
  );
  await dump.listening();
  // A parser that stands still while a small ring fills.
  dump.child.kill('SIGSTOP');
  inNetns(peer, upbeat(), 'flood', '10.95.0.1', '9', '1000', '3000');
  dump.child.kill('SIGCONT');
  await dump.saw(/porthole: \d+ packets dropped by the kernel on \S+\/eth0\n/);
  dump.child.kill('SIGUSR1');
  await dump.saw(/packets dropped by kernel\n/);
  const { code, stderr } = await dump.stop();
  assert.equal(code, 0);
  const [shown, last] = [counts(stderr), counts(stderr.slice(stderr.lastIndexOf(' captured') - 12))];
  assert.deepEqual(shown, last);
  assert.ok(last.dropped > 0);
  assert.equal(last.received, 3000);
  assert.equal(last.captured + last.dropped, 3000);
  assert.match(stderr, /the ring was full \d+ times?: -B makes it larger/);
  assert.equal(fields(file, 'frame.number').length, last.captured);
  assert.match(execFileSync('capinfos', [file]).toString(), /Number of stat entries = 1/);
});

test('a VLAN tag is where tcpdump sees it', { skip }, async () => {
  const args = ['-e', '-nn', '-t', '-XX', '-c', '2'];
  const dump = watch('dump', `netns:${box}`, '-i', 'eth0', ...args, 'vlan 7');
  const tcpdump = launch('ip', ['netns', 'exec', box, 'tcpdump', '-i', 'eth0', '-l', ...args, 'vlan 7']);
  await Promise.all([dump.listening(), tcpdump.listening()]);
  // IPv4, UDP 5 -> 6, checksums left out; one VLAN tag with priority 1, then two tags.
  const ipv4 = '0800450000200000400040110000c0a80001c0a800020005000600 0c0000 70696e67'.replaceAll(' ', '');
  const ends = 'ffffffffffff0200000000aa';
  const netns = openNetns(`/run/netns/${peer}`);
  const fd = withNetns(netns, () => openPacketSocket(false));
  bindToInterface(fd, Number(ip('-n', peer, '-o', 'link', 'show', 'eth0').split(':')[0]));
  for (const tags of ['81002007', '8100000781000008', '81000009'])
    sendFrame(fd, Buffer.from(`${ends}${tags}${ipv4}`, 'hex'));
  closeSync(fd);
  closeNetns(netns);
  const [ours, theirs] = await Promise.all([dump.ended, tcpdump.ended]);
  assert.equal(ours.stdout, theirs.stdout);
  assert.match(ours.stdout, /vlan 7, p 1/);
});

test('a tunnel without link header, beside tcpdump', { skip }, async () => {
  ip('-n', box, 'tuntap', 'add', 'tun0', 'mode', 'tun');
  ip('-n', box, 'addr', 'add', '10.99.0.1/24', 'dev', 'tun0');
  ip('-n', box, 'link', 'set', 'tun0', 'up');
  const holder = startInNetns(box, upbeat(), 'tun', 'tun0');
  try {
    await until(() => ip('-n', box, 'link', 'show', 'tun0').includes('LOWER_UP'), 'a carrier');
    const args = ['-nn', '-t', '-x', '-e', '-c', '3', 'udp and dst host 10.99.0.9'];
    const dump = watch('dump', `netns:${box}`, ...args);
    const tcpdump = launch('ip', ['netns', 'exec', box, 'tcpdump', '-i', 'tun0', '-l', ...args]);
    await Promise.all([dump.listening(), tcpdump.listening()]);
    assert.match(dump.stderr(), /\/tun0/);
    for (const text of ['one', 'two', 'three']) say(box, '10.99.0.9', 5, text);
    const [ours, theirs] = await Promise.all([dump.ended, tcpdump.ended]);
    assert.equal(ours.stdout, theirs.stdout);
    assert.match(ours.stdout, /10\.99\.0\.1\.\d+ > 10\.99\.0\.9\.5: UDP, length 3/);
  } finally {
    holder.kill('SIGKILL');
    ip('-n', box, 'link', 'del', 'tun0');
  }
});

test('-Q, -s and time as tcpdump has them', { skip }, async () => {
  const file = (name: string) => join(directory, `${name}.pcapng`);
  const [inward, outward, short] = ['in', 'out', 'short'].map(file) as [string, string, string];
  const all = [
    watch('dump', `netns:${box}`, '-Q', 'in', '-w', inward, 'udp'),
    watch('dump', `netns:${box}`, '-Q', 'out', '-w', outward, 'udp'),
    watch('dump', `netns:${box}`, '-s', '60', '-w', short, 'udp'),
  ];
  await Promise.all(all.map((one) => one.listening()));
  const before = Date.now() / 1000;
  say(peer, '10.95.0.1', 5, 'x'.repeat(300), 5);
  say(box, '10.95.0.2', 6, 'x'.repeat(300), 5);
  await sleep(150);
  const ends = await Promise.all(all.map((one) => one.stop()));
  assert.deepEqual(fields(inward, 'udp.dstport').flat(), Array(5).fill('5'));
  assert.deepEqual(fields(outward, 'udp.dstport').flat(), Array(5).fill('6'));
  for (const [capLen, length] of fields(short, 'frame.cap_len', 'frame.len')) {
    assert.equal(capLen, '60');
    assert.equal(length, '342');
  }
  assert.match(ends[2]!.stderr, /^10 packets cut by the snap length$/m);
  const times = fields(outward, 'frame.time_epoch').flat();
  assert.ok(times.every((t) => Math.abs(Number(t) - before) < 5));
  assert.ok(
    times.some((t) => !/000$/.test(t)),
    `nanoseconds: ${times}`,
  );
  assert.deepEqual([...times].sort(), times);
});

test('-c is exact; -w - gives a capture file and nothing else', { skip }, async () => {
  const dump = watch('dump', `netns:${box}`, '-c', '7', '-w', '-', 'udp');
  await dump.listening();
  say(peer, '10.95.0.1', 5, 'x', 50);
  const { code, bytes, stderr } = await dump.ended;
  assert.equal(code, 0);
  assert.equal(counts(stderr).captured, 7);
  const file = join(directory, 'stdout.pcapng');
  writeFileSync(file, bytes);
  assert.deepEqual(fields(file, 'udp.dstport').flat(), Array(7).fill('5'));
  assert.equal(bytes.readUInt32LE(0), 0x0a0d0d0a);
});

test('promiscuous only when asked', { skip }, async () => {
  const promiscuity = () => /promiscuity (\d+)/.exec(ip('-n', box, '-d', 'link', 'show', 'eth0'))![1];
  const plain = watch('dump', `netns:${box}`, '-w', join(directory, 'plain'));
  await plain.listening();
  assert.equal(promiscuity(), '0');
  await plain.stop();
  const wide = watch('dump', `netns:${box}`, '--promiscuous', '-w', join(directory, 'wide'));
  await wide.listening();
  assert.equal(promiscuity(), '1');
  await wide.stop();
  assert.equal(promiscuity(), '0');
});

test('a frame that crosses a bridge inside is one packet; --all-copies shows each', { skip }, async () => {
  const host = addNetns('eb');
  const [a, b] = [addNetns('ea'), addNetns('ec')];
  try {
    ip('-n', host, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', host, 'link', 'set', 'br0', 'up');
    for (const [name, port, address] of [
      [a, 'porta', '10.96.0.1/24'],
      [b, 'portb', '10.96.0.2/24'],
    ] as const) {
      ip('-n', host, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
      ip('-n', host, 'link', 'set', port, 'master', 'br0', 'up');
      ip('-n', name, 'addr', 'add', address, 'dev', 'eth0');
      ip('-n', name, 'link', 'set', 'eth0', 'up');
    }
    const once = watch('dump', `netns:${host}`, '-w', join(directory, 'once.pcapng'), 'udp port 5');
    const copies = watch(
      'dump',
      `netns:${host}`,
      '--all-copies',
      '-w',
      join(directory, 'all.pcapng'),
      'udp port 5',
    );
    await Promise.all([once.listening(), copies.listening()]);
    // Different texts: the same bytes twice within an instant are a copy.
    for (let i = 0; i < 10; i++) say(a, '10.96.0.2', 5, `number ${i}`);
    await sleep(150);
    const [single, all] = await Promise.all([once.stop(), copies.stop()]);
    assert.equal(fields(join(directory, 'once.pcapng'), 'udp.port').length, 10);
    assert.match(single.stderr, /^\d+ packets left out: the same packet on a second interface$/m);
    assert.equal(counts(all.stderr).captured, 20);
  } finally {
    for (const name of [host, a, b]) removeNetns(name);
  }
});

test('interfaces that come and go, and a namespace without any', { skip }, async () => {
  const empty = addNetns('e3');
  try {
    ip('-n', empty, 'link', 'set', 'lo', 'down');
    const late = watch('dump', `netns:${empty}`, '-nn', '-l', 'udp');
    await late.saw(/has no interface that is up: waiting for one/);
    ip('-n', empty, 'link', 'set', 'lo', 'up');
    await late.saw(/\/lo appeared: capturing on it too/);
    say(empty, '127.0.0.1', 9, 'at last');
    await until(
      () => late.stdout().includes('127.0.0.1.9: UDP, length 7'),
      () => late.stdout(),
    );
    joinNetns([empty, '10.97.0.1/24'], [peer, '10.97.0.2/24'], 'late0');
    await late.saw(/\/late0 appeared: capturing on it too/);
    say(peer, '10.97.0.1', 9, 'from afar');
    await until(
      () => late.stdout().includes('10.97.0.1.9: UDP, length 9'),
      () => late.stdout(),
    );
    ip('-n', peer, 'link', 'del', 'late0');
    await late.saw(/\/late0 is gone/);
    const { code } = await late.stop();
    assert.equal(code, 0);
  } finally {
    removeNetns(empty);
  }
});
