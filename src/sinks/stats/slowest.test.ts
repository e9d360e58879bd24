import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type SlowExchange, Slowest } from './slowest.ts';

const taking = (durationNs: number): SlowExchange => ({
  ...{ at: 0, durationNs, protocol: 'X', operation: 'GET', subject: '/', result: '200', outcome: 'ok' },
  ...{ client: { address: 'c', name: undefined }, server: { address: 's', name: undefined }, port: 80 },
});

test('the slowest of any number, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), fc.integer({ min: 1, max: 20 }), (durations, limit) => {
      const slowest = new Slowest(limit);
      for (const duration of durations) if (slowest.isSlow(duration)) slowest.add(taking(duration));
      assert.deepEqual(
        slowest.list().map((slow) => slow.durationNs),
        durations.toSorted((a, b) => b - a).slice(0, limit),
      );
    }),
  );
});

test('none is slow enough when none is kept', () => assert.equal(new Slowest(0).isSlow(1e18), false));
