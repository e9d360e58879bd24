/** A comparison with a literal, as a test of one value. */
import type { Test, Value } from './access.ts';
import type { Literal, Relation } from './ast.ts';
import type { Compilation } from './compilation.ts';
import type { Span } from './error.ts';
import { parseNetwork } from './networks.ts';
import { booleanTest, numberOf, numberTest, timeTest } from './number-tests.ts';
import { parseNumber } from './numbers.ts';
import { type Source, typeNames } from './source.ts';
import { type Order, textContains, textEquals, textMatches, textOrder } from './text-tests.ts';

/** What is asked of one value; the negated ones are asked of all. */
export type Positive = '==' | Order | 'contains' | 'matches';

export function positiveOf(relation: Relation): Positive {
  return relation === '!=' || relation === '===' || relation === '!==' ? '==' : relation;
}

/** @param at of the operator */
export function literalTest(
  compilation: Compilation,
  source: Source,
  relation: Positive,
  literal: Literal,
  at: Span,
): Test {
  checkRelation(compilation, source, relation, at);
  switch (source.type) {
    case 'text':
    case 'bytes':
    case 'host':
    case 'address':
      return textTest(compilation, source, relation, literal);
    case 'boolean':
      return booleanTest(compilation, source, literal);
    case 'time':
      return timeTest(compilation, source, relation as '==' | Order, literal);
    default:
      return numberTest(relation as '==' | Order, numberOf(compilation, source, literal));
  }
}

function textTest(compilation: Compilation, source: Source, relation: Positive, literal: Literal): Test {
  if (relation === 'contains') return textContains(compilation, source, literal);
  if (relation === 'matches') return textMatches(compilation, literal);
  const { codes } = source.field ?? {};
  const number = codes && literal.kind === 'word' ? parseNumber(literal.text) : undefined;
  if (codes && number !== undefined) {
    const passes = numberTest(relation, number);
    return (value, entry) => passes(codeOf(codes, value), entry);
  }
  if (source.type === 'address') checkAddress(compilation, source, literal);
  return relation === '=='
    ? textEquals(compilation, source, literal)
    : textOrder(compilation, source, relation, literal);
}

/** The number a name stands for; of one without a name the number it ends in. NaN when there is none. */
function codeOf(codes: ReadonlyMap<string, number>, value: Value): number {
  if (typeof value !== 'string') return Number.NaN;
  const code = codes.get(value);
  return code ?? Number.parseInt(/\d+$/.exec(value)?.[0] ?? '', 10);
}

function checkAddress(compilation: Compilation, source: Source, literal: Literal): void {
  if (literal.kind === 'word' && parseNetwork(literal.text)) return;
  const written = compilation.written(literal.at);
  const isQuoted = literal.kind === 'string' && parseNetwork(literal.text) !== undefined;
  compilation.fail('type', `${source.name} is an address, and ${written} is none`, literal.at, {
    expected: '192.0.2.1, 192.0.2.0/24, 2001:db8::1',
    hint: isQuoted ? 'an address goes without quotes' : 'names are in peer, client, server',
  });
}

/** Whether the operator has a meaning for the type at all. */
export function checkRelation(compilation: Compilation, source: Source, relation: Positive, at: Span): void {
  const { type, name } = source;
  if (relation === '==') return;
  const isText = type === 'text' || type === 'bytes' || type === 'host';
  if (relation === 'contains' || relation === 'matches') {
    if (isText) return;
    compilation.fail('type', `${name} is ${typeNames[type]}: it has no '${relation}'`, at, {
      hint:
        type === 'boolean' || type === 'time' || type === 'duration'
          ? ''
          : `as text: string(${name}) ${relation} ...`,
    });
  }
  if (type === 'boolean')
    compilation.fail('type', `${name} is a boolean: it has no order`, at, { expected: "'==' or '!='" });
}
