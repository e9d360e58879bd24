import assert from 'node:assert/strict';
import { test } from 'node:test';
import { styleOf } from '../text/style.ts';
import { type Column, formatCount, formatShare, sparkline, table } from './layout.ts';

interface Row {
  readonly name: string;
  readonly of: string;
  readonly count: number;
}
const shape: readonly Column<Row>[] = [
  { head: 'NAME', text: (row) => row.name, isWords: true },
  { head: 'of', text: (row) => row.of, isWords: true },
  { head: 'count', text: (row) => String(row.count) },
  { head: 'twice', text: (row) => String(2 * row.count), from: 60 },
];
const rows: readonly Row[] = [
  { name: 'a', of: 'web', count: 7 },
  { name: 'a-name-that-is-longer-than-there-is-room-for', of: 'another', count: 12_345 },
];
const lines = (width: number, given = rows) => table(styleOf(false), width, shape, given);

test('figures to the right, words to the left', () => {
  assert.deepEqual(lines(0, rows.slice(0, 1)), ['NAME  of   count  twice', 'a     web      7     14']);
});

test('words are cut where they are longest, figures never, columns left out where lines are short', () => {
  const [head, first, second] = lines(40);
  assert.ok(!head!.includes('twice'));
  assert.ok([head, first, second].every((line) => line!.length <= 40));
  assert.ok(second!.endsWith('another  12345') && second!.includes('…'));
  assert.ok(lines(60).every((line) => line.length <= 60) && lines(60)[0]!.includes('twice'));
});

test('words keep a dozen columns on the shortest lines', () => {
  assert.ok(lines(10)[2]!.startsWith('a-name…'));
});

test('counts', () => {
  assert.deepEqual([0, 7, 999, 1000, 1_234_567, 0.04, 2.25, 9.94, 9.97, 12.6].map(formatCount), [
    '0',
    '7',
    '999',
    '1,000',
    '1,234,567',
    '<0.1',
    '2.3',
    '9.9',
    '10',
    '13',
  ]);
});

test('shares', () => {
  assert.deepEqual(
    [
      [0, 5],
      [1, 0],
      [1, 1],
      [1, 7],
      [1, 60],
      [1, 300],
      [1, 1e6],
      [999, 1000],
    ].map(([a, b]) => formatShare(a!, b!)),
    ['-', '-', '100%', '14%', '1.7%', '0.33%', '<0.01%', '100%'],
  );
});

test('a course, each point or several to a column', () => {
  assert.equal(sparkline([0, 1, 2, 7], 10), '▁▂▃█');
  assert.equal(sparkline([1, 1, 7, 7, 3, 3], 3), '▂█▄');
  assert.equal(sparkline([0, 0], 2), '▁▁');
  assert.equal(sparkline([], 2), '');
});
