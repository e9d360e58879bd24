/** Where values of a comparison come from: a field, a part of one, something made of one. */
import type { Predicate, Test, Value, Where } from './access.ts';
import type { Field, FieldType } from './field.ts';

export interface Source {
  readonly type: FieldType;
  /** As written, for messages. */
  readonly name: string;
  readonly where: Where;
  /** The field itself, when nothing was made of it. */
  readonly field?: Field;
  /** Characters cut out of a value: bytes may be compared with it. */
  readonly isSlice?: boolean;
}

export const textual: ReadonlySet<FieldType> = new Set(['text', 'bytes', 'host', 'address']);
export const numeric: ReadonlySet<FieldType> = new Set(['number', 'size', 'duration', 'time']);

export const typeNames: Readonly<Record<FieldType, string>> = {
  text: 'text',
  number: 'a number',
  boolean: 'a boolean',
  duration: 'a duration',
  size: 'a size',
  time: 'a time',
  address: 'an address',
  host: 'an address or name',
  bytes: 'text',
};

/** Makes something of each value; undefined = there is none. */
export function mapped(
  source: Source,
  type: FieldType,
  name: string,
  make: (value: Value) => Value | undefined,
): Source {
  const where: Where = (test, setup) =>
    source.where((value, entry) => {
      const made = make(value);
      return made !== undefined && test(made, entry);
    }, setup);
  return { type, name, where };
}

export function constant(type: FieldType, value: Value, name: string): Source {
  return { type, name, where: (test) => (entry) => test(value, entry) };
}

/**
 * A test of pairs as a predicate over both sources' values. What is being looked at of the left is kept
 * beside the right's test, so that no closure is made for an entry.
 */
export function paired(
  left: Source,
  right: Source,
  test: (left: Value, right: Value, entry: Parameters<Predicate>[0]) => boolean,
): (setup: Parameters<Where>[1]) => Predicate {
  return (setup) => {
    let current: Value = 0;
    const asked = right.where((value, entry) => test(current, value, entry), setup);
    const keep: Test = (value, entry) => {
      current = value;
      return asked(entry);
    };
    return left.where(keep, setup);
  };
}
