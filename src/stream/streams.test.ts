import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpFlag } from '../model/index.ts';
import { createPacket, decode, decodeTransport } from '../wire/index.ts';
import { type Endpoints, ethernet, frame, ip, type Segment, tcp, udp } from '../wire/testing/build.ts';
import { createStreams, Defragmenter, defaultLimits, type StreamLimits } from './index.ts';

const { syn, ack, fin, rst } = TcpFlag;
const client: Endpoints = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 40_000, dstPort: 8000 };
const server: Endpoints = { src: client.dst, dst: client.src, srcPort: 8000, dstPort: 40_000 };

/** A trace of what the room says, one line an event. */
function record(limits: Partial<StreamLimits> = {}) {
  const events: string[] = [];
  const streams = createStreams(
    { limits: { ...defaultLimits, ...limits } },
    {
      open: (c) => void events.push(`open ${c.clientPort}>${c.serverPort}${c.joinedMidStream ? ' mid' : ''}`),
      data: (_c, side, buf, start, end) =>
        void events.push(`${side} ${JSON.stringify(String.fromCharCode(...buf.subarray(start, end)))}`),
      gap: (_c, side, length) => void events.push(`${side} gap ${length}`),
      end: (_c, side, reason) => void events.push(`${side} end ${reason}`),
      closed: (_c, ended) => void events.push(`closed ${ended}`),
    },
  );
  const p = createPacket();
  let now = 0;
  const send = (ends: Endpoints, segment: Segment, at?: number, keep?: number) => {
    now += 1e6;
    const atNs = at ?? now;
    const bytes = ethernet(ip(ends, 6, tcp(ends, segment)));
    decode(frame(bytes, atNs, keep), p);
    streams.packet(p, atNs);
  };
  return { events, streams, send, p };
}

function handshake(r: ReturnType<typeof record>, c = 100, s = 500) {
  r.send(client, { seq: c, flags: syn });
  r.send(server, { seq: s, ack: (c + 1) >>> 0, flags: syn | ack });
  r.send(client, { seq: (c + 1) >>> 0, ack: (s + 1) >>> 0, flags: ack });
}

test('a whole conversation', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'ask' });
  r.send(server, { seq: 501, ack: 104, flags: ack, payload: 'answer' });
  r.send(client, { seq: 104, ack: 507, flags: fin | ack });
  r.send(server, { seq: 507, ack: 105, flags: fin | ack });
  assert.deepEqual(r.events, [
    'open 40000>8000',
    'client "ask"',
    'server "answer"',
    'client end fin',
    'server end fin',
    'closed fin',
  ]);
});

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

test('joined in the middle: the lower port serves, or the known one', () => {
  const r = record();
  r.send(server, { seq: 900, ack: 5, flags: ack, payload: 'late' });
  assert.deepEqual(r.events, ['open 40000>8000 mid', 'server "late"']);
});

test('refused, reset, and a lone reset', () => {
  const r = record();
  r.send(client, { seq: 100, flags: syn });
  r.send(server, { seq: 0, ack: 101, flags: rst | ack });
  assert.deepEqual(r.events, ['open 40000>8000', 'client end rst', 'server end rst', 'closed refused']);
  const s = record();
  s.send(client, { seq: 100, ack: 1, flags: rst });
  assert.deepEqual(s.events, []);
});

test('a reset delivers what waits behind holes first', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 103, ack: 501, flags: ack, payload: 'cd' });
  r.send(server, { seq: 501, ack: 101, flags: rst });
  assert.deepEqual(r.events.slice(1), [
    'client gap 2',
    'client "cd"',
    'client end rst',
    'server end rst',
    'closed rst',
  ]);
});

test('ports used again make a new connection, a repeated SYN does not', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 100, flags: syn });
  assert.equal(r.streams.counters().connections, 1);
  r.send(client, { seq: 7000, flags: syn });
  assert.equal(r.streams.counters().connections, 2);
  assert.ok(r.events.includes('closed idle'));
});

