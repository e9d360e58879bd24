/** `+ - * / % &` over numbers, durations, sizes, times. */
import type { Value, Where } from './access.ts';
import type { Arithmetic } from './ast.ts';
import type { Compilation } from './compilation.ts';
import type { FieldType } from './field.ts';
import { numeric, paired, type Source, typeNames } from './source.ts';

type Sign = Arithmetic['sign'];

const operations: Readonly<Record<Sign, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  // By halves: a bitwise operator alone would take 32 bits and a sign.
  '&': (a, b) => ((a / 2 ** 32) & (b / 2 ** 32)) * 2 ** 32 + ((a & b) >>> 0),
};

export function calculated(
  compilation: Compilation,
  { sign, at }: Arithmetic,
  left: Source,
  right: Source,
  name: string,
): Source {
  const type = typeOf(sign, left.type, right.type);
  if (!type)
    compilation.fail('type', `${typeNames[left.type]} ${sign} ${typeNames[right.type]} has no meaning`, at, {
      hint: 'numbers go with numbers, durations with durations, sizes with sizes; a number may multiply or divide each',
    });
  const operation = operations[sign];
  const where: Where = (test, setup) =>
    paired(left, right, (a: Value, b: Value, entry) => {
      if (typeof a !== 'number' || typeof b !== 'number') return false;
      const result = operation(a, b);
      // Division by zero gives no value.
      return Number.isFinite(result) && test(result, entry);
    })(setup);
  return { type, name, where };
}

function typeOf(sign: Sign, a: FieldType, b: FieldType): FieldType | undefined {
  if (!numeric.has(a) || !numeric.has(b)) return undefined;
  if (sign === '&') return a === 'number' && b === 'number' ? 'number' : undefined;
  if (a === 'time' || b === 'time') {
    if (sign === '-' && a === b) return 'duration';
    const isShift = (sign === '+' && a !== b) || (sign === '-' && a === 'time');
    return isShift && (a === 'duration' || b === 'duration') ? 'time' : undefined;
  }
  if (a === 'number' && b === 'number') return 'number';
  if (sign === '*') return a === 'number' ? b : b === 'number' ? a : undefined;
  if (sign === '/') return b === 'number' ? a : a === b ? 'number' : undefined;
  // A plain number is a number of bytes.
  const bytes = (type: FieldType) => (type === 'number' ? 'size' : type);
  return bytes(a) === bytes(b) ? bytes(a) : undefined;
}
