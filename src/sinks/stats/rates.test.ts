import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rates } from './rates.ts';

const packets = (rates: Rates) => rates.course().map((point) => point.packets);

test('a point a second, none left out', () => {
  const rates = new Rates();
  rates.frame(100, 5, 10);
  rates.frame(100, 999_999_999, 20);
  rates.exchange();
  rates.frame(103, 1, 30);
  assert.deepEqual(rates.course(), [
    { packets: 2, bytes: 30, exchanges: 1 },
    { packets: 0, bytes: 0, exchanges: 0 },
    { packets: 0, bytes: 0, exchanges: 0 },
    { packets: 1, bytes: 30, exchanges: 0 },
  ]);
  assert.deepEqual(rates.total, { packets: 3, bytes: 60, exchanges: 1 });
  assert.deepEqual(rates.peak, { packets: 2, bytes: 30, exchanges: 1 });
  assert.deepEqual([rates.firstSec, rates.firstNsec, rates.lastSec, rates.lastNsec], [100, 5, 103, 1]);
});

test('asked while a second goes on, nothing is counted twice', () => {
  const rates = new Rates();
  rates.frame(100, 0, 10);
  rates.course();
  rates.frame(100, 1, 10);
  assert.deepEqual(packets(rates), [2]);
  rates.frame(101, 0, 10);
  assert.deepEqual(packets(rates), [2, 1]);
  assert.equal(rates.peak.packets, 2);
});

test('steps widen, sums stay', () => {
  const rates = new Rates();
  for (let sec = 0; sec < 1000; sec++) rates.frame(5000 + sec, 0, 1);
  const course = packets(rates);
  assert.equal(rates.step, 32);
  assert.equal(course.length, Math.ceil(1000 / 32));
  assert.ok(course.slice(0, -1).every((count) => count === 32));
  assert.equal(
    course.reduce((sum, count) => sum + count, 0),
    1000,
  );
  assert.equal(rates.peak.packets, 1);
});

test('clocks that step back or far ahead', () => {
  const rates = new Rates();
  rates.frame(1_700_000_000, 0, 1);
  rates.frame(1_600_000_000, 0, 1);
  rates.frame(2_000_000_000, 0, 1);
  const course = packets(rates);
  assert.ok(course.length <= 60);
  assert.deepEqual([course[0], course.at(-1)], [2, 1]);
  assert.equal(rates.lastSec, 2_000_000_000);
});

test('nothing', () => assert.deepEqual(new Rates().course(), []));
