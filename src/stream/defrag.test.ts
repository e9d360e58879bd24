import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Packet, Problem } from '../model/index.ts';
import { createPacket, decode, decodeTransport } from '../wire/index.ts';
import { type Endpoints, ethernet, frame, ip, udp } from '../wire/testing/build.ts';
import { Defragmenter } from './index.ts';
import { client } from './testing/record.ts';

test('fragments in any order make the datagram; an overlap ends it', () => {
  const whole = udp(client, 'x'.repeat(40));
  const part = (from: number, to: number, more: boolean, id = 1) =>
    frame(
      ethernet(ip(client, 17, whole.slice(from, to), { id, fragment: (more ? 0x2000 : 0) | (from / 8) })),
    );
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [2, 0, 1],
  ];
  for (const order of orders) {
    const frames = [part(0, 16, true), part(16, 32, true), part(32, 48, false)];
    const d = new Defragmenter();
    const p = createPacket();
    const done = order.map((i) => {
      decode(frames[i]!, p);
      return d.add(p, 0);
    });
    assert.deepEqual(done, [false, false, true], order.join());
    decodeTransport(p);
    assert.deepEqual([p.srcPort, p.dstPort, p.payloadLen, p.payloadCap], [40_000, 8000, 40, 40]);
    assert.deepEqual([...p.buf.subarray(p.srcOff, p.srcOff + 4)], client.src);
  }
  const d = new Defragmenter();
  const p = createPacket();
  const results = [part(0, 16, true), part(8, 24, true), part(24, 48, false)].map((f) => {
    decode(f, p);
    return d.add(p, 0);
  });
  assert.deepEqual([results, d.incomplete], [[false, false, false], 1]);
});

const v6 = (last: number) => [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
const client6: Endpoints = { ...client, src: v6(1), dst: v6(2) };
const p = createPacket();

/** One fragment of `whole`. */
function piece(whole: readonly number[], from: number, to: number, { id = 1, six = false, next = 17 } = {}) {
  const more = to < whole.length;
  const part = whole.slice(from, to);
  if (!six)
    return frame(ethernet(ip(client, next, part, { id, fragment: (more ? 0x2000 : 0) | (from / 8) })));
  const header = [next, 0, (from >> 8) & 255, (from & 0xf8) | (more ? 1 : 0), 0, 0, 0, id];
  return frame(ethernet(ip(client6, 44, [...header, ...part])));
}

function add(d: Defragmenter, f: ReturnType<typeof frame>, at = 0): boolean {
  decode(f, p);
  return d.add(p, at);
}

const payloadOf = (q: Packet) =>
  String.fromCharCode(...q.buf.subarray(q.payloadOff, q.payloadOff + q.payloadCap));

test('IPv6: headers behind the fragment header are walked', () => {
  const d = new Defragmenter();
  // Destination options, then UDP.
  const whole = [17, 0, 1, 4, 0, 0, 0, 0, ...udp(client6, 'y'.repeat(32))];
  assert.equal(add(d, piece(whole, 24, 48, { six: true, next: 60 })), false);
  assert.equal(add(d, piece(whole, 0, 24, { six: true, next: 60 })), true);
  decodeTransport(p);
  assert.deepEqual([p.problem, p.transport, payloadOf(p)], [Problem.none, 17, 'y'.repeat(32)]);
  assert.deepEqual([...p.buf.subarray(p.dstOff, p.dstOff + 16)], client6.dst);
});

test('ids and protocols are apart, repeats are harmless', () => {
  const d = new Defragmenter();
  const whole = udp(client, 'z'.repeat(40));
  add(d, piece(whole, 0, 24, { id: 1 }));
  add(d, piece(whole, 0, 24, { id: 2 }));
  add(d, piece(whole, 0, 24, { id: 1 }));
  assert.equal(add(d, piece(whole, 24, 48, { id: 2 })), true);
  assert.equal(add(d, piece(whole, 24, 48, { id: 1, next: 6 })), false);
  assert.equal(add(d, piece(whole, 24, 48, { id: 1 })), true);
  assert.equal(d.incomplete, 0);
});

test('what is never whole is counted: too late, cut off, contradicting, the end of the capture', () => {
  const whole = udp(client, 'z'.repeat(40));
  const late = new Defragmenter();
  add(late, piece(whole, 0, 24), 0);
  assert.equal(add(late, piece(whole, 24, 48), 31e9), false);
  assert.equal(late.incomplete, 1);
  late.finish();
  assert.equal(late.incomplete, 2);

  const cut = new Defragmenter();
  const f = piece(whole, 0, 24);
  f.capLen -= 1;
  add(cut, f);
  assert.equal(cut.incomplete, 1);

  const two = new Defragmenter();
  add(two, piece(whole, 24, 48));
  add(two, piece(whole.slice(0, 40), 32, 40));
  assert.equal(two.incomplete, 1);
});

test('a flood of first fragments stays within its limits, the oldest go and are counted', () => {
  const d = new Defragmenter();
  const big = new Array<number>(1400).fill(7);
  // At the far end, so that each holds 60 KiB.
  for (let id = 0; id < 2000; id++) {
    decode(frame(ethernet(ip(client, 17, big, { id, fragment: 0x2000 | 7400 }))), p);
    d.add(p, id);
  }
  assert.ok(d.evicted > 1900, String(d.evicted));
  // It still works.
  const whole = udp(client, 'z'.repeat(40));
  add(d, piece(whole, 0, 24, { id: 9999 }), 3000);
  assert.equal(add(d, piece(whole, 24, 48, { id: 9999 }), 3000), true);
});

test('the largest datagram fits, one byte more does not', () => {
  const d = new Defragmenter();
  const whole = new Array<number>(65_535).fill(1);
  let done = false;
  for (let from = 0; from < whole.length; from += 1400) {
    const f = piece(whole, from, Math.min(whole.length, from + 1400), { six: true });
    done = add(d, f);
  }
  assert.ok(done);
  decode(frame(ethernet(ip(client, 17, new Array<number>(16).fill(1), { fragment: 8191 }))), p);
  assert.equal(d.add(p, 0), false);
  assert.equal(d.incomplete, 1);
});

test('property: any cut in any order with repeats makes the datagram', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 9, max: 400 }),
      fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 10 }),
      fc.array(fc.nat(), { minLength: 64, maxLength: 64 }),
      fc.boolean(),
      (length, sizes, order, six) => {
        const text = Array.from({ length }, (_, i) => String.fromCharCode(33 + (i % 90))).join('');
        const whole = udp(six ? client6 : client, text);
        const parts: [number, number][] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const to = Math.min(whole.length, at + 8 * sizes[i % sizes.length]!);
          parts.push([at, to]);
          at = to;
        }
        // A datagram in one part is no fragment.
        fc.pre(parts.length > 1);
        const shuffled = parts
          .map((part, i) => ({ part, rank: order[i % 64]! }))
          .sort((a, b) => a.rank - b.rank);
        const d = new Defragmenter();
        const done = shuffled.map(({ part: [from, to], rank }, i) => {
          // Some twice, as long as the datagram is not complete.
          if (rank % 3 === 0 && i < shuffled.length - 1) add(d, piece(whole, from, to, { six }));
          return add(d, piece(whole, from, to, { six }));
        });
        assert.deepEqual(done.filter(Boolean), [true]);
        decodeTransport(p);
        assert.equal(payloadOf(p), text);
      },
    ),
    { numRuns: 500 },
  );
});
