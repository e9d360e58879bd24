import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, readFileSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { need } from '../../../test/support/need.ts';
import { addNetns, inNetns, ip, join as joinNetns, removeNetns } from '../../../test/support/netns.ts';
import { upbeat } from '../../../test/support/upbeat.ts';
import { sleep, until } from '../../../test/support/wait.ts';
import { Direction, type Frame, type FrameCollector } from '../../model/index.ts';
import { HeldNamespaces, Opener, OpenerError } from '../opener/index.ts';
import {
  bindToInterface,
  closeNetns,
  openNetns,
  openPacketSocket,
  sendFrame,
  withNetns,
} from '../sys/index.ts';
import { LiveCapture, type LiveOptions } from './index.ts';

const skip = need('linux', 'root', 'ip');

let left: string;
let right: string;
before(() => {
  if (skip) return;
  left = addNetns('l');
  right = addNetns('r');
  joinNetns([left, '10.89.0.1/24'], [right, '10.89.0.2/24']);
});
after(() => {
  for (const name of [left, right]) if (name) removeNetns(name);
});

interface Seen {
  iface: string;
  direction: Direction;
  bytes: Buffer;
  origLen: number;
  sec: number;
}

class Recorder implements FrameCollector {
  seen: Seen[] = [];
  notes: string[] = [];
  names: string[] = [];
  interface(iface: { name: string }): void {
    this.names.push(iface.name);
  }
  frame(frame: Frame): void {
    const bytes = Buffer.from(frame.buf.subarray(frame.start, frame.start + frame.capLen));
    const { iface, direction, origLen, sec } = frame;
    this.seen.push({ iface: iface.name, direction, bytes, origLen, sec });
  }
  loss(): void {}
  note(text: string): void {
    this.notes.push(text);
  }
  batch(): void {}
  /** Frames whose payload holds the text. */
  holding(text: string): Seen[] {
    return this.seen.filter((s) => s.bytes.includes(text));
  }
}

const acceptAll: LiveOptions['filter'] = () => [{ code: 6, jt: 0, jf: 0, k: 262144 }];

async function capture(
  during: (recorder: Recorder, source: LiveCapture) => Promise<void> | void,
  options: Partial<LiveOptions> & { pids?: number[]; path?: string } = {},
): Promise<{ recorder: Recorder; source: LiveCapture }> {
  const path = options.path ?? `/run/netns/${left}`;
  const opener = Opener.start();
  try {
    const inode = statSync(path).ino;
    const held = HeldNamespaces.open([{ path, inode, pid: 0, startTime: '', label: 'box' }]);
    await opener.configure(held);
    held.close();
    const source = await LiveCapture.open({
      namespaces: [{ label: 'box', inode, pids: options.pids ?? [] }],
      opener,
      filter: acceptAll,
      snaplen: 262144,
      promiscuous: false,
      interfaces: [],
      ringBytes: 8 << 20,
      retireMs: 10,
      keepDoubles: false,
      ...options,
    });
    const recorder = new Recorder();
    const running = source.run(recorder);
    try {
      await during(recorder, source);
    } finally {
      source.stop();
      await running;
    }
    return { recorder, source };
  } finally {
    opener.close();
  }
}

/** A datagram with this text, sent inside the namespace. */
function say(ns: string, to: string, text: string): void {
  const code = `const s=require("dgram").createSocket("udp4");s.send(${JSON.stringify(text)},9,${JSON.stringify(to)},()=>s.close())`;
  inNetns(ns, process.execPath, '-e', code);
}

