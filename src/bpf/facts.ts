/** What is known of a packet at a place of the graph: the answers to the tests on every way there. */
import type { Test } from './conditions.ts';
import type { Value } from './values.ts';

/** Facts are found by their value; this many lists keep each short. */
const lists = 16;
/** How far back two ways are compared for what they say of the same value. */
const lookBack = 8;

/**
 * One fact about a value, and with it all before it; undefined stands for none. Either the answer to a
 * test, or the numbers the value is one of.
 */
export class Fact {
  readonly before: Fact | undefined;
  readonly depth: number;
  readonly #value: Value;
  readonly #test: Test | undefined;
  readonly #isTrue: boolean;
  readonly #among: readonly number[] | undefined;
  /** By the value's id: the latest fact, each leading to the one before it in its list. */
  readonly #latest: (Fact | undefined)[];
  readonly #earlier: Fact | undefined;

  private constructor(
    before: Fact | undefined,
    value: Value,
    test: Test | undefined,
    isTrue: boolean,
    among: readonly number[] | undefined,
  ) {
    this.before = before;
    this.depth = (before?.depth ?? 0) + 1;
    this.#value = value;
    this.#test = test;
    this.#isTrue = isTrue;
    this.#among = among;
    this.#latest = before ? [...before.#latest] : new Array<Fact | undefined>(lists).fill(undefined);
    const list = value.id % lists;
    this.#earlier = this.#latest[list];
    this.#latest[list] = this;
  }

  static answered(before: Fact | undefined, test: Test, isTrue: boolean): Fact {
    const isNumber = isTrue && test.relation === '==' && test.right.kind === 'number';
    const among = isNumber ? [(test.right as { value: number }).value] : undefined;
    return new Fact(before, test.left, test, isTrue, among);
  }

  /** The answer to `test` where it follows from what is known. */
  answer(test: Test): boolean | undefined {
    const { left, relation, right } = test;
    for (let fact = this.#latest[left.id % lists]; fact; fact = fact.#earlier) {
      if (fact.#value !== left) continue;
      if (fact.#test?.relation === relation && fact.#test.right === right) return fact.#isTrue;
      // Equal to one constant is not equal to another.
      const isAsked = fact.#among && relation === '==' && right.kind === 'number';
      if (isAsked && !fact.#among!.includes(right.value)) return false;
    }
    return undefined;
  }

  /** The numbers the value is one of; undefined when they are not known. */
  #numbersOf(value: Value): readonly number[] | undefined {
    for (let fact = this.#latest[value.id % lists]; fact; fact = fact.#earlier)
      if (fact.#value === value && fact.#among) return fact.#among;
    return undefined;
  }

  /** What holds whichever of the two ways a packet came. */
  static common(a: Fact | undefined, b: Fact | undefined): Fact | undefined {
    const shared = commonStart(a, b);
    if (!a || !b || shared === a || shared === b) return shared;
    let known = shared;
    let fact: Fact | undefined = a;
    for (let i = 0; i < lookBack && fact && fact !== shared; i++, fact = fact.before) {
      const [one, other] = [fact.#among, fact.#among && b.#numbersOf(fact.#value)];
      if (one && other)
        known = new Fact(known, fact.#value, undefined, true, [...new Set([...one, ...other])]);
    }
    return known;
  }
}

function commonStart(a: Fact | undefined, b: Fact | undefined): Fact | undefined {
  let [one, other] = [a, b];
  while (one !== other) {
    if (!one || !other) return undefined;
    if (one.depth >= other.depth) one = one.before;
    else other = other.before;
  }
  return one;
}
