/** What may stand at a place, for completion. */
import type { Operand } from './ast.ts';
import { Compilation } from './compilation.ts';
import type { Place, Reached } from './cursor.ts';
import { QueryError } from './error.ts';
import type { FieldType } from './field.ts';
import { functions } from './functions.ts';
import { durationUnits, sizeUnits } from './numbers.ts';
import { sourceOf } from './operands.ts';
import type { Schema } from './schema.ts';
import { numeric, type Source, typeNames } from './source.ts';

export interface Candidate {
  /** To put in. */
  readonly text: string;
  /** To show; the same, or shorter. */
  readonly label: string;
  readonly description: string;
}

/** More than these nobody reads. */
const candidateLimit = 200;

const of = (text: string, description: string): Candidate => ({ text, label: text, description });

const words = {
  not: of('not', 'what does not match'),
  any: of('any', 'any value of a field'),
  all: of('all', 'all values of a field'),
  and: of('and', 'both'),
  or: of('or', 'either'),
  contains: of('contains', 'has the text in it; case counts'),
  matches: of('matches', 'matches the pattern; case does not count'),
  in: of('in', 'is one of a set: in {200, 204, 300..399}'),
};

const equality = [of('==', 'equal'), of('!=', 'not equal; a missing field is neither')];
const order = [of('>', 'greater'), of('>=', 'greater or equal'), of('<', 'less'), of('<=', 'less or equal')];

function relationsOf(type: FieldType): readonly Candidate[] {
  if (type === 'boolean') return equality;
  if (numeric.has(type)) return [...equality, ...order, words.in];
  if (type === 'address') return [...equality, words.in];
  return [...equality, words.contains, words.matches, words.in];
}

/** @param typed what is there of it already */
export function candidatesFor(
  { place, left, relation }: Reached,
  typed: string,
  schema: Schema,
): Candidate[] {
  const all = offers(place, left, relation, typed, schema);
  const wanted = typed.toLowerCase().replace(/^["']/, '');
  const begins = all.filter(({ label }) => label.toLowerCase().startsWith(wanted));
  // A part of a name is enough to find it: `status`, `method`.
  const within =
    wanted.length < 2 ? [] : all.filter((c) => !begins.includes(c) && c.label.toLowerCase().includes(wanted));
  return [...begins, ...within].filter(({ text }) => text !== typed).slice(0, candidateLimit);
}

function offers(
  place: Place,
  left: Operand | undefined,
  relation: Reached['relation'],
  typed: string,
  schema: Schema,
): readonly Candidate[] {
  const source = left && sourceIn(schema, left);
  switch (place) {
    case 'test':
      return [...names(schema), words.not, words.any, words.all, ...calls()];
    case 'operand':
      return [...fieldNames(schema), ...calls()];
    case 'conjunction':
      return [words.and, words.or];
    case 'relation': {
      const isProtocol = left?.kind === 'word' && schema.protocol(left.text) !== undefined;
      const relations = source ? relationsOf(source.type) : isProtocol ? [words.contains, words.matches] : [];
      return [...relations, words.and, words.or];
    }
    case 'value':
      return source ? values(source, relation, typed) : [];
  }
}

function sourceIn(schema: Schema, operand: Operand): Source | undefined {
  const setup = { clock: { baseSec: 0 }, bytesOf: () => new Uint8Array(0) };
  try {
    return sourceOf(new Compilation('', schema, setup), operand);
  } catch (error) {
    if (error instanceof QueryError) return undefined;
    throw error;
  }
}

function names(schema: Schema): Candidate[] {
  return [...fieldNames(schema), ...schema.protocols.map(({ name, title }) => of(name, `what is ${title}`))];
}

function fieldNames(schema: Schema): Candidate[] {
  return schema.fields.flatMap(({ name, aliases, type, description }) =>
    [name, ...aliases].map((each) => of(each, `${description} (${typeNames[type]})`)),
  );
}

function calls(): Candidate[] {
  return [...functions].map(([name, { description }]) => ({
    text: `${name}(`,
    label: `${name}()`,
    description,
  }));
}

function values(source: Source, relation: Reached['relation'], typed: string): readonly Candidate[] {
  const { type, field } = source;
  if (relation === 'contains' || relation === 'matches') return [];
  if (type === 'boolean') return [of('true', ''), of('false', '')];
  // A number that has begun: its units.
  if (/^\d+(?:\.\d*)?$/.test(typed)) {
    if (type === 'duration') return durationUnits.map((unit) => of(typed + unit, 'a duration'));
    if (type === 'size') return sizeUnits.map((unit) => of(typed + unit, 'a size'));
  }
  const quote = typed.startsWith("'") ? "'" : '"';
  return (field?.values ?? []).map((value) => ({
    text: `${quote}${value}${quote}`,
    label: value,
    description: field?.codes?.has(value) ? String(field.codes.get(value)) : '',
  }));
}