test('late packets of a closed connection open nothing', () => {
  const r = record();
  handshake(r);
  r.send(client, { seq: 101, ack: 501, flags: fin | ack });
  r.send(server, { seq: 501, ack: 102, flags: fin | ack });
  r.send(client, { seq: 102, ack: 502, flags: ack });
  assert.equal(r.streams.counters().connections, 1);
  assert.equal(r.events.at(-1), 'closed fin');
});

test('idle connections are forgotten, each kind in its time', () => {
  const r = record({ tcpIdleNs: 10e9, openingNs: 5e9 });
  r.send(client, { seq: 100, flags: syn }, 0);
  r.streams.tick(4e9);
  assert.equal(r.streams.size, 1);
  r.streams.tick(6e9);
  assert.deepEqual(r.events.slice(1), ['client end idle', 'server end idle', 'closed idle']);
  assert.equal(r.streams.size, 0);
});

test('never more connections than the limit, evictions are counted', () => {
  const r = record({ connections: 10 });
  for (let i = 0; i < 30; i++)
    r.send({ ...client, srcPort: 41_000 + i }, { seq: 100, flags: ack, payload: 'x' });
  assert.equal(r.streams.size, 10);
  assert.equal(r.streams.counters().evicted, 20);
});

test('bytes behind a hole stay within their limit', () => {
  const r = record({ pendingBytes: 8 });
  handshake(r);
  r.send(client, { seq: 110, ack: 501, flags: ack, payload: 'jklm' });
  r.send(client, { seq: 120, ack: 501, flags: ack, payload: 'tuvw' });
  assert.equal(r.events.length, 1);
  r.send(client, { seq: 130, ack: 501, flags: ack, payload: 'x' });
  assert.deepEqual(r.events.slice(1), ['client gap 9', 'client "jklm"']);
});

test('any order of segments gives the same stream', () => {
  const text = 'The quick brown fox jumps over the lazy dog';
  let seed = 1;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed % n;
  };
  for (let round = 0; round < 300; round++) {
    const r = record();
    handshake(r, 0xfffffff0);
    const parts: [number, string][] = [];
    for (let at = 0; at < text.length; ) {
      const length = 1 + random(9);
      const from = Math.max(0, at - random(4));
      parts.push([from, text.slice(from, at + length)]);
      at += length;
    }
    for (let i = parts.length - 1; i > 0; i--) {
      const j = random(i + 1);
      [parts[i], parts[j]] = [parts[j]!, parts[i]!];
    }
    for (const [at, payload] of parts)
      r.send(client, { seq: (0xfffffff1 + at) >>> 0, ack: 501, flags: ack, payload });
    const got = r.events
      .slice(1)
      .map((e) => {
        assert.match(e, /^client "/);
        return JSON.parse(e.slice(7)) as string;
      })
      .join('');
    assert.equal(got, text);
  }
});

test('UDP: datagrams whole, the answer belongs to the question', () => {
  const events: string[] = [];
  const streams = createStreams(
    {},
    {
      open: () => void events.push('open'),
      data: (_c, side, b, s, e) => void events.push(`${side} ${e - s} ${b[s]}`),
      gap: () => void events.push('gap'),
      end: (_c, side, reason) => void events.push(`${side} ${reason}`),
      closed: () => void events.push('closed'),
    },
  );
  const p = createPacket();
  for (const ends of [client, server]) {
    decode(frame(ethernet(ip(ends, 17, udp(ends, 'abc')))), p);
    streams.packet(p, 0);
  }
  streams.finish();
  assert.deepEqual(events, [
    'open',
    'client 3 97',
    'server 3 97',
    'client captureEnd',
    'server captureEnd',
    'closed',
  ]);
});

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
  assert.deepEqual([results, d.dropped > 0], [[false, false, false], true]);
});
