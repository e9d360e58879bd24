/**
 * Makes the graph smaller without changing what it accepts: decisions whose answer is known are
 * skipped, tests of the same value come together, and equal ends are shared.
 */
import type { Test } from './conditions.ts';
import { common, Fact } from './facts.ts';
import { type Decision, inOrder, type Target } from './graph.ts';
import type { Value } from './values.ts';

/** Each round is linear; what does not settle soon is small change. */
const maxRounds = 12;

export function optimize(root: Target): Target {
  let best = root;
  for (let round = 0; round < maxRounds; round++) {
    const threaded = skipKnown(best);
    const grouped = bringTogether(threaded.root);
    best = grouped.root;
    if (!threaded.hasChanged && !grouped.hasChanged) break;
  }
  return shareEnds(skipKnown(shareEnds(best)).root);
}

interface Pass {
  readonly root: Target;
  readonly hasChanged: boolean;
}

/** Every edge leads past the decisions that the answers on the way to it have settled. */
function skipKnown(root: Target): Pass {
  let hasChanged = false;
  const reached = new Map<Target, Fact | undefined>();
  const lead = (target: Target, fact: Fact | undefined): Target => {
    let to = target;
    while (to.kind === 'decision') {
      if (to.yes === to.no) to = to.yes;
      else {
        const answer = fact?.answer(to.test);
        if (answer === undefined) break;
        to = answer ? to.yes : to.no;
      }
      hasChanged = true;
    }
    reached.set(to, reached.has(to) ? common(reached.get(to), fact) : fact);
    return to;
  };
  const order = inOrder(root);
  const start = lead(root, undefined);
  for (const decision of order) {
    if (decision.kind !== 'decision' || !reached.has(decision)) continue;
    const before = reached.get(decision);
    decision.yes = lead(decision.yes, new Fact(before, decision.test, true));
    decision.no = lead(decision.no, new Fact(before, decision.test, false));
  }
  return { root: start, hasChanged };
}

/**
 * Decisions one after the other that leave to the same target may be asked in any order: those about
 * one value come together, so that it is loaded once.
 */
function bringTogether(root: Target): Pass {
  let hasChanged = false;
  const order = inOrder(root);
  const entries = entriesOf(order);
  const placed = new Set<Decision>();
  for (const head of order) {
    if (head.kind !== 'decision' || placed.has(head)) continue;
    const [a, b] = [chainFrom(head, head.yes, entries), chainFrom(head, head.no, entries)];
    const chain = a.length >= b.length ? a : b;
    for (const member of chain) placed.add(member);
    if (chain.length > 2 || (chain.length === 2 && entries.get(head)?.value))
      hasChanged = rearrange(chain, chain === a ? head.yes : head.no, entries.get(head)?.value) || hasChanged;
  }
  return { root, hasChanged };
}

interface Entry {
  count: number;
  /** Tested by all decisions that lead here, so at hand when nothing else was; undefined: they differ. */
  value: Value | undefined;
}

function entriesOf(order: readonly Target[]): Map<Target, Entry> {
  const entries = new Map<Target, Entry>();
  const enter = (target: Target, value: Value) => {
    const entry = entries.get(target);
    if (!entry) entries.set(target, { count: 1, value });
    else {
      entry.count++;
      if (entry.value !== value) entry.value = undefined;
    }
  };
  for (const decision of order) {
    if (decision.kind !== 'decision') continue;
    enter(decision.yes, decision.test.left);
    enter(decision.no, decision.test.left);
  }
  return entries;
}

/** Decisions from `head` on that leave to `exit` by one branch and have no other way in. */
function chainFrom(head: Decision, exit: Target, entries: ReadonlyMap<Target, Entry>): Decision[] {
  const chain: Decision[] = [];
  for (let at: Target = head; at.kind === 'decision'; ) {
    if (at.yes !== exit && at.no !== exit) break;
    if (at !== head && entries.get(at)!.count > 1) break;
    chain.push(at);
    at = at.yes === exit ? at.no : at.yes;
  }
  return chain;
}

/** Sorts the tests of a chain by value: first the one at hand, then in the order they came. */
function rearrange(chain: readonly Decision[], exit: Target, atHand: Value | undefined): boolean {
  const groups = new Map<Value, { test: Test; leavesByYes: boolean }[]>();
  if (atHand) groups.set(atHand, []);
  for (const { test, yes } of chain) {
    const entry = { test, leavesByYes: yes === exit };
    const group = groups.get(test.left);
    if (group) group.push(entry);
    else groups.set(test.left, [entry]);
  }
  const sorted = [...groups.values()].flat();
  const hasChanged = sorted.some(({ test }, i) => test !== chain[i]!.test);
  if (!hasChanged) return false;
  chain.forEach((decision, i) => {
    const next = decision.yes === exit ? decision.no : decision.yes;
    const { test, leavesByYes } = sorted[i]!;
    decision.test = test;
    decision.yes = leavesByYes ? exit : next;
    decision.no = leavesByYes ? next : exit;
  });
  return true;
}

/** One of decisions that ask the same and lead to the same is enough. */
function shareEnds(root: Target): Target {
  const numbers = new Map<Target, number>();
  const known = new Map<string, Decision>();
  const same = new Map<Target, Target>();
  const shared = (target: Target) => same.get(target) ?? target;
  for (const target of inOrder(root).reverse()) {
    if (target.kind === 'verdict') {
      numbers.set(target, numbers.size);
      continue;
    }
    target.yes = shared(target.yes);
    target.no = shared(target.no);
    if (target.yes === target.no) {
      same.set(target, target.yes);
      continue;
    }
    const { left, relation, right } = target.test;
    const key = `${left.id}${relation}${right.id}?${numbers.get(target.yes)}:${numbers.get(target.no)}`;
    const twin = known.get(key);
    if (twin) same.set(target, twin);
    else {
      known.set(key, target);
      numbers.set(target, numbers.size);
    }
  }
  return shared(root);
}
