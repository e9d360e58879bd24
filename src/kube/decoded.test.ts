/** What agents send decoded, and what is made of agents that send something else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import type { Connection, EntryCollector, Exchange, FrameCollector } from '../model/index.ts';
import {
  EntryEncoder,
  encodeUnit,
  type Hello,
  type UnitKind as Kind,
  maxPacked,
  preface,
  UnitKind,
  type Want,
} from '../remote/index.ts';
import { concatBytes } from '../util/bytes.ts';
import { utf8Bytes } from '../util/text.ts';
import { RemoteSource } from './remote-source.ts';
import type { Connect } from './wire.ts';

const want: Want = {
  ...{ pods: { namespace: '', name: 'web', labels: '' }, filter: '', snaplen: 0, ringBytes: 0 },
  ...{ bodyLimit: 0, mode: 'exchanges', who: 'a test' },
};
const json = (value: object) => utf8Bytes(JSON.stringify(value));
const over = (decoded: object, captured = 9): Unit => [
  UnitKind.event,
  json({ tell: 'counters', over: true, counters: { captured }, decoded }),
];

type Unit = readonly [kind: Kind, payload: Uint8Array];

/** Agents, one for each connection: `null` breaks it off. Each says what it wants of the session's units. */
function source(welcome: object, ...connections: (readonly (Unit | null)[])[]) {
  const exchanges: Exchange[] = [];
  const connected: Connection[] = [];
  const notes: string[] = [];
  const counted: Record<string, number>[] = [];
  let at = 0;
  const connect: Connect = async (listener) => ({
    send(text) {
      const hello = JSON.parse(text) as Hello;
      if (hello.say !== 'hello') return;
      const units = connections[at++] ?? [];
      let sequence = hello.resume?.next ?? 1;
      const bytes = units.flatMap((unit) => (unit ? [encodeUnit(unit[0], sequence++, unit[1])] : []));
      const greeting = json({ ...welcome, session: 's', resumed: hello.resume !== undefined });
      setImmediate(() => {
        listener.bytes(
          concatBytes([preface(hello.nonce), encodeUnit(UnitKind.welcome, 0, greeting), ...bytes]),
        );
        if (units.includes(null)) setImmediate(() => listener.ended('broken off'));
      });
    },
    close() {},
  });
  const remote = new RemoteSource({ connect, node: 'n1', release: 'test', want });
  const out: FrameCollector = {
    interface() {},
    frame() {},
    loss() {},
    note: (text) => notes.push(text),
    batch() {},
  };
  const nothing = () => {};
  const entries: EntryCollector = {
    ...{ opened: nothing, waiting: nothing, conversation: nothing, connection: nothing, state: nothing },
    ...{ skipped: nothing, frames: nothing, shiftOf: () => 0 },
    exchange: (exchange) => exchanges.push(exchange),
    connected(connection) {
      connected.push(connection);
      return connection;
    },
    counted: (more) => counted.push({ ...more }),
  };
  const ended = remote.run(out, entries).then(
    () => '',
    (error: Error) => error.message,
  );
  return { remote, ended, exchanges, connected, notes, counted };
}

/** Exchanges by their path, two connections, as bytes. */
function entriesOf(...paths: string[]): Uint8Array {
  const encoder = new EntryEncoder({ heads: true, bodies: true });
  encoder.clock(1_700_000_000);
  for (const [i, path] of paths.entries()) {
    const connection: Connection = {
      ...{ id: 1 + (i % 2), transport: 'tcp', netns: 5, target: 'web', openedAt: 0, joinedMidStream: false },
      client: { address: '10.0.0.1', port: 1000 + (i % 2) },
      server: { address: '10.0.0.2', port: 80 },
    };
    encoder.exchange('exchange', {
      ...{ protocol: 'http', connection, startAt: i, endAt: i + 1, outcome: 'ok', missing: [], weirds: [] },
      fields: { 'http.request.uri': path },
    });
  }
  return encoder.take().slice();
}

const welcome = { version: 1, release: '9.9', node: 'n1', mode: 'exchanges' };
const uris = (exchanges: readonly Exchange[]) => exchanges.map(({ fields }) => fields['http.request.uri']);

test('entries, deflated or not, over a connection that breaks off in the middle of one', async () => {
  const bytes = entriesOf('/a', '/b', '/c', '/d');
  const cut = bytes.length - 9;
  const s = source(
    welcome,
    [[UnitKind.packed, deflateRawSync(bytes.subarray(0, cut))], null],
    [[UnitKind.entries, bytes.subarray(cut)], over({ exchanges: 4 }, 17)],
  );
  assert.equal(await s.ended, '', String(s.notes));
  assert.deepEqual(uris(s.exchanges), ['/a', '/b', '/c', '/d']);
  assert.equal(s.connected.length, 2);
  assert.equal(s.exchanges[0]!.connection, s.exchanges[2]!.connection);
  assert.match(s.notes.join('\n'), /broken off.*\n.*connected again/);
  assert.equal(s.remote.counters().captured, 17);
  // All that came: prefaces and heads too.
  assert.ok(s.remote.bytes > bytes.length + 2 * preface('').length, String(s.remote.bytes));
});

test('what was counted there is told as what is new of it', async () => {
  const count = (exchanges: number, isOver: boolean): Unit => [
    UnitKind.event,
    json({ tell: 'counters', over: isOver, counters: {}, decoded: { exchanges, odd: 'x' } }),
  ];
  const s = source(welcome, [count(3, false), count(3, false), count(10, true)]);
  assert.equal(await s.ended, '');
  assert.deepEqual(s.counted, [{ exchanges: 3 }, { exchanges: 0 }, { exchanges: 7 }]);
});

const bomb = deflateRawSync(new Uint8Array(maxPacked + 1));
for (const [title, unit, line] of [
  [
    'bytes',
    [UnitKind.entries, Uint8Array.of(2, 99, 0)],
    /nonsense: an entry of kind 99 that cannot be read$/,
  ],
  [
    'no deflated bytes',
    [UnitKind.packed, Uint8Array.of(255, 1)],
    /nonsense: deflated entries that are none$/,
  ],
  ['more than a unit holds', [UnitKind.packed, bomb], /nonsense: deflated entries that are none$/],
  ['packets', [UnitKind.packets, new Uint8Array(32)], /nonsense: a unit of kind 2, which was not asked for$/],
  ['no event', [UnitKind.event, utf8Bytes('null')], /nonsense: what should be JSON is none$/],
] as const)
  test(`an agent that sends ${title}: one line`, async () => {
    const s = source(welcome, [unit as Unit, over({})]);
    const message = await s.ended;
    assert.match(message, line);
    assert.match(message, /^the agent on n1 sends/);
    assert.deepEqual(s.exchanges, []);
  });

test('an agent that cannot decode is told of before it sends anything', async () => {
  const s = source({ version: 1, release: '0.0.9', node: 'n1' }, [[UnitKind.packets, new Uint8Array(4)]]);
  assert.equal(await s.ended, 'the agent on n1 (porthole 0.0.9) cannot decode');
});
