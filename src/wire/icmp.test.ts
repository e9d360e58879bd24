import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPacket, decode, decodeIcmpError } from './index.ts';
import { type Endpoints, ethernet, frame, icmpError, ip, tcp, udp, vlan } from './testing/build.ts';

const v4: Endpoints = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 40_000, dstPort: 80 };
const six = (last: number) => [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
const v6: Endpoints = { src: six(1), dst: six(2), srcPort: 40_000, dstPort: 53 };
const router = (ends: Endpoints): Endpoints => ({ ...ends, src: ends.src.with(-1, 9), dst: ends.src });

const syn = ip(v4, 6, tcp(v4, { seq: 0x01020304, flags: 2 }));
const question = ip(v6, 17, udp(v6, 'a question'));

function told(bytes: readonly number[], keep?: number) {
  const packet = createPacket();
  const quoted = createPacket();
  decode(frame(bytes, 0, keep), packet);
  const said = decodeIcmpError(packet, quoted);
  if (!said) return undefined;
  const { transport, srcPort, dstPort, tcpSeq, buf, srcOff } = quoted;
  return {
    ...said,
    transport,
    srcPort,
    dstPort,
    tcpSeq,
    src: buf[srcOff + (quoted.ipVersion === 4 ? 3 : 15)],
  };
}

const aboutSyn = { transport: 6, srcPort: 40_000, dstPort: 80, tcpSeq: 0x01020304, src: 1 };

test('eight bytes behind the quoted header are enough (RFC 792)', () => {
  const error = ip(router(v4), 1, icmpError(3, 1, syn, { quoted: 28 }));
  assert.deepEqual(told(ethernet(error)), { version: 4, type: 3, code: 1, mtu: 0, ...aboutSyn });
  assert.equal(told(ethernet(ip(router(v4), 1, icmpError(3, 1, syn, { quoted: 27 })))), undefined);
});

test('fragmentation needed and packet too big say how much gets through (RFC 1191, RFC 4443)', () => {
  const needed = ip(router(v4), 1, icmpError(3, 4, syn, { rest: 1400 }));
  assert.equal(told(ethernet(needed))!.mtu, 1400);
  const big = ip(router(v6), 58, icmpError(2, 0, question, { rest: 1280 }));
  assert.deepEqual(told(ethernet(big)), {
    ...{ version: 6, type: 2, code: 0, mtu: 1280 },
    ...{ transport: 17, srcPort: 40_000, dstPort: 53, tcpSeq: 0, src: 1 },
  });
});

test('inside a VLAN', () => {
  const error = ip(router(v4), 1, icmpError(11, 0, syn));
  assert.deepEqual(told(vlan(5, error)), { version: 4, type: 11, code: 0, mtu: 0, ...aboutSyn });
});

test('the first of quoted fragments tells, the others do not', () => {
  const fragment = (offset: number) =>
    ip(v4, 17, udp(v4, 'x'.repeat(40)), { id: 7, fragment: 0x2000 | offset });
  const error = (offset: number) => told(ethernet(ip(router(v4), 1, icmpError(3, 4, fragment(offset)))));
  assert.equal(error(0)?.srcPort, 40_000);
  assert.equal(error(5), undefined);
});

test('what is no error, or quotes something else, or of the other version, is none', () => {
  const none = (bytes: readonly number[]) => assert.equal(told(ethernet(bytes)), undefined);
  none(ip(v4, 1, icmpError(8, 0, syn)));
  none(ip(v4, 1, icmpError(5, 1, syn)));
  none(ip(v6, 58, icmpError(128, 0, question)));
  none(ip(v4, 1, icmpError(3, 3, ip(v4, 47, [1, 2, 3, 4, 5, 6, 7, 8]))));
  none(ip(v4, 1, icmpError(3, 3, question)));
  none(ip(v4, 58, icmpError(1, 4, question)));
  none(syn);
});

test('cut anywhere: nothing is made up', () => {
  const whole = ethernet(ip(router(v4), 1, icmpError(3, 3, syn)));
  for (let keep = 0; keep <= whole.length; keep++)
    // Ethernet, IP, ICMP, the quoted header, its first eight bytes.
    assert.equal(told(whole, keep) !== undefined, keep >= 14 + 20 + 8 + 20 + 8, `${keep} bytes`);
});
