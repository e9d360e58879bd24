import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TcpFlag } from '../model/index.ts';
import { client, handshake, type Recording, record, server } from './testing/record.ts';

const { syn, ack, fin, rst } = TcpFlag;

test('out of order, repeated and overlapping segments come out once and in order, over the wrap', () => {
  const r = record();
  handshake(r, 0xfffffffb);
  const at = (n: number) => (0xfffffffc + n) >>> 0;
  r.send(client, { seq: at(3), ack: 501, flags: ack, payload: 'def' });
  r.send(client, { seq: at(6), ack: 501, flags: ack, payload: 'ghi' });
  r.send(client, { seq: at(3), ack: 501, flags: ack, payload: 'def' });
  r.send(client, { seq: at(0), ack: 501, flags: ack, payload: 'abcd' });
  r.send(client, { seq: at(0), ack: 501, flags: ack, payload: 'abc' });
  r.send(client, { seq: at(8), ack: 501, flags: ack, payload: 'ijk' });
  assert.deepEqual(r.events.slice(1), ['client "abcd"', 'client "ef"', 'client "ghi"', 'client "jk"']);
  // 3 repeated at once, 'd', 'abc', 'i'
  assert.equal(r.streams.counters().retransmitted, 3 + 1 + 3 + 1);
});

test('a keep-alive brings nothing', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'x' });
  r.send(client, { seq: 101, ack: 501, flags: ack });
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: '\0' });
  r.send(client, { seq: 102, ack: 501, flags: ack, payload: 'y' });
  assert.deepEqual(r.events.slice(1), ['client "x"', 'client "y"']);
});

test('what the receiver has acknowledged and we have not seen is a gap', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'ab' });
  r.send(client, { seq: 106, ack: 501, flags: ack, payload: 'fg' });
  assert.deepEqual(r.events.slice(1), ['client "ab"']);
  r.send(server, { seq: 501, ack: 108, flags: ack });
  assert.deepEqual(r.events.slice(1), ['client "ab"', 'client gap 3', 'client "fg"']);
});

test('a hole before FIN is a gap once the FIN is acknowledged', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 104, ack: 501, flags: fin | ack });
  assert.equal(r.events.length, 1);
  r.send(server, { seq: 501, ack: 105, flags: ack });
  assert.deepEqual(r.events.slice(1), ['client gap 3', 'client end fin']);
});

test('one side only: an old hole is given up', () => {
  const r = record();
  r.send(client, { seq: 101, flags: ack, payload: 'ab' }, 1e6);
  r.send(client, { seq: 106, flags: ack, payload: 'fg' }, 2e6);
  r.send(client, { seq: 108, flags: ack, payload: 'hi' }, 6e9);
  assert.deepEqual(r.events, [
    'open 40000>8000 mid',
    'client "ab"',
    'client gap 3',
    'client "fg"',
    'client "hi"',
  ]);
});

test('the snap length makes gaps', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'abcdef' }, 1e9, 14 + 40 + 2);
  r.send(client, { seq: 107, ack: 501, flags: ack, payload: 'gh' });
  assert.deepEqual(r.events.slice(1), ['client "ab"', 'client gap 4', 'client "gh"']);
});

test('a repeat of what the snap length cut brings nothing and loses nothing', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'abcdef' }, undefined, 54 + 2);
  r.send(client, { seq: 104, ack: 501, flags: ack, payload: 'defghi' }, undefined, 54 + 2);
  assert.deepEqual(r.events.slice(1), ['client "ab"', 'client gap 4', 'client gap 3']);
});

test('bytes behind a hole stay within their limit, what each segment takes beside them counted', () => {
  const r = record({ pendingBytes: 1000 });
  handshake(r);
  for (let i = 0; i < 5; i++) r.send(client, { seq: 110 + 10 * i, ack: 501, flags: ack, payload: 'jklm' });
  assert.equal(r.events.length, 1);
  r.send(client, { seq: 160, ack: 501, flags: ack, payload: 'x' });
  assert.deepEqual(r.events.slice(1), ['client gap 9', 'client "jklm"']);
});

test('segments without captured bytes count too: a flood of them has an end', () => {
  const r = record({ pendingBytes: 100_000 });
  handshake(r);
  for (let i = 0; i < 5000; i++)
    r.send(client, { seq: 200 + 10 * i, ack: 501, flags: ack, payload: 'abcd' }, undefined, 54);
  assert.ok(r.streams.counters().lost > 40_000);
});

test('all connections together stay within the total', () => {
  const r = record({ pendingTotal: 2000 });
  for (let i = 0; i < 20; i++) {
    const ends = { ...client, srcPort: 41_000 + i };
    r.send(ends, { seq: 100, flags: syn });
    r.send(ends, { seq: 111, flags: ack, payload: 'later' });
  }
  // 197 bytes each: ten wait, the rest is given up where it came.
  assert.equal(r.events.filter((e) => e === 'client gap 10').length, 10);
});

