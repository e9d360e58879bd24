/** The fuzzer of fuzz/filter.ts for a few seconds, the same cases every time. */
import { test } from 'node:test';
import { target } from '../../fuzz/filter.ts';
import { makeInput } from '../../fuzz/lib/mutate.ts';
import { Random } from '../../fuzz/lib/random.ts';

const seconds = 4;
const seed = 1;

test(`${seconds} seconds of any text and any program`, (t) => {
  const seeds = target.seeds();
  const until = performance.now() + seconds * 1000;
  let number = 0;
  for (; performance.now() < until; number++) {
    const random = new Random(Math.imul(seed, 0x9e3779b1) + number);
    const input = makeInput(target, seeds, random);
    try {
      target.run(input, random);
    } catch (error) {
      throw new Error(`npm run fuzz -- filter --seed ${seed} --case ${number}`, { cause: error });
    }
  }
  t.diagnostic(`${number} cases`);
});
