import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { Base64Stream, decodeBase64, encodeBase64 } from './base64.ts';

test('the same as Node, in both alphabets, padded or not', () => {
  const random = new Random(1);
  for (let i = 0; i < 500; i++) {
    const bytes = Buffer.from(Array.from({ length: random.below(50) }, () => random.below(256)));
    assert.equal(encodeBase64(bytes), bytes.toString('base64'));
    for (const text of [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      `${bytes.toString('base64')}\r\n`,
    ])
      assert.deepEqual(Buffer.from(decodeBase64(text)), bytes, text);
  }
});

test('a stream: several encodings in a row, cut anywhere', () => {
  const texts = ['a', 'bc', 'def', 'ghij', ''];
  const encoded = Buffer.from(texts.map((t) => Buffer.from(t).toString('base64')).join(''));
  for (let cut = 1; cut <= encoded.length; cut++) {
    const stream = new Base64Stream();
    let out = '';
    for (let at = 0; at < encoded.length; at += cut)
      out += Buffer.from(stream.push(encoded.subarray(at, at + cut))).toString();
    assert.equal(out, 'abcdefghij');
    assert.equal(stream.broken, false);
  }
  const stream = new Base64Stream();
  stream.push(Buffer.from('YWJj{'));
  assert.equal(stream.broken, true);
});
