/** An agent's stream cut anywhere, over connections that break anywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { concatBytes } from '../util/bytes.ts';
import { utf8Bytes } from '../util/text.ts';
import { maxPayload } from './frames.ts';
import {
  commonVersion,
  encodeUnit,
  Inbox,
  LineReader,
  Outbox,
  preface,
  readClientLine,
  UnitKind,
  UnitReader,
} from './index.ts';

const nonce = '00112233445566778899aabbccddeeff';
const sizes = [0, 1, 5, 12, 300, 70_000];
const payload = (n: number) => Uint8Array.from({ length: sizes[n % sizes.length]! }, (_, i) => (i + n) & 255);

/** What a client takes, as texts. */
function client() {
  const got: string[] = [];
  const acks: number[] = [];
  const inbox = new Inbox({
    greeting: (kind, bytes) => got.push(`greeting ${kind} ${bytes.length}`),
    unit: (kind, bytes) => got.push(`${kind}:${bytes.length}:${bytes[0] ?? ''}`),
    acknowledge: (next) => acks.push(next),
  });
  return { got, acks, inbox };
}

test('units at every cut, behind what an earlier connection left', () => {
  const stream = concatBytes([
    utf8Bytes(`rest of a unit\nPORTHOLE 000\n\nPORTHOLE ${nonce.slice(0, 31)}0\n`),
    preface(nonce),
    encodeUnit(UnitKind.welcome, 0, utf8Bytes('{}')),
    encodeUnit(UnitKind.packets, 1, payload(4)),
    encodeUnit(UnitKind.event, 2, payload(0)),
    encodeUnit(UnitKind.packets, 3, payload(3)),
  ]);
  const expected = ['greeting 1 2', `2:300:4`, '3:0:', `2:12:3`];
  for (let size = 1; size <= stream.length; size++) {
    const { got, inbox } = client();
    const reader = new UnitReader(nonce);
    for (let at = 0; at < stream.length; at += size) reader.feed(stream.subarray(at, at + size), inbox);
    assert.deepEqual(got, expected, `cut into ${size}`);
    assert.equal(reader.damage + inbox.damage, '');
  }
});

test('nothing is read before the preface of this connection', () => {
  const { got, inbox } = client();
  const reader = new UnitReader(nonce);
  reader.feed(preface('ffffffffffffffffffffffffffffffff'), inbox);
  reader.feed(encodeUnit(UnitKind.packets, 1, payload(4)), inbox);
  assert.deepEqual(got, []);
  const noise = new Uint8Array(1024 * 1024);
  for (let i = 0; i < 40 && reader.damage === ''; i++) reader.feed(noise, inbox);
  assert.match(reader.damage, /no answer of an agent/);
});

test('a length that cannot be is damage', () => {
  const { got, inbox } = client();
  const reader = new UnitReader(nonce);
  const unit = encodeUnit(UnitKind.packets, 1, payload(1));
  new DataView(unit.buffer).setUint32(0, maxPayload + 1, true);
  reader.feed(concatBytes([preface(nonce), unit]), inbox);
  assert.match(reader.damage, /a unit of \d+ bytes/);
  assert.deepEqual(got, []);
});

test('connections that break anywhere: every unit once, in order', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const outbox = new Outbox(200_000);
    const { got, acks, inbox } = client();
    const sent: string[] = [];
    let reader = new UnitReader(nonce);
    let connected = false;
    /** What is under way, and may be lost with the connection. */
    let wire: Uint8Array[] = [];
    const push = (n: number) => {
      const bytes = payload(n);
      sent.push(`2:${bytes.length}:${bytes[0] ?? ''}`);
      outbox.push(UnitKind.packets, bytes);
    };
    const deliver = () => {
      for (const bytes of wire) {
        const cut = random.below(bytes.length + 1);
        reader.feed(bytes.subarray(0, cut), inbox);
        reader.feed(bytes.subarray(cut), inbox);
      }
      wire = [];
      outbox.acknowledge(acks.at(-1) ?? 0);
    };
    const connect = () => {
      reader = new UnitReader(nonce);
      wire = [preface(nonce)];
      assert.ok(outbox.connect((bytes) => wire.push(bytes), inbox.next));
      connected = true;
    };
    for (let step = 0; step < 60; step++) {
      if (!connected) connect();
      push(random.below(100));
      if (random.chance(3)) deliver();
      if (random.chance(8)) {
        // Part of what is under way still arrives.
        const all = concatBytes(wire);
        reader.feed(all.subarray(0, random.below(all.length + 1)), inbox);
        outbox.disconnect();
        connected = false;
      }
    }
    if (!connected) connect();
    deliver();
    assert.deepEqual(got, sent, `seed ${seed}`);
    assert.equal(inbox.damage, '');
  }
});

