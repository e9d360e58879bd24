import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caretLines } from './caret.ts';

test('the caret is under the spot, one at least', () => {
  assert.deepEqual(caretLines('abc def', 4, 3), ['  abc def', '      ^^^']);
  assert.deepEqual(caretLines('abc', 3, 1), ['  abc', '     ^']);
  assert.deepEqual(caretLines('a\nb', 2, 9), ['  a b', '    ^']);
});

test('of a long text the surroundings are shown', () => {
  const [line, caret] = caretLines(`${'x'.repeat(500)}HERE${'y'.repeat(500)}`, 500, 4);
  assert.ok(line!.length < 140);
  assert.equal(line!.indexOf('HERE'), caret!.indexOf('^'));
  assert.match(line!, /^ {2}\.\.\.x+HEREy+\.\.\.$/);
});
