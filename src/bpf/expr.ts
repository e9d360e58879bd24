/** What a filter computes and asks: pure expressions over the packet, and a tree of tests over them. */

/** Every expression carries `key`: two with the same key have the same value on any packet. */
export type Expr =
  | { readonly kind: 'number'; readonly value: number; readonly key: string }
  | { readonly kind: 'length'; readonly key: string }
  /** Bytes at `offset` + the value of `index` (absolute without one). Linux's ancillary data lie at negative offsets. */
  | {
      readonly kind: 'load';
      readonly size: 1 | 2 | 4;
      readonly offset: number;
      readonly index?: Expr;
      readonly key: string;
    }
  /** 4 * (byte at `offset` & 15): length of an IPv4 header. */
  | { readonly kind: 'headerLength'; readonly offset: number; readonly key: string }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOp;
      readonly left: Expr;
      readonly right: Expr;
      readonly key: string;
    }
  | { readonly kind: 'negate'; readonly of: Expr; readonly key: string };

export type BinaryOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type TestOp = '==' | '>' | '>=' | '&';

export type Condition =
  | { readonly kind: 'test'; readonly left: Expr; readonly op: TestOp; readonly right: Expr }
  | { readonly kind: 'and' | 'or'; readonly a: Condition; readonly b: Condition }
  | { readonly kind: 'not'; readonly a: Condition }
  | { readonly kind: 'constant'; readonly value: boolean };

export const always: Condition = { kind: 'constant', value: true };
export const never: Condition = { kind: 'constant', value: false };

export function num(value: number): Expr {
  return { kind: 'number', value: value >>> 0, key: `${value >>> 0}` };
}

export const lengthExpr: Expr = { kind: 'length', key: 'len' };

export function load(size: 1 | 2 | 4, offset: number, index?: Expr): Expr {
  if (index?.kind === 'number') return load(size, offset + index.value);
  return index
    ? { kind: 'load', size, offset, index, key: `[${index.key}+${offset}:${size}]` }
    : { kind: 'load', size, offset, key: `[${offset}:${size}]` };
}

export function headerLength(offset: number): Expr {
  return { kind: 'headerLength', offset, key: `4*([${offset}]&0xf)` };
}

export function negate(of: Expr): Expr {
  return of.kind === 'number' ? num(-of.value) : { kind: 'negate', of, key: `-(${of.key})` };
}

/** Arithmetic of classic BPF: unsigned 32 bit, wrapping; shifts by 32 and more give 0. */
export function compute(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case '+':
      return (a + b) >>> 0;
    case '-':
      return (a - b) >>> 0;
    case '*':
      return Math.imul(a, b) >>> 0;
    case '/':
      return b === 0 ? 0 : Math.floor(a / b);
    case '%':
      return b === 0 ? 0 : a % b;
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

export function binary(op: BinaryOp, left: Expr, right: Expr): Expr {
  if (left.kind === 'number' && right.kind === 'number') return num(compute(op, left.value, right.value));
  if (right.kind === 'number') {
    const { value } = right;
    const isIdentity =
      (value === 0 && '+-|^<<>>'.includes(op)) || (value === 1 && (op === '*' || op === '/'));
    if (isIdentity) return left;
  }
  return { kind: 'binary', op, left, right, key: `(${left.key}${op}${right.key})` };
}

export function test(left: Expr, op: TestOp, right: Expr | number): Condition {
  const value = typeof right === 'number' ? num(right) : right;
  if (left.kind === 'number' && value.kind === 'number')
    return decide(op, left.value, value.value) ? always : never;
  return { kind: 'test', left, op, right: value };
}

export function decide(op: TestOp, a: number, b: number): boolean {
  return op === '==' ? a === b : op === '>' ? a > b : op === '>=' ? a >= b : (a & b) !== 0;
}

export function and(...all: Condition[]): Condition {
  return all.reduce((a, b) => {
    if (a.kind === 'constant') return a.value ? b : a;
    return b.kind === 'constant' && b.value ? a : { kind: 'and', a, b };
  });
}

export function or(...all: Condition[]): Condition {
  return all.reduce((a, b) => {
    if (a.kind === 'constant') return a.value ? a : b;
    return b.kind === 'constant' && !b.value ? a : { kind: 'or', a, b };
  });
}

export function not(a: Condition): Condition {
  if (a.kind === 'constant') return a.value ? never : always;
  return a.kind === 'not' ? a.a : { kind: 'not', a };
}