test('every interface, both directions, loopback once', { skip }, async () => {
  const { recorder, source } = await capture(() => {
    say(left, '127.0.0.1', 'to myself');
    say(left, '10.89.0.2', 'going out');
    say(right, '10.89.0.1', 'coming in');
  });
  assert.deepEqual(recorder.names.sort(), ['box/eth0', 'box/lo']);
  const [own] = recorder.holding('to myself').filter((s) => s.bytes[23] === 17);
  assert.equal(recorder.holding('to myself').filter((s) => s.bytes[23] === 17).length, 1);
  assert.equal(own!.iface, 'box/lo');
  assert.equal(recorder.holding('going out').find((s) => s.bytes[23] === 17)!.direction, Direction.out);
  assert.equal(recorder.holding('coming in').find((s) => s.bytes[23] === 17)!.direction, Direction.in);
  assert.ok(Math.abs(own!.sec - Date.now() / 1000) < 5, 'kernel time stamps');
  assert.equal(source.counters().captured, recorder.seen.length);
  assert.equal(source.counters().dropped, 0);
});

test('-Q in and the snap length', { skip }, async () => {
  const { recorder, source } = await capture(
    () => {
      say(left, '10.89.0.2', `going out ${'x'.repeat(200)}`);
      say(right, '10.89.0.1', `coming in ${'x'.repeat(200)}`);
    },
    {
      direction: 'in',
      snaplen: 60,
      filter: () => [{ code: 6, jt: 0, jf: 0, k: 60 }],
    },
  );
  assert.equal(recorder.holding('going out').filter((s) => s.bytes[23] === 17).length, 0);
  const [cut] = recorder.holding('coming in');
  assert.equal(cut!.bytes.length, 60);
  assert.equal(cut!.origLen, 14 + 20 + 8 + 210);
  assert.ok(source.counters().snaplenCut >= 1);
});

test('a VLAN tag the kernel took out is put back', { skip }, async () => {
  const tag = '810020070800'; // priority 1, VLAN 7, then IPv4
  const tagged = Buffer.from(`ffffffffffff0200000000aa${tag}4500${'00'.repeat(40)}`, 'hex');
  const { recorder } = await capture(() => {
    const netns = openNetns(`/run/netns/${right}`);
    const index = Number(ip('-n', right, '-o', 'link', 'show', 'eth0').split(':')[0]);
    const fd = withNetns(netns, () => openPacketSocket(false));
    bindToInterface(fd, index);
    sendFrame(fd, tagged);
    closeSync(fd);
    closeNetns(netns);
  });
  const frames = recorder.seen.filter((s) => s.bytes.subarray(6, 12).equals(tagged.subarray(6, 12)));
  assert.equal(frames.length, 1);
  assert.deepEqual(frames[0]!.bytes, tagged);
  assert.equal(frames[0]!.origLen, tagged.length);
});

test('interfaces come and go', { skip }, async () => {
  const { recorder } = await capture(async (seen) => {
    await sleep(50);
    ip('-n', left, 'link', 'add', 'late0', 'type', 'veth', 'peer', 'name', 'late1');
    ip('-n', left, 'addr', 'add', '10.91.0.1/24', 'dev', 'late0');
    ip('-n', left, 'link', 'set', 'late1', 'up');
    ip('-n', left, 'link', 'set', 'late0', 'up');
    for (let i = 0; i < 100 && seen.notes.length < 2; i++) await sleep(20);
    say(left, '10.91.0.9', 'into the void');
    await sleep(50);
    ip('-n', left, 'link', 'del', 'late0');
    for (let i = 0; i < 150 && seen.notes.length < 4; i++) await sleep(20);
  });
  assert.deepEqual(recorder.notes.sort(), [
    'box/late0 appeared: capturing on it too',
    'box/late0 is gone',
    'box/late1 appeared: capturing on it too',
    'box/late1 is gone',
  ]);
  // Both ends are inside: each frame is shown once, by the end whose ring was handed over first.
  assert.ok(recorder.seen.some((s) => /^box\/late[01]$/.test(s.iface)));
});

