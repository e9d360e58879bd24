import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Key, SortedIds } from './sorted-ids.ts';

/** The same numbers each time: what fails can be looked at again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (const isDescending of [false, true])
  test(`stays in order whatever comes and goes, ${isDescending ? 'descending' : 'ascending'}`, () => {
    const next = random(isDescending ? 7 : 3);
    const sorted = new SortedIds(isDescending, 1);
    const model = new Map<number, Key>();
    const keys: (() => Key)[] = [() => next(50), () => `t${next(50)}`, () => undefined, () => Number.NaN];
    let [first, id] = [1, 1];
    for (let round = 0; round < 300; round++) {
      // Numbers for a while, then texts: a column is of one kind.
      const kind = next(8) === 0 ? 2 + next(2) : 0;
      for (let i = next(60); i > 0; i--) {
        const key = keys[kind]!();
        sorted.add(id, key);
        model.set(id++, key);
      }
      for (let i = next(20); i > 0; i--) {
        const one = first + next(id - first);
        sorted.remove(one);
        model.delete(one);
        if (next(2) === 0) continue;
        const key = keys[0]!();
        sorted.add(one, key);
        model.set(one, key);
      }
      if (next(4) === 0) first = Math.min(id, first + next(80));
      for (const one of model.keys()) if (one < first) model.delete(one);
      if (next(3) === 0) continue;
      sorted.settle(first);
      const isNone = (key: Key) => key === undefined || Number.isNaN(key);
      const expected = [...model].sort(([a, x], [b, y]) => {
        if (isNone(x) || isNone(y)) return isNone(x) === isNone(y) ? a - b : isNone(x) ? 1 : -1;
        const order = (x as number) - (y as number);
        return (isDescending ? -order : order) || a - b;
      });
      assert.deepEqual(
        Array.from({ length: sorted.length }, (_, at) => sorted.at(at)),
        expected.map(([one]) => one),
      );
      const [some] = expected[next(expected.length)] ?? [];
      if (some !== undefined) assert.equal(sorted.at(sorted.position(some)), some);
    }
    assert.ok(first > 4000 || id > 6000);
  });

test('texts are in order too', () => {
  const sorted = new SortedIds(false, 1);
  for (const [i, text] of ['b', 'a', 'ä', undefined, '', 'a'].entries()) sorted.add(i + 1, text);
  sorted.settle(1);
  assert.deepEqual(
    Array.from({ length: 6 }, (_, at) => sorted.at(at)),
    [5, 2, 6, 1, 3, 4],
  );
});
