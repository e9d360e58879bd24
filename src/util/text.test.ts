import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Bytes, utf8FromBytes } from './text.ts';

test('bytes as characters become text where they are UTF-8', () => {
  assert.equal(utf8FromBytes('plain 100%'), 'plain 100%');
  assert.equal(utf8FromBytes('M\xc3\xbcller 100%'), 'Müller 100%');
  assert.equal(utf8FromBytes('\xf0\x9f\x90\xb3'), '🐳');
  assert.equal(utf8FromBytes('caf\xe9'), 'café');
  assert.equal(utf8FromBytes('\xc3\xbc → '), '\xc3\xbc → ');
});

test('text becomes UTF-8', () => {
  for (const text of ['', 'plain 100%', 'Müller', '🐳 → é', '%41'])
    assert.deepEqual([...utf8Bytes(text)], [...new TextEncoder().encode(text)]);
  assert.deepEqual([...utf8Bytes('a\ud800b')], [...new TextEncoder().encode('a\ufffdb')]);
});