test('the first copy of a byte wins, wherever the second overlaps it', () => {
  const cases: [first: [number, string], second: [number, string], stream: string][] = [
    [[3, 'DEF'], [0, 'abcdefgh'], 'abcDEFgh'],
    [[3, 'DEF'], [2, 'cde'], 'abcDEFgh'],
    [[3, 'DEF'], [4, 'efg'], 'abcDEFgh'],
    [[3, 'DEFG'], [4, 'ef'], 'abcDEFGh'],
    [[3, 'D'], [3, 'def'], 'abcDefgh'],
  ];
  for (const [first, second, stream] of cases) {
    const r = record();
    handshake(r);
    // The byte before stays missing, so that all of it is held and sorted out there.
    for (const [at, payload] of [first, second, [0, 'abc'], [5, 'fgh'], [2, 'cdefgh']] as [number, string][])
      r.send(client, { seq: 102 + at, ack: 501, flags: ack, payload });
    assert.ok(r.streams.held <= 8 + 192 * 5, 'no byte is held twice');
    r.send(client, { seq: 101, ack: 501, flags: ack, payload: '^' });
    const seen = dataOf(r.events, 'client');
    assert.equal(seen, `^${stream}`, JSON.stringify([first, second]));
  }
});

test('a hole is waited for as long as the receiver says that it waits', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 106, ack: 501, flags: ack, payload: 'fg' }, 1e9);
  for (let s = 2; s < 20; s++) r.send(server, { seq: 501, ack: 101, flags: ack }, s * 1e9);
  assert.equal(r.events.length, 1);
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'abcde' }, 20e9);
  assert.equal(dataOf(r.events, 'client'), 'abcdefg');
  assert.equal(r.streams.counters().lost, 0);
});

test('time alone gives a hole up when nobody speaks any more', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 106, ack: 501, flags: ack, payload: 'fg' }, 1e9);
  r.streams.tick(3e9);
  assert.equal(r.events.length, 1);
  r.streams.tick(7e9);
  assert.deepEqual(r.events.slice(1), ['client gap 5', 'client "fg"']);
});

test('a stray segment far from the stream is not part of it', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 101 + 1e9, ack: 501, flags: ack, payload: 'lies' });
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'ab' });
  r.send(server, { seq: 501, ack: 103, flags: ack });
  r.send(client, { seq: 103, ack: 501, flags: fin | ack });
  r.send(server, { seq: 501, ack: 104, flags: fin | ack });
  r.streams.finish();
  assert.deepEqual(r.events.slice(1), [
    'client "ab"',
    'server end fin',
    'client end fin',
    'closed captureEnd',
  ]);
  assert.deepEqual([r.streams.counters().lost, r.streams.counters().stray], [0, 1]);
});

test('a jump that the receiver acknowledges is a gap, however large', () => {
  const r = record();
  handshake(r);
  const far = 101 + 50e6;
  r.send(client, { seq: far, ack: 501, flags: ack, payload: 'on' });
  r.send(server, { seq: 501, ack: far + 2, flags: ack });
  assert.deepEqual(r.events.slice(1), ['client gap 50000000', 'client "on"']);
});

test('data with the SYN, and with the FIN', () => {
  const r = record();
  r.send(client, { seq: 100, flags: syn, payload: 'early' });
  r.send(server, { seq: 500, ack: 106, flags: syn | ack });
  r.send(client, { seq: 106, ack: 501, flags: fin | ack, payload: 'last' });
  assert.deepEqual(r.events.slice(1), ['client "early"', 'client "last"', 'client end fin']);
});

test('a FIN out of order waits for what comes before it; bytes behind it are none', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 103, ack: 501, flags: fin | ack, payload: 'cd' });
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'ab' });
  r.send(client, { seq: 106, ack: 501, flags: ack, payload: 'zz' });
  assert.deepEqual(r.events.slice(1), ['client "ab"', 'client "cd"', 'client end fin']);
});

test('an answer makes what it acknowledges lost, when we have not seen it', () => {
  const r = record();
  handshake(r);
  // 50 bytes of a request are missing.
  r.send(server, { seq: 501, ack: 151, flags: ack });
  assert.equal(r.events.length, 1);
  r.send(server, { seq: 501, ack: 151, flags: ack, payload: 'answer' });
  r.send(client, { seq: 151, ack: 507, flags: ack, payload: 'next' });
  assert.deepEqual(r.events.slice(1), ['client gap 50', 'server "answer"', 'client "next"']);
  // The place of a FIN that was not captured is no byte.
  r.send(server, { seq: 507, ack: 156, flags: ack, payload: 'bye' });
  assert.equal(r.events.at(-1), 'server "bye"');
});

test('an answer leaves what is held behind its acknowledgement', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 121, ack: 501, flags: ack, payload: 'later' });
  r.send(server, { seq: 501, ack: 111, flags: ack, payload: 'answer' });
  r.send(client, { seq: 111, ack: 507, flags: ack, payload: '0123456789' });
  assert.deepEqual(r.events.slice(1), [
    'client gap 10',
    'server "answer"',
    'client "0123456789"',
    'client "later"',
  ]);
});

