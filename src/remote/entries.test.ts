/** Entries as an agent sends them: what every protocol's fixtures give comes out as it went in, however it is cut. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import type { Connection, ConversationSummary, Exchange } from '../model/index.ts';
import { inners, protocols } from '../protocols/registry.ts';
import { fixtureNames } from '../protocols/testing/fixture.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { EntryDecoder } from './entry-decoder.ts';
import { EntryEncoder } from './entry-encoder.ts';
import { connectionPlaces, maxRecord } from './entry-format.ts';
import { listening, recorded } from './testing/recorded.ts';
import { TextReader, TextWriter } from './texts.ts';

const folder = join(import.meta.dirname, '../protocols');
const files = [...new Set([...protocols, ...inners].map(({ name }) => name))].flatMap((name) =>
  fixtureNames(join(folder, name, 'fixtures')).map((fixture) =>
    join(folder, name, 'fixtures', `${fixture}.pcap`),
  ),
);
const all = { heads: true, bodies: true };

/** What comes out, fed in parts of that size. */
function decoded(bytes: Uint8Array, size: number, options = all, shift = 0) {
  const out = listening(options, shift);
  const decoder = new EntryDecoder(out);
  for (let at = 0; at < bytes.length; at += size) decoder.feed(bytes.subarray(at, at + size).slice());
  return { told: out.told, damage: decoder.damage };
}

test("all protocols' fixtures", () => {
  let entries = 0;
  for (const file of files)
    for (const [options, bodyLimit] of [
      [all, 1000],
      [{ heads: true, bodies: false }, 0],
      [{ heads: false, bodies: false }, 0],
    ] as const) {
      const given = recorded(new Uint8Array(readFileSync(file)), { ...options, bodyLimit });
      const { told, damage } = decoded(given.bytes, 100_000, options);
      assert.equal(damage, '', file);
      assert.deepEqual(told, given.told, file);
      entries += told.length;
    }
  assert.ok(entries > 1000, String(entries));
});

test('every cut', () => {
  const file = new Uint8Array(readFileSync(join(folder, 'dns/fixtures/bind-types.pcap')));
  const given = recorded(file, { ...all, bodyLimit: 100 });
  assert.ok(given.told.length > 10);
  for (let size = 1; size <= Math.min(given.bytes.length, 600); size++) {
    const { told, damage } = decoded(given.bytes, size);
    assert.equal(damage, '', `cut into ${size}`);
    assert.deepEqual(told, given.told, `cut into ${size}`);
  }
  // What is cut off is waited for.
  for (let end = 0; end < given.bytes.length; end += 7) {
    const { told, damage } = decoded(given.bytes.subarray(0, end), end);
    assert.equal(damage, '', `ends at ${end}`);
    assert.deepEqual(told, given.told.slice(0, told.length));
  }
});

test('times of another second', () => {
  const file = new Uint8Array(readFileSync(join(folder, 'dns/fixtures/bind-types.pcap')));
  const given = recorded(file, { ...all, bodyLimit: 100 });
  const first = (told: typeof given.told) => told.find(([kind]) => kind === 'exchange')![1] as Exchange;
  const { told } = decoded(given.bytes, 1000, all, 5e9);
  for (const name of ['startAt', 'endAt'] as const)
    assert.equal(first(told)[name], first(given.told)[name] + 5e9);
  assert.equal(first(told).connection.openedAt, first(given.told).connection.openedAt + 5e9);
});

