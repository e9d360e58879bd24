/**
 * Expressions of pcap-filter(7): and/or of equal precedence, not, parentheses, and comparisons.
 *
 * A parenthesis may hold an expression, a list of values (`port (80 or 443)`), or arithmetic; which
 * one shows only inside. So every operand says what it is, and where it stands decides if it may be.
 */

import type { Arithmetic, Node, Operator, Qualifiers, Relation } from './ast.ts';
import type { Span } from './error.ts';
import { protocolWords } from './keywords.ts';
import type { Token } from './lexer.ts';
import { maxOperators } from './limits.ts';
import { failWithoutQualifiers, identifier, isIdentifier, primitive } from './primitives.ts';
import { Tokens } from './tokens.ts';
import { wordOf } from './words.ts';

/**
 * - number: a bare one, which may yet become arithmetic or a value
 * - arithmetic: not yet compared with anything
 * - values: values with implied qualifiers (`80 or 443`)
 * - term: a condition that stands on its own
 */
export type Operand =
  | (Span & { readonly kind: 'number'; readonly value: number })
  | { readonly kind: 'arithmetic'; readonly arithmetic: Arithmetic }
  | { readonly kind: 'values' | 'term'; readonly node: Node; readonly qualifiers: Qualifiers | undefined };

const relations = ['>', '>=', '=', '<=', '<', '!='];
/** libpcap's grammar gives % and ^ no precedence: they, and what follows them, bind to the right. */
const precedence: Readonly<Record<string, number>> = {
  '|': 1,
  '&': 2,
  '<<': 3,
  '>>': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  unary: 6,
};
const operators = ['|', '&', '<<', '>>', '+', '-', '*', '/', '%', '^'];
const termExpected = "a primitive such as 'tcp', 'host NAME', 'port 80', 'net 10.0.0.0/8', or a comparison";

/** The expression as a tree; undefined for an empty one. @throws FilterError */
export function parse(expression: string): Node | undefined {
  const tokens = new Tokens(expression);
  if (tokens.atEnd) return undefined;
  const parser = new Parser(tokens);
  const all = parser.sequence(undefined);
  if (!tokens.atEnd) tokens.unexpected(parser.expectedAfter(all));
  return parser.asTerm(all);
}