test('a full window waits for what the client says it has', async () => {
  const outbox = new Outbox(1000);
  outbox.connect(() => {}, 1);
  assert.equal(outbox.room(), undefined);
  outbox.push(UnitKind.packets, new Uint8Array(600));
  outbox.push(UnitKind.packets, new Uint8Array(600));
  let free = false;
  const waiting = outbox.room()!.then(() => {
    free = true;
  });
  await Promise.resolve();
  assert.equal(free, false);
  outbox.acknowledge(2);
  await waiting;
  assert.equal(free, true);
  assert.equal(outbox.unacknowledged, 612);
  assert.equal(
    outbox.connect(() => {}, 1),
    false,
    'the first is kept no more',
  );
  assert.equal(
    outbox.connect(() => {}, 4),
    false,
    'a unit that was never sent',
  );
});

test('a hole in the count is damage', () => {
  const { got, inbox } = client();
  inbox.unit(UnitKind.packets, 1, payload(1));
  inbox.unit(UnitKind.packets, 1, payload(1));
  inbox.unit(UnitKind.packets, 3, payload(1));
  inbox.unit(UnitKind.packets, 2, payload(1));
  assert.equal(got.length, 1);
  assert.equal(inbox.repeated, 1);
  assert.match(inbox.damage, /unit 3 came when 2 was expected/);
});

test('lines: the rest of a broken one is passed over', () => {
  const text = utf8Bytes(`d":1}\n\n{"say":"stop"}\n[1]\n{"say":"hallo ü"}\n`);
  for (let size = 1; size <= text.length; size++) {
    const reader = new LineReader();
    const found: object[] = [];
    for (let at = 0; at < text.length; at += size) found.push(...reader.feed(text.subarray(at, at + size)));
    assert.deepEqual(found, [{ say: 'stop' }, { say: 'hallo ü' }]);
    assert.equal(reader.ignored, 2);
  }
  const reader = new LineReader();
  const long = utf8Bytes('x'.repeat(100_000));
  for (let i = 0; i < 100; i++) assert.deepEqual(reader.feed(long), []);
  assert.deepEqual(reader.feed(utf8Bytes('\n{"say":"stop"}\n')), [{ say: 'stop' }]);
});

test('what a client says is looked at before it is believed', () => {
  const want = {
    pods: { namespace: 'shop', name: 'web', labels: '' },
    filter: 'port 80',
    snaplen: 0,
    ringBytes: 0,
    bodyLimit: 65536,
    mode: 'packets',
    who: 'ann',
  };
  const hello = { say: 'hello', versions: [1], release: '0.1.0', nonce, want };
  assert.deepEqual(readClientLine(hello), hello);
  for (const wrong of [
    { ...hello, nonce: 'x' },
    { ...hello, versions: 1 },
    { ...hello, want: { ...want, mode: 'all' } },
    { ...hello, want: { ...want, pods: {} } },
    { ...hello, want: { ...want, pods: null } },
    { ...hello, want: null },
    { ...hello, resume: { session: 's', next: -1 } },
    { say: 'ack', next: 1.5 },
    { say: 'else' },
    {},
  ])
    assert.equal(readClientLine(wrong), undefined, JSON.stringify(wrong));
  assert.equal(commonVersion([1, 2]), 1);
  assert.equal(commonVersion([2]), undefined);
  assert.equal(commonVersion([1, 2, 3], [2, 3, 4]), 3);
});
