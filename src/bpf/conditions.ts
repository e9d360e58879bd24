/** Conditions: what a filter asks of a packet, as a tree of tests of values. */
import { calculate, type Value, type Values } from './values.ts';

/** Unsigned comparisons, and whether two numbers share a bit. */
export type TestRelation = '==' | '>' | '>=' | '&';

/** Made by `Values.test`: two that are the same object ask the same. */
export interface Test {
  readonly id: number;
  readonly left: Value;
  readonly relation: TestRelation;
  readonly right: Value;
}

export type Condition =
  | { readonly kind: 'test'; readonly test: Test }
  /** In the order given: a load beyond the captured bytes rejects the packet where it stands. */
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  /** Always true: from here on these values are needed again and again. */
  | { readonly kind: 'prepare'; readonly values: readonly Value[]; readonly test: Test }
  | { readonly kind: 'constant'; readonly value: boolean };

export const always: Condition = { kind: 'constant', value: true };
export const never: Condition = { kind: 'constant', value: false };

export function decide(relation: TestRelation, a: number, b: number): boolean {
  switch (relation) {
    case '==':
      return a === b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '&':
      return (a & b) !== 0;
  }
}

/** and/or of all parts but `neutral` constants; a constant that decides ends the list. */
function combine(kind: 'and' | 'or', parts: readonly Condition[]): Condition {
  const neutral = kind === 'and';
  const kept: Condition[] = [];
  for (const part of parts) {
    if (part.kind === 'constant') {
      if (part.value === neutral) continue;
      // What was tested before it decides nothing any more.
      return part;
    }
    if (part.kind === kind) kept.push(...part.parts);
    else kept.push(part);
  }
  if (kept.length === 0) return neutral ? always : never;
  return kept.length === 1 ? kept[0]! : { kind, parts: kept };
}

export function and(...parts: readonly Condition[]): Condition {
  return combine('and', parts);
}

export function or(...parts: readonly Condition[]): Condition {
  return combine('or', parts);
}

export function not(part: Condition): Condition {
  if (part.kind === 'constant') return part.value ? never : always;
  return part.kind === 'not' ? part.part : { kind: 'not', part };
}

/** A place where values are computed that what follows needs. Its test is one that always holds. */
export function prepare(values: Values, needed: readonly [Value, ...Value[]]): Condition {
  return { kind: 'prepare', values: needed, test: values.test(needed[0], '==', needed[0]) };
}

/** The comparison in its cheapest form. */
export function compare(values: Values, left: Value, relation: TestRelation, right: Value): Condition {
  if (left.kind === 'number' && right.kind === 'number')
    return decide(relation, left.value, right.value) ? always : never;
  if (left.kind === 'number') return compareSwapped(values, left, relation, right);
  if (right.kind !== 'number' || left.kind !== 'binary') return simple(values, left, relation, right);
  const operand = left.right;
  if (relation !== '==' || operand.kind !== 'number') {
    // a - b == 0 asks whether they are equal.
    if (relation === '==' && right.value === 0 && left.operator === '-')
      return compare(values, left.left, '==', left.right);
    return simple(values, left, relation, right);
  }
  const { value } = operand;
  switch (left.operator) {
    case '+':
      return compare(values, left.left, '==', values.number(calculate('-', right.value, value)));
    case '&':
      if (right.value === 0) return not(compare(values, left.left, '&', operand));
      // A single bit that is set.
      if (right.value === value && (value & (value - 1)) === 0)
        return compare(values, left.left, '&', operand);
  }
  return simple(values, left, relation, right);
}

/** Constants belong to the right: k > x is not x >= k. */
function compareSwapped(values: Values, left: Value, relation: TestRelation, right: Value): Condition {
  switch (relation) {
    case '>':
      return not(compare(values, right, '>=', left));
    case '>=':
      return not(compare(values, right, '>', left));
    default:
      return compare(values, right, relation, left);
  }
}

function simple(values: Values, left: Value, relation: TestRelation, right: Value): Condition {
  if (relation === '&' && right.kind === 'number' && right.value === 0) return never;
  return { kind: 'test', test: values.test(left, relation, right) };
}
