/** Frames of many places in the order of their times: what is handed on when, and what disorder is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import type { CaptureInterface, Frame } from '../model/index.ts';
import { FrameMerge } from './index.ts';

const base = 1_700_000_000;
const baseMs = base * 1000;
const windowMs = 200;

interface Got {
  readonly place: number;
  readonly atMs: number;
  readonly text: string;
}

/** Frames whose bytes are texts; times in milliseconds since `base`. */
function stage(limitBytes = 1_000_000, windowMaxMs = windowMs) {
  const got: Got[] = [];
  const merge = new FrameMerge({
    ...{ windowMs, windowMaxMs, limitBytes },
    deliver(frame) {
      const { buf, start, capLen } = frame;
      const text = new TextDecoder().decode(buf.subarray(start, start + capLen));
      const atMs = (frame.sec - base) * 1000 + frame.nsec / 1e6;
      got.push({ place: frame.iface.id, atMs, text });
    },
  });
  const push = (place: number, atMs: number, text: string, nowMs: number, keyMs = atMs) => {
    // In the middle of something else: what lies around it must not matter.
    const bytes = new TextEncoder().encode(`##${text}##`);
    const [sec, nsec] = parts(atMs);
    const frame = {
      ...{ buf: bytes, start: 2, capLen: bytes.length - 4, origLen: bytes.length, sec, nsec },
      ...{ iface: { id: place } as CaptureInterface, direction: 2, number: 0, checksumNotReady: true },
    } satisfies Frame;
    const [keySec, keyNsec] = parts(keyMs);
    const isLate = merge.push(place, frame, keySec, keyNsec, baseMs + nowMs);
    bytes.fill(0);
    return isLate;
  };
  return { merge, push, got, texts: () => got.map(({ text }) => text).join(' ') };
}

function parts(ms: number): [number, number] {
  const sec = Math.floor(ms / 1000);
  return [base + sec, Math.round((ms - sec * 1000) * 1e6)];
}

test('in the order of their times, when they are as old as the window', () => {
  const { merge, push, texts } = stage();
  const [a, b] = [merge.input(), merge.input()];
  push(a, 1000, 'a1', 1030);
  push(a, 1020, 'a2', 1030);
  push(b, 1010, 'b1', 1090);
  assert.equal(merge.release(baseMs + 1199), 0);
  assert.equal(merge.dueMs, baseMs + 1200);
  assert.equal(merge.release(baseMs + 1215), 2);
  assert.equal(texts(), 'a1 b1');
  assert.equal(merge.release(baseMs + 1220), 1);
  assert.equal(texts(), 'a1 b1 a2');
  assert.deepEqual([merge.late, merge.early, merge.waiting, merge.dueMs], [0, 0, 0, undefined]);
});

test('a silent place holds nobody back; what comes later than the window is handed on at once, and counted', () => {
  const { merge, push, texts } = stage();
  const [a, b] = [merge.input(), merge.input()];
  push(a, 1000, 'a1', 1010);
  merge.release(baseMs + 1200);
  assert.equal(push(b, 990, 'b1', 1300), true);
  push(a, 1290, 'a2', 1300);
  assert.equal(merge.release(baseMs + 1300), 1);
  assert.equal(texts(), 'a1 b1');
  // Old, but nothing that is younger was handed on: it is in order.
  assert.equal(push(b, 1001, 'b2', 1480), false);
  merge.release(baseMs + 1490);
  assert.equal(texts(), 'a1 b1 b2 a2');
  assert.equal(merge.late, 1);
});

test('what is late widens the window, as far as it may', () => {
  const { merge, push, texts } = stage(1_000_000, 600);
  const [a, b] = [merge.input(), merge.input()];
  push(a, 1000, 'a1', 1010);
  merge.release(baseMs + 1200);
  assert.equal(push(b, 900, 'late', 1300), true);
  // It was 400 ms old: a quarter more.
  assert.equal(merge.windowMs, 500);
  push(a, 1290, 'a2', 1300);
  merge.release(baseMs + 1700);
  assert.equal(push(b, 1280, 'b1', 1700), false);
  merge.release(baseMs + 1790);
  assert.equal(texts(), 'a1 late b1 a2');
  push(b, 1270, 'in order of its place', 1800);
  assert.equal(merge.windowMs, 600);
  assert.equal(merge.late, 2);
});

test('a time that is still to come: it waits for twice the window at most, and holds nothing back', () => {
  const { merge, push, texts, got } = stage();
  const [a, b] = [merge.input(), merge.input()];
  push(a, 3_600_000, 'future', 1000);
  push(b, 1001, 'b1', 1010);
  // A clock that is 5 ms off: in order by its time, not by when it came.
  push(a, 3_600_000, 'soon', 1100);
  push(b, 1105, 'b2', 1100);
  push(b, 1299, 'b3', 1310);
  merge.release(baseMs + 1399);
  assert.equal(texts(), 'b1 b2');
  merge.release(baseMs + 1500);
  assert.equal(texts(), 'b1 b2 future b3 soon');
  // It keeps the time it has.
  assert.equal(got[2]!.atMs, 3_600_000);
  assert.equal(merge.late, 0);
});

