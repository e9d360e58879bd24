/** The parser's place in the words, and how it says what it did not expect there. */
import { FilterError, type FilterErrorDetail, type Span } from './error.ts';
import { type Token, tokenize } from './lexer.ts';
import { maxDepth } from './limits.ts';
import { slipHint } from './slips.ts';

export class Tokens {
  readonly expression: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(expression: string) {
    this.expression = expression;
    this.#tokens = tokenize(expression);
  }

  get current(): Token {
    return this.#tokens[this.#at]!;
  }

  get atEnd(): boolean {
    return this.current.kind === 'end';
  }

  /** The one after the current. */
  get following(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)]!;
  }

  /** The word before the current one. */
  get last(): Token {
    return this.#tokens[Math.max(0, this.#at - 1)]!;
  }

  tokenAt(position: number): Token | undefined {
    return this.#tokens.find((token) => token.position === position);
  }

  advance(): Token {
    const token = this.current;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** Is the current word this keyword or symbol? */
  is(...texts: readonly string[]): boolean {
    const { kind, text } = this.current;
    return (kind === 'keyword' || kind === 'symbol') && texts.includes(text);
  }

  accept(...texts: readonly string[]): Token | undefined {
    return this.is(...texts) ? this.advance() : undefined;
  }

  expect(text: string, expected = `'${text}'`): Token {
    return this.accept(text) ?? this.unexpected(expected);
  }

  number(expected: string): Token {
    return this.current.kind === 'number' ? this.advance() : this.unexpected(expected);
  }

  /** From the start of `first` to the end of the word before the current one. */
  span(first: Span): Span {
    const { last } = this;
    return { position: first.position, length: Math.max(1, last.position + last.length - first.position) };
  }

  /** Runs `inner` one level deeper; parentheses and negations without end are refused. */
  nested<T>(inner: () => T): T {
    if (++this.#depth > maxDepth)
      this.fail('limit', `more than ${maxDepth} levels of parentheses and negations`, this.current);
    const result = inner();
    this.#depth--;
    return result;
  }

  unexpected(expected: string): never {
    const { current } = this;
    const shown = current.kind === 'end' ? 'the filter ends too early' : `unexpected ${this.#shown(current)}`;
    const hint = slipHint(this.expression, current, this.#at > 0 ? this.last : undefined);
    this.fail('syntax', shown, current, { expected, hint });
  }

  #shown(token: Token): string {
    const text = this.expression.slice(token.position, token.position + token.length);
    return token.kind === 'keyword' && /^[a-z]/.test(text) ? `keyword '${text}'` : `'${text}'`;
  }

  fail(reason: FilterError['reason'], message: string, at: Span, detail: FilterErrorDetail = {}): never {
    throw new FilterError(reason, message, this.expression, at, detail);
  }
}
