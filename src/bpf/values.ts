/**
 * Values: numbers a filter computes from a packet, unsigned 32 bit. They are pure, and each is made
 * once: two that are the same object are equal on every packet.
 */
import type { Operator } from './ast.ts';
import type { Test, TestRelation } from './conditions.ts';
import { isAncillary } from './opcodes.ts';

export type Size = 1 | 2 | 4;

export type Value = { readonly id: number } & (
  | { readonly kind: 'number'; readonly value: number }
  /** Length of the packet on the wire. */
  | { readonly kind: 'packetLength' }
  /**
   * Bytes at `offset` + `index`, big-endian; without all of them captured the packet is rejected.
   * From `ancillary` (opcodes.ts) on offsets are the kernel's metadata.
   */
  | { readonly kind: 'load'; readonly size: Size; readonly offset: number; readonly index: Value | undefined }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Value; readonly right: Value }
  | { readonly kind: 'negate'; readonly operand: Value }
  | { readonly kind: 'choice'; readonly test: Test; readonly yes: Value; readonly no: Value }
);

/** Arithmetic of classic BPF: wraps, and shifts by 32 and more give 0. The divisor is not 0. */
export function calculate(operator: Operator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return (a + b) >>> 0;
    case '-':
      return (a - b) >>> 0;
    case '*':
      return Math.imul(a, b) >>> 0;
    case '/':
      return Math.floor(a / b);
    case '%':
      return a % b;
    case '&':
      return (a & b) >>> 0;
    case '|':
      return (a | b) >>> 0;
    case '^':
      return (a ^ b) >>> 0;
    case '<<':
      return b > 31 ? 0 : (a << b) >>> 0;
    case '>>':
      return b > 31 ? 0 : a >>> b;
  }
}

/** No packet is that long. */
const unreachable = 0x7fffffff;
const commutative = new Set<Operator>(['+', '*', '&', '|', '^']);
/** x op 0 is x. */
const zeroIsNeutral = new Set<Operator>(['+', '-', '|', '^', '<<', '>>']);
/** 0 op x is 0. */
const zeroStays = new Set<Operator>(['*', '/', '%', '&', '<<', '>>']);

const relations: readonly TestRelation[] = ['==', '>', '>=', '&'];
/** More than any text makes: two values and how they are compared are one number, exact in a double. */
const mostValues = 2 ** 24;

/** Makes values, simplified, each once. One per compilation. */
export class Values {
  readonly #made = new Map<string, Value>();
  readonly #numbers = new Map<number, Value>();
  readonly #tests = new Map<number, Test>();
  readonly packetLength = this.#make('len', { kind: 'packetLength' });

  #make(key: string, shape: ShapeOf<Value>): Value {
    const known = this.#made.get(key);
    if (known) return known;
    const value = { id: this.#made.size, ...shape } as Value;
    this.#made.set(key, value);
    return value;
  }

  test(left: Value, relation: TestRelation, right: Value): Test {
    const key = (left.id * relations.length + relations.indexOf(relation)) * mostValues + right.id;
    const known = this.#tests.get(key);
    if (known) return known;
    const test = { id: this.#tests.size, left, relation, right };
    this.#tests.set(key, test);
    return test;
  }

  number(value: number): Value {
    const number = value >>> 0;
    let made = this.#numbers.get(number);
    if (!made) {
      made = this.#make(`#${number}`, { kind: 'number', value: number });
      this.#numbers.set(number, made);
    }
    return made;
  }

  /** A constant index is added to the offset, wrapping as libpcap's does; so is a constant part that cannot wrap. */
  load(size: Size, offset: number, index?: Value): Value {
    if (index?.kind === 'number') return this.load(size, offset + index.value);
    let at = offset >>> 0;
    // The kernel has its own idea of negative offsets; libpcap's interpreter for files takes none.
    if (at > unreachable && (index || !isAncillary(at))) at = unreachable;
    if (index?.kind === 'binary' && index.operator === '+' && index.right.kind === 'number') {
      const { left, right } = index;
      if (maximum(left) + right.value + at < 2 ** 32) return this.load(size, at + right.value, left);
    }
    return this.#make(`[${at}+${index?.id}:${size}]`, { kind: 'load', size, offset: at, index });
  }

  /** Length of the IPv4 header that begins at `offset` + `index`: 4 * (byte & 15). */
  headerLength(offset: number, index?: Value): Value {
    const byte = this.load(1, offset, index);
    return this.binary('<<', this.binary('&', byte, this.number(15)), this.number(2));
  }

  negate(operand: Value): Value {
    if (operand.kind === 'number') return this.number(-operand.value);
    return this.#make(`-${operand.id}`, { kind: 'negate', operand });
  }

  choice(test: Test, yes: Value, no: Value): Value {
    if (yes === no) return yes;
    return this.#make(`${test.id}?${yes.id}:${no.id}`, {
      kind: 'choice',
      test,
      yes,
      no,
    });
  }

  /** Constant divisors are not 0 and constant shifts at most 31: the caller has seen to that. */
  binary(operator: Operator, left: Value, right: Value): Value {
    if (left.kind === 'number') {
      if (right.kind === 'number') return this.number(calculate(operator, left.value, right.value));
      if (commutative.has(operator)) return this.binary(operator, right, left);
      if (left.value === 0 && zeroStays.has(operator)) return left;
    }
    if (right.kind === 'number') {
      const { value } = right;
      if (value === 0 && zeroIsNeutral.has(operator)) return left;
      if (value === 1 && (operator === '*' || operator === '/')) return left;
      if (value === 0 && (operator === '*' || operator === '&')) return right;
      if (value === 0xffffffff && operator === '&') return left;
      if (operator === '-') return this.binary('+', left, this.number(-value));
      const inner = left.kind === 'binary' && left.operator === operator ? left.right : undefined;
      if (left.kind === 'binary' && inner?.kind === 'number' && (operator === '+' || operator === '&'))
        return this.binary(operator, left.left, this.number(calculate(operator, inner.value, value)));
    }
    // Constants of sums go outwards, where they may end in the offset of a load.
    if (operator === '+' && left.kind === 'binary' && left.operator === '+' && left.right.kind === 'number')
      return this.binary('+', this.binary('+', left.left, right), left.right);
    return this.#make(`${left.id}${operator}${right.id}`, { kind: 'binary', operator, left, right });
  }
}

const highest = 0xffffffff;

/** A bound no packet's value is above. */
function maximum(value: Value): number {
  switch (value.kind) {
    case 'number':
      return value.value;
    case 'load':
      return 2 ** (8 * value.size) - 1;
    case 'choice':
      return Math.max(maximum(value.yes), maximum(value.no));
    case 'binary':
      return maximumOf(value.operator, maximum(value.left), maximum(value.right));
    default:
      return highest;
  }
}

function maximumOf(operator: Operator, left: number, right: number): number {
  const within = (bound: number) => Math.min(bound, highest);
  switch (operator) {
    case '+':
      return within(left + right);
    case '*':
      return within(left * right);
    case '&':
      return Math.min(left, right);
    case '<<':
      return right > 31 ? highest : within(left * 2 ** right);
    case '/':
    case '>>':
      return left;
    default:
      return highest;
  }
}

type ShapeOf<T> = T extends unknown ? Omit<T, 'id'> : never;
