import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openCaptureFile } from '../../capture/file/index.ts';
import { platform } from '../../cli/platform.ts';
import type { SourceCounters } from '../../model/index.ts';
import { createPipeline } from '../../pipeline/index.ts';
import { inners, protocols } from '../../protocols/registry.ts';
import { fixtureNames } from '../../protocols/testing/fixture.ts';
import { createRedactor } from '../../redact/index.ts';
import { body, connection, context, exchange, message } from '../testing/exchanges.ts';
import { mismatches, type Schema } from '../testing/schema.ts';
import { createJsonSink, type JsonOptions } from './index.ts';

const root = join(import.meta.dirname, '../../..');
const schema = JSON.parse(readFileSync(join(root, 'docs/json.schema.json'), 'utf8')) as Schema;
const counters: SourceCounters = {
  captured: 1,
  received: 2,
  dropped: 3,
  freezes: 4,
  snaplenCut: 5,
  duplicates: 6,
};

function sinkOf(options: Partial<JsonOptions> = {}) {
  let out = '';
  const sink = createJsonSink({
    write: (text) => {
      out += text;
      return true;
    },
    redactor: createRedactor(),
    platform,
    verbose: 0,
    ...options,
  });
  sink.open!(context);
  const lines = () => {
    void sink.batch!();
    return out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  };
  return { sink, lines, text: () => out };
}

test('an exchange, line for line as documented', () => {
  const { sink, lines } = sinkOf({ verbose: 2 });
  sink.exchange!(
    exchange({
      request: message('GET /a X/1', { headers: [['Cookie', 'a=b']], startAt: 1_234_567_891 }),
      response: message('X/1 200 OK', { body: body('{"token":"t","n":1}', 'application/json') }),
      missing: [{ kind: 'bytesLost', side: 'response', bytes: 7 }],
      weirds: ['x_odd'],
    }),
  );
  assert.deepEqual(lines(), [
    {
      v: 1,
      type: 'exchange',
      time: '2023-11-14T22:13:21.234567891Z',
      durationNs: 1_500_000,
      target: 'upbeat',
      protocol: 'x',
      connection: {
        id: 1,
        transport: 'tcp',
        client: { address: '10.0.0.1', port: 40_000 },
        server: { address: '2001:db8::2', port: 80, name: 'web' },
        joinedMidStream: false,
      },
      outcome: 'ok',
      fields: { 'x.method': 'GET', 'x.path': '/a', 'x.code': 200, 'x.phrase': 'OK' },
      request: {
        time: '2023-11-14T22:13:21.234567891Z',
        wireBytes: 100,
        startLine: 'GET /a X/1',
        headers: [['Cookie', 'a=***']],
        trailers: [],
      },
      response: {
        time: '2023-11-14T22:13:20.000000000Z',
        wireBytes: 100,
        startLine: 'X/1 200 OK',
        headers: [],
        trailers: [],
        body: {
          totalLength: 19,
          contentType: 'application/json',
          complete: true,
          text: '{"token":"***","n":1}',
        },
      },
      missing: [{ kind: 'bytesLost', side: 'response', bytes: 7 }],
      weirds: ['x_odd'],
      masked: 2,
    },
  ]);
});

test('bodies: text where it is text, else base64; encodings undone; cut ones say so', () => {
  const bodyOf = (given: ReturnType<typeof body>, options: Partial<JsonOptions> = {}) => {
    const { sink, lines } = sinkOf({ verbose: 2, ...options });
    sink.exchange!(exchange({ response: message('', { body: given }) }));
    return lines()[0].response.body;
  };
  assert.equal(bodyOf(body('größe')).text, 'größe');
  assert.equal(bodyOf(body(Uint8Array.of(0xff, 0xfe, 0))).base64, '//4A');
  // A character cut at the end is left out.
  assert.equal(bodyOf(body(Uint8Array.of(0x61, 0xc3))).text, 'a');
  const packed = body(gzipSync('{"password":"x"}'), 'application/json', { encodings: ['gzip'] });
  assert.deepEqual([bodyOf(packed).text, bodyOf(packed).complete], ['{"password":"***"}', true]);
  assert.equal(bodyOf(packed, { redactor: undefined }).text, '{"password":"x"}');
  const cut = bodyOf(body('abc', 'text/plain', { totalLength: 10 }));
  assert.deepEqual([cut.complete, cut.totalLength], [false, 10]);
  const unknown = bodyOf(body('abc', 'text/plain', { encodings: ['gzip', 'aes128gcm'] }));
  assert.deepEqual(unknown.encodings, ['gzip', 'aes128gcm']);
  // No secret hides in what is no text.
  const binary = bodyOf(
    body(
      Buffer.concat([Buffer.from('{"token":"s3cr3t","x":"'), Buffer.of(0xff), Buffer.from('"}')]),
      'application/json',
    ),
  );
  assert.ok(!Buffer.from(binary.base64, 'base64').toString('latin1').includes('s3cr3t'));
});