test('one place keeps its order whatever its times are', () => {
  const { merge, push, texts } = stage();
  const [a, b] = [merge.input(), merge.input()];
  push(a, 1050, 'a1', 1060);
  push(a, 1000, 'a2', 1060);
  push(b, 1040, 'b1', 1060);
  push(b, 1060, 'b2', 1060);
  merge.flush();
  assert.equal(texts(), 'b1 a1 a2 b2');
});

test('order is by the true time, the frame shows its own', () => {
  const { merge, push, texts, got } = stage();
  const [a, b] = [merge.input(), merge.input()];
  push(a, 6000, 'a1', 1100, 1000);
  push(b, 1050, 'b1', 1100);
  push(a, 6090, 'a2', 1100, 1090);
  merge.flush();
  assert.equal(texts(), 'a1 b1 a2');
  assert.deepEqual(
    got.map(({ atMs }) => atMs),
    [6000, 1050, 6090],
  );
});

test('without room the earliest go before their time: counted, and still in order', () => {
  const { merge, push, got } = stage(100_000);
  const inputs = [merge.input(), merge.input()];
  const text = 'x'.repeat(1400);
  for (let i = 0; i < 200; i++) push(inputs[i % 2]!, 1000 + i / 10, `${i} ${text}`, 1020);
  assert.ok(merge.early > 100, `${merge.early}`);
  assert.ok(merge.peakBytes <= 100_000, `${merge.peakBytes}`);
  merge.flush();
  assert.deepEqual(
    got.map((one) => Number.parseInt(one.text, 10)),
    Array.from({ length: 200 }, (_, i) => i),
  );
  assert.equal(merge.late, 0);
});

test('a frame larger than all the room there may be passes', () => {
  const { merge, push, got } = stage(10_000);
  const input = merge.input();
  push(input, 1000, 'small', 1000);
  push(input, 1001, 'y'.repeat(200_000), 1001);
  push(input, 1002, 'small again', 1002);
  merge.flush();
  assert.deepEqual(
    got.map(({ text }) => text.length),
    [5, 200_000, 11],
  );
});

test('hundreds of places, any delay within the window: all of them, each once, sorted', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(seed);
    const { merge, push, got } = stage(seed % 3 === 0 ? 30_000_000 : 3_000_000);
    const inputs = Array.from({ length: 1 + random.below(200) }, () => merge.input());
    const sent: { place: number; atMs: number; arriveMs: number; text: string }[] = [];
    // A place's frames arrive in order, after a delay that varies.
    for (const place of inputs) {
      let atMs = 1000 + random.below(100);
      let arriveMs = 0;
      for (let i = random.below(60); i > 0; i--) {
        atMs += random.below(40) + random.below(1000) / 1000;
        arriveMs = Math.max(arriveMs, Math.ceil(atMs) + random.below(100));
        sent.push({ place, atMs, arriveMs, text: `${place}.${i} ${'z'.repeat(random.below(300))}` });
      }
    }
    sent.sort((x, y) => x.arriveMs - y.arriveMs || x.place - y.place || x.atMs - y.atMs);
    for (const { place, atMs, arriveMs, text } of sent) {
      merge.release(baseMs + arriveMs);
      assert.equal(push(place, atMs, text, arriveMs), false, `seed ${seed}`);
    }
    merge.flush();
    const wanted = sent.toSorted((x, y) => x.atMs - y.atMs).map(({ text }) => text.split(' ')[0]);
    assert.equal(got.length, wanted.length);
    for (let i = 1; i < got.length; i++) assert.ok(got[i - 1]!.atMs <= got[i]!.atMs, `seed ${seed}`);
    assert.deepEqual(new Set(got.map(({ text }) => text)), new Set(sent.map(({ text }) => text)));
    assert.deepEqual([merge.late, merge.early, merge.waiting], [0, 0, 0]);
  }
});

test('any delay, little room: nothing is lost, nothing comes twice, each place keeps its order', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const { merge, push, got } = stage(20_000 + random.below(40_000));
    const inputs = Array.from({ length: 1 + random.below(20) }, () => merge.input());
    let now = 1000;
    const counts = inputs.map(() => 0);
    const all = 500;
    for (let i = 0; i < all; i++) {
      now += random.below(20);
      const place = random.pick(inputs);
      const text = `${counts[place]!++} ${'q'.repeat(random.chance(30) ? random.below(30_000) : random.below(200))}`;
      push(place, now - random.below(random.chance(10) ? 5000 : 300), text, now);
      if (random.chance(5)) merge.release(baseMs + now);
    }
    merge.flush();
    assert.equal(got.length, all);
    for (const place of inputs) {
      const order = got.filter((one) => one.place === place).map(({ text }) => Number.parseInt(text, 10));
      assert.deepEqual(
        order,
        order.map((_, i) => i),
        `seed ${seed}`,
      );
    }
  }
});
