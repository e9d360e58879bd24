import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Rows, Selection } from './selection.ts';

const rowsOf = (ids: readonly number[]): Rows => ({
  length: ids.length,
  // As a list in order of arrival has it: the next one that is listed.
  position: (id) => (ids.includes(id) ? ids.indexOf(id) : ids.findIndex((other) => other > id)),
  idAt: (at) => ids[at],
});
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function at(selection: Selection): [id: number | undefined, line: number] {
  return [selection.id, selection.at - selection.top];
}

test('rows that come below do not move what is selected', () => {
  const selection = new Selection(false);
  selection.refresh(rowsOf(range(1, 50)), 10);
  selection.moveTo(20, rowsOf(range(1, 50)));
  assert.deepEqual(at(selection), [21, 9]);
  selection.refresh(rowsOf(range(1, 500)), 10);
  assert.deepEqual(at(selection), [21, 9]);
});

test('rows that come above, as in a sorted list, do not move it on the screen', () => {
  const selection = new Selection(false);
  selection.refresh(rowsOf(range(1, 50)), 10);
  selection.moveTo(20, rowsOf(range(1, 50)));
  const sorted = [90, 91, 92, ...range(1, 50)];
  selection.refresh(rowsOf(sorted), 10);
  assert.deepEqual(at(selection), [21, 9]);
  assert.equal(selection.at, 23);
});

test('rows that are let go of above do not move it either, until it is one of them', () => {
  const selection = new Selection(false);
  const all = rowsOf(range(1, 100));
  selection.refresh(all, 10);
  selection.moveTo(60, all);
  selection.refresh(rowsOf(range(41, 100)), 10);
  assert.deepEqual(at(selection), [61, 9]);
  selection.refresh(rowsOf(range(70, 100)), 10);
  assert.equal(selection.id, 70, 'the next one that is left');
});

test('following: the last row, whatever comes; a move ends it', () => {
  const selection = new Selection(true);
  selection.refresh(rowsOf(range(1, 3)), 10);
  assert.deepEqual(at(selection), [3, 2]);
  selection.refresh(rowsOf(range(1, 30)), 10);
  assert.deepEqual(at(selection), [30, 9]);
  selection.moveBy(-1, rowsOf(range(1, 30)));
  selection.refresh(rowsOf(range(1, 40)), 10);
  assert.deepEqual([selection.id, selection.follows], [29, false]);
});

test('pages, and the ends of the list', () => {
  const rows = rowsOf(range(1, 100));
  const selection = new Selection(false);
  selection.refresh(rows, 10);
  selection.page(1, rows);
  assert.deepEqual([selection.at, selection.top], [9, 9]);
  selection.page(-1, rows);
  assert.deepEqual([selection.at, selection.top], [0, 0]);
  selection.moveTo(99, rows);
  assert.deepEqual([selection.at, selection.top], [99, 90]);
  selection.page(1, rows);
  assert.deepEqual([selection.at, selection.top], [99, 90]);
  selection.moveBy(-1000, rows);
  assert.deepEqual([selection.at, selection.top], [0, 0]);
});

test('an empty list, one that becomes empty, and a screen that shrinks', () => {
  const selection = new Selection(false);
  selection.refresh(rowsOf([]), 10);
  selection.moveBy(1, rowsOf([]));
  assert.deepEqual([selection.id, selection.at], [undefined, 0]);
  const rows = rowsOf(range(1, 20));
  selection.refresh(rows, 10);
  selection.moveTo(9, rows);
  selection.refresh(rows, 3);
  assert.ok(selection.at >= selection.top && selection.at < selection.top + 3);
  selection.refresh(rowsOf([]), 3);
  assert.deepEqual([selection.at, selection.top], [0, 0]);
});
