/** What is known of a packet at a place of the graph: the answers to the tests on every way there. */
import type { Test } from './conditions.ts';

/** Facts are found by the tested value; few of these lists keep them short. */
const lists = 16;

/** One answer, and with it all before it. Undefined stands for none. */
export class Fact {
  readonly before: Fact | undefined;
  readonly depth: number;
  readonly #test: Test;
  readonly #isTrue: boolean;
  /** By the tested value's id: the latest fact, each leading to the one before it in its list. */
  readonly #latest: (Fact | undefined)[];
  readonly #earlier: Fact | undefined;

  constructor(before: Fact | undefined, test: Test, isTrue: boolean) {
    this.before = before;
    this.depth = (before?.depth ?? 0) + 1;
    this.#test = test;
    this.#isTrue = isTrue;
    this.#latest = before ? [...before.#latest] : new Array<Fact | undefined>(lists).fill(undefined);
    const list = test.left.id % lists;
    this.#earlier = this.#latest[list];
    this.#latest[list] = this;
  }

  /** The answer to `test` where it follows from what is known. */
  answer(test: Test): boolean | undefined {
    const { left, relation, right } = test;
    for (let fact = this.#latest[left.id % lists]; fact; fact = fact.#earlier) {
      const known = fact.#test;
      if (known.left !== left || known.relation !== relation) continue;
      if (known.right === right) return fact.#isTrue;
      // Equal to one constant is not equal to another.
      const areConstants = known.right.kind === 'number' && right.kind === 'number';
      if (fact.#isTrue && relation === '==' && areConstants) return false;
    }
    return undefined;
  }
}

/** The facts that both have. */
export function common(a: Fact | undefined, b: Fact | undefined): Fact | undefined {
  let [one, other] = [a, b];
  while (one !== other) {
    if (!one || !other) return undefined;
    if (one.depth >= other.depth) one = one.before;
    else other = other.before;
  }
  return one;
}
