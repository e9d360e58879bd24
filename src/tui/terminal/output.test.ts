/** A terminal that stands still: nobody waits for it, a picture is never cut, what was left out is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Output, type Stall } from './output.ts';

function stage() {
  let room = 0;
  let taken = '';
  const stalls: Stall[] = [];
  let isGone = false;
  let fault = 'EAGAIN';
  const output = new Output(
    (bytes) => {
      const count = Math.min(room, bytes.length);
      if (count === 0) throw Object.assign(new Error(fault), { code: fault });
      taken += Buffer.from(bytes.subarray(0, count)).toString();
      room -= count;
      return count;
    },
    (stall) => stalls.push(stall),
    () => {
      isGone = true;
    },
  );
  return {
    ...{ output, stalls },
    give(bytes: number) {
      room += bytes;
    },
    fail(code: string) {
      fault = code;
    },
    taken: () => taken,
    isGone: () => isGone,
  };
}

async function freed(output: Output): Promise<void> {
  while (output.isBusy) await new Promise((done) => setTimeout(done, 5));
}

test('a picture for which there is no room goes out to its end, before anything else', async () => {
  const { output, give, taken, stalls } = stage();
  give(4);
  output.send('0123456789');
  assert.equal(output.isBusy, true);
  output.skip();
  output.skip();
  give(100);
  await freed(output);
  output.send('next');
  assert.equal(taken(), '0123456789next');
  assert.equal(stalls.length, 1);
  assert.equal(stalls[0]!.skipped, 2);
});

test('what went out at once is not told of', async () => {
  const { output, give, stalls } = stage();
  give(100);
  output.send('abc');
  assert.equal(output.isBusy, false);
  assert.deepEqual(stalls, []);
});

test('the last words follow what had not gone out, and are given up where nobody takes them', () => {
  const { output, give, taken } = stage();
  give(2);
  output.send('abcd');
  give(100);
  output.finish('!');
  assert.equal(taken(), 'abcd!');
  const still = stage();
  still.output.finish('bye');
  assert.equal(still.taken(), '');
});

test('a terminal that is gone is told of once, and nothing is written any more', () => {
  const { output, fail, give, isGone, taken } = stage();
  fail('EIO');
  output.send('abc');
  assert.equal(isGone(), true);
  assert.equal(output.isBusy, true);
  give(100);
  output.send('def');
  output.finish('ghi');
  assert.equal(taken(), '');
});