test('one line each, and nothing in it that a terminal obeys', () => {
  const evil = '\x1b[2J\x9b\x7f\r\n\u2028\u202e"\\';
  const { sink, lines, text } = sinkOf({ verbose: 2 });
  sink.exchange!(
    exchange({
      fields: { 'x.path': evil, 'x.list': [evil] },
      request: message(evil, { headers: [[evil, evil]], body: body(evil, evil) }),
    }),
  );
  sink.note!(evil);
  const [first, note] = lines();
  assert.equal(first.fields['x.path'], evil);
  assert.equal(note.text, evil);
  assert.equal(text().split('\n').length, 3);
  assert.doesNotMatch(text().replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
});

test('bytes of messages are UTF-8 where they are', () => {
  const { sink, lines } = sinkOf();
  sink.exchange!(
    exchange({ fields: { 'x.path': '/gr\xc3\xb6\xc3\x9fe', 'x.phrase': 'caf\xe9', 'x.list': ['\xc3\xa9'] } }),
  );
  assert.deepEqual(lines()[0].fields, { 'x.path': '/größe', 'x.phrase': 'café', 'x.list': ['é'] });
});

test('a reader that is too slow: what it missed is counted', () => {
  let slow = true;
  let out = '';
  const { sink } = sinkOf({
    write: (text) => {
      out += text;
      return !slow;
    },
  });
  sink.exchange!(exchange());
  void sink.batch!();
  for (let i = 0; i < 4; i++) sink.exchange!(exchange());
  for (let i = 0; i < 9; i++) void sink.batch!();
  slow = false;
  void sink.batch!();
  void sink.close!(counters);
  const types = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ type, count }) => (count === undefined ? type : `${type} ${count}`));
  assert.deepEqual(types, ['exchange', 'loss 4', 'end']);
});

test('the schema is held by every kind of line', async () => {
  const { sink, lines } = sinkOf({ verbose: 2 });
  const iface = { id: 0, name: 'upbeat/eth0', linktype: 1, snaplen: 96, netns: 1, target: 'upbeat' };
  sink.interface!(iface);
  for (const kind of ['kernelDrop', 'freeze', 'snaplen', 'evicted', 'damaged'] as const)
    sink.loss!({ kind, count: 1, iface, detail: 'because' });
  sink.note!('a note');
  for (const ended of ['fin', 'rst', 'refused', 'idle', 'evicted', 'captureEnd'] as const)
    sink.conversation!({
      ...{ connection, protocol: 'tcp', startAt: 0, endAt: 5, ended, lostBytes: 0, exchanges: 0 },
      ...{
        clientBytes: 1,
        serverBytes: 2,
        clientPackets: 3,
        serverPackets: 4,
        clientWireBytes: 5,
        serverWireBytes: 6,
      },
    });
  for (const outcome of ['ok', 'clientError', 'serverError', 'failed', 'unanswered', 'info'] as const)
    sink.exchange!(
      exchange({
        outcome,
        missing: [
          { kind: 'joinedMidStream' },
          { kind: 'noRequest' },
          { kind: 'noResponse' },
          { kind: 'bodyCut', side: 'request', bytes: 0 },
          { kind: 'messageCut', side: 'response' },
        ],
        request: message('', { trailers: [['a', 'b']], body: body('x', '', { encodings: ['q'] }) }),
        response: undefined,
      }),
    );
  void sink.close!(counters);
  for (const line of lines()) assert.deepEqual(mismatches(line, schema), [], JSON.stringify(line));
  assert.equal(new Set(lines().map((line) => line.type)).size, 6);
});

