/** What a query is made of, before anybody knows its fields. */
import type { Span } from './error.ts';
import type { Quoted } from './strings.ts';

export type Relation = '==' | '!=' | '===' | '!==' | '>' | '<' | '>=' | '<=' | 'contains' | 'matches';
export type Quantifier = 'any' | 'all';

/** A word: a field, or a value without quotes. */
export interface Word {
  readonly kind: 'word';
  readonly text: string;
  readonly at: Span;
}

export interface Text {
  readonly kind: 'string';
  readonly text: string;
  readonly quoted: Quoted;
  readonly at: Span;
}

export type Literal = Word | Text;

/** Characters [from, from + length) of a value; negative: counted from its end; no length: to its end. */
export interface Range {
  readonly from: number;
  /** Exclusive when `isOffset` is false: a count. */
  readonly to: number | undefined;
  /** `[i-j]`: `to` is the last character's offset. */
  readonly isOffset: boolean;
}

export interface Slice {
  readonly kind: 'slice';
  readonly of: Operand;
  readonly ranges: readonly Range[];
  readonly at: Span;
}

/** `header["name"]` */
export interface Index {
  readonly kind: 'index';
  readonly of: Word;
  readonly name: string;
  readonly at: Span;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly nameAt: Span;
  readonly args: readonly Operand[];
  readonly at: Span;
}

export interface Arithmetic {
  readonly kind: 'arithmetic';
  readonly sign: '+' | '-' | '*' | '/' | '%' | '&';
  readonly left: Operand;
  readonly right: Operand;
  readonly at: Span;
}

export type Operand = Word | Text | Slice | Index | Call | Arithmetic;

export interface Comparison {
  readonly kind: 'comparison';
  readonly quantifier: Quantifier | undefined;
  readonly relation: Relation;
  readonly left: Operand;
  readonly right: Operand;
  /** Of the operator. */
  readonly at: Span;
}

export interface SetItem {
  readonly from: Literal;
  /** Of a range its last value. */
  readonly to: Literal | undefined;
}

export interface Membership {
  readonly kind: 'membership';
  readonly quantifier: Quantifier | undefined;
  readonly isNegated: boolean;
  readonly left: Operand;
  readonly items: readonly SetItem[];
  readonly at: Span;
}

/** An operand alone: is it there? Of text that names nothing: is it anywhere? */
export interface Presence {
  readonly kind: 'presence';
  readonly operand: Operand;
}

export type Node =
  | { readonly kind: 'and' | 'or'; readonly items: readonly Node[] }
  | { readonly kind: 'not'; readonly item: Node }
  | Comparison
  | Membership
  | Presence;

export function isLiteral(operand: Operand): operand is Literal {
  return operand.kind === 'word' || operand.kind === 'string';
}

/** From the beginning of one to the end of the other. */
export function spanOf(from: Span, to: Span): Span {
  return { position: from.position, length: to.position + to.length - from.position };
}
