/** Numbers as people write them, with units. */
import type { FieldType } from './field.ts';

/** Unit -> nanoseconds. */
const durations: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['\u00b5s', 1e3],
  ['\u03bcs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['min', 60e9],
  ['h', 3600e9],
]);

/** Unit -> bytes: the i makes the difference, as IEC 80000-13 has it. Not case sensitive. */
const sizes: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ...['k', 'm', 'g', 't'].flatMap((letter, i): [string, number][] => [
    [`${letter}b`, 1000 ** (i + 1)],
    [`${letter}ib`, 1024 ** (i + 1)],
  ]),
  ['k', 1000],
  ['g', 1e9],
]);

export const durationUnits = ['ns', 'us', 'ms', 's', 'm', 'h'];
export const sizeUnits = ['B', 'kB', 'MB', 'GB', 'KiB', 'MiB', 'GiB'];

const integer = /^[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]+|0|[1-9][0-9]*)$/;
const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** Decimal, 0x, 0b, octal by a leading 0; fractions and exponents. Undefined when it is none. */
export function parseNumber(text: string): number | undefined {
  if (integer.test(text)) {
    const sign = text.startsWith('-') ? -1 : 1;
    const digits = text.replace(/^[+-]/, '');
    const isOctal = /^0[0-7]/.test(digits);
    return sign * (isOctal ? Number.parseInt(digits, 8) : Number(digits));
  }
  // A leading zero makes it octal, and then 8 and 9 are no digits.
  if (!decimal.test(text) || /^[+-]?0[0-9]+$/.test(text)) return undefined;
  return Number(text);
}

export interface Quantity {
  readonly type: 'number' | 'duration' | 'size';
  /** In nanoseconds or bytes. */
  readonly value: number;
}

/** A number with or without a unit. `m` is minutes, or with `wanted` size a million bytes. */
export function parseQuantity(text: string, wanted?: FieldType): Quantity | undefined {
  const plain = parseNumber(text);
  if (plain !== undefined) return { type: 'number', value: plain };
  const found = /^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([a-zA-Z\u00b5\u03bc]+)$/.exec(text);
  if (!found) return undefined;
  const [, digits, unit] = found as unknown as [string, string, string];
  const duration = durations.get(unit);
  if (duration !== undefined && !(unit === 'm' && wanted === 'size'))
    return { type: 'duration', value: Math.round(Number(digits) * duration) };
  const size = unit.toLowerCase() === 'm' ? 1e6 : sizes.get(unit.toLowerCase());
  return size === undefined ? undefined : { type: 'size', value: Math.round(Number(digits) * size) };
}
