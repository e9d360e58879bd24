/** What a pattern is made of. */
import type { ByteSet } from './byteset.ts';

/**
 * - start, end: of the whole subject
 * - lineStart, lineEnd: with (?m)
 * - word, notWord: \b and \B
 */
export type Assertion = 'start' | 'end' | 'lineStart' | 'lineEnd' | 'word' | 'notWord';

export type Pattern =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly items: readonly Pattern[] }
  /** max Infinity: no end */
  | { readonly kind: 'repeat'; readonly item: Pattern; readonly min: number; readonly max: number };

export const empty: Pattern = { kind: 'empty' };

/** Instructions a pattern becomes: counted repetitions are written out. */
export function sizeOf(pattern: Pattern): number {
  switch (pattern.kind) {
    case 'empty':
      return 0;
    case 'set':
    case 'assert':
      return 1;
    case 'sequence':
    case 'choice':
      return pattern.items.reduce((sum, item) => sum + sizeOf(item) + 1, 0);
    case 'repeat': {
      const { min, max } = pattern;
      return (sizeOf(pattern.item) + 1) * (max === Number.POSITIVE_INFINITY ? min + 1 : max);
    }
  }
}

/** A pattern that cannot be taken; position and length within its text, in UTF-16 units. */
export class PatternError extends Error {
  readonly position: number;
  readonly length: number;
  readonly hint: string;

  constructor(message: string, position: number, length = 1, hint = '') {
    super(message);
    this.position = position;
    this.length = length;
    this.hint = hint;
  }
}
