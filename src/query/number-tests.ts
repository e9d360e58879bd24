/** Tests of numbers, durations, sizes, times, booleans against a literal. */
import type { Test } from './access.ts';
import type { Literal } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { parseInstant } from './instants.ts';
import { durationUnits, parseQuantity, sizeUnits } from './numbers.ts';
import { type Source, typeNames } from './source.ts';
import { type Order, ordered } from './text-tests.ts';

export function numberTest(relation: '==' | Order, wanted: number): Test {
  switch (relation) {
    case '==':
      return (value) => value === wanted;
    case '<':
      return (value) => (value as number) < wanted;
    case '<=':
      return (value) => (value as number) <= wanted;
    case '>':
      return (value) => (value as number) > wanted;
    case '>=':
      return (value) => (value as number) >= wanted;
  }
}

/** The literal in the source's unit. @throws QueryError when it is none of its type */
export function numberOf(compilation: Compilation, source: Source, literal: Literal): number {
  const { type, name } = source;
  const written = compilation.written(literal.at);
  const quantity = literal.kind === 'word' ? parseQuantity(literal.text, type) : undefined;
  if (!quantity) {
    const isNumber = literal.kind === 'string' && parseQuantity(literal.text, type) !== undefined;
    return compilation.fail('type', `${name} is ${typeNames[type]}, and ${written} is text`, literal.at, {
      expected: example(type),
      hint: isNumber ? 'a number goes without quotes' : '',
    });
  }
  if (type === 'duration') {
    // As Wireshark has it: times without a unit are seconds.
    if (quantity.type === 'number') return Math.round(quantity.value * 1e9);
    if (quantity.type === 'duration') return quantity.value;
  } else if (quantity.type !== 'duration') return quantity.value;
  return compilation.fail(
    'type',
    `${name} is ${typeNames[type]}, and ${written} is ${typeNames[quantity.type]}`,
    literal.at,
    {
      expected: example(type),
    },
  );
}

function example(type: Source['type']): string {
  if (type === 'duration') return `a duration: 250ms, 1.5s (${durationUnits.join(', ')})`;
  if (type === 'size') return `a size: 512, 10kB, 1MiB (${sizeUnits.join(', ')})`;
  return 'a number: 80, 0x50';
}

/** A time's place is known when the session's first second is. */
export function timeTest(
  compilation: Compilation,
  source: Source,
  relation: '==' | Order,
  literal: Literal,
): Test {
  const instant = parseInstant(literal.text);
  if (!instant)
    return compilation.fail(
      'type',
      `${source.name} is a time, and ${compilation.written(literal.at)} is none`,
      literal.at,
      {
        expected: '"2026-11-24 10:15:30", "10:15" or Unix seconds; Z or +01:00 behind it for another zone',
      },
    );
  const { clock } = compilation.setup;
  const passes = relation === '==' ? (a: number, b: number) => a === b : ordered(relation);
  let base = -1;
  let wanted = 0;
  return (value) => {
    if (clock.baseSec !== base) {
      base = clock.baseSec;
      wanted = instant(clock);
    }
    return passes(value as number, wanted);
  };
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE', '1'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE', '0'].map((word) => [word, false] as const),
]);

export function booleanTest(compilation: Compilation, source: Source, literal: Literal): Test {
  const wanted = literal.kind === 'word' ? booleans.get(literal.text) : undefined;
  if (wanted === undefined)
    compilation.fail(
      'type',
      `${source.name} is a boolean, and ${compilation.written(literal.at)} is none`,
      literal.at,
      {
        expected: 'true or false',
      },
    );
  return (value) => value === wanted;
}
