import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Exchange, Message } from '../../model/index.ts';
import { createPipeline } from '../../pipeline/index.ts';
import { inners, protocols } from '../../protocols/registry.ts';
import { framesOf } from '../../protocols/testing/frames.ts';
import { body, exchange, message } from '../../sinks/testing/exchanges.ts';
import { Shelf } from '../held.ts';
import { Arena } from './arena.ts';
import { Reader, Writer } from './bytes.ts';
import { ExchangePacker } from './exchanges.ts';

const folder = join(import.meta.dirname, '..', '..', 'protocols');

const plainMessage = (m: Message | undefined) =>
  m && {
    ...{ startAt: m.startAt, endAt: m.endAt, wireBytes: m.wireBytes, startLine: m.startLine },
    ...{ headers: m.headers.map((pair) => [...pair]), trailers: m.trailers.map((pair) => [...pair]) },
    body: m.body && { ...m.body, bytes: [...m.body.bytes] },
    rawHead: m.rawHead,
  };

/** All of it as plain data: messages may be made of getters. */
const plain = (e: Exchange) => ({
  ...e,
  fields: { ...e.fields },
  request: plainMessage(e.request),
  response: plainMessage(e.response),
  messages: e.messages?.map((m) => ({ ...m, body: { ...m.body, bytes: [...m.body.bytes] } })),
});

function repacked(exchanges: readonly Exchange[]): Exchange[] {
  const packer = new ExchangePacker();
  const arena = new Arena();
  const places = exchanges.map((one) => {
    assert.ok(packer.pack(one, arena));
    return { at: arena.at(arena.chunk)!, offset: arena.offset, connection: one.connection };
  });
  return places.map(({ at, offset, connection }) => packer.unpack(at, offset, connection));
}

test('every exchange of every fixture is itself again', async () => {
  let count = 0;
  for (const name of readdirSync(folder)) {
    const fixtures = join(folder, name, 'fixtures');
    let files: string[] = [];
    try {
      files = readdirSync(fixtures).filter((file) => file.endsWith('.pcap'));
    } catch {
      continue;
    }
    for (const file of files) {
      const exchanges: Exchange[] = [];
      const sink = { exchange: (one: Exchange) => void exchanges.push(one) };
      const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit: 65_536 });
      for (const { frame } of framesOf(fixtures, file.slice(0, -5))) pipeline.frame(frame);
      await pipeline.finish({
        ...{ captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 },
      });
      assert.deepEqual(repacked(exchanges).map(plain), exchanges.map(plain), file);
      count += exchanges.length;
    }
  }
  assert.ok(count > 500, `${count}`);
});

test('odd ones too', () => {
  const long = 'x'.repeat(100_000);
  const odd = [
    exchange({ fields: {} }),
    exchange({
      fields: {
        a: undefined,
        b: -1,
        c: 0.1,
        d: 2 ** 53 - 1,
        e: -0,
        f: Number.NaN,
        g: '',
        h: 'é\u202e\ud83d\ude00',
      },
    }),
    exchange({ fields: { a: ['1', '', 'zwölf', long], b: true, c: false, d: Number.POSITIVE_INFINITY } }),
    exchange({ fields: { a: 2 ** 31, b: 2 ** 32 + 1, c: 127, d: 128, e: 16_383, f: 16_384, g: long } }),
    exchange({
      missing: [{ kind: 'bytesLost', side: 'request', bytes: 7 }, { kind: 'noResponse' }],
      weirds: ['http_bare_lf'],
      error: { kind: 'reset by server', text: 'reset by "server" \u2028' },
      outcome: 'failed',
    }),
    exchange({
      request: message('a\rb', { rawHead: 'a\rb\r\nA: 1\r\n\r\n', headers: [['A', '1']] }),
      response: message('', {
        trailers: [['ÿ', long]],
        body: body(long, 'text/plain', { totalLength: 1e12 }),
      }),
    }),
    exchange({ request: message('x', { rawHead: 'x y\nA: 1\n\n', headers: [['A', '1']] }) }),
    exchange({
      messages: [
        {
          side: 'response',
          at: 5,
          wireBytes: 9,
          body: body('abc', '', { method: '/a.B/C', encodings: ['gzip', 'br'] }),
        },
      ],
    }),
  ];
  delete (odd[0] as { request?: unknown }).request;
  const again = repacked(odd);
  // Of a head that is not what its start line says, the parts count.
  const expected = odd.map(plain);
  expected[6]!.request!.rawHead = undefined;
  assert.deepEqual(again.map(plain), expected);
});

