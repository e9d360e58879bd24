/**
 * Makes the graph smaller without changing what it accepts: decisions whose answer is known are
 * skipped, tests of the same value come together, and equal ends are shared.
 */
import type { Test } from './conditions.ts';
import { common, Fact, Knowledge } from './facts.ts';
import { type Decision, inOrder, type Target } from './graph.ts';
import type { Value } from './values.ts';

/** Each round is linear; what does not settle soon is small change. */
const maxRounds = 12;
/** How far it is looked for a question being idle: in long lists each would look through all others. */
const farthestIdle = 16;

/**
 * Ways to go about it. Which one ends in the shortest program shows only in the end: the same ends of
 * several chains are shared when they are in the same order.
 */
export interface Manner {
  /**
   * How tests of one value come together: first those of the value that was tested just before, or
   * in the order of the text; or not at all.
   */
  readonly grouping: 'atHand' | 'asTheyCame' | 'never';
  /** Whether questions are left out when one answer comes to the same end by way of the other. */
  readonly dropsIdle: boolean;
}

export interface Optimized {
  readonly root: Target;
  /** False: grouping in another manner makes no difference. */
  readonly isGrouped: boolean;
  readonly hasDropped: boolean;
}

/** The graph is changed in place. */
export function optimize(graph: Target, manner: Manner): Optimized {
  let root = graph;
  let isGrouped = false;
  let hasDropped = false;
  for (let round = 0; round < maxRounds; round++) {
    const threaded = skipKnown(root, false);
    root = threaded.root;
    const hasMoved = manner.grouping !== 'never' && bringTogether(root, manner.grouping);
    isGrouped ||= hasMoved;
    if (threaded.hasChanged || hasMoved) continue;
    // Only what is left when all else has settled is idle.
    if (!manner.dropsIdle) break;
    const dropped = skipKnown(root, true);
    root = dropped.root;
    if (!dropped.hasChanged) break;
    hasDropped = true;
  }
  return { root: shareEnds(skipKnown(shareEnds(root), false).root), isGrouped, hasDropped };
}

interface Pass {
  readonly root: Target;
  readonly hasChanged: boolean;
}

/**
 * Every edge leads past the decisions that the answers on the way to it have settled. What is known at
 * a decision is taken from the graph as it was: new edges bring no new packets to it.
 */
function skipKnown(root: Target, dropsIdle: boolean): Pass {
  let hasChanged = false;
  const knowledge = new Knowledge();
  const lead = (target: Target, farthest: number): Target => {
    let to = target;
    for (let step = 0; to.kind === 'decision' && step < farthest; step++) {
      const answer = to.yes === to.no || knowledge.answer(to.test);
      if (answer === undefined) break;
      to = answer ? to.yes : to.no;
    }
    return to;
  };
  /** The answer that was visited first, of decisions that wait for the other. */
  const first = new Map<Decision, Fact>();
  const visit = (fact: Fact) => {
    const { decision } = fact;
    if (!decision) return;
    const side = sideOf(fact);
    const to = lead(decision[side], Number.POSITIVE_INFINITY);
    if (to !== decision[side]) hasChanged = true;
    decision[side] = to;
    if (!dropsIdle) return;
    const other = first.get(decision);
    if (!other) first.set(decision, fact);
    else if (dropIdle(decision, fact, other)) hasChanged = true;
  };
  /**
   * One answer may come to the same end by way of the other: then the question is idle. All that comes
   * after either answer has been visited, for packets will come by there that did not before: nothing may
   * be changed there any more on the grounds of the answer.
   */
  const dropIdle = (decision: Decision, fact: Fact, other: Fact): boolean => {
    if (decision.yes === decision.no) return false;
    if (lead(decision[sideOf(other)], farthestIdle) === decision[sideOf(fact)]) {
      decision[sideOf(fact)] = decision[sideOf(other)];
      return true;
    }
    knowledge.forget(fact);
    knowledge.learn(other);
    const isIdle = lead(decision[sideOf(fact)], farthestIdle) === decision[sideOf(other)];
    if (isIdle) decision[sideOf(other)] = decision[sideOf(fact)];
    knowledge.forget(other);
    knowledge.learn(fact);
    return isIdle;
  };
  walk(factsOf(root), knowledge, visit);
  return { root: root.kind === 'decision' && root.yes === root.no ? root.yes : root, hasChanged };
}

function sideOf({ isTrue }: Fact): 'yes' | 'no' {
  return isTrue ? 'yes' : 'no';
}

/**
 * Visits every fact, while it and all before it are known. Those after it come first, the last found of
 * them before the others: they lie farther on in the graph, and an edge that leads past a decision goes on
 * from where that one leads by then.
 */
function walk(root: Fact, knowledge: Knowledge, visit: (fact: Fact) => void): void {
  const known: Fact[] = [];
  const waiting = [root];
  const leave = () => {
    const fact = known.pop()!;
    visit(fact);
    knowledge.forget(fact);
  };
  while (waiting.length > 0) {
    const fact = waiting.pop()!;
    while (known.length > 0 && known.at(-1) !== fact.before) leave();
    knowledge.learn(fact);
    known.push(fact);
    for (let after = fact.firstAfter; after; after = after.sibling) waiting.push(after);
  }
  while (known.length > 0) leave();
}

/** The tree of facts: at every decision the two answers come after what is known there. */
function factsOf(root: Target): Fact {
  const none = Fact.none();
  const before = new Map<Target, Fact>([[root, none]]);
  const enter = (target: Target, fact: Fact) => {
    const known = before.get(target);
    before.set(target, known ? common(known, fact) : fact);
  };
  for (const decision of inOrder(root)) {
    if (decision.kind !== 'decision') continue;
    const fact = before.get(decision)!;
    enter(decision.yes, Fact.answer(fact, decision, true));
    enter(decision.no, Fact.answer(fact, decision, false));
  }
  return none;
}

/**
 * Decisions one after the other that leave to the same target may be asked in any order: those about
 * one value come together, so that it is loaded once.
 */
function bringTogether(root: Target, grouping: Manner['grouping']): boolean {
  let hasChanged = false;
  const order = inOrder(root);
  const entries = entriesOf(order);
  const placed = new Set<Decision>();
  for (const head of order) {
    if (head.kind !== 'decision' || placed.has(head)) continue;
    const [a, b] = [chainFrom(head, head.yes, entries), chainFrom(head, head.no, entries)];
    const chain = a.length >= b.length ? a : b;
    if (chain.length === 0) continue;
    for (const member of chain) placed.add(member);
    if (chain.length < 2) continue;
    const atHand = grouping === 'atHand' ? entries.get(head)?.value : undefined;
    hasChanged = rearrange(chain, chain === a ? head.yes : head.no, atHand) || hasChanged;
  }
  return hasChanged;
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
    if (at.isPreparation || (at.yes !== exit && at.no !== exit)) break;
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

/** More nodes than a graph has (limits.ts): two numbers of nodes and a test's make one number, exact in a double. */
const mostNodes = 2 ** 16;

/** One of decisions that ask the same and lead to the same is enough. */
function shareEnds(root: Target): Target {
  const numbers = new Map<Target, number>();
  const known = new Map<number, Decision>();
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
    const question = 2 * target.test.id + Number(target.isPreparation);
    const key = (question * mostNodes + numbers.get(target.yes)!) * mostNodes + numbers.get(target.no)!;
    const twin = known.get(key);
    if (twin) same.set(target, twin);
    else {
      known.set(key, target);
      numbers.set(target, numbers.size);
    }
  }
  return shared(root);
}
