import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge, formatRate, formatTable } from './table.ts';

test('columns line up and lines have no trailing blanks', () => {
  assert.equal(
    formatTable(
      ['A', 'LONG'],
      [
        ['xyz', ''],
        ['1', '22'],
      ],
    ),
    'A     LONG\nxyz\n1     22\n',
  );
});

test('age in the largest whole unit', () => {
  assert.equal(formatAge(999), 'just now');
  assert.equal(formatAge(1000), '1 second');
  assert.equal(formatAge(7_200_000), '2 hours');
});

test('rates change unit at 1000', () => {
  assert.equal(formatRate(999), '999 B/s');
  assert.equal(formatRate(1000), '1.00 kB/s');
  assert.equal(formatRate(2_500_000), '2.50 MB/s');
});
