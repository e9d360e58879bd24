import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFinder } from './index.ts';

function spans(pattern: string, text: string): [number, number][] {
  const found: [number, number][] = [];
  createFinder(pattern).find(text, (from, to) => void found.push([from, to]));
  return found;
}

test('leftmost, longest, none within another', () => {
  assert.deepEqual(spans('EMP-[0-9]+', 'emp-12, EMP-345'), [
    [0, 6],
    [8, 15],
  ]);
  assert.deepEqual(spans('a|ab|abc', 'xabcab'), [
    [1, 4],
    [4, 6],
  ]);
  assert.deepEqual(spans('\\bcat\\b', 'cat concat cat'), [
    [0, 3],
    [11, 14],
  ]);
  assert.deepEqual(spans('^a+', 'aaa\naa'), [[0, 3]]);
  assert.deepEqual(spans('(?m)^a+$', 'aaa\naab\naa'), [
    [0, 3],
    [8, 10],
  ]);
  assert.deepEqual(spans('b*', 'abba'), [[1, 3]]);
  assert.equal(createFinder('b*').matchesNothing, true);
  assert.equal(createFinder('b+').matchesNothing, false);
});

test('property: where patterns are greedy, the same places as the engine of JavaScript finds', () => {
  const pattern = fc.constantFrom('a+b', '[ab]c*', 'a(?:bc)*', '\\ba[bc]', 'a{2,3}', 'c[^a]*', '(?:a|b)+c');
  const text = fc.string({ unit: fc.constantFrom(...'abc -'.split('')), maxLength: 40 });
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      assert.deepEqual(
        spans(p, t),
        [...t.matchAll(new RegExp(p, 'g'))].map((m) => [m.index, m.index + m[0].length]),
      );
    }),
    { numRuns: 3000 },
  );
});

test('what costs too much is given up, and says where', () => {
  const finder = createFinder('(?:a?){200}b');
  const text = `x${'a'.repeat(200_000)}b`;
  assert.ok(finder.find(text, () => {}) < text.length);
  assert.equal(
    createFinder('ab').find('xxab', () => {}),
    4,
  );
});
