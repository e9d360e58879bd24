/** How the parser reads on, and what it says when it cannot. */
import type { Operand, Relation } from './ast.ts';
import { QueryError, type QueryErrorDetail, type Span } from './error.ts';
import { depthLimit } from './limits.ts';
import type { Token } from './tokens.ts';

/**
 * What may stand where completion was asked for:
 * - test: a field, a protocol, `not`, an opening parenthesis
 * - relation: behind an operand that stands alone
 * - value: behind an operator or within a set
 * - operand: where only fields and functions go
 * - conjunction: behind a whole test
 */
export type Place = 'test' | 'relation' | 'value' | 'operand' | 'conjunction';

/** Thrown to leave the parser when it reaches the place of completion; never seen outside. */
export class Reached {
  readonly place: Place;
  readonly left: Operand | undefined;
  readonly relation: Relation | 'in' | undefined;

  constructor(place: Place, left?: Operand, relation?: Relation | 'in') {
    this.place = place;
    this.left = left;
    this.relation = relation;
  }
}

export class Cursor {
  readonly query: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  /** @param tokens the last one is the end or the cursor */
  constructor(query: string, tokens: readonly Token[]) {
    this.query = query;
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.#tokens[this.#at]!;
  }

  get following(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)]!;
  }

  /** The token read last. */
  get last(): Token {
    return this.#tokens[Math.max(0, this.#at - 1)]!;
  }

  advance(): Token {
    const token = this.token;
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  /** Reads the sign or operator if it stands here. */
  take(text: string): Token | undefined {
    return this.is(text) ? this.advance() : undefined;
  }

  is(text: string): boolean {
    const { kind, text: found } = this.token;
    return (kind === 'operator' || kind === 'symbol') && found === text;
  }

  /** Completion ends here. */
  offer(place: Place, left?: Operand, relation?: Relation | 'in'): void {
    if (this.token.kind === 'cursor') throw new Reached(place, left, relation);
  }

  deeper(depth: number): number {
    if (depth >= depthLimit) this.fail('limit', `the query is nested deeper than ${depthLimit}`, this.token);
    return depth + 1;
  }

  fail(reason: QueryError['reason'], message: string, at: Span, detail?: QueryErrorDetail): never {
    throw new QueryError(reason, message, this.query, at, detail);
  }

  unexpected(expected: string, hint = ''): never {
    const { token } = this;
    const written = this.query.slice(token.position, token.position + token.length);
    const message =
      token.kind === 'end' || token.kind === 'cursor' ? 'the query ends too early' : `unexpected ${written}`;
    return this.fail('syntax', message, token, { expected, hint });
  }
}
