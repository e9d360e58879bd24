import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, Loss, Sink, SourceCounters } from '../model/index.ts';
import { TcpFlag } from '../model/index.ts';
import { message, question, rr } from '../protocols/dns/testing/build.ts';
import { protocols } from '../protocols/registry.ts';
import { type Endpoints, ethernet, frame, ip, type Segment, tcp, udp } from '../wire/testing/build.ts';
import { createPipeline, Names, type PipelineOptions } from './index.ts';

const { syn, ack, fin } = TcpFlag;
const counters: SourceCounters = {
  captured: 0,
  received: 0,
  dropped: 0,
  freezes: 0,
  snaplenCut: 0,
  duplicates: 0,
};
const ends = (srcPort: number, dstPort: number): Endpoints => ({
  src: [10, 0, 0, 1],
  dst: [10, 0, 0, 2],
  srcPort,
  dstPort,
});
const back = ({ src, dst, srcPort, dstPort }: Endpoints): Endpoints => ({
  src: dst,
  dst: src,
  srcPort: dstPort,
  dstPort: srcPort,
});

function start(options: Partial<PipelineOptions> = {}) {
  const exchanges: Exchange[] = [];
  const conversations: string[] = [];
  const losses: Loss[] = [];
  const sink: Sink = {
    exchange: (e) => void exchanges.push(e),
    conversation: (c) =>
      void conversations.push(
        `${c.protocol} ${c.connection.client.port}>${c.connection.server.port} ${c.clientBytes}/${c.serverBytes} ${c.ended}`,
      ),
    loss: (loss) => void losses.push(loss),
  };
  const pipeline = createPipeline({ protocols, sinks: [sink], bodyLimit: 65_536, ...options });
  let now = 0;
  const send = (bytes: readonly number[], keep?: number) => {
    now += 1e6;
    pipeline.frame(frame(bytes, now, keep));
  };
  const segment = (e: Endpoints, s: Segment) => send(ethernet(ip(e, 6, tcp(e, s))));
  /** A connection after its handshake; each call sends in order. */
  const connect = (client: Endpoints) => {
    const server = back(client);
    const seq = { client: 101, server: 501 };
    segment(client, { seq: 100, flags: syn });
    segment(server, { seq: 500, ack: 101, flags: syn | ack });
    return {
      client(payload: string, flags: number = ack) {
        segment(client, { seq: seq.client, ack: seq.server, flags, payload });
        seq.client += payload.length;
      },
      server(payload: string, flags: number = ack) {
        segment(server, { seq: seq.server, ack: seq.client, flags, payload });
        seq.server += payload.length;
      },
      /** Bytes that are sent, acknowledged and not captured. */
      lose(side: 'client' | 'server', length: number) {
        seq[side] += length;
      },
      close() {
        segment(client, { seq: seq.client, ack: seq.server, flags: fin | ack });
        segment(server, { seq: seq.server, ack: seq.client + 1, flags: fin | ack });
      },
    };
  };
  const datagram = (e: Endpoints, payload: Uint8Array) => send(ethernet(ip(e, 17, udp(e, payload))));
  return { pipeline, exchanges, conversations, losses, send, segment, connect, datagram };
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const line = (e: Exchange) =>
  `${e.protocol} ${e.fields['http.request.uri'] ?? e.fields['dns.qry.name'] ?? '?'} ${e.fields['http.response.code'] ?? e.fields['dns.result'] ?? '?'} ${e.missing.map((m) => m.kind).join()}`.trimEnd();

test('frames become exchanges, on any port', async () => {
  const p = start();
  const c = p.connect(ends(40_000, 53));
  c.client(get('/a'));
  c.server(ok('x'));
  c.close();
  const e = ends(40_001, 8080);
  p.datagram(e, message({ questions: [question('a.example', 1)] }));
  p.datagram(
    back(e),
    message({
      flags: 0x8180,
      questions: [question('a.example', 1)],
      answers: [rr('a.example', 1, [1, 2, 3, 4])],
    }),
  );
  await p.pipeline.finish(counters);
  assert.deepEqual(p.exchanges.map(line), ['http /a 200', 'dns a.example 1.2.3.4']);
  assert.deepEqual(p.conversations, []);
});

test('what nobody claims is a conversation', async () => {
  const p = start();
  const c = p.connect(ends(40_000, 9999));
  c.client('\x00\x01binary');
  c.server('\x02answer');
  c.close();
  p.segment(ends(40_001, 80), { seq: 1, flags: syn });
  await p.pipeline.finish(counters);
  assert.deepEqual(p.conversations, ['tcp 40000>9999 8/7 fin', 'tcp 40001>80 0/0 captureEnd']);
});

test('joined in the middle: the next message tells what it is, and who is the client', async () => {
  const p = start();
  // Ports say nothing: the content of the next request does.
  const client = ends(50_000, 40_000);
  const server = back(client);
  p.segment(server, { seq: 900, ack: 100, flags: ack, payload: 'rest of a body, no HTTP to be seen' });
  p.segment(client, { seq: 100, ack: 934, flags: ack, payload: 'and of a request body' });
  p.segment(client, { seq: 121, ack: 934, flags: ack, payload: get('/next') });
  p.segment(server, { seq: 934, ack: 121 + get('/next').length, flags: ack, payload: ok('x') });
  await p.pipeline.finish(counters);
  assert.deepEqual(p.exchanges.map(line), ['http /next 200']);
  assert.equal(p.exchanges[0]!.connection.client.port, 50_000);
});

test('joined in the middle with the sides guessed wrong', async () => {
  const p = start();
  // By its port 8080 would be the server; it asks.
  const asker = ends(8080, 50_000);
  p.segment(asker, { seq: 100, ack: 1, flags: ack, payload: get('/a') });
  p.segment(back(asker), { seq: 1, ack: 100 + get('/a').length, flags: ack, payload: ok('x') });
  await p.pipeline.finish(counters);
  assert.deepEqual(p.exchanges.map(line), ['http /a 200']);
  assert.equal(p.exchanges[0]!.connection.client.port, 8080);
});

test('bytes lost before anything was told: the next message does', async () => {
  const p = start();
  const c = p.connect(ends(40_000, 80));
  c.lose('client', 200);
  c.server(ok('to what was lost'));
  c.client(get('/second'));
  c.server(ok('x'));
  c.close();
  await p.pipeline.finish(counters);
  assert.deepEqual(p.exchanges.map(line), ['http ? 200 joinedMidStream', 'http /second 200']);
});

test('a violation behind a hole is the fault of the hole: what follows is looked at anew', async () => {
  const p = start();
  const c = p.connect(ends(40_000, 80));
  c.client(get('/1'));
  c.server(ok('1'));
  c.client('POST /2 HTTP/1.1\r\nContent-Length: 1');
  c.lose('client', 30);
  c.client('0\r\n\r\n0123456789');
  c.server(ok('2'));
  c.client(get('/3'));
  c.server(ok('3'));
  c.close();
  await p.pipeline.finish(counters);
  assert.equal(line(p.exchanges.at(-1)!), 'http /3 200');
});

test('CONNECT: what is in the tunnel is found and told', async () => {
  const p = start();
  const c = p.connect(ends(40_000, 3128));
  c.client('CONNECT b:80 HTTP/1.1\r\n\r\n');
  c.server('HTTP/1.1 200 OK\r\n\r\n');
  c.client(get('/inside'));
  c.server(ok('x'));
  c.close();
  await p.pipeline.finish(counters);
  assert.deepEqual(p.exchanges.map(line), ['http b:80 200', 'http /inside 200']);
});

test('an Upgrade to something unknown ends the exchanges, not the connection', async () => {
  const p = start();
  const c = p.connect(ends(40_000, 80));
  c.client(get('/', 'Upgrade: chat/2\r\n'));
  c.server('HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat/2\r\n\r\nGET /no HTTP/1.1\r\n\r\n');
  c.client(get('/no'));
  c.close();
  await p.pipeline.finish(counters);
  assert.deepEqual(p.exchanges.map(line), ['http / 101']);
});

test('DNS answers name the peers of later connections', async () => {
  const names = new Names(new Map([['10.0.0.1', 'web']]));
  const p = start({ names });
  const e = ends(40_001, 53);
  p.datagram(e, message({ questions: [question('db.example', 1)] }));
  p.datagram(
    back(e),
    message({
      flags: 0x8180,
      questions: [question('db.example', 1)],
      answers: [rr('db.example', 1, [10, 0, 0, 2])],
    }),
  );
  const c = p.connect(ends(40_000, 80));
  c.client(get('/'));
  c.server(ok('x'));
  await p.pipeline.finish(counters);
  const { client, server } = p.exchanges[1]!.connection;
  assert.deepEqual([client.name, server.name], ['web', 'db.example']);
  assert.deepEqual([...names.entries()], [['10.0.0.2', 'db.example']]);
});

test('fragments are put together, and counted when they are not', async () => {
  const p = start();
  const e = ends(40_001, 53);
  const query = udp(e, message({ questions: [question('fragmented.example', 1)] }));
  const part = (from: number, to: number, id: number) =>
    p.send(
      ethernet(
        ip(e, 17, query.slice(from, to), { id, fragment: (to < query.length ? 0x2000 : 0) | (from / 8) }),
      ),
    );
  part(16, query.length, 1);
  part(0, 16, 1);
  part(0, 16, 2);
  await p.pipeline.finish(counters);
  assert.deepEqual(p.exchanges.map(line), ['dns fragmented.example ? noResponse']);
  assert.equal(p.pipeline.counters().fragmentsDropped, 1);
});

test('time that passes without packets tells what stayed unanswered', () => {
  const p = start();
  p.datagram(ends(40_001, 53), message({ questions: [question('a.example', 1)] }));
  p.pipeline.tick(1_700_000_020, 0);
  assert.equal(p.exchanges.length, 0);
  p.pipeline.tick(1_700_000_040, 0);
  assert.deepEqual(p.exchanges.map(line), ['dns a.example ? noResponse']);
});

test('many messages that never end stay within the memory for all, and are told', async () => {
  const p = start({ bodyLimit: 1024 * 1024 });
  const large = 'x'.repeat(60_000);
  const connections = Array.from({ length: 150 }, (_, i) => p.connect(ends(20_000 + i, 80)));
  for (const c of connections) c.client('POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n');
  for (let round = 0; round < 10; round++) for (const c of connections) c.client(large);
  // 150 x 600,000 bytes were sent; the limit is 64 MiB.
  assert.ok(p.pipeline.counters().messagesDropped > 0);
  p.pipeline.batch();
  assert.equal(p.losses[0]?.kind, 'evicted');
  // Those that were given up are told as cut, and the rest goes on.
  assert.ok(p.exchanges.length > 0);
  assert.ok(p.exchanges.every((e) => e.missing.some((m) => m.kind === 'messageCut')));
  await p.pipeline.finish(counters);
  assert.equal(p.pipeline.counters().exchanges, 150);
});

test('any bytes, any time: nothing throws', async () => {
  const p = start();
  for (const length of [0, 1, 13, 14, 34, 54])
    for (const sec of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      const f = frame(new Array<number>(length).fill(0x45));
      f.sec = sec;
      p.pipeline.frame(f);
    }
  await p.pipeline.finish(counters);
});

test('a port said to speak a protocol is not asked what it speaks', async () => {
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const said = start({ decodeAs: new Map([[8000, 'dns']]) });
  const asked = start();
  for (const { connect } of [said, asked]) connect(ends(40_000, 8000)).client(request);
  for (const { pipeline } of [said, asked]) await pipeline.finish(counters);
  assert.deepEqual(
    said.exchanges.map((e) => e.protocol),
    [],
  );
  assert.match(said.conversations[0]!, /^DNS 40000>8000 /);
  assert.deepEqual(
    asked.exchanges.map((e) => e.protocol),
    ['http'],
  );
});
