/** The fuzzer's target, for a moment; `npm run fuzz -- query` does it for longer. */
import { test } from 'node:test';
import { makeInput } from '../../fuzz/lib/mutate.ts';
import { Random } from '../../fuzz/lib/random.ts';
import { target } from '../../fuzz/query.ts';

test('any text is a query or a QueryError', () => {
  const seeds = target.seeds();
  const until = performance.now() + 2000;
  for (let number = 0; performance.now() < until; number++) {
    const random = new Random(Math.imul(1, 0x9e3779b1) + number);
    target.run(makeInput(target, seeds, random), random);
  }
});