test('numbers and texts of every size', () => {
  const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 48 + 1, 2 ** 53 - 1];
  const signed = [0, -1, 1, -64, 64, -(2 ** 31), 2 ** 40, -(2 ** 52) + 1, 2 ** 52 - 1];
  const texts = ['', 'a', 'é', 'größe', '\ud800', '世界', 'x'.repeat(5000), 'ÿ'.repeat(129)];
  const writer = new ByteWriter();
  const textWriter = new TextWriter();
  for (const number of numbers) writer.uint(number);
  for (const number of signed) writer.int(number);
  for (const number of [0.5, -0, Number.NaN, 1e300]) writer.f64(number);
  for (const text of [...texts, ...texts]) textWriter.write(writer, text);
  const reader = new ByteReader();
  const textReader = new TextReader();
  reader.begin(writer.bytes, 0, writer.length);
  for (const number of numbers) assert.equal(reader.uint(), number);
  for (const number of signed) assert.equal(reader.int(), number);
  for (const number of [0.5, -0, Number.NaN, 1e300]) assert.ok(Object.is(reader.f64(), number));
  for (const text of [...texts, ...texts]) assert.equal(textReader.read(reader), text);
  assert.deepEqual([reader.left, reader.isBad], [0, false]);
});

test('texts: more of them than are kept', () => {
  const random = new Random(7);
  const said = Array.from(
    { length: 20_000 },
    () => `/item/${Math.min(random.below(9000), random.below(9000))}`,
  );
  const writer = new ByteWriter();
  const textWriter = new TextWriter();
  for (const text of said) textWriter.write(writer, text);
  const reader = new ByteReader();
  const textReader = new TextReader();
  reader.begin(writer.bytes, 0, writer.length);
  for (const text of said) assert.equal(textReader.read(reader), text);
  assert.equal(reader.left, 0);
});

const connectionOf = (id: number, more: Partial<Connection> = {}): Connection => ({
  ...{
    id,
    transport: 'tcp',
    netns: 4_026_532_000,
    target: 'web',
    openedAt: id * 1000,
    joinedMidStream: false,
  },
  client: { address: '10.0.0.1', port: 1024 + (id % 60_000) },
  server: { address: '10.0.0.2', port: 80 },
  ...more,
});
const exchangeOf = (connection: Connection, more: Partial<Exchange> = {}): Exchange => ({
  ...{
    protocol: 'http',
    connection,
    startAt: 1,
    endAt: 2,
    fields: {},
    outcome: 'ok',
    missing: [],
    weirds: [],
  },
  ...more,
});

/** What comes of what `write` writes. */
function through(write: (encoder: EntryEncoder) => void) {
  const encoder = new EntryEncoder(all);
  encoder.clock(1_700_000_000);
  write(encoder);
  const connections: Connection[] = [];
  const out = listening(all);
  const exchanges: Exchange[] = [];
  const decoder = new EntryDecoder({
    ...out,
    connected(connection, before) {
      const made = out.connected(connection, before);
      connections.push(made);
      return made;
    },
    exchange: (exchange) => exchanges.push(exchange),
  });
  decoder.feed(encoder.take());
  assert.equal(decoder.damage, '');
  return { told: out.told, connections, exchanges };
}

test('a connection is told once, and stays the same one however long it lasts', () => {
  const lasting = connectionOf(1);
  const { connections, exchanges } = through((encoder) => {
    encoder.exchange('exchange', exchangeOf(lasting));
    for (let id = 2; id < 3 * connectionPlaces; id++) {
      encoder.exchange('exchange', exchangeOf(connectionOf(id)));
      if (id % 5000 === 0) encoder.exchange('exchange', exchangeOf(lasting));
    }
    // Anew: nobody has spoken of it for longer than places last.
    encoder.exchange('exchange', exchangeOf(connectionOf(2)));
  });
  assert.equal(connections.length, 3 * connectionPlaces);
  const same = exchanges.filter(({ connection }) => connection.id === 1);
  assert.ok(same.length > 5 && same.every(({ connection }) => connection === same[0]!.connection));
  assert.deepEqual(exchanges.at(-1)!.connection, connections.at(-1));
});

