import { caretLines } from '../util/caret.ts';

/**
 * Why a query is refused.
 * - syntax: it is no query
 * - name: a field or function nobody knows
 * - type: its parts do not fit together (a number compared with text)
 * - value: a literal that the field cannot have
 * - limit: longer or deeper than is taken
 * - language: a capture filter, which goes elsewhere
 */
export type QueryErrorReason = 'syntax' | 'name' | 'type' | 'value' | 'limit' | 'language';

/** A place in the query, in UTF-16 units. */
export interface Span {
  readonly position: number;
  readonly length: number;
}

export interface QueryErrorDetail {
  /** What would have fitted. */
  readonly expected?: string;
  readonly hint?: string;
}

/** A query that cannot be compiled: what, where, and what would fit there. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly reason: QueryErrorReason;
  readonly query: string;
  readonly position: number;
  /** At least 1. */
  readonly length: number;
  readonly expected: string;
  readonly hint: string;

  constructor(
    reason: QueryErrorReason,
    message: string,
    query: string,
    at: Span,
    detail: QueryErrorDetail = {},
  ) {
    super(message);
    this.reason = reason;
    this.query = query;
    this.position = at.position;
    this.length = Math.max(1, at.length);
    this.expected = detail.expected ?? '';
    this.hint = detail.hint ?? '';
  }

  /** Message, the query, a caret under the spot, what was expected, and a hint. */
  format(): string {
    const lines = [`query: ${this.message}`, ...caretLines(this.query, this.position, this.length)];
    if (this.expected !== '') lines.push(`expected ${this.expected}`);
    if (this.hint !== '') lines.push(this.hint);
    return lines.join('\n');
  }
}
