import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Kept } from './kept.ts';
import { UnzipStream } from './unzip-stream.ts';

const text = 'data: one\n\ndata: two\n\n'.repeat(20);

test('gzip and zlib, at every cut', () => {
  const named = Buffer.from(gzipSync(text));
  named[3] = 8;
  const withName = Buffer.concat([named.subarray(0, 10), Buffer.from('a name\0'), named.subarray(10)]);
  for (const input of [gzipSync(text), deflateSync(text), withName])
    for (let cut = 1; cut <= input.length; cut++) {
      const stream = new UnzipStream(1e6);
      let out = '';
      for (let at = 0; at < input.length; at += cut)
        stream.push(input.subarray(at, at + cut), (bytes) => {
          out += Buffer.from(bytes).toString();
        });
      assert.equal(out, text);
      assert.equal(stream.broken, false);
    }
});

test('what is neither, what is damaged, and what is too much is told', () => {
  const of = (input: Uint8Array, budget = 1e6) => {
    const stream = new UnzipStream(budget);
    for (let at = 0; at < input.length; at += 10) stream.push(input.subarray(at, at + 10), () => {});
    return stream;
  };
  assert.equal(of(Buffer.from(text)).broken, true);
  assert.equal(of(brotliCompressSync(text)).broken, true);
  const damaged = gzipSync(text);
  damaged.fill(0xff, 12, 20);
  assert.equal(of(damaged).broken, true);
  assert.equal(of(gzipSync(Buffer.alloc(10_000_000)), 1000).broken, true);
  const endless = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0]),
    Buffer.alloc(10_000, 'n'),
  ]);
  assert.ok(of(endless).broken && of(endless).size < 50_000);
});

test('the beginning of a body, encodings undone', () => {
  const kept = new Kept(100);
  for (let i = 0; i < 10; i++) kept.add(Buffer.from('0123456789abcdef'));
  assert.deepEqual(
    [kept.length, kept.text(undefined).length, kept.text('identity').slice(0, 3)],
    [100, 100, '012'],
  );
  kept.clear();
  kept.add(gzipSync(text));
  assert.equal(kept.text(' GZIP '), text);
  assert.equal(kept.text('gzip'), text);
  kept.clear();
  kept.add(brotliCompressSync(text));
  assert.equal(kept.text('br'), '');
});
