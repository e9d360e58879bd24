/** `field in {a, b, 1..5}` */
import type { Predicate, Test } from './access.ts';
import type { Literal, Membership, SetItem } from './ast.ts';
import { spanOf } from './ast.ts';
import { quantified } from './comparison.ts';
import type { Compilation } from './compilation.ts';
import { parseNetwork } from './networks.ts';
import { numberOf } from './number-tests.ts';
import { sourceOf } from './operands.ts';
import { numeric, type Source } from './source.ts';
import { literalTest } from './tests.ts';

export function member(compilation: Compilation, membership: Membership): Predicate {
  const { left, items, quantifier, isNegated, at } = membership;
  const source = sourceOf(compilation, left);
  const test = anyOf(
    items.map((item) => itemTest(compilation, source, item, at)),
    exactly(compilation, source, items),
  );
  const holds = quantified(compilation, { relation: '==', quantifier }, source, undefined, (negate) =>
    source.where(negate ? (value, entry) => !test(value, entry) : test, compilation.setup),
  );
  // Wireshark's `not in` is the negation of `in`, so that a missing field is in no set.
  return isNegated ? (entry) => !holds(entry) : holds;
}

/** Plain numbers and texts of a large set are found at once. */
function exactly(
  compilation: Compilation,
  source: Source,
  items: readonly SetItem[],
): ReadonlySet<unknown> | undefined {
  if (items.length < 8 || items.some(({ to }) => to)) return undefined;
  if (numeric.has(source.type) && source.type !== 'time')
    return new Set(items.map(({ from }) => numberOf(compilation, source, from)));
  const isPlain = ({ from }: SetItem) => isPlainText(source, from);
  return items.every(isPlain) ? new Set(items.map(({ from }) => from.text)) : undefined;
}

/** Nothing but characters, in the one form they are met in. */
function isPlainText(source: Source, literal: Literal): boolean {
  const isAscii = /^[\x20-\x7e]*$/.test(literal.text);
  if (!isAscii || source.isSlice || source.type === 'bytes' || source.field?.codes) return false;
  if (source.type === 'address')
    return parseNetwork(literal.text)?.isHost === true && !literal.text.includes(':');
  return (
    source.type === 'text' &&
    (literal.kind === 'string' || /^[a-zA-Z_]/.test(literal.text)) &&
    !/[:.-]/.test(literal.text)
  );
}

function anyOf(tests: readonly Test[], exact: ReadonlySet<unknown> | undefined): Test {
  if (exact) return (value) => exact.has(value);
  if (tests.length === 1) return tests[0]!;
  return (value, entry) => {
    for (let i = 0; i < tests.length; i++) if (tests[i]!(value, entry)) return true;
    return false;
  };
}

function itemTest(
  compilation: Compilation,
  source: Source,
  { from, to }: SetItem,
  at: Membership['at'],
): Test {
  if (!to) return literalTest(compilation, source, '==', from, at);
  const first = literalTest(compilation, source, '>=', from, at);
  const last = literalTest(compilation, source, '<=', to, at);
  if (numeric.has(source.type) && source.type !== 'time') {
    const [low, high] = [numberOf(compilation, source, from), numberOf(compilation, source, to)];
    if (low > high) compilation.fail('value', 'this range runs backwards', spanOf(from.at, to.at));
  }
  return (value, entry) => first(value, entry) && last(value, entry);
}
