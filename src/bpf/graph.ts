/**
 * A filter as a graph of decisions without cycles: every path ends in acceptance or rejection.
 * Optimization bends its edges; code is made of what can still be reached.
 */
import type { Condition, Test } from './conditions.ts';
import { maxTests } from './limits.ts';
import { type Ordered, inOrder as order } from './order.ts';
import type { Value } from './values.ts';

export class Decision {
  readonly kind = 'decision';
  walk = 0;
  test: Test;
  yes: Target;
  no: Target;
  /** Worth computing before the test, for those after it. */
  prepares: readonly Value[] = [];
  /** No question at all, only a place for values to be prepared at: leads to `yes`. */
  isPreparation = false;

  constructor(test: Test, yes: Target, no: Target) {
    this.test = test;
    this.yes = yes;
    this.no = no;
  }
}

export interface Verdict extends Ordered {
  readonly kind: 'verdict';
  readonly accepts: boolean;
}

export type Target = Decision | Verdict;

export const accept: Verdict = { kind: 'verdict', accepts: true, walk: 0 };
export const reject: Verdict = { kind: 'verdict', accepts: false, walk: 0 };

/** The graph of a condition; undefined when it has more than `maxTests` tests. */
export function graphOf(condition: Condition): Target | undefined {
  let count = 0;
  /** Built from the end: what comes after is known first. */
  const build = (part: Condition, yes: Target, no: Target): Target => {
    switch (part.kind) {
      case 'test':
        count++;
        return new Decision(part.test, yes, no);
      case 'constant':
        return part.value ? yes : no;
      case 'not':
        return build(part.part, no, yes);
      case 'prepare':
        return preparation(part, yes, no);
      case 'and':
        return part.parts.reduceRight<Target>((next, each) => build(each, next, no), yes);
      case 'or':
        return part.parts.reduceRight<Target>((next, each) => build(each, yes, next), no);
    }
  };
  const root = build(condition, accept, reject);
  return count > maxTests ? undefined : root;
}

function preparation({ test, values }: Condition & { kind: 'prepare' }, yes: Target, no: Target): Decision {
  const decision = new Decision(test, yes, no);
  decision.prepares = values;
  decision.isPreparation = true;
  return decision;
}

/**
 * Takes preparations out of the graph. Where one is the only way to a decision, that one prepares;
 * elsewhere packets it was not meant for would come by.
 */
export function placePreparations(root: Target): Target {
  const order = inOrder(root).filter((target) => target.kind === 'decision');
  const entries = new Map<Target, number>();
  for (const { yes, no, isPreparation } of order)
    for (const target of isPreparation ? [yes] : [yes, no])
      entries.set(target, (entries.get(target) ?? 0) + 1);
  const past = (target: Target): Target => {
    if (target.kind !== 'decision' || !target.isPreparation) return target;
    const next = past(target.yes);
    if (next.kind === 'decision' && next === target.yes && entries.get(next) === 1)
      next.prepares = target.prepares;
    return next;
  };
  for (const decision of order) {
    decision.yes = past(decision.yes);
    decision.no = past(decision.no);
  }
  return past(root);
}

/** Everything reachable, each before what it leads to. */
export function inOrder(root: Target): Target[] {
  return order(root, yesOf, noOf);
}

function yesOf(target: Target): Target | undefined {
  return target.kind === 'decision' ? target.yes : undefined;
}

function noOf(target: Target): Target | undefined {
  return target.kind === 'decision' ? target.no : undefined;
}
