/**
 * What is known of a packet at a place of the graph: the answers to the tests on every way there. Facts
 * form a tree; whoever stands at one knows it and all before it.
 */
import type { Test } from './conditions.ts';
import type { Decision } from './graph.ts';
import type { Value } from './values.ts';

/** How far back two ways are compared for what they say of the same value. */
const lookBack = 8;
/** Longer lists of what a value may be are forgotten. */
const mostNumbers = 8;

/** The answer to a test, or a list of numbers that a value is one of; the root of the tree is neither. */
export class Fact {
  readonly before: Fact | undefined;
  /** Those that come right after it, in the order they were found. */
  firstAfter: Fact | undefined;
  #lastAfter: Fact | undefined;
  /** The next that comes after the same fact as this one. */
  sibling: Fact | undefined;
  readonly depth: number;
  /** Leaps back double in length where two of equal length meet: any depth is a few leaps away. */
  readonly leap: Fact | undefined;
  /** The decision whose answer it is. */
  readonly decision: Decision | undefined;
  readonly isTrue: boolean;
  readonly value: Value | undefined;
  readonly numbers: readonly number[] | undefined;

  private constructor(
    before: Fact | undefined,
    decision: Decision | undefined,
    isTrue: boolean,
    value: Value | undefined,
    numbers: readonly number[] | undefined,
  ) {
    this.before = before;
    this.firstAfter = undefined;
    this.#lastAfter = undefined;
    this.sibling = undefined;
    this.depth = before ? before.depth + 1 : 0;
    this.leap = before && leapAfter(before);
    this.decision = decision;
    this.isTrue = isTrue;
    this.value = value;
    this.numbers = numbers;
    before?.append(this);
  }

  append(fact: Fact): void {
    if (this.#lastAfter) this.#lastAfter.sibling = fact;
    else this.firstAfter = fact;
    this.#lastAfter = fact;
  }

  /** The root: nothing is known. */
  static none(): Fact {
    return new Fact(undefined, undefined, true, undefined, undefined);
  }

  static answer(before: Fact, decision: Decision, isTrue: boolean): Fact {
    const { left, relation, right } = decision.test;
    const isNumber = isTrue && relation === '==' && right.kind === 'number';
    return new Fact(before, decision, isTrue, left, isNumber ? [right.value] : undefined);
  }

  static oneOf(before: Fact, value: Value, numbers: readonly number[]): Fact {
    return new Fact(before, undefined, true, value, numbers);
  }
}

function leapAfter(fact: Fact): Fact {
  const first = fact.leap;
  const second = first?.leap;
  return first && second && fact.depth - first.depth === first.depth - second.depth ? second : fact;
}

/** What holds whichever of the two ways a packet came. */
export function common(a: Fact, b: Fact): Fact {
  const shared = commonStart(a, b);
  if (shared === a || shared === b) return shared;
  let known = shared;
  let one = a;
  for (let step = 0; one !== shared && step < lookBack; step++, one = one.before!) {
    if (!one.numbers) continue;
    const other = sayingOf(one.value!, b, shared);
    if (!other) continue;
    const numbers = [...new Set([...one.numbers, ...other])];
    if (numbers.length <= mostNumbers) known = Fact.oneOf(known, one.value!, numbers);
  }
  return known;
}

/** What the facts from one on back say of a value. */
function sayingOf(value: Value, from: Fact, until: Fact): readonly number[] | undefined {
  let fact = from;
  for (let step = 0; fact !== until && step < lookBack; step++, fact = fact.before!)
    if (fact.value === value && fact.numbers) return fact.numbers;
  return undefined;
}

function commonStart(a: Fact, b: Fact): Fact {
  let [one, other] = [a, b];
  while (one.depth !== other.depth) {
    if (one.depth > other.depth) one = towards(one, other.depth);
    else other = towards(other, one.depth);
  }
  while (one !== other) {
    // Of equal depth, both have leaps of equal length.
    const leaps: boolean = one.leap !== other.leap;
    one = leaps ? one.leap! : one.before!;
    other = leaps ? other.leap! : other.before!;
  }
  return one;
}

/** One step back, the longest that does not go beyond that depth. */
function towards(fact: Fact, depth: number): Fact {
  return fact.leap!.depth >= depth ? fact.leap! : fact.before!;
}

/** All facts from the root of the tree to where one stands, ready for questions. */
export class Knowledge {
  readonly #answers: (boolean | undefined)[] = [];
  readonly #numbers: (readonly number[] | undefined)[] = [];
  /** What was known before each fact, to forget it again. */
  readonly #answersBefore: (boolean | undefined)[] = [];
  readonly #numbersBefore: (readonly number[] | undefined)[] = [];

  learn({ decision, isTrue, value, numbers }: Fact): void {
    if (!value) return;
    this.#answersBefore.push(decision && this.#answers[decision.test.id]);
    this.#numbersBefore.push(this.#numbers[value.id]);
    if (decision) this.#answers[decision.test.id] = isTrue;
    if (numbers) this.#numbers[value.id] = numbers;
  }

  /** The fact that was learned last. */
  forget({ decision, value }: Fact): void {
    if (!value) return;
    const answer = this.#answersBefore.pop();
    if (decision) this.#answers[decision.test.id] = answer;
    this.#numbers[value.id] = this.#numbersBefore.pop();
  }

  /** The answer to `test` where it follows from what is known. */
  answer({ id, left, relation, right }: Test): boolean | undefined {
    const known = this.#answers[id];
    if (known !== undefined) return known;
    if (relation !== '==' || right.kind !== 'number') return undefined;
    // Equal to one constant is not equal to another.
    return this.#numbers[left.id]?.includes(right.value) === false ? false : undefined;
  }
}
