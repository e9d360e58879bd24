import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, commands, hintsOf, type Place } from './commands.ts';

const places: readonly Place[] = ['list', 'detail', 'stream', 'statistics', 'text', 'picker'];

test('no key means two things in one place', () => {
  for (const place of places) {
    const keys = commands.filter((c) => c.in.includes(place)).flatMap((c) => c.keys);
    const twice = keys.filter((key, i) => keys.indexOf(key) !== i);
    assert.deepEqual(twice, [], place);
  }
});

test('wherever one is, there is help, a way back and a way out', () => {
  for (const place of places) {
    assert.equal(commandOf('?', place)?.name, 'help');
    assert.equal(commandOf('escape', place)?.name, 'back');
    assert.equal(commandOf('ctrl-c', place)?.name, 'quit');
  }
});

test('hints are those of the place, the important ones first, and fit', () => {
  for (const room of [10, 40, 80, 200])
    for (const place of places) {
      const hints = hintsOf(place, room);
      assert.ok(hints.reduce((sum, { key, word }) => sum + key.length + word.length + 3, 0) <= room);
    }
  assert.deepEqual(
    hintsOf('list', 30).map(({ word }) => word),
    ['help', 'open', 'filter'],
  );
});
