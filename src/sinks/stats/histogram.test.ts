import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram } from './histogram.ts';

/** By nearest rank, of the samples themselves. */
function exact(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1]!;
}

function filled(samples: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const sample of samples) histogram.add(sample);
  return histogram;
}

const percents = [0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 100];

function compare(histogram: Histogram, samples: readonly number[]): void {
  const sorted = [...samples].sort((a, b) => a - b);
  assert.equal(histogram.count, sorted.length);
  assert.equal(histogram.min, sorted[0]);
  assert.equal(histogram.max, sorted.at(-1));
  for (const percent of percents) {
    const want = exact(sorted, percent);
    const got = histogram.percentile(percent);
    assert.ok(Math.abs(got - want) <= want / 128, `p${percent}: ${got}, exactly ${want}`);
  }
}

/** Every order of magnitude alike. */
const duration = fc
  .tuple(fc.integer({ min: 0, max: 52 }), fc.double({ min: 1, max: 2, noNaN: true, maxExcluded: true }))
  .map(([exponent, mantissa]) => Math.floor(mantissa * 2 ** exponent));

test('percentiles lie within 1/128 of the exact ones', () => {
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (samples) => {
      compare(filled(samples), samples);
    }),
  );
});

test('of many samples too: a long tail of milliseconds', () => {
  const samples: number[] = [];
  let state = 1;
  for (let i = 0; i < 50_000; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const uniform = (state + 1) / 2 ** 32;
    samples.push(Math.floor(1e6 * uniform ** -0.7));
  }
  compare(filled(samples), samples);
});

test('the edges of buckets and doublings', () => {
  for (const sample of [0, 1, 63, 64, 65, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53 - 1])
    compare(filled([sample, sample, sample + 0]), [sample, sample, sample]);
});

test('merged is as if all had been added to one', () => {
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1 }), fc.array(duration), (a, b) => {
      const merged = filled(a);
      merged.merge(filled(b));
      compare(merged, [...a, ...b]);
      const { mean } = filled([...a, ...b]);
      // Sums of more than 104 days are rounded, and rounding has an order.
      assert.ok(Math.abs(merged.mean - mean) <= mean * 1e-12);
    }),
  );
});

test('what is longer than 104 days, or before it began, is counted', () => {
  const histogram = filled([-5, 1e18]);
  assert.deepEqual([histogram.min, histogram.max, histogram.count], [0, 1e18, 2]);
  assert.equal(histogram.percentile(100), 1e18);
});

test('none', () => {
  assert.deepEqual([new Histogram().percentile(99), new Histogram().mean], [0, 0]);
});
