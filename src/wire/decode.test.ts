import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkType, Problem } from '../model/index.ts';
import { createPacket, decode, knowsLinkType } from './index.ts';
import { type Endpoints, ethernet, ethernetInterface, frame, ip, tcp, udp } from './testing/build.ts';

const ends: Endpoints = { src: [192, 0, 2, 1], dst: [192, 0, 2, 2], srcPort: 40_000, dstPort: 80 };
const ends6: Endpoints = {
  src: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  dst: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
  srcPort: 40_000,
  dstPort: 80,
};
const segment = tcp(ends, { seq: 0xfffffffe, ack: 7, flags: 0x18, payload: 'hello' });

function read(bytes: readonly number[], linktype: number = LinkType.ethernet, keep = bytes.length) {
  const f = frame(bytes, 0, keep);
  f.iface = { ...ethernetInterface, linktype };
  const p = createPacket();
  decode(f, p);
  const text = String.fromCharCode(...p.buf.subarray(p.payloadOff, p.payloadOff + p.payloadCap));
  return { p, text };
}

test('TCP over IPv4 over Ethernet', () => {
  const { p, text } = read(ethernet(ip(ends, 6, segment)));
  assert.equal(p.problem, Problem.none);
  assert.deepEqual(
    [p.ipVersion, p.transport, p.srcPort, p.dstPort, p.tcpSeq, p.tcpAck, p.tcpFlags, p.tcpWindow],
    [4, 6, 40_000, 80, 0xfffffffe, 7, 0x18, 65_535],
  );
  assert.deepEqual([...p.buf.subarray(p.srcOff, p.srcOff + 4)], ends.src);
  assert.equal(text, 'hello');
});

test('padding of short Ethernet frames is not payload', () => {
  const { p, text } = read([...ethernet(ip(ends, 17, udp(ends, 'x'))), ...new Array(20).fill(0)]);
  assert.deepEqual([p.payloadLen, text], [1, 'x']);
});

test('every link type leads to the same packet', () => {
  const v4 = ip(ends, 6, segment);
  const v6 = ip(ends6, 6, segment);
  const sll = (type: number) => [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, type >> 8, type & 255];
  const sll2 = (type: number) => [
    type >> 8,
    type & 255,
    0,
    0,
    0,
    0,
    0,
    1,
    0,
    1,
    0,
    6,
    2,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
  ];
  const cases: [name: string, linktype: number, bytes: number[], version: number][] = [
    ['raw 4', LinkType.raw, v4, 4],
    ['raw 6', LinkType.raw, v6, 6],
    ['ipv4', LinkType.ipv4, v4, 4],
    ['ipv6', LinkType.ipv6, v6, 6],
    ['sll', LinkType.linuxSll, [...sll(0x0800), ...v4], 4],
    ['sll2', LinkType.linuxSll2, [...sll2(0x86dd), ...v6], 6],
    ['null, little endian', LinkType.null, [2, 0, 0, 0, ...v4], 4],
    ['null, big endian writer', LinkType.null, [0, 0, 0, 30, ...v6], 6],
    ['loop', LinkType.loop, [0, 0, 0, 2, ...v4], 4],
    ['ppp', LinkType.ppp, [0xff, 3, 0, 0x21, ...v4], 4],
    ['ppp, compressed', LinkType.ppp, [0x21, ...v4], 4],
    ['vlan', LinkType.ethernet, ethernet([0, 5, 8, 0, ...v4], 0x8100), 4],
    ['qinq', LinkType.ethernet, ethernet([0, 7, 0x81, 0, 0, 5, 0x86, 0xdd, ...v6], 0x88a8), 6],
    ['mpls', LinkType.ethernet, ethernet([0, 0, 0x10, 64, 0, 0, 0x21, 64, ...v4], 0x8847), 4],
    ['pppoe', LinkType.ethernet, ethernet([0x11, 0, 0, 1, 0, 70, 0, 0x21, ...v4], 0x8864), 4],
    ['sll2 vlan', LinkType.linuxSll2, [...sll2(0x8100), 0, 5, 8, 0, ...v4], 4],
  ];
  for (const [name, linktype, bytes, version] of cases) {
    const { p, text } = read(bytes, linktype);
    assert.deepEqual([p.problem, p.ipVersion, p.srcPort, text], [0, version, 40_000, 'hello'], name);
  }
  assert.equal(read(ethernet([0, 7, 0x81, 0, 0, 5, 8, 0, ...v4], 0x88a8)).p.vlanId, 7);
});

test('IPv6 extension headers are walked, fragments are told', () => {
  const hop = [43, 0, 0, 0, 0, 0, 0, 0];
  const routing = [51, 0, 0, 0, 0, 0, 0, 0];
  const ah = [6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const { p, text } = read(ethernet(ip(ends6, 0, [...hop, ...routing, ...ah, ...segment])));
  assert.deepEqual([p.transport, p.ipProto, text], [6, 6, 'hello']);
  const second = read(ethernet(ip(ends6, 44, [6, 0, 0, 8 << 3, 0, 0, 0, 9, 1, 2, 3]))).p;
  assert.deepEqual([second.isFragment, second.fragOff, second.fragMore, second.fragId], [true, 64, false, 9]);
  assert.equal(second.transport, 0);
  const atomic = read(ethernet(ip(ends6, 44, [6, 0, 0, 0, 0, 0, 0, 9, ...segment])));
  assert.deepEqual([atomic.p.isFragment, atomic.text], [false, 'hello']);
});

test('lengths by the header, bytes by what was captured', () => {
  const bytes = ethernet(ip(ends, 6, segment));
  const { p, text } = read(bytes, LinkType.ethernet, bytes.length - 2);
  assert.deepEqual([p.problem, p.payloadLen, p.payloadCap, text], [Problem.truncated, 5, 3, 'hel']);
});

test('offloaded packets say length 0 and mean all of it', () => {
  const bytes = ethernet(ip(ends, 6, segment));
  bytes[16] = bytes[17] = 0;
  assert.equal(read(bytes).text, 'hello');
});

test('cut at every length and with every byte wrong, nothing throws or reads outside', () => {
  const whole = [
    ethernet(ip(ends, 6, segment)),
    ethernet(ip(ends6, 0, [43, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, ...segment])),
    ethernet([0, 7, 0x81, 0, 0, 5, 8, 0, ...ip(ends, 17, udp(ends, 'abc'))], 0x88a8),
  ];
  for (const bytes of whole)
    for (let keep = 0; keep <= bytes.length; keep++) {
      const { p } = read(bytes, LinkType.ethernet, keep);
      assert.ok(
        p.payloadCap >= 0 && (p.payloadOff < 0 || p.payloadOff + p.payloadCap <= p.end || p.payloadCap === 0),
      );
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const wrong = bytes.slice();
        if (keep < wrong.length) wrong[keep] = value;
        const { p: q } = read(wrong);
        assert.ok(q.payloadCap === 0 || q.payloadOff + q.payloadCap <= q.end);
      }
    }
});

test('link types that can be decoded are told from others', () => {
  const of = (linktype: number) =>
    knowsLinkType({ id: 0, name: '', linktype, snaplen: 0, netns: 0, target: '' });
  const { ieee80211, ...known } = LinkType;
  for (const linktype of Object.values(known)) assert.ok(of(linktype), String(linktype));
  assert.ok(!of(ieee80211));
  assert.ok(!of(255));
});