test('a SYN-ACK tells where the client begins: what is missing before its first segment is a gap', () => {
  const r = record();
  r.send(server, { seq: 500, ack: 101, flags: syn | ack });
  r.send(client, { seq: 104, ack: 501, flags: ack, payload: 'de' });
  r.send(server, { seq: 501, ack: 106, flags: ack });
  assert.deepEqual(r.events, ['open 40000>8000', 'client gap 3', 'client "de"']);
});

test('the text of a RST is not data', () => {
  const r = record();
  handshake(r);
  r.send(server, { seq: 501, ack: 101, flags: rst | ack, payload: 'go away' });
  assert.deepEqual(r.events.slice(1), ['client end rst', 'server end rst', 'closed rst']);
});

function dataOf(events: readonly string[], side: string): string {
  return events
    .filter((e) => e.startsWith(`${side} "`))
    .map((e) => JSON.parse(e.slice(side.length + 1)) as string)
    .join('');
}

/** Rebuilds what was sent from what came out: lost bytes as '?'. */
function withGaps(events: readonly string[], side: string): string {
  return events
    .map((e) => {
      if (e.startsWith(`${side} "`)) return JSON.parse(e.slice(side.length + 1)) as string;
      const gap = new RegExp(`^${side} gap (\\d+)$`).exec(e);
      return gap ? '?'.repeat(Number(gap[1])) : '';
    })
    .join('');
}

interface Piece {
  readonly from: number;
  readonly to: number;
}

/** A stream cut into segments that may overlap, some sent twice, in any order, some lost. */
const cutStream = fc.record({
  start: fc.constantFrom(100, 0x7ffffff0, 0xfffffff0, 0xffffffff),
  // Distinct neighbours, so that a byte in the wrong place shows.
  length: fc.integer({ min: 1, max: 300 }),
  cuts: fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 12 })), {
    minLength: 1,
  }),
  order: fc.array(fc.nat(), { minLength: 64, maxLength: 64 }),
  lost: fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
  twice: fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
});

test('property: any cut, order, repetition and loss gives the stream with exact gaps', () => {
  fc.assert(
    fc.property(cutStream, fc.boolean(), ({ start, length, cuts, order, lost, twice }, mayLose) => {
      const text = Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 7) % 90))).join('');
      const pieces: Piece[] = [];
      for (let at = 0, i = 0; at < length; i++) {
        const [size, back] = cuts[i % cuts.length]!;
        pieces.push({ from: Math.max(0, at - back), to: Math.min(length, at + size) });
        at += size;
      }
      const sent = pieces
        .flatMap((piece, i) => (mayLose && lost[i % 64] ? [] : twice[i % 64] ? [piece, piece] : [piece]))
        .map((piece, i) => ({ piece, rank: order[i % 64]! }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ piece }) => piece);
      const r = record();
      handshake(r, start);
      for (const { from, to } of sent)
        r.send(client, {
          seq: (start + 1 + from) >>> 0,
          ack: 501,
          flags: ack,
          payload: text.slice(from, to),
        });
      r.send(client, { seq: (start + 1 + length) >>> 0, ack: 501, flags: fin | ack });
      r.send(server, { seq: 501, ack: (start + 2 + length) >>> 0, flags: fin | ack });
      r.streams.finish();
      const seen = new Set(
        sent.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)),
      );
      const expected = [...text].map((c, i) => (seen.has(i) ? c : '?')).join('');
      assert.equal(withGaps(r.events, 'client'), expected);
      assert.equal(r.streams.counters().lost, length - seen.size);
      assert.ok(r.events.includes('client end fin'));
      assert.equal(r.events.at(-1), r.events.includes('closed fin') ? 'closed fin' : 'closed captureEnd');
    }),
    { numRuns: 1500 },
  );
});

test('property: nothing is held when every connection has ended', () => {
  const packet = fc.record({
    fromClient: fc.boolean(),
    seq: fc.integer({ min: 0, max: 40 }),
    ack: fc.integer({ min: 0, max: 40 }),
    flags: fc.integer({ min: 0, max: 31 }),
    length: fc.integer({ min: 0, max: 12 }),
    wait: fc.constantFrom(1e6, 1e6, 1e6, 6e9),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
      const r: Recording = record();
      let at = 0;
      for (const { fromClient, seq, ack: acked, flags, length, wait } of packets) {
        at += wait;
        r.send(fromClient ? client : server, { seq, ack: acked, flags, payload: 'x'.repeat(length) }, at);
      }
      r.streams.finish();
      assert.equal(r.streams.size, 0);
      assert.equal(r.streams.held, 0);
      // Each opened one closed, and each side ended once.
      const count = (start: string) => r.events.filter((e) => e.startsWith(start)).length;
      assert.equal(count('closed'), count('open'));
      assert.equal(count('client end'), count('open'));
      assert.equal(count('server end'), count('open'));
    }),
    { numRuns: 1500 },
  );
});
