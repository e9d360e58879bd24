/** Clocks of nodes: what can be known of them, what is taken for true, and how times follow it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import type { Frame } from '../model/index.ts';
import { agreed, ClockOffset, Correction } from './index.ts';

const near = (got: { lowMs: number; highMs: number }, lowMs: number, highMs: number) =>
  assert.ok(
    Math.abs(got.lowMs - lowMs) < 1e-9 && Math.abs(got.highMs - highMs) < 1e-9,
    `${got.lowMs} .. ${got.highMs}, not ${lowMs} .. ${highMs}`,
  );
/** A beat: heard and answered at once. */
const beat = (askedMs: number, theirsMs: number, answeredMs: number) => ({
  askedMs,
  heardMs: theirsMs,
  saidMs: theirsMs,
  answeredMs,
});

test('a question comes before its answer leaves: that bounds the offset', () => {
  const clock = new ClockOffset();
  assert.equal(clock.best, undefined);
  clock.add(beat(1000, 1550, 1100));
  // It was 1550.0 to 1551.0 there at some moment from 1000 to 1100 here; 100 millionths of those 100 ms besides.
  near(clock.boundsAt(1100), 449.99, 551.01);
  assert.equal(clock.best!.offsetMs, 500.5);
  assert.ok(Math.abs(clock.best!.uncertaintyMs - 50.51) < 1e-9);
});

test('what the other took for its answer is no time on the way', () => {
  const clock = new ClockOffset();
  // Heard 5 ms after it was asked, 400 ms until its process ran, 5 ms back; 500 ms ahead.
  clock.add({ askedMs: 1000, heardMs: 1505, saidMs: 1905, answeredMs: 1410 });
  near(clock.boundsAt(1410), 495 - 0.041, 506 + 0.041);
});

test('each answer narrows it, a slow one changes nothing, time widens it', () => {
  const clock = new ClockOffset();
  clock.add(beat(0, 510, 20));
  near(clock.boundsAt(20), 490 - 0.002, 511 + 0.002);
  // A slow way back: by itself it would look like 5 ms behind.
  clock.add(beat(20, 525, 1020));
  near(clock.boundsAt(1020), 490 - 0.102, 506 + 0.1);
  // Ten minutes without an answer: 60 ms more on either side.
  near(clock.boundsAt(601_020), 430 - 0.102, 566 + 0.1);
});

test('an answer that contradicts the others: the clock was set', () => {
  const clock = new ClockOffset();
  assert.equal(clock.add(beat(0, 500, 10)), false);
  assert.equal(clock.add(beat(2000, 7500, 2010)), true);
  near(clock.boundsAt(2010), 5490 - 0.001, 5501 + 0.001);
  clock.set(-1000);
  near(clock.boundsAt(2010), 4490 - 0.001, 4501 + 0.001);
});

test('nonsense is passed over', () => {
  const clock = new ClockOffset();
  clock.add(beat(6000, 6500, 5000));
  clock.add(beat(0, Number.NaN, 1));
  clock.add({ askedMs: 0, heardMs: 10, saidMs: 200, answeredMs: 100 });
  assert.equal(clock.best, undefined);
});

test('the true offset is always within the bounds, whatever the network does', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const clock = new ClockOffset();
    const offset = random.below(2_000_000) - 1_000_000 + random.below(1000) / 1000;
    // Millionths.
    const drift = (random.below(199) - 99) / 1e6;
    let now = 1e12;
    const theirs = () => Math.floor(now + offset + (now - 1e12) * drift);
    for (let i = 0; i < 200; i++) {
      const askedMs = now;
      now += random.below(random.chance(4) ? 3000 : 30) + random.below(100) / 100;
      const heardMs = theirs();
      now += random.below(20);
      const saidMs = theirs();
      now += random.below(random.chance(4) ? 3000 : 30);
      assert.equal(clock.add({ askedMs, heardMs, saidMs, answeredMs: now }), false, `seed ${seed}`);
      const { lowMs, highMs } = clock.boundsAt(now);
      const truth = offset + (now - 1e12) * drift;
      assert.ok(lowMs <= truth && truth <= highMs, `seed ${seed}: ${lowMs} ${truth} ${highMs}`);
      now += 2000;
    }
    assert.ok(clock.best!.uncertaintyMs < 30);
  }
});

const bounds = (...pairs: [number, number][]) => pairs.map(([lowMs, highMs]) => ({ lowMs, highMs }));

test('nothing is corrected that may be right', () => {
  assert.deepEqual(agreed(bounds([-3, 8], [-1, 2], [-400, 500])), [0, 0, 0]);
  assert.deepEqual(agreed([]), []);
});

