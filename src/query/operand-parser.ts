/** Fields, values, slices, calls, arithmetic. */
import type { Arithmetic, Literal, Operand, Range, Relation } from './ast.ts';
import { spanOf } from './ast.ts';
import type { Cursor, Place } from './cursor.ts';
import type { Span } from './error.ts';

const additive = new Set(['+', '-']);
const multiplicative = new Set(['*', '/', '%']);

/** Where an operand is read: what completion offers, what an error says. */
export interface Setting {
  readonly place: Place;
  readonly expected: string;
  readonly left?: Operand;
  readonly relation?: Relation;
}

export function parseOperand(cursor: Cursor, depth: number, setting: Setting): Operand {
  let left = parseSum(cursor, depth, setting);
  for (let at = depth; cursor.token.kind === 'operator' && cursor.is('&'); ) {
    at = cursor.deeper(at);
    cursor.advance();
    left = arithmetic('&', left, parseSum(cursor, depth, inner(setting)));
  }
  return left;
}

/** `a + b - c`. A chain leans to the left: each part of it is one level deeper. */
function parseSum(cursor: Cursor, depth: number, setting: Setting): Operand {
  let left = parseProduct(cursor, depth, setting);
  for (let at = depth; ; ) {
    const { kind, text, position, length } = cursor.token;
    if (kind === 'symbol' && additive.has(text)) {
      at = cursor.deeper(at);
      cursor.advance();
      left = arithmetic(text as '+' | '-', left, parseProduct(cursor, depth, inner(setting)));
    } else if (kind === 'word' && /^-[.0-9]/.test(text)) {
      // `a -1`: behind an operand a minus takes away.
      at = cursor.deeper(at);
      cursor.advance();
      const right: Literal = {
        kind: 'word',
        text: text.slice(1),
        at: { position: position + 1, length: length - 1 },
      };
      left = arithmetic('-', left, right);
    } else return left;
  }
}

function parseProduct(cursor: Cursor, depth: number, setting: Setting): Operand {
  let left = parseFactor(cursor, depth, setting);
  for (let at = depth; cursor.token.kind === 'symbol' && multiplicative.has(cursor.token.text); ) {
    at = cursor.deeper(at);
    const sign = cursor.advance().text as '*' | '/' | '%';
    left = arithmetic(sign, left, parseFactor(cursor, depth, inner(setting)));
  }
  return left;
}

function inner(setting: Setting): Setting {
  return { ...setting, place: 'operand', expected: 'a field or a number' };
}

function arithmetic(sign: Arithmetic['sign'], left: Operand, right: Operand): Arithmetic {
  return { kind: 'arithmetic', sign, left, right, at: spanOf(left.at, right.at) };
}

function parseFactor(cursor: Cursor, depth: number, setting: Setting): Operand {
  if (cursor.take('{')) {
    const grouped = parseOperand(cursor, cursor.deeper(depth), inner(setting));
    cursor.offer('operand');
    if (!cursor.take('}')) cursor.unexpected("'}'");
    return grouped;
  }
  let operand = parsePrimary(cursor, depth, setting);
  for (let at = depth; cursor.is('[') && !cursor.token.spaced; ) {
    at = cursor.deeper(at);
    operand = parseBrackets(cursor, operand);
  }
  return operand;
}

function parsePrimary(cursor: Cursor, depth: number, setting: Setting): Operand {
  cursor.offer(setting.place, setting.left, setting.relation);
  const literal = parseLiteral(cursor);
  if (!literal) return cursor.unexpected(setting.expected, minusHint(cursor));
  if (literal.kind === 'word' && cursor.is('(')) return parseCall(cursor, literal.text, literal.at, depth);
  return literal;
}

function minusHint(cursor: Cursor): string {
  return cursor.is('-') ? 'a minus sign stands right before its number: -5' : '';
}

/** A word or a string, if one stands here. */
export function parseLiteral(cursor: Cursor): Literal | undefined {
  const { kind, text, quoted, position, length } = cursor.token;
  const at: Span = { position, length };
  if (kind !== 'word' && kind !== 'string') return undefined;
  cursor.advance();
  return kind === 'word' ? { kind, text, at } : { kind, text, quoted: quoted!, at };
}

function parseCall(cursor: Cursor, name: string, nameAt: Span, depth: number): Operand {
  const inside = cursor.deeper(depth);
  cursor.advance();
  const args: Operand[] = [];
  do {
    cursor.offer('operand');
    args.push(parseOperand(cursor, inside, { place: 'operand', expected: 'a field' }));
  } while (cursor.take(','));
  if (!cursor.take(')')) cursor.unexpected("')' or ','");
  return { kind: 'call', name, nameAt, args, at: spanOf(nameAt, cursor.last) };
}

/** A slice, or the name of a header. */
function parseBrackets(cursor: Cursor, of: Operand): Operand {
  cursor.advance();
  if (cursor.token.kind === 'string' && of.kind === 'word') {
    const name = cursor.advance().text;
    if (!cursor.take(']')) cursor.unexpected("']'");
    return { kind: 'index', of, name, at: spanOf(of.at, cursor.last) };
  }
  const ranges: Range[] = [];
  do ranges.push(parseRange(cursor));
  while (cursor.take(','));
  if (!cursor.take(']')) cursor.unexpected("']', ':' or ','");
  return { kind: 'slice', of, ranges, at: spanOf(of.at, cursor.last) };
}

/** `i`, `i:length`, `i-j`, `:length`, `i:` */
function parseRange(cursor: Cursor): Range {
  const start = cursor.token;
  if (cursor.take(':')) {
    const to = parseIndex(cursor);
    if (to <= 0) cursor.fail('value', 'a slice takes at least one character', spanOf(start, cursor.last));
    return { from: 0, to, isOffset: false };
  }
  const from = parseIndex(cursor);
  if (cursor.take('-')) {
    const to = parseIndex(cursor);
    if (from >= 0 && to >= 0 && to < from)
      cursor.fail('value', `${from}-${to} runs backwards`, spanOf(start, cursor.last));
    return { from, to, isOffset: true };
  }
  if (!cursor.take(':')) return { from, to: 1, isOffset: false };
  if (cursor.is(']') || cursor.is(',')) return { from, to: undefined, isOffset: false };
  const to = parseIndex(cursor);
  if (to <= 0) cursor.fail('value', 'a slice takes at least one character', spanOf(start, cursor.last));
  return { from, to, isOffset: false };
}

/** Subjects are no longer than that. */
const indexLimit = 0x7fffffff;

function parseIndex(cursor: Cursor): number {
  const isNegative = cursor.take('-') !== undefined;
  const { kind, text } = cursor.token;
  if (kind !== 'word' || !/^(?:\d+|0[xX][0-9A-Fa-f]+)$/.test(text))
    return cursor.unexpected('a number: [0:4] four from the beginning, [-4:] the last four');
  const value = Number(text);
  if (value > indexLimit) cursor.fail('value', `${text} is beyond every value`, cursor.token);
  cursor.advance();
  return isNegative ? -value : value;
}
