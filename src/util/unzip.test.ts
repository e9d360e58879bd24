import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { unzip } from './unzip.ts';

const text = Buffer.from('the same words and the same words again '.repeat(50));
const latin1 = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1');

test('gzip and zlib, told by their first bytes', () => {
  for (const input of [gzipSync(text), deflateSync(text, { level: 1 })]) {
    const undone = unzip(input, 1e6)!;
    assert.equal(undone.complete, true);
    assert.equal(latin1(undone.bytes), text.toString());
  }
  assert.equal(unzip(text, 1e6), undefined);
  assert.equal(unzip(new Uint8Array(0), 1e6), undefined);
});

test('every optional part of a gzip header', () => {
  const plain = gzipSync('hello');
  const parts = [
    Buffer.from([3, 0, 1, 2, 3]),
    Buffer.from('name\0'),
    Buffer.from('comment\0'),
    Buffer.from([9, 9]),
  ];
  const header = Buffer.from(plain.subarray(0, 10));
  header[3] = 2 | 4 | 8 | 16;
  const input = Buffer.concat([header, ...parts, plain.subarray(10)]);
  assert.equal(latin1(unzip(input, 100)!.bytes), 'hello');
  for (let length = 10; length < input.length - 8; length++)
    assert.equal(unzip(input.subarray(0, length), 100)!.complete, false, `cut at ${length}`);
});

test('limits: no more than asked for, and it is told', () => {
  const zipped = gzipSync(Buffer.alloc(10_000_000, 'x'));
  for (const limit of [0, 1, 1000, 100_000]) {
    const { bytes, complete } = unzip(zipped, limit)!;
    assert.deepEqual([bytes.length, complete], [limit, false]);
  }
  assert.equal(unzip(gzipSync('hello'), 5)!.complete, true);
});
