import assert from 'node:assert/strict';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { need } from '../../../test/support/need.ts';
import {
  findUser,
  type LinkEvent,
  missingCapabilities,
  pair,
  parseLinkMessages,
  pidfdOpen,
  pollReadable,
  receiveMessage,
  SystemError,
  sendMessage,
} from './index.ts';

const skip = need('linux');

/** struct nlmsghdr, struct ifinfomsg, attributes. */
function linkMessage(type: number, attributes: readonly [number, Buffer][], flags = 1): Buffer {
  const encode = ([kind, value]: readonly [number, Buffer]) => {
    const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
    bytes.writeUInt16LE(4 + value.length, 0);
    bytes.writeUInt16LE(kind, 2);
    value.copy(bytes, 4);
    return bytes;
  };
  const body = Buffer.concat(attributes.map(encode));
  const head = Buffer.alloc(32);
  head.writeUInt32LE(32 + body.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(1, 18); // ARPHRD_ETHER
  head.writeInt32LE(7, 20);
  head.writeUInt32LE(flags, 24);
  return Buffer.concat([head, body]);
}

const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const kind = Buffer.concat([Buffer.from([9, 0, 1, 0]), Buffer.from('veth\0\0\0\0')]);
/** struct rtnl_link_stats64 has 24 numbers or more. */
const stats = Buffer.alloc(24 * 8);
[7, 3, 4_294_967_296, 12].forEach((n, i) => void stats.writeBigUInt64LE(BigInt(n), i * 8));

test('links: name, kind, bridge, peer; the end of a dump', () => {
  const events: LinkEvent[] = [];
  const done = linkMessage(3, []);
  const veth = linkMessage(16, [
    [3, Buffer.from('eth0\0')],
    [10, number(5)],
    [5, number(8)],
    [18, kind],
    [23, stats],
    [33, Buffer.from([0])],
    [43, Buffer.from([5, 0, 2, 0, 1, 0, 0, 0])],
  ]);
  assert.equal(parseLinkMessages(Buffer.concat([veth, done]), events), true);
  assert.deepEqual(events, [
    {
      kind: 'new',
      link: {
        ...{ index: 7, name: 'eth0', kind: 'veth', type: 1, up: true, loopback: false, master: 5, lower: 8 },
        ...{ carrier: false, xdp: true },
        counters: { rxPackets: 7, txPackets: 3, rxBytes: 4_294_967_296, txBytes: 12 },
      },
    },
  ]);
});

test('a peer in another namespace has a number that means nothing here', () => {
  const events: LinkEvent[] = [];
  parseLinkMessages(
    linkMessage(17, [
      [3, Buffer.from('eth0\0')],
      [5, number(8)],
      [37, number(0)],
    ]),
    events,
  );
  assert.equal(events[0]!.kind, 'gone');
  assert.equal(events[0]!.link.lower, 0);
});

test('any bytes are read without a throw', () => {
  const good = linkMessage(16, [
    [3, Buffer.from('eth0\0')],
    [18, kind],
  ]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255))),
      fc.nat(good.length),
      (changes, cut) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        parseLinkMessages(bytes.subarray(0, cut), []);
      },
    ),
  );
});

test('a descriptor goes over a pair and is the same file there', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'porthole-scm-'));
  const path = join(directory, 'file');
  writeFileSync(path, 'kept');
  const [a, b] = pair();
  const fd = openSync(path, 'r');
  try {
    assert.equal(pollReadable(b, 0), false);
    sendMessage(a, '{"n":1}', fd);
    sendMessage(a, 'without');
    assert.equal(pollReadable(b, 1000), true);
    const first = receiveMessage(b)!;
    assert.equal(first.text, '{"n":1}');
    assert.notEqual(first.fd, fd);
    assert.equal(fstatSync(first.fd!).ino, fstatSync(fd).ino);
    assert.match(
      readFileSync(`/proc/self/fdinfo/${first.fd}`, 'latin1'),
      /^flags:\s*0?2\d{6}$/m,
      'close on exec',
    );
    closeSync(first.fd!);
    assert.deepEqual(receiveMessage(b), { text: 'without' });
  } finally {
    closeSync(fd);
    closeSync(a);
    rmSync(directory, { recursive: true });
  }
  assert.equal(receiveMessage(b), undefined, 'the other end is gone');
  closeSync(b);
});

test('a failed call says which and why', { skip }, () => {
  assert.throws(
    () => pidfdOpen(4_194_303),
    (e: Error) => e instanceof SystemError && e.code === 'ESRCH' && e.message === 'pidfd_open: ESRCH',
  );
  assert.equal(findUser('no-such-user'), undefined);
  assert.equal(findUser('0')!.name, 'root');
  const effective = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]!;
  const hasRaw = (BigInt(`0x${effective}`) >> 13n) & 1n;
  assert.deepEqual(missingCapabilities(['CAP_NET_RAW']), hasRaw ? [] : ['CAP_NET_RAW']);
});
