/**
 * Makes long lists small before they become a graph: of `host a or host b or ...` each asks for the ether type
 * anew, of `port` for the protocol too. What begins alike comes together, (A and x) or (A and y) being
 * A and (x or y), and so do ends that follow answers of which only one can be given.
 *
 * Packets that end early are judged as before: an alternative moves up only past those that its own beginning
 * excludes, and a test only to others of the same value, which has been loaded by then. Only what decides nothing
 * is no longer looked at: (A and x) or A is A.
 */
import { type Condition, not } from './conditions.ts';
import type { Value } from './values.ts';

type Kind = 'and' | 'or';

/** Equal ends of three protocols are next to each other; in long lists each would be compared with all. */
const nearEnds = 4;

/** How many tests a condition has; not counted on once there are `most`. */
export function countTests(condition: Condition, most: number): number {
  let count = 0;
  const visit = (part: Condition): void => {
    if (part.kind === 'test') count++;
    else if (part.kind === 'not') visit(part.part);
    else if (part.kind === 'and' || part.kind === 'or')
      for (const each of part.parts) if (count < most) visit(each);
  };
  visit(condition);
  return count;
}

/** The same condition, smaller. */
export function factored(condition: Condition): Condition {
  return grouped(new Normal().of(condition, false));
}

/** `not` moved inwards to the tests; lists without lists of their own kind in them; equal tests one object. */
class Normal {
  /** By the test's id: as it is, and negated. */
  readonly #tests: readonly (Condition | undefined)[][] = [[], []];
  /** What was made of lists, as they are and negated: several places may share one. */
  readonly #lists = [new Map<Condition, Condition>(), new Map<Condition, Condition>()] as const;

  of(condition: Condition, isNegated: boolean): Condition {
    const { kind } = condition;
    if (kind === 'not') return this.of(condition.part, !isNegated);
    if (kind === 'test') {
      const tests = this.#tests[Number(isNegated)] as (Condition | undefined)[];
      const { id } = condition.test;
      tests[id] ??= isNegated ? not(condition) : condition;
      return tests[id];
    }
    if (kind !== 'and' && kind !== 'or') return isNegated ? not(condition) : condition;
    const lists = this.#lists[Number(isNegated)]!;
    let list = lists.get(condition);
    if (!list) {
      const parts = condition.parts.map((part) => this.of(part, isNegated));
      list = join(isNegated ? opposite(kind) : kind, parts);
      lists.set(condition, list);
    }
    return list;
  }
}

function opposite(kind: Kind): Kind {
  return kind === 'and' ? 'or' : 'and';
}

/** All parts with one operator between them. */
function join(kind: Kind, given: readonly Condition[]): Condition {
  if (given.length === 1) return given[0]!;
  const parts: Condition[] = [];
  for (const part of given) {
    if (part.kind === kind) for (const each of part.parts) parts.push(each);
    else parts.push(part);
  }
  return { kind, parts };
}

/** From the outside inwards: what is put together first would hide what it has in common with others. */
function grouped(condition: Condition): Condition {
  const { kind } = condition;
  if (kind !== 'and' && kind !== 'or') return condition;
  const parts: Condition[] = [];
  for (const run of runsOf(kind, condition.parts)) parts.push(...ofRun(kind, run));
  return join(kind, parts);
}

/** Alternatives that begin with the same: what follows in each. */
type Groups = Map<Condition, (readonly Condition[])[]>;

/** Alternatives in a row. Their beginnings say that `value` is one number or another, or there is but one. */
interface Run {
  readonly value: Value | undefined;
  readonly groups: Groups;
}

function runsOf(kind: Kind, parts: readonly Condition[]): Run[] {
  const inner = opposite(kind);
  const runs: Run[] = [];
  /** Runs of tests alone, with nothing else after them. */
  const open = new Map<Value, Run>();
  for (const part of parts) {
    const isList = part.kind === inner;
    const first = isList ? part.parts[0]! : part;
    const value = decidedValue(first, kind);
    if (isList) open.clear();
    let run = (!isList && value && open.get(value)) || runs.at(-1);
    if (!run || (!run.groups.has(first) && (value === undefined || run.value !== value))) {
      run = { value, groups: new Map() };
      runs.push(run);
      if (!isList && value) open.set(value, run);
      else open.clear();
    }
    const body = isList ? part.parts.slice(1) : [];
    const bodies = run.groups.get(first);
    if (bodies) bodies.push(body);
    else run.groups.set(first, [body]);
  }
  return runs;
}

function ofRun(kind: Kind, { groups }: Run): Condition[] {
  const inner = opposite(kind);
  const ended: { beginnings: Condition[]; end: Condition | undefined }[] = [];
  for (const [first, bodies] of groups) {
    // A beginning with nothing after it decides alone.
    const end = bodies.some((body) => body.length === 0) ? undefined : endOf(kind, bodies);
    const same = ended.slice(-nearEnds).find((other) => isSame(other.end, end));
    if (same) same.beginnings.push(grouped(first));
    else ended.push({ beginnings: [grouped(first)], end });
  }
  return ended.map(({ beginnings, end }) => {
    const beginning = join(kind, beginnings);
    return end ? join(inner, [beginning, end]) : beginning;
  });
}

function endOf(kind: Kind, bodies: readonly (readonly Condition[])[]): Condition {
  const inner = opposite(kind);
  return grouped(
    join(
      kind,
      bodies.map((body) => join(inner, body)),
    ),
  );
}

function isSame(one: Condition | undefined, other: Condition | undefined): boolean {
  if (one === other) return true;
  if (one?.kind !== other?.kind || !one || !other) return false;
  if ((one.kind !== 'and' && one.kind !== 'or') || (other.kind !== 'and' && other.kind !== 'or'))
    return false;
  return (
    one.parts.length === other.parts.length && one.parts.every((part, i) => isSame(part, other.parts[i]))
  );
}

/** The value that such a beginning says is one number, of which only one can hold; undefined for any other. */
function decidedValue(first: Condition, kind: Kind): Value | undefined {
  const test = kind === 'or' ? first : first.kind === 'not' ? first.part : undefined;
  if (test?.kind !== 'test' || test.test.relation !== '==' || test.test.right.kind !== 'number')
    return undefined;
  return test.test.left;
}
