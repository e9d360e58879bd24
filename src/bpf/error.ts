/**
 * Why a filter is refused.
 * - syntax: it is no filter
 * - name: a host, port, protocol nobody knows
 * - meaning: well formed, but its parts do not fit together (`tcp host 192.0.2.1`)
 * - linktype: it asks for what packets of this link type do not have
 * - never: no packet can match
 * - limit: longer or deeper than the kernel or the compiler takes
 */
export type FilterErrorReason = 'syntax' | 'name' | 'meaning' | 'linktype' | 'never' | 'limit';

/** A place in the expression, in UTF-16 units. */
export interface Span {
  readonly position: number;
  readonly length: number;
}

export interface FilterErrorDetail {
  /** What would have fitted. */
  readonly expected?: string;
  readonly hint?: string;
}

/** A filter that cannot be compiled: what, where, and what would fit there. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly reason: FilterErrorReason;
  readonly expression: string;
  readonly position: number;
  /** At least 1. */
  readonly length: number;
  readonly expected: string;
  readonly hint: string;

  constructor(
    reason: FilterErrorReason,
    message: string,
    expression: string,
    at: Span,
    detail: FilterErrorDetail = {},
  ) {
    super(printable(message));
    this.reason = reason;
    this.expression = expression;
    this.position = at.position;
    this.length = Math.max(1, at.length);
    this.expected = printable(detail.expected ?? '');
    this.hint = printable(detail.hint ?? '');
  }

  /** Message, the expression, a caret under the spot, what was expected, and a hint. */
  format(): string {
    const { text, position } = excerpt(this.expression, this.position);
    const width = Math.max(1, Math.min(this.length, text.length - position));
    const lines = [`filter: ${this.message}`, `  ${text}`, `  ${' '.repeat(position)}${'^'.repeat(width)}`];
    if (this.expected !== '') lines.push(`expected ${this.expected}`);
    if (this.hint !== '') lines.push(this.hint);
    return lines.join('\n');
  }
}

/** Nothing that moves the cursor or turns the direction of writing: the text may come from anywhere. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

/** Columns of a long expression that are shown on each side of the spot. */
const contextColumns = 60;

/** One line around the spot, the far ends as an ellipsis. */
function excerpt(expression: string, position: number): { text: string; position: number } {
  const line = printable(expression);
  const from = position > contextColumns * 1.5 ? position - contextColumns : 0;
  const to = line.length > position + contextColumns * 1.5 ? position + contextColumns : line.length;
  const head = from > 0 ? '...' : '';
  const tail = to < line.length ? '...' : '';
  return { text: head + line.slice(from, to) + tail, position: position - from + head.length };
}