test('the schema is held by what real captures give, at every level', async () => {
  for (const verbose of [0, 1, 2]) {
    let count = 0;
    for (const module of [...protocols, ...inners]) {
      const folder = join(root, 'src/protocols', module.name, 'fixtures');
      for (const name of fixtureNames(folder)) {
        const { sink, lines } = sinkOf({ verbose });
        const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit: 1000 });
        const source = await openCaptureFile(join(folder, `${name}.pcap`));
        await source.run(pipeline);
        await pipeline.finish(source.counters());
        for (const line of lines()) {
          assert.deepEqual(mismatches(line, schema), [], JSON.stringify(line).slice(0, 500));
          count++;
        }
      }
    }
    assert.ok(count > 100, String(count));
  }
});

test('messages within an exchange, protobuf by its numbers or by its schema', () => {
  const proto = (method?: string) =>
    body(Uint8Array.of(10, 2, 104, 105), 'application/protobuf', method ? { method } : {});
  const messages = [
    { side: 'request' as const, at: 1_234_567_891, wireBytes: 9, body: proto() },
    { side: 'response' as const, at: 2_000_000_000, wireBytes: 9, body: proto('/a.B/C') },
    {
      side: 'response' as const,
      at: 2_000_000_000,
      wireBytes: 9,
      body: body('not protobuf', 'application/protobuf'),
    },
  ];
  const decode = (method: string, side: string) =>
    method === '/a.B/C' && side === 'response' ? '{"password":"hi"}' : undefined;
  const { sink, lines } = sinkOf({ verbose: 2, platform: { ...platform, schema: { decode } } });
  sink.exchange!(exchange({ messages }));
  void sink.close!(counters);
  const [line] = lines();
  assert.deepEqual(mismatches(line!, schema), []);
  const parts = line!['messages'] as { side: string; time: string; body: Record<string, unknown> }[];
  assert.deepEqual(
    parts.map(({ side, time, body: { protobuf, base64, text } }) => [side, time, protobuf, base64, text]),
    [
      ['request', '2023-11-14T22:13:21.234567891Z', ['1: "hi"'], 'CgJoaQ==', undefined],
      ['response', '2023-11-14T22:13:22.000000000Z', undefined, undefined, '{"password":"***"}'],
      ['response', '2023-11-14T22:13:22.000000000Z', undefined, undefined, 'not protobuf'],
    ],
  );
  const brief = sinkOf({ verbose: 1 });
  brief.sink.exchange!(exchange({ messages }));
  void brief.sink.close!(counters);
  assert.equal(brief.lines()[0]!['messages'], undefined);
});

test('the validator sees what does not fit', () => {
  const good = { v: 1, type: 'note', text: 'x' };
  assert.deepEqual(mismatches(good, schema), []);
  for (const bad of [
    { ...good, v: 2 },
    { ...good, type: 'nothing' },
    { ...good, text: 5 },
    { v: 1, type: 'note' },
    { ...good, more: 1 },
    { v: 1, type: 'loss', kind: 'kernelDrop', count: 1.5 },
    { v: 1, type: 'loss', kind: 'other', count: 1 },
  ])
    assert.notDeepEqual(mismatches(bad, schema), [], JSON.stringify(bad));
});

test('ends in a cluster, the side of a mesh, probes', () => {
  const { sink, lines } = sinkOf();
  const server = {
    ...connection.server,
    kube: { namespace: 'shop', pod: 'web-1', service: 'web', serviceAddress: '10.96.0.7' },
  };
  const mesh = { side: 'lo', proxy: 'envoy' } as const;
  sink.exchange!(exchange({ connection: { ...connection, server, mesh }, probe: ['liveness'] }));
  const [line] = lines();
  assert.deepEqual(mismatches(line!, schema), []);
  assert.deepEqual(
    [line.connection.server.kube, line.connection.mesh, line.probe],
    [server.kube, mesh, ['liveness']],
  );
  assert.equal(mismatches({ ...line, probe: ['wellness'] }, schema).length > 0, true);
});
