/**
 * A filter as a graph of decisions without cycles: every path ends in acceptance or rejection.
 * Optimization bends its edges; code is made of what can still be reached.
 */
import type { Condition, Test } from './conditions.ts';
import { maxTests } from './limits.ts';

export class Decision {
  readonly kind = 'decision';
  test: Test;
  yes: Target;
  no: Target;

  constructor(test: Test, yes: Target, no: Target) {
    this.test = test;
    this.yes = yes;
    this.no = no;
  }
}

export interface Verdict {
  readonly kind: 'verdict';
  readonly accepts: boolean;
}

export type Target = Decision | Verdict;

export const accept: Verdict = { kind: 'verdict', accepts: true };
export const reject: Verdict = { kind: 'verdict', accepts: false };

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
      case 'and':
        return part.parts.reduceRight<Target>((next, each) => build(each, next, no), yes);
      case 'or':
        return part.parts.reduceRight<Target>((next, each) => build(each, yes, next), no);
    }
  };
  const root = build(condition, accept, reject);
  return count > maxTests ? undefined : root;
}

/** Everything reachable, each before what it leads to; of two branches the one for `yes` first. */
export function inOrder(root: Target): Target[] {
  const done: Target[] = [];
  const finished = new Map<Target, boolean>();
  const stack: Target[] = [root];
  while (stack.length > 0) {
    const target = stack.at(-1)!;
    const state = finished.get(target);
    if (state === undefined && target.kind === 'decision') {
      finished.set(target, false);
      // `no` on top: it is finished first, and so ends up last.
      if (!finished.has(target.yes)) stack.push(target.yes);
      if (!finished.has(target.no)) stack.push(target.no);
      continue;
    }
    stack.pop();
    if (state === true) continue;
    finished.set(target, true);
    done.push(target);
  }
  return done.reverse();
}