export class Parser {
  readonly tokens: Tokens;
  #operators = 0;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
  }

  /** Operands with and/or between them, up to what can be none. */
  sequence(implied: Qualifiers | undefined): Operand {
    const { tokens } = this;
    const start = tokens.current;
    const first = this.operand(implied);
    if (!tokens.is('and', 'or') || first.kind === 'arithmetic') return first;
    const ofValues = first.kind !== 'term';
    let last = ofValues ? this.asValues(first, implied) : first;
    const rest: { operator: 'and' | 'or'; operand: Node }[] = [];
    const firstNode = last.node;
    while (tokens.is('and', 'or')) {
      const operator = tokens.advance().text as 'and' | 'or';
      const at = tokens.current;
      const operand = ofValues ? this.value(last.qualifiers, true) : this.operand(last.qualifiers);
      if (operand.kind === 'arithmetic') tokens.unexpected('a comparison');
      if (ofValues && operand.kind === 'term')
        tokens.fail('syntax', 'a condition within a list of values', { ...tokens.span(at) });
      last = operand.kind === 'term' ? operand : this.asValues(operand, last.qualifiers);
      rest.push({ operator, operand: last.node });
    }
    const node: Node = { kind: 'chain', first: firstNode, rest, ...tokens.span(start) };
    return { kind: ofValues ? 'values' : 'term', node, qualifiers: last.qualifiers };
  }

  /** One operand of and/or. */
  operand(implied: Qualifiers | undefined): Operand {
    const { tokens } = this;
    const start = tokens.current;
    if (tokens.accept('not')) return this.#negated(start, () => this.operand(implied), implied);
    if (tokens.is('('))
      return this.#compared(
        this.#parenthesis(implied, () => this.sequence(implied)),
        start,
      );
    if (tokens.current.kind === 'number') {
      const { value } = tokens.advance();
      return this.#compared({ kind: 'number', value, ...tokens.span(start) }, start);
    }
    if (this.#startsArithmetic())
      return this.#compared({ kind: 'arithmetic', arithmetic: this.#arithmeticOperand() }, start);
    // A word of newer libpcaps: only where no name can stand.
    if (!implied && isVxlan(tokens.current)) return primitive(this, termExpected);
    const word = wordOf(tokens.current);
    if (word !== undefined && !implied) {
      tokens.advance();
      return { kind: 'term', node: { kind: 'word', word, ...tokens.span(start) }, qualifiers: undefined };
    }
    // A word may have conditions beside it, which values may not.
    if (word !== undefined) return { ...identifier(tokens, implied, true), kind: 'term' };
    if (isIdentifier(tokens.current)) return identifier(tokens, implied);
    if (tokens.current.kind !== 'keyword') tokens.unexpected(termExpected);
    return primitive(this, termExpected);
  }

  /** A value after qualifiers: no comparison may begin here. @param isBare they are implied by what stood before */
  value(implied: Qualifiers | undefined, isBare = false): Operand {
    const { tokens } = this;
    const start = tokens.current;
    if (tokens.accept('not')) return this.#negated(start, () => this.value(implied, isBare), implied);
    if (tokens.is('('))
      return this.#parenthesis(implied, () => {
        const inner = tokens.current;
        let last = this.value(implied, isBare);
        if (!tokens.is('and', 'or')) return last;
        const first = this.asValues(last, implied).node;
        const rest: { operator: 'and' | 'or'; operand: Node }[] = [];
        while (tokens.is('and', 'or')) {
          const operator = tokens.advance().text as 'and' | 'or';
          const { qualifiers } = this.asValues(last, implied);
          last = this.asValues(this.value(qualifiers, isBare), qualifiers);
          rest.push({ operator, operand: last.node });
        }
        const node: Node = { kind: 'chain', first, rest, ...tokens.span(inner) };
        return { kind: 'values', node, qualifiers: this.asValues(last, implied).qualifiers };
      });
    if (tokens.current.kind === 'number') {
      const { value } = tokens.advance();
      return { kind: 'number', value, ...tokens.span(start) };
    }
    if (isIdentifier(tokens.current)) return identifier(tokens, implied, isBare);
    return tokens.unexpected(valueExpected(implied));
  }

  #negated(start: Span, inner: () => Operand, implied: Qualifiers | undefined): Operand {
    const operand = this.tokens.nested(inner);
    if (operand.kind === 'arithmetic') this.tokens.unexpected('a comparison');
    const of = operand.kind === 'number' ? this.asValues(operand, implied) : operand;
    const node: Node = { kind: 'not', operand: of.node, ...this.tokens.span(start) };
    return { kind: of.kind, node, qualifiers: of.qualifiers };
  }

  #parenthesis(implied: Qualifiers | undefined, content: () => Operand): Operand {
    const { tokens } = this;
    tokens.advance();
    const inner = tokens.nested(content);
    if (!tokens.is(')')) tokens.unexpected(this.expectedAfter(inner, "')'"));
    tokens.advance();
    // After a parenthesized condition counts what stood before it.
    return inner.kind === 'term' ? { ...inner, qualifiers: implied } : inner;
  }

  asTerm(operand: Operand): Node {
    const { tokens } = this;
    if (operand.kind === 'arithmetic') return tokens.unexpected('a comparison: =, !=, <, <=, > or >=');
    return operand.kind === 'number' ? this.asValues(operand, undefined).node : operand.node;
  }

  asValues(
    operand: Operand,
    implied: Qualifiers | undefined,
  ): { kind: 'values'; node: Node; qualifiers: Qualifiers | undefined } {
    if (operand.kind === 'values') return { ...operand, kind: 'values' };
    if (operand.kind !== 'number') return this.tokens.unexpected(valueExpected(implied));
    const { value, position, length } = operand;
    if (!implied) failWithoutQualifiers(this.tokens, operand);
    const node: Node = {
      kind: 'identifier',
      identifier: { kind: 'number', value },
      qualifiers: implied,
      position,
      length,
    };
    return { kind: 'values', node, qualifiers: implied };
  }

  expectedAfter(operand: Operand, closing = 'the end'): string {
    if (operand.kind === 'arithmetic') return 'a comparison (=, !=, <, <=, >, >=) or an operator';
    if (operand.kind === 'number') return `an operator, a comparison or ${closing}`;
    return `'and', 'or' or ${closing}`;
  }

  #startsArithmetic(): boolean {
    const { tokens } = this;
    if (tokens.is('-', 'len', 'length')) return true;
    const { current, following } = tokens;
    return current.kind === 'keyword' && protocolWords.has(current.text) && following.text === '[';
  }

  /** Goes on with operators and a comparison where the operand can have them. */
  #compared(operand: Operand, start: Span): Operand {
    const { tokens } = this;
    if (operand.kind !== 'number' && operand.kind !== 'arithmetic') return operand;
    if (!tokens.is(...operators, ...relations)) return operand;
    const left = this.#arithmeticAfter(
      operand.kind === 'arithmetic' ? operand.arithmetic : operand,
      undefined,
      start,
    );
    if (!tokens.is(...relations)) return { kind: 'arithmetic', arithmetic: left };
    const relation = tokens.advance().text as Relation;
    const right = this.#arithmetic(undefined);
    const node: Node = { kind: 'relation', relation, left, right, ...tokens.span(start) };
    return { kind: 'term', node, qualifiers: undefined };
  }

  /** @param below operator to the left that may take the operand first */
  #arithmetic(below: string | undefined): Arithmetic {
    const start = this.tokens.current;
    return this.#arithmeticAfter(this.#arithmeticOperand(), below, start);
  }

  #arithmeticAfter(first: Arithmetic, below: string | undefined, start: Span): Arithmetic {
    const { tokens } = this;
    let left = first;
    while (tokens.is(...operators) && bindsTighter(tokens.current.text, below)) {
      const token = tokens.advance();
      this.#countOperator(token);
      const operator = token.text as Operator;
      const right = this.#arithmetic(operator);
      left = { kind: 'binary', operator, left, right, ...tokens.span(start) };
    }
    return left;
  }

  #arithmeticOperand(): Arithmetic {
    const { tokens } = this;
    const start = tokens.current;
    if (start.kind === 'number') {
      tokens.advance();
      return { kind: 'number', value: start.value, ...tokens.span(start) };
    }
    if (tokens.accept('len', 'length')) return { kind: 'packetLength', ...tokens.span(start) };
    if (tokens.accept('-')) {
      this.#countOperator(start);
      const operand = this.#arithmetic('unary');
      return { kind: 'negate', operand, ...tokens.span(start) };
    }
    if (tokens.accept('(')) {
      const inner = tokens.nested(() => this.#arithmetic(undefined));
      tokens.expect(')', "an operator or ')'");
      return { ...inner, ...tokens.span(start) };
    }
    const protocol = start.kind === 'keyword' ? protocolWords.get(start.text) : undefined;
    if (!protocol) return tokens.unexpected("a number, 'len', or bytes such as 'tcp[13]'");
    tokens.advance();
    tokens.expect('[', `'[': ${start.text}[OFFSET:SIZE] are bytes of a packet`);
    const index = tokens.nested(() => this.#arithmetic(undefined));
    let size = 1;
    if (tokens.accept(':')) size = tokens.number('a size: 1, 2 or 4').value;
    tokens.expect(']', "an operator, ':' or ']'");
    return { kind: 'load', protocol, index, size, ...tokens.span(start) };
  }

  #countOperator(at: Span): void {
    if (++this.#operators > maxOperators)
      this.tokens.fail('limit', `more than ${maxOperators} arithmetic operators`, at);
  }
}

/** Not after a backslash. */
function isVxlan({ kind, text, length }: Token): boolean {
  return kind === 'name' && text === 'vxlan' && length === text.length;
}

function bindsTighter(operator: string, below: string | undefined): boolean {
  if (below === undefined) return true;
  const [mine, theirs] = [precedence[operator], precedence[below]];
  return mine === undefined || theirs === undefined || mine > theirs;
}

function valueExpected(qualifiers: Qualifiers | undefined): string {
  switch (qualifiers?.type) {
    case 'port':
      return 'a port number or name';
    case 'portrange':
      return 'a range of ports: 8000-8080';
    case 'net':
      return 'a network: 10.0.0.0/8, 192.168, 2001:db8::/32';
    case 'container':
    case 'pod':
      return `the name of a ${qualifiers.type}`;
    case 'proto':
    case 'protochain':
      return 'a protocol number, or a name after a backslash: \\tcp';
  }
  return qualifiers?.protocol === 'link' ? 'a MAC address' : 'an address, a name or a number';
}
