import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Desk, List, Wanted } from '../view/ports.ts';
import { DeskTalk } from './talk.ts';

/** Answers what it was asked, so that the way there and back is seen. */
function echo() {
  const asked: unknown[][] = [];
  let revision = 1;
  let open = 0;
  const answer =
    (name: string) =>
    (...of: unknown[]) => {
      asked.push([name, ...of]);
      return { name, of };
    };
  const list = (wanted: Wanted): List => {
    open++;
    return {
      state: () => ({ revision, length: 100, examined: 100 }),
      rows: (from, count) => [{ from, count, wanted }] as never,
      position: (id) => id * 2,
      find: () => 7,
      close: () => void open--,
    };
  };
  const names = ['columns', 'check', 'complete', 'detail', 'mark', 'packets', 'stream', 'copy', 'save'];
  const desk = Object.fromEntries(
    [...names, 'statistics', 'map', 'clear'].map((name) => [name, answer(name)]),
  ) as unknown as Desk;
  const state = { seen: 0, held: 0, shed: 0, bytes: 0, notes: [], losses: [], isLive: true, rates: [] };
  return {
    desk: Object.assign(desk, { list, state: () => state }),
    asked,
    state,
    change: () => revision++,
    open: () => open,
  };
}

function talking() {
  const there = echo();
  const told: Record<string, unknown>[] = [];
  const talk = new DeskTalk(
    there.desk,
    {
      answer: (message) => void told.push(message as never),
      news: (_, make) => void told.push(make() as never),
      overtaken: 0,
    },
    () => ({ title: 'x', version: '1', query: '', isMasked: true, targets: [], status: [] }),
  );
  told.length = 0;
  return { ...there, talk, told };
}

test('a question is answered under its number', () => {
  const { talk, told } = talking();
  talk.receive({ id: 5, ask: 'packets', of: [3, 10] });
  assert.deepEqual(told, [{ id: 5, is: { name: 'packets', of: [3, 10] } }]);
});

test('a list is looked at, told when it changes, and closed', () => {
  const { talk, told, change, open } = talking();
  talk.receive({ list: 1, wanted: { query: 'a', order: { column: 'time', descending: true } } });
  assert.deepEqual(told, []);
  talk.receive({ list: 1, see: { from: -1, count: 10, anchor: 4 } });
  assert.equal(told.length, 1);
  const news = told[0] as unknown as { from: number; anchorAt: number };
  assert.equal(news.from, 90);
  assert.equal(news.anchorAt, 8);
  talk.turn();
  assert.equal(told.length, 1);
  change();
  talk.turn();
  assert.equal(told.length, 2);
  talk.receive({ id: 9, list: 1, ask: 'position', of: [21] });
  assert.deepEqual(told[2], { id: 9, is: 42 });
  talk.receive({ list: 1 });
  assert.equal(open(), 0);
});

test('lists that nobody closed are closed with the talk, and there are few of them', () => {
  const { talk, told, open } = talking();
  for (let i = 1; i <= 10; i++) talk.receive({ list: i, wanted: { query: '' } });
  assert.equal(open(), 4);
  assert.equal(told.filter(({ wrong }) => wrong !== undefined).length, 6);
  talk.close();
  assert.equal(open(), 0);
});

test('nothing that is not meant reaches the desk', () => {
  const { talk, told, asked } = talking();
  const strange: unknown[] = [
    ...[undefined, null, 1, 'x', [], {}, { id: 1 }, { id: 1, ask: 'nothing' }, { id: 1, ask: '__proto__' }],
    ...[
      { id: 1, ask: 'toString' },
      { id: 1, ask: 'detail' },
      { id: 1, ask: 'detail', of: ['1'] },
    ],
    ...[
      { id: 1, ask: 'detail', of: [-1] },
      { id: 1, ask: 'detail', of: [1.5] },
      { id: 1, ask: 'detail', of: {} },
    ],
    ...[
      { id: 1, ask: 'packets', of: [1, 1e9] },
      { id: 1, ask: 'stream', of: [1, 1e12] },
    ],
    ...[
      { id: 1, ask: 'copy', of: [1, 'exe'] },
      { id: 1, ask: 'save', of: [{ ids: 'all' }, 'har'] },
    ],
    ...[
      { id: 1, ask: 'check', of: ['x'.repeat(20_000)] },
      { id: 1, ask: 'map', of: ['', 1e9] },
    ],
    ...[
      { list: 1, see: { from: 0, count: 10, anchor: 0 } },
      { list: 'x', wanted: {} },
      { list: 1, wanted: 3 },
    ],
    ...[
      { id: 1, list: 99, ask: 'row', of: [0] },
      { list: 2, wanted: { query: '', order: 'time' } },
    ],
  ];
  for (const message of strange) talk.receive(message);
  assert.deepEqual(asked, []);
  assert.equal(told.length, strange.length);
  for (const answer of told) assert.equal(typeof answer['wrong'], 'string');
});

test('a desk that fails answers so, and no more', () => {
  const { talk, told, desk } = talking();
  Object.assign(desk, {
    detail() {
      throw new TypeError('no');
    },
  });
  talk.receive({ id: 2, ask: 'detail', of: [1] });
  assert.match(String(told[0]!['wrong']), /TypeError: no/);
});