test('numbers and texts of every size come back', () => {
  const writer = new Writer();
  const numbers = Array.from({ length: 54 }, (_, i) => [2 ** i - 1, 2 ** i])
    .flat()
    .slice(0, -1);
  for (const number of numbers) writer.count(number);
  const texts = Array.from({ length: 200 }, (_, i) => String.fromCharCode(i * 9).repeat(i));
  for (const text of texts) writer.text(text);
  for (const text of texts) writer.text(text);
  const reader = new Reader(writer.bytes, 0);
  for (const number of numbers) assert.equal(reader.count(), number);
  for (const text of texts) assert.equal(reader.text(), text);
  for (const _ of texts) reader.skipText();
  assert.equal(reader.at, writer.at);
});

test('bodies go first, and what is left says so; then entries go', () => {
  const shelf = new Shelf(1e6, 8e6);
  const add = (n: number) =>
    shelf.add({
      kind: 'exchange',
      isOpen: false,
      exchange: exchange({
        fields: { n },
        request: message('', {
          headers: [['A', `${n} ${'y'.repeat(300)}`]],
          body: body(`${n} ${'x'.repeat(2000)}`),
        }),
      }),
    });
  for (let n = 1; n <= 6000; n++) add(n);
  const of = (id: number) => {
    const held = shelf.get(id);
    assert.ok(held?.kind === 'exchange');
    return held.exchange;
  };
  assert.equal(shelf.first, 1);
  assert.ok(shelf.bytes <= 8e6 && shelf.bodiesLet > 0);
  assert.deepEqual(of(1).missing, [{ kind: 'bodyCut', bytes: 0 }]);
  assert.equal(of(1).request!.body!.bytes.length, 0);
  assert.equal(of(1).request!.body!.totalLength, 2002);
  assert.match(of(1).request!.headers[0]![1], /^1 y/);
  assert.deepEqual(of(6000).missing, []);
  assert.equal(of(6000).request!.body!.bytes.length, 2005);
  for (let n = 6001; n <= 30_000; n++) add(n);
  assert.ok(shelf.first > 1 && shelf.bytes <= 8e6, `${shelf.first} ${shelf.bytes}`);
  assert.equal(shelf.get(1), undefined);
  assert.equal(of(shelf.first).fields['n'], shelf.first);
  assert.equal(of(30_000).request!.body!.bytes.length, 2006);
  shelf.clear();
  assert.equal(shelf.length, 0);
  assert.equal(shelf.add({ kind: 'note', text: 'x', atMs: 0 }), 30_001);
});

test('what is replaced is the new one, and memory of the old is given back', () => {
  const shelf = new Shelf(1000, 1e9);
  for (let n = 1; n <= 5000; n++) {
    const id = shelf.add({ kind: 'exchange', isOpen: true, exchange: exchange({ fields: { n } }) });
    shelf.replace(id, { kind: 'exchange', isOpen: false, exchange: exchange({ fields: { n: -n } }) });
  }
  assert.equal(shelf.length, 1000);
  for (const id of [4001, 5000]) {
    const held = shelf.get(id);
    assert.ok(held?.kind === 'exchange' && !held.isOpen);
    assert.equal(held.exchange.fields['n'], -id);
  }
  assert.ok(shelf.bytes < 4e6, `${shelf.bytes}`);
});
