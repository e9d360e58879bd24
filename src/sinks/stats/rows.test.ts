import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Row, Rows } from './rows.ts';

class Count implements Row<Count> {
  name: string;
  weight: number;
  constructor(name = '', weight = 0) {
    this.name = name;
    this.weight = weight;
  }
  merge(other: Count): void {
    this.weight += other.weight;
  }
}

function table(limit: number, ...rows: readonly (readonly [string, number])[]): Rows<Count> {
  const made = new Rows(limit, (key) => new Count(key));
  for (const [name, weight] of rows) made.at(name).weight += weight;
  return made;
}

test('a full table folds its lighter half; sums stay what they were', () => {
  const rows = table(4, ['a', 9], ['b', 1], ['c', 2], ['d', 8], ['e', 3]);
  assert.deepEqual([rows.size, rows.folded, rows.others.weight], [3, 2, 3]);
  assert.deepEqual(
    rows.top(9).rows.map((row) => row.name),
    ['a', 'd', 'e'],
  );
  const { others, othersCount } = rows.top(2);
  assert.deepEqual([others.weight, othersCount], [6, 3]);
  // What was asked for is a sum of its own.
  assert.equal(rows.others.weight, 3);
});

test('a heavy row outlives any number of light ones', () => {
  const rows = table(8, ['heavy', 1000]);
  for (let i = 0; i < 10_000; i++) rows.at(`light${i}`).weight++;
  assert.ok(rows.size <= 8);
  const { rows: top, others, othersCount } = rows.top(1);
  assert.deepEqual([top[0]!.name, top[0]!.weight, others.weight], ['heavy', 1000, 10_000]);
  assert.equal(othersCount, 10_000);
});

test('merged tables keep both as they were', () => {
  const a = table(8, ['x', 1], ['y', 2]);
  const b = table(8, ['y', 5], ['z', 1]);
  const sum = table(8);
  sum.merge(a);
  sum.merge(b);
  assert.deepEqual(
    sum.top(9).rows.map(({ name, weight }) => [name, weight]),
    [
      ['y', 7],
      ['x', 1],
      ['z', 1],
    ],
  );
  assert.equal(a.at('y').weight, 2);
});

test('sorted by another figure when asked', () => {
  const rows = table(8, ['aaa', 1], ['b', 2]);
  assert.equal(rows.top(1, (row) => row.name.length).rows[0]!.name, 'aaa');
});
