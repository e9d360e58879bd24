import type { Span } from './error.ts';
import type { Quoted } from './strings.ts';

/**
 * - word: a name, a number, an address, text without quotes; what it is its place decides
 * - string: in quotes
 * - operator: of a comparison or between tests, spelled in one way (`eq` is `==`, `and` is `&&`)
 * - symbol: brackets, commas, arithmetic
 * - cursor: where completion is asked for; behind it nothing is read
 */
export type TokenKind = 'word' | 'string' | 'operator' | 'symbol' | 'cursor' | 'end';

export interface Token extends Span {
  readonly kind: TokenKind;
  /** As written; of a string what it stands for, escapes undone; of an operator its one spelling. */
  readonly text: string;
  readonly quoted?: Quoted;
  /** Blanks before it. */
  readonly spaced: boolean;
}

/** What words and signs are as operators. */
export const operatorWords: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
  ['eq', '=='],
  ['any_eq', '=='],
  ['ne', '!='],
  ['all_ne', '!='],
  ['all_eq', '==='],
  ['any_ne', '!=='],
  ['gt', '>'],
  ['lt', '<'],
  ['ge', '>='],
  ['le', '<='],
  ['contains', 'contains'],
  ['matches', 'matches'],
  ['in', 'in'],
  ['bitwise_and', '&'],
  ['any', 'any'],
  ['all', 'all'],
  // Search boxes elsewhere write these in capitals; as names of fields they mean nothing.
  ['AND', '&&'],
  ['OR', '||'],
  ['NOT', '!'],
]);

/** Longest first. */
export const operatorSigns: readonly (readonly [sign: string, operator: string])[] = [
  ['!==', '!=='],
  ['===', '==='],
  ['&&', '&&'],
  ['||', '||'],
  ['==', '=='],
  ['!=', '!='],
  ['~=', '!=='],
  ['>=', '>='],
  ['<=', '<='],
  ['>', '>'],
  ['<', '<'],
  ['~', 'matches'],
  ['!', '!'],
  ['&', '&'],
];

/** Operators that stand between two operands. */
export const relations: ReadonlySet<string> = new Set([
  ...['==', '!=', '===', '!==', '>', '<', '>=', '<=', 'contains', 'matches'],
]);
