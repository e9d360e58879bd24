/** A filter that cannot be compiled: what, where, and what would fit there. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly expression: string;
  /** Offset of the trouble in the expression, in UTF-16 units, and its length (at least 1). */
  readonly position: number;
  readonly length: number;
  /** What would have fitted, '' when nothing sensible can be said. */
  readonly expected: string;
  readonly hint: string;

  constructor(
    message: string,
    at: { expression: string; position: number; length?: number; expected?: string; hint?: string },
  ) {
    super(message);
    this.expression = at.expression;
    this.position = at.position;
    this.length = Math.max(1, at.length ?? 1);
    this.expected = at.expected ?? '';
    this.hint = at.hint ?? '';
  }

  /** Message, the expression, a caret under the spot, and what was expected. */
  format(): string {
    const text = this.expression.replaceAll(/[\t\n\r]/g, ' ');
    const caret =
      ' '.repeat(this.position) + '^'.repeat(Math.max(1, Math.min(this.length, text.length - this.position)));
    const lines = [`filter: ${this.message}`, `  ${text}`, `  ${caret}`];
    if (this.expected !== '') lines.push(`expected ${this.expected}`);
    if (this.hint !== '') lines.push(this.hint);
    return lines.join('\n');
  }
}
