import assert from 'node:assert/strict';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { Random } from '../../fuzz/lib/random.ts';
import { type InflateResult, Inflater } from './inflate.ts';

/** All that comes out of `input`, fed `cut` bytes at a time. */
function inflate(inflater: Inflater, input: Uint8Array, cut = input.length || 1) {
  const parts: Buffer[] = [];
  let result: InflateResult = 'more';
  let consumed = 0;
  for (let from = 0; from < input.length && result === 'more'; from += cut) {
    result = inflater.push(input, from, Math.min(input.length, from + cut), (b, start, end) => {
      parts.push(Buffer.from(b.slice(start, end)));
    });
    consumed += inflater.consumed;
  }
  return { result, bytes: Buffer.concat(parts), consumed };
}

/** Texts with repetitions near and far, noise, and runs. */
function sample(random: Random, length: number): Buffer {
  const words = Array.from({ length: 40 }, () =>
    Buffer.from(Array.from({ length: 1 + random.below(12) }, () => 97 + random.below(20))),
  );
  const parts: Buffer[] = [];
  for (let size = 0; size < length; ) {
    const part = random.chance(9)
      ? Buffer.alloc(random.below(700), random.below(256))
      : random.chance(12)
        ? Buffer.from(Array.from({ length: random.below(300) }, () => random.below(256)))
        : random.pick(words);
    parts.push(part);
    size += part.length;
  }
  return Buffer.concat(parts).subarray(0, length);
}

const strategies = [
  { level: 0 },
  { level: 1 },
  { level: 9 },
  { level: 6, strategy: zlib.constants.Z_FIXED },
  { level: 6, strategy: zlib.constants.Z_HUFFMAN_ONLY },
  { level: 9, windowBits: 9, memLevel: 1 },
];

test('the same as zlib, for every kind of block, at many cut sizes', () => {
  const random = new Random(7);
  for (const options of strategies)
    for (const length of [0, 1, 5, 300, 5000, 70_000, 200_000]) {
      const data = sample(random, length);
      const input = zlib.deflateRawSync(data, options);
      for (const cut of [1, 2, 3, 7, 1000, input.length]) {
        const { result, bytes, consumed } = inflate(new Inflater(), input, cut);
        const name = `${JSON.stringify(options)} ${length} bytes, cut at ${cut}`;
        assert.equal(result, 'done', name);
        assert.ok(bytes.equals(data), name);
        assert.equal(consumed, input.length, name);
      }
    }
});

test('what follows the final block is left alone', () => {
  const input = Buffer.concat([zlib.deflateRawSync(Buffer.from('hello hello hello')), Buffer.from('rest')]);
  for (const cut of [1, 3, input.length]) {
    const { bytes, consumed, result } = inflate(new Inflater(), input, cut);
    assert.deepEqual([bytes.toString(), result, consumed], ['hello hello hello', 'done', input.length - 4]);
  }
});

/** As permessage-deflate has it (RFC 7692 section 7.2.1): flushed, without the last four bytes. */
function messages(texts: readonly string[]): Buffer[] {
  const all = texts.map((_, i) =>
    zlib.deflateRawSync(Buffer.from(texts.slice(0, i + 1).join('')), {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
    }),
  );
  assert.ok(all.every((b) => b.subarray(-4).equals(tail)));
  return all;
}
const tail = Buffer.from([0, 0, 0xff, 0xff]);

test('a history that outlives messages, and one that was lost', async () => {
  const deflate = zlib.createDeflateRaw();
  const sent = ['{"user":"ada","text":"one"}', '{"user":"ada","text":"two"}', '{"user":"ada","text":"six"}'];
  const compressed: Buffer[] = [];
  for (const text of sent) {
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer) => chunks.push(chunk);
    deflate.on('data', collect);
    deflate.write(text);
    await new Promise<void>((done) => deflate.flush(zlib.constants.Z_SYNC_FLUSH, done));
    deflate.off('data', collect);
    compressed.push(Buffer.concat(chunks));
  }
  deflate.destroy();
  assert.ok(compressed[1]!.length < 16, 'the second refers to the first');

  const whole = new Inflater({ endless: true });
  assert.deepEqual(
    compressed.map((b) => inflate(whole, b, 3).bytes.toString()),
    sent,
  );
  assert.equal(whole.unknown, 0);

  const holed = new Inflater({ endless: true });
  inflate(holed, compressed[0]!);
  holed.lose();
  const second = inflate(holed, compressed[1]!);
  assert.equal(second.result, 'more');
  assert.equal(second.bytes.length, sent[1]!.length);
  assert.match(second.bytes.toString(), /^\{\?+two"\}$/);
  assert.ok(holed.unknown > 15);

  const fresh = new Inflater({ endless: true });
  assert.equal(inflate(fresh, compressed[1]!).result, 'broken', 'nothing came before, so it is wrong');
});

test('a final block in the middle of an endless stream: RFC 7692 section 7.2.3.4', () => {
  const hello = Buffer.from('f348cdc9c9070000', 'hex');
  const inflater = new Inflater({ endless: true });
  const input = Buffer.concat([hello, tail]);
  assert.deepEqual(inflate(inflater, input).bytes.toString(), 'Hello');
  assert.deepEqual(
    inflate(inflater, Buffer.concat([Buffer.from('f200110000', 'hex'), tail]), 1).bytes.toString(),
    'Hello',
  );
});

test('messages cut off and begun again', () => {
  const [one, two] = messages(['first message', ' and another']);
  const inflater = new Inflater();
  inflate(inflater, one!.subarray(0, 5));
  inflater.reset();
  assert.equal(inflate(inflater, two!).bytes.toString(), 'first message and another');
});

test('a bomb stops at its budget, within a window', () => {
  const bomb = zlib.deflateRawSync(Buffer.alloc(50_000_000));
  const inflater = new Inflater();
  inflater.budget = 100_000;
  let out = 0;
  const result = inflater.push(bomb, 0, bomb.length, (_b, from, to) => {
    out += to - from;
  });
  assert.equal(result, 'limit');
  assert.ok(out >= 100_000 && out <= 100_000 + 33_000, `${out}`);
  assert.ok(inflater.size <= 40_000);
});

test('damaged input says the same as zlib: broken or not, and what came before', () => {
  const random = new Random(11);
  let broken = 0;
  for (let i = 0; i < 3000; i++) {
    const input = Buffer.from(
      zlib.deflateRawSync(sample(random, 200 + random.below(500)), random.pick(strategies)),
    );
    for (let n = 1 + random.below(3); n > 0; n--) input[random.below(input.length)] = random.below(256);
    let theirs: Buffer | undefined;
    try {
      theirs = zlib.inflateRawSync(input);
    } catch {
      theirs = undefined;
    }
    const cut = 1 + random.below(input.length);
    const mine = inflate(new Inflater(), input, cut);
    const name = `case ${i}: ${input.toString('hex')}`;
    if (theirs) {
      assert.equal(mine.result, 'done', name);
      assert.ok(mine.bytes.equals(theirs), name);
    } else {
      assert.notEqual(mine.result, 'done', name);
      broken++;
    }
    const whole = inflate(new Inflater(), input);
    assert.ok(whole.bytes.equals(mine.bytes) && whole.result === mine.result, `cuts change nothing: ${name}`);
  }
  assert.ok(broken > 1000, `${broken} were broken`);
});
