import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpFlag } from '../model/index.ts';
import { createPacket, decode } from '../wire/index.ts';
import { ethernet, frame, ip, udp } from '../wire/testing/build.ts';
import { createStreams, defaultLimits, type StreamLimits } from './index.ts';
import { client, handshake, record, server } from './testing/record.ts';

const { syn, ack, fin, rst } = TcpFlag;

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

test('a clock that steps back does not end what goes on', () => {
  const r = record();
  r.send(client, { seq: 100, flags: syn }, 10_000e9);
  r.send(server, { seq: 500, ack: 101, flags: syn | ack }, 1e9);
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'x' }, 2e9);
  assert.deepEqual(r.events, ['open 40000>8000', 'client "x"']);
});

test('a connection closed by a reset that goes on is soon one of its own, joined in the middle', () => {
  const r = record({ lingerNs: 10e9 });
  handshake(r);
  r.send(server, { seq: 501, ack: 101, flags: rst | ack }, 1e9);
  for (let s = 2; s < 15; s++) r.send(client, { seq: 101 + s, ack: 501, flags: ack, payload: 'x' }, s * 1e9);
  assert.deepEqual(r.events.slice(4, 7), ['open 40000>8000 mid', 'client "x"', 'client "x"']);
});

test('half closed and silent: forgotten sooner than an open one', () => {
  const r = record({ closingNs: 60e9 });
  handshake(r);
  r.send(client, { seq: 101, ack: 501, flags: fin | ack }, 1e9);
  r.streams.tick(50e9);
  assert.equal(r.streams.size, 1);
  r.streams.tick(62e9);
  assert.deepEqual(r.events.slice(1), ['client end fin', 'server end idle', 'closed idle']);
});

test('a flood of SYNs makes room among itself', () => {
  const r = record({ connections: 10 });
  handshake(r);
  for (let i = 0; i < 100; i++) r.send({ ...client, srcPort: 41_000 + i }, { seq: 1, flags: syn });
  r.send(client, { seq: 101, ack: 501, flags: ack, payload: 'still here' });
  assert.equal(r.events.at(-1), 'client "still here"');
});

test('namespaces and transports do not mix', () => {
  const opened: number[] = [];
  const none = () => {};
  const streams = createStreams(
    {},
    { open: (c) => void opened.push(c.netns), data: none, gap: none, end: none, closed: none },
  );
  const p = createPacket();
  for (const netns of [1, 2, 1]) {
    const f = frame(ethernet(ip(client, 17, udp(client, 'x'))));
    f.iface = { ...f.iface, netns };
    decode(f, p);
    streams.packet(p, 0);
  }
  assert.deepEqual(opened, [1, 2]);
});

test('IPv6 connections are told apart by all of the address', () => {
  const r = record();
  const address = (...changed: [number, number][]) => {
    const a = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    for (const [i, value] of changed) a[i] = value;
    return a;
  };
  const ends = { ...client, src: address(), dst: address([15, 2]) };
  r.send(ends, { seq: 1, flags: syn });
  r.send({ ...ends, src: address([0, 0x21]) }, { seq: 1, flags: syn });
  r.send({ ...ends, src: address([5, 1]) }, { seq: 1, flags: syn });
  r.send({ ...ends, dst: address([15, 2], [9, 1]) }, { seq: 1, flags: syn });
  r.send(ends, { seq: 1, flags: syn });
  r.send(
    { src: ends.dst, dst: ends.src, srcPort: 8000, dstPort: 40_000 },
    { seq: 9, ack: 2, flags: syn | ack },
  );
  assert.equal(r.streams.counters().connections, 4);
});

test('a known server port decides who is the client when nothing else does', () => {
  const r = record({}, (port) => port === 53);
  const ends = { ...client, srcPort: 53, dstPort: 40 };
  r.send(ends, { seq: 1, flags: ack, payload: 'x' });
  assert.deepEqual(r.events, ['open 40>53 mid', 'server "x"']);
});

/** UDP packets between the client's port and the server. */
function udpTraffic(limits: Partial<StreamLimits>) {
  const events: string[] = [];
  const streams = createStreams(
    { limits: { ...defaultLimits, ...limits } },
    {
      open: () => {},
      data: () => {},
      gap: () => {},
      end: () => {},
      closed: (c, ended) => void events.push(`${c.clientPort} ${ended}`),
    },
  );
  const p = createPacket();
  const send = (port: number, fromClient: boolean, at: number) => {
    const ends = fromClient ? { ...client, srcPort: port } : { ...server, dstPort: port };
    decode(frame(ethernet(ip(ends, 17, udp(ends, 'x')))), p);
    streams.packet(p, at);
  };
  return { events, streams, send };
}

test('UDP: what was answered is forgotten first and sooner, and that is no loss', () => {
  const flood = udpTraffic({ connections: 10 });
  flood.send(1, true, 0);
  for (let port = 100; port < 200; port++) {
    flood.send(port, true, 0);
    flood.send(port, false, 0);
  }
  assert.equal(flood.streams.counters().evicted, 0);
  assert.ok(!flood.events.includes('1 evicted'));
  for (let port = 300; port < 320; port++) flood.send(port, true, 0);
  assert.ok(flood.streams.counters().evicted > 0);

  const { events, streams, send } = udpTraffic({ answeredNs: 10e9, udpIdleNs: 30e9 });
  send(1, true, 0);
  send(1, false, 0);
  send(2, true, 0);
  // More than a question and its answer: a conversation.
  for (let i = 0; i < 4; i++) send(3, i % 2 === 0, 0);
  send(3, true, 0);
  streams.tick(11e9);
  assert.deepEqual(events, ['1 idle']);
  streams.tick(31e9);
  assert.deepEqual(events, ['1 idle', '2 idle', '3 idle']);
});