test('where a connection was led to', () => {
  const redirectedTo = { address: '127.0.0.1', port: 15_001 };
  const { exchanges } = through((encoder) => {
    encoder.exchange('exchange', exchangeOf(connectionOf(1, { redirectedTo, handshake: { client: 7 } })));
    encoder.exchange('exchange', exchangeOf(connectionOf(2)));
  });
  assert.deepEqual(
    exchanges.map(({ connection }) => connection.redirectedTo),
    [redirectedTo, undefined],
  );
  assert.deepEqual(exchanges[0]!.connection.handshake, { client: 7 });
});

test('what comes to be known of a connection later', () => {
  const early = connectionOf(1, { handshake: { client: 7 } });
  const late = connectionOf(1, { handshake: { client: 7, server: 9 } });
  const { exchanges, connections } = through((encoder) => {
    encoder.exchange('exchange', exchangeOf(early));
    encoder.exchange('exchange', exchangeOf(late));
    encoder.exchange('exchange', exchangeOf({ ...late }));
    const process = { pid: 5, comm: 'nginx', target: 'web' };
    late.server.process = { ...process, viaListener: true };
    late.client.process = null;
    encoder.exchange('exchange', exchangeOf(late));
    late.server.process = process;
    encoder.exchange('exchange', exchangeOf(late));
  });
  assert.deepEqual(
    connections.map(({ handshake }) => handshake),
    [{ client: 7 }, { client: 7, server: 9 }],
  );
  const [, second, third, fourth, last] = exchanges.map(({ connection }) => connection);
  assert.ok(second === third && third === fourth && fourth === last);
  assert.deepEqual(last!.server.process, { pid: 5, comm: 'nginx', target: 'web' });
  assert.equal(last!.client.process, null);
});

test('entries that were left out are counted with the next of their connection', () => {
  const connection = connectionOf(1);
  const huge = {
    ...{ bytes: new Uint8Array(maxRecord), totalLength: maxRecord, contentType: '', encodings: [] },
  };
  const message = {
    startAt: 0,
    endAt: 0,
    wireBytes: 0,
    startLine: '',
    headers: [],
    trailers: [],
    body: huge,
  };
  const summary = { connection, protocol: 'tcp', startAt: 0, endAt: 0, ended: 'fin' } as const;
  const { told } = through((encoder) => {
    encoder.skip(connection);
    encoder.skip(connection);
    encoder.skip(connectionOf(2));
    encoder.exchange('exchange', exchangeOf(connection));
    assert.equal(encoder.exchange('exchange', exchangeOf(connection, { request: message })), false);
    encoder.summary('conversation', summary as unknown as ConversationSummary);
  });
  assert.deepEqual(
    told.map(([kind, what]) => (kind === 'skipped' ? (what as { count: number }).count : kind)),
    [2, 1, 'conversation'],
  );
});

test('nonsense: one line, and nothing more is handed over', () => {
  const record = (...bytes: number[]) => Uint8Array.of(bytes.length, ...bytes);
  for (const [bytes, line] of [
    [record(0), /kind 0 that cannot be read/],
    [record(), /cannot be read/],
    [record(99), /kind 99/],
    [record(1, 5, 5), /kind 1/],
    [record(3, 0, 1, 1, 0, 0, 80, 0, 80, 0), /kind 3/],
    [record(7, 1, 0), /kind 7/],
    [Uint8Array.of(255, 255, 255, 255, 255), /an entry (of|without)/],
    [Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80), /without a length/],
    [Uint8Array.of(0xff, 0xff, 0xff, 0x7f), /an entry of 268435455 bytes/],
  ] as const) {
    const { told, damage } = decoded(bytes, bytes.length);
    assert.match(damage, line);
    assert.deepEqual(told, []);
  }
  // A field that would be an object's prototype.
  const encoder = new EntryEncoder(all);
  encoder.clock(1);
  encoder.exchange('exchange', exchangeOf(connectionOf(1), { fields: JSON.parse('{"__proto__":["x"]}') }));
  assert.match(decoded(encoder.take(), 1000).damage, /kind 7/);
});