test('a tunnel without link header is raw IP; the filter is asked for that link type', { skip }, async () => {
  ip('-n', left, 'tuntap', 'add', 'tun0', 'mode', 'tun');
  ip('-n', left, 'addr', 'add', '10.92.0.1/24', 'dev', 'tun0');
  ip('-n', left, 'link', 'set', 'tun0', 'up');
  try {
    const types: number[] = [];
    await capture(() => {}, {
      filter: (linktype) => {
        types.push(linktype);
        return acceptAll(linktype, 0);
      },
    });
    assert.deepEqual(
      types.sort((a, b) => a - b),
      [1, 1, 101],
    );
  } finally {
    ip('-n', left, 'link', 'del', 'tun0');
  }
});

test('the watch ends when the last process does', { skip }, async () => {
  const child = spawn('ip', ['netns', 'exec', right, 'sleep', '60'], { stdio: 'ignore' });
  for (let i = 0; i < 100 && !/sleep/.test(readFileSync(`/proc/${child.pid}/comm`, 'latin1')); i++)
    await sleep(10);
  const path = `/proc/${child.pid}/ns/net`;
  const { recorder } = await capture(
    async (seen) => {
      child.kill('SIGKILL');
      for (let i = 0; i < 100 && seen.notes.length === 0; i++) await sleep(20);
    },
    { path, pids: [child.pid!] },
  );
  assert.match(recorder.notes[0]!, /^box ended \(process \d+ exited\)$/);
});

test('a namespace that was replaced, or a pid that is another process now, is refused', {
  skip,
}, async () => {
  const path = `/run/netns/${left}`;
  const inode = statSync(path).ino;
  for (const spec of [
    { path, inode: inode + 1, pid: 0, startTime: '' },
    { path, inode, pid: process.pid, startTime: '1' },
    { path: '/proc/999999999/ns/net', inode, pid: 999999999, startTime: '1' },
  ]) {
    assert.throws(
      () => HeldNamespaces.open([{ ...spec, label: 'web-1' }]),
      (e: Error) => e instanceof OpenerError && e.code === 'GONE' && /^web-1 ended/.test(e.message),
    );
  }
});

test('an unknown interface is named, with those there are', { skip }, async () => {
  await assert.rejects(
    capture(() => {}, { interfaces: ['eth9'] }),
    /no interface eth9 there; it has lo, eth0/,
  );
});

test('a ring among many starts small and grows: no frame is lost in between, none comes twice', {
  skip: need('linux', 'root', 'ip', 'cc'),
}, async () => {
  const count = 60_000;
  let mapped = 0;
  const { recorder, source } = await capture(
    async (seen) => {
      // In bursts: what a small ring has no room for is dropped, and counted.
      for (let i = 0; i < 6; i++) {
        inNetns(left, upbeat(), 'flood', '127.0.0.1', '9', '300', String(count / 6));
        await until(() => /* rings are read between bursts */ seen.seen.length > 0, 'the first frames');
        await sleep(30);
      }
      mapped = readFileSync('/proc/self/maps', 'latin1').match(/socket:/g)?.length ?? 0;
    },
    { ringBytes: 16 << 20, expected: 64, retireMs: 20 },
  );
  assert.ok(mapped >= 2);
  const numbers = recorder.seen
    .filter((s) => s.bytes[23] === 17)
    .map((s) => s.bytes.readUInt32LE(14 + 20 + 8));
  // Each burst counts from 0.
  let bursts = 1;
  numbers.forEach((number, i) => {
    if (i === 0 || number > numbers[i - 1]!) return;
    bursts++;
    assert.ok(number < count / 6);
  });
  assert.ok(bursts <= 6, `in order: ${bursts} sequences`);
  const { captured, received, dropped } = source.counters();
  assert.equal(captured + dropped, received, 'what was not delivered was counted');
  // Beside the datagrams: a port unreachable for some of them.
  const others = recorder.seen.length - numbers.length;
  assert.ok(numbers.length + dropped + others >= count, `${numbers.length} seen, ${dropped} dropped`);
  assert.ok(source.ringBytes() > 16 * 128 * 1024, `${source.ringBytes()} bytes of rings`);
});
