/** Comparisons: any value, or all of them; with a literal, or with another field. */
import type { Predicate, Test, Value } from './access.ts';
import type { Comparison, Operand, Relation, Word } from './ast.ts';
import { isLiteral } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { isSource, sourceOf, unknownField } from './operands.ts';
import { paired, type Source, textual, typeNames } from './source.ts';
import { checkRelation, literalTest, type Positive, positiveOf } from './tests.ts';
import { characters, ordered } from './text-tests.ts';

const present: Test = () => true;

/** An operator seen from its right side. */
const flipped: Readonly<Partial<Record<Relation, Relation>>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

export function compared(compilation: Compilation, comparison: Comparison): Predicate {
  const { left, right, relation, at } = comparison;
  const hasLeft = hasValues(compilation, left);
  const hasRight = isSource(compilation, right);
  if (!hasLeft && hasRight && relation !== 'contains' && relation !== 'matches')
    return compared(compilation, {
      ...comparison,
      left: right,
      right: left,
      relation: flipped[relation] ?? relation,
    });
  if (!hasLeft) return noField(compilation, comparison);
  const source = relationSource(compilation, left, relation);
  if (hasRight) {
    if (right.kind !== 'word' || !isMeantAsText(compilation, source, right)) {
      const other = sourceOf(compilation, right);
      const build = fieldTest(compilation, source, other, relation, at);
      return quantified(compilation, comparison, source, other, build);
    }
  }
  if (!isLiteral(right)) return compilation.fail('type', 'this is no value', right.at);
  const test = literalTest(compilation, source, positiveOf(relation), right, at);
  return quantified(compilation, comparison, source, undefined, (negate) =>
    source.where(negate ? not(test) : test, compilation.setup),
  );
}

function hasValues(compilation: Compilation, operand: Operand): boolean {
  if (isSource(compilation, operand)) return true;
  // A protocol's texts: http contains "x".
  return operand.kind === 'word' && compilation.schema.protocol(operand.text) !== undefined;
}

function noField(compilation: Compilation, { left, right }: Comparison): never {
  const isWord = left.kind === 'word' && /[a-zA-Z]/.test(left.text[0] ?? '');
  if (isWord) return unknownField(compilation, left as Word);
  return compilation.fail('type', 'one side of a comparison is a field', left.at, {
    expected: isLiteral(right) ? 'a field on one side' : '',
    hint: "'porthole fields' lists them",
  });
}

/** `http contains "x"` looks into the texts of entries that are http. */
function relationSource(compilation: Compilation, left: Operand, relation: Relation): Source {
  const { schema } = compilation;
  if (left.kind !== 'word' || schema.field(left.text) || (relation !== 'contains' && relation !== 'matches'))
    return sourceOf(compilation, left);
  const is = schema.protocol(left.text);
  const texts = schema.field('text');
  if (!is || !texts) return sourceOf(compilation, left);
  compilation.use(texts);
  const where: Source['where'] = (test, setup) => {
    const any = texts.where(test, setup);
    return (entry) => is(entry) && any(entry);
  };
  return { type: 'bytes', name: left.text, where };
}

/** A field's name on the right may as well be a text: `container == server`. The types tell. */
function isMeantAsText(compilation: Compilation, left: Source, { text }: Word): boolean {
  if (text.includes('.') || !textual.has(left.type)) return false;
  if (compilation.schema.field(text)?.type !== left.type) return true;
  compilation.note(`${text} is the field here; for the text: "${text}"`);
  return false;
}

function fieldTest(
  compilation: Compilation,
  left: Source,
  right: Source,
  relation: Relation,
  at: Comparison['at'],
): (negate: boolean) => Predicate {
  const positive = positiveOf(relation);
  checkRelation(compilation, left, positive, at);
  if (positive === 'matches') compilation.fail('type', "'matches' takes a pattern in quotes, no field", at);
  if (!fit(left, right))
    compilation.fail(
      'type',
      `${left.name} is ${typeNames[left.type]}, ${right.name} is ${typeNames[right.type]}`,
      at,
      {
        hint: 'only values of one type can be compared',
      },
    );
  const test = pairTest(positive, textual.has(left.type));
  return (negate) => paired(left, right, negate ? (a, b) => !test(a, b) : test)(compilation.setup);
}

function fit(a: Source, b: Source): boolean {
  if (textual.has(a.type)) return textual.has(b.type);
  const plain = (type: Source['type']) => (type === 'size' ? 'number' : type);
  return plain(a.type) === plain(b.type);
}

function pairTest(relation: Positive, isText: boolean): (a: Value, b: Value) => boolean {
  if (relation === 'contains') return (a, b) => characters(a).includes(characters(b));
  if (relation === '==')
    return isText ? (a, b) => a === b || characters(a) === characters(b) : (a, b) => a === b;
  const passes = ordered(relation as '<');
  if (!isText) return (a, b) => passes(a as number, b as number);
  return (a, b) => {
    const [x, y] = [characters(a), characters(b)];
    return passes(x < y ? -1 : x > y ? 1 : 0, 0);
  };
}

const not =
  (test: Test): Test =>
  (value, entry) =>
    !test(value, entry);

/**
 * `!=` is asked of all pairs and `===` too, all else of any, unless `any` or `all` says. Asked of all: there
 * is one, and none that fails.
 */
export function quantified(
  compilation: Compilation,
  { relation, quantifier }: Pick<Comparison, 'relation' | 'quantifier'>,
  source: Source,
  other: Source | undefined,
  build: (negate: boolean) => Predicate,
): Predicate {
  const isNegative = relation === '!=' || relation === '!==';
  const isAll = quantifier ? quantifier === 'all' : relation === '!=' || relation === '===';
  const any = build(isAll ? !isNegative : isNegative);
  if (!isAll) return any;
  const { setup } = compilation;
  const hasValue = source.where(present, setup);
  const hasOther = other?.where(present, setup);
  if (!hasOther) return (entry) => !any(entry) && hasValue(entry);
  return (entry) => !any(entry) && hasValue(entry) && hasOther(entry);
}
