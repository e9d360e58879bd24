import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layout, usual } from './row-layout.ts';

const http = new Map([
  ['time', 12],
  ['client', 16],
  ['server', 18],
  ['protocol', 4],
  ['operation', 4],
  ['subject', 60],
  ['result', 9],
  ['size', 7],
  ['duration', 6],
]);
const columns = usual.filter((c) => c.name !== 'target');
const names = (width: number) => layout(width, http, columns).map((c) => c.name);

test('columns stand beside each other and fill the width, at any width', () => {
  for (let width = 20; width <= 300; width++) {
    const placed = layout(width, http, columns);
    let x = 0;
    for (const column of placed) {
      assert.equal(column.x, x);
      x += column.width + 1;
    }
    assert.ok(x - 1 <= width, `${width}: ${x - 1}`);
    if (width >= 60) assert.equal(x - 1, width);
  }
});

test('the narrower, the fewer columns: what was asked goes last', () => {
  assert.deepEqual(
    names(160),
    columns.map((c) => c.name),
  );
  assert.deepEqual(names(80), ['time', 'server', 'protocol', 'operation', 'subject', 'result', 'duration']);
  assert.deepEqual(names(44), ['time', 'operation', 'subject', 'result', 'duration']);
  assert.deepEqual(names(16), ['subject']);
});

test('the subject has most of the room', () => {
  for (const width of [80, 100, 120, 160]) {
    const placed = layout(width, http, columns);
    const subject = placed.find((c) => c.name === 'subject')!;
    assert.ok(
      placed.every((c) => c === subject || c.width <= subject.width + 12),
      `${width}: ${subject.width}`,
    );
  }
});
