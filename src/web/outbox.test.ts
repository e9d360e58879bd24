import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from './outbox.ts';

function standing() {
  const sent: { frame: Uint8Array; taken: () => void }[] = [];
  const states: string[] = [];
  const outbox = new Outbox({
    send: (frame, taken) => void sent.push({ frame, taken }),
    pause: () => void states.push('pause'),
    resume: () => void states.push('resume'),
  });
  return { outbox, sent, states };
}

const mebibyte = 1024 * 1024;

test('a browser that stands still gets the newest of each topic, once', () => {
  const { outbox, sent } = standing();
  outbox.answer(new Uint8Array(mebibyte + 1));
  for (let i = 1; i <= 100; i++) {
    outbox.news('list', () => new Uint8Array([i]));
    outbox.news('desk', () => new Uint8Array([100 + i]));
  }
  assert.equal(sent.length, 1);
  assert.equal(outbox.overtaken, 198);
  sent[0]!.taken();
  assert.deepEqual(
    sent.slice(1).map(({ frame }) => frame[0]),
    [100, 200],
  );
});

test('no more is asked while answers wait, and again when they are less', () => {
  const { outbox, sent, states } = standing();
  for (let i = 0; i < 12; i++) outbox.answer(new Uint8Array(mebibyte));
  assert.deepEqual(states, ['pause']);
  // Taken one by one, in order, and never more under way than was meant.
  for (let i = 0; i < sent.length; i++) sent[i]!.taken();
  assert.equal(sent.length, 12);
  assert.deepEqual(states, ['pause', 'resume']);
});

test('answers go before news, in the order in which they were given', () => {
  const { outbox, sent } = standing();
  outbox.answer(new Uint8Array(2 * mebibyte));
  outbox.news('desk', () => new Uint8Array([9]));
  outbox.answer(new Uint8Array([1]));
  outbox.answer(new Uint8Array([2]));
  sent[0]!.taken();
  assert.deepEqual(
    sent.slice(1).map(({ frame }) => frame[0]),
    [1, 2, 9],
  );
});