test('nodes that may agree are given the same value', () => {
  // Measured well and badly; all have 298 to 301 in common.
  assert.deepEqual(agreed(bounds([290, 310], [298, 302], [295, 301])), [299.5, 299.5, 299.5]);
  // One could be right, but then it would disagree with the others.
  assert.deepEqual(agreed(bounds([4, 8], [-2, 14], [5, 7])), [6, 6, 6]);
  // One is a minute behind, one agrees with this machine.
  assert.deepEqual(agreed(bounds([4, 8], [-60_002, -60_000], [5, 7], [-1, 1])), [6, -60_001, 6, 0]);
});

test('what is in use is kept while it may be true', () => {
  assert.deepEqual(agreed(bounds([290, 310], [298, 302]), [301, undefined]), [301, 301]);
  assert.deepEqual(agreed(bounds([290, 310], [298, 302], [299, 305]), [299, 300, 300]), [300, 300, 300]);
  assert.deepEqual(agreed(bounds([290, 300]), [301]), [295]);
});

test('a node that has not answered is left as it is', () => {
  const { NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number;
  assert.deepEqual(agreed(bounds([low, high], [10, 12])), [0, 11]);
});

test('the value of a group is within the bounds of all of it', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    const all = Array.from({ length: 1 + random.below(30) }, () => {
      const lowMs = random.below(200) - 100;
      return { lowMs, highMs: lowMs + random.below(60) };
    });
    const values = agreed(all);
    values.forEach((value, i) => {
      assert.ok(all[i]!.lowMs <= value && value <= all[i]!.highMs, `seed ${seed}`);
    });
    // The largest group is as large as any that has a value in common: it must contain some low bound.
    const most = Math.max(
      ...all.map(({ lowMs }) => all.filter((b) => b.lowMs <= lowMs && lowMs <= b.highMs).length),
    );
    const sizes = new Map<number, number>();
    for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
    assert.equal(Math.max(...sizes.values()), most, `seed ${seed}`);
  }
});

/** Only what a correction looks at. */
const frameAt = (sec: number, nsec: number) => ({ sec, nsec }) as Frame;

test('before the first packet a correction is what was measured last', () => {
  const correction = new Correction();
  correction.aim(300);
  correction.aim(-250.5);
  const frame = frameAt(1_700_000_000, 900_000_001);
  correction.apply(frame);
  assert.deepEqual([frame.sec, frame.nsec], [1_700_000_001, 150_500_001]);
  assert.equal(correction.addedNs, 250_500_000);
});

test('a clock that is years off is put right to the microsecond', () => {
  const correction = new Correction();
  correction.aim(-1_700_000_000_123);
  const frame = frameAt(5, 1);
  correction.apply(frame);
  assert.equal(frame.sec, 1_700_000_005);
  assert.ok(Math.abs(frame.nsec - 123_000_001) < 1000, `${frame.nsec}`);
});

test('from then on it moves by a hundredth of the time that passes', () => {
  const correction = new Correction();
  correction.apply(frameAt(100, 0));
  correction.aim(20);
  const at = (sec: number, nsec: number) => {
    const frame = frameAt(sec, nsec);
    correction.apply(frame);
    return (frame.sec - 100) * 1e9 + frame.nsec;
  };
  assert.equal(at(101, 0), 1e9);
  assert.equal(at(101, 500_000_000), 1.5e9 - 5e6);
  assert.equal(at(101, 500_000_000), 1.5e9 - 5e6);
  assert.equal(at(102, 0), 2e9 - 10e6);
  assert.equal(at(110, 0), 10e9 - 20e6);
  assert.equal(correction.ms, 20);
});

test('packets of a node keep the order of their times, whatever is aimed at', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new Random(seed);
    const correction = new Correction();
    let sec = 1_700_000_000;
    let nsec = 0;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < 2000; i++) {
      if (random.chance(50)) correction.aim(random.below(900));
      nsec += random.below(random.chance(20) ? 900_000_000 : 3);
      if (nsec >= 1e9) {
        sec++;
        nsec -= 1e9;
      }
      const frame = frameAt(sec, nsec);
      correction.apply(frame);
      const at = (frame.sec - 1_700_000_000) * 1e9 + frame.nsec;
      assert.ok(at >= last && frame.nsec >= 0 && frame.nsec < 1e9, `seed ${seed}, packet ${i}`);
      last = at;
    }
  }
});

test('a clock that was set: times go on as if it had not been', () => {
  const correction = new Correction();
  correction.apply(frameAt(100, 0));
  correction.set(3600_000);
  const told = frameAt(3701, 5);
  correction.apply(told);
  assert.deepEqual([told.sec, told.nsec], [101, 5]);
  // Nobody told it, an answer did: it is no drift.
  correction.aim(3_600_000 - 5000);
  const found = frameAt(3700 - 5 + 2, 0);
  correction.apply(found);
  assert.deepEqual([found.sec, found.nsec], [102, 0]);
});
