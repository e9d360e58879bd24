import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPlace, likeBefore } from './hpack-recovery.ts';
import type { Header } from './hpack-static.ts';

const list = (...names: string[]): Header[] => names.map((name) => [name, `of ${name}`]);
/** Newest last: agent is 1 back, accept 2, token 3. */
const old = list('token', 'accept', 'agent');
const before = [list(':method', ':path', 'agent', 'accept', 'token')];

test('the place by what is repeated', () => {
  const place = (...references: (string | number)[]) => findPlace(references, old, before);
  assert.deepEqual(place(':method', ':path', 1, 2, 3), { shift: 0, deepest: 3, names: new Map() });
  assert.deepEqual(place(':method', ':path', 3, 4, 5)!.shift, 2);
  assert.equal(place(':method', ':path', 1, 2), undefined, 'another length');
  assert.equal(place(':method', ':status', 1, 2, 3), undefined, 'another name');
  assert.equal(place(':method', ':path', 2, 1, 3), undefined, 'another order');
  assert.equal(place(':method', ':path', 'agent', 'accept', 9), undefined, 'one name alone');
});

test('what was added unseen gets its name from where it stands', () => {
  const longer = [list(':path', 'id', 'agent', 'accept', 'token')];
  assert.deepEqual(findPlace([':path', 1, 2, 3, 4], old, longer), {
    shift: 1,
    deepest: 3,
    names: new Map([[1, 'id']]),
  });
  // Two that are known are too few when a third may be anything.
  assert.equal(findPlace([':method', ':path', 1, 3, 4], old, before), undefined);
});

test('two places that fit are none', () => {
  const twice = [...list('accept', 'agent'), ...list('accept', 'agent')];
  assert.equal(findPlace([':a', 3, 4], twice, [list(':a', 'agent', 'accept')]), undefined);
});

test('names alone, by the order of the others', () => {
  const isUnknown = (name: string) => name === '?';
  const lists = [list('a', 'b', 'c', 'd', 'e')];
  assert.deepEqual(likeBefore(list('a', 'b', '?', 'd', 'e'), isUnknown, lists), ['a', 'b', 'c', 'd', 'e']);
  assert.equal(likeBefore(list('a', 'b', '?', 'x', 'e'), isUnknown, lists), undefined);
  assert.equal(likeBefore(list('a', 'b', '?', 'd'), isUnknown, lists), undefined, 'too few, and too short');
  assert.equal(
    likeBefore(list('a', 'b', '?', 'd', 'e'), isUnknown, [...lists, list('a', 'b', 'x', 'd', 'e')]),
    undefined,
  );
});
