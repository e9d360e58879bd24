import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../model/index.ts';
import { Duplicates } from './duplicates.ts';

function frame(text: string, iface: number, atMs: number): Frame {
  const buf = Buffer.from(`${'\0'.repeat(12)}${text}`);
  const nsec = Math.round((atMs % 1000) * 1e6);
  const sec = 1_700_000_000 + Math.floor(atMs / 1000);
  const face = { id: iface, name: '', linktype: 1, snaplen: 0, netns: 0, target: '' };
  const { length } = buf;
  return {
    ...{ buf, start: 0, capLen: length, origLen: length, sec, nsec },
    ...{ iface: face, direction: 0, number: 1, checksumNotReady: false },
  };
}

test('the same bytes on another interface soon after are a double', () => {
  const doubles = new Duplicates();
  assert.equal(doubles.isDouble(frame('a', 0, 0)), false);
  assert.equal(doubles.isDouble(frame('a', 1, 0.01)), true);
  assert.equal(doubles.isDouble(frame('a', 2, 0.02)), true);
  assert.equal(doubles.isDouble(frame('b', 1, 0.02)), false);
});

test('sent again it is a packet again, and its copy a double again', () => {
  const doubles = new Duplicates();
  const seen = [
    [0, 0],
    [1, 0.01],
    [0, 5],
    [1, 5.01],
    [0, 2000],
    [1, 2000.01],
  ].map(([iface, at]) => doubles.isDouble(frame('a', iface!, at!)));
  assert.deepEqual(seen, [false, true, false, true, false, true]);
});

test('long after, it is another packet that looks the same', () => {
  const doubles = new Duplicates();
  assert.equal(doubles.isDouble(frame('a', 0, 990)), false);
  assert.equal(doubles.isDouble(frame('a', 1, 1001)), false);
});

test('rings are read one after the other: the copies of a whole block come later', () => {
  const doubles = new Duplicates();
  const count = 30_000;
  let left = 0;
  for (const iface of [0, 1])
    for (let i = 0; i < count; i++) if (!doubles.isDouble(frame(`number ${i}`, iface, i / 1000))) left++;
  assert.ok(left >= count && left < count * 1.001, `${left} of ${2 * count}`);
});
