/** Tests and what joins them. `or` binds weakest, then `and`, then `not`. */
import type { Comparison, Node, Operand, Quantifier, Relation, SetItem } from './ast.ts';
import { isLiteral } from './ast.ts';
import { Cursor } from './cursor.ts';
import { parseLiteral, parseOperand } from './operand-parser.ts';
import { relations, type Token } from './tokens.ts';

/** What the parser asks of the fields: whether a word standing alone is one of theirs. */
export interface Names {
  has(word: string): boolean;
}

const testExpected = "a field, a protocol, text in quotes, 'not' or '('";

/** @throws QueryError, or Reached when the last token is the cursor */
export function parse(query: string, tokens: readonly Token[], names: Names): Node {
  const cursor = new Cursor(query, tokens);
  const node = parseOr(cursor, names, 0);
  cursor.offer('conjunction');
  if (cursor.is(')')) cursor.fail('syntax', "')' closes nothing", cursor.token);
  if (cursor.token.kind !== 'end') cursor.unexpected("'and' or 'or'");
  return node;
}

function parseOr(cursor: Cursor, names: Names, depth: number): Node {
  const items = [parseAnd(cursor, names, depth)];
  while (cursor.take('||')) items.push(parseAnd(cursor, names, depth));
  return items.length === 1 ? items[0]! : { kind: 'or', items };
}

function parseAnd(cursor: Cursor, names: Names, depth: number): Node {
  const items = [parseNot(cursor, names, depth)];
  for (;;) {
    if (cursor.take('&&')) items.push(parseNot(cursor, names, depth));
    else if (
      isFreeText(items.at(-1)!, names) &&
      (cursor.token.kind === 'word' || cursor.token.kind === 'string')
    ) {
      // Free text: all of its words are looked for.
      const { token } = cursor;
      const next = parseNot(cursor, names, depth);
      if (!isFreeText(next, names))
        cursor.fail('syntax', `unexpected ${token.text}`, token, { expected: "'and' or 'or'" });
      items.push(next);
    } else return items.length === 1 ? items[0]! : { kind: 'and', items };
  }
}

function isFreeText(node: Node, names: Names): boolean {
  if (node.kind !== 'presence' || !isLiteral(node.operand)) return false;
  return node.operand.kind === 'string' || !names.has(node.operand.text);
}

function parseNot(cursor: Cursor, names: Names, depth: number): Node {
  if (cursor.take('!')) return { kind: 'not', item: parseNot(cursor, names, cursor.deeper(depth)) };
  cursor.offer('test');
  if (!cursor.is('(')) return parseTest(cursor, depth);
  const open = cursor.advance();
  const node = parseOr(cursor, names, cursor.deeper(depth));
  cursor.offer('conjunction');
  if (cursor.take(')')) return node;
  if (cursor.token.kind === 'end') cursor.fail('syntax', "'(' is not closed", open, { expected: "')'" });
  return cursor.unexpected("')', 'and' or 'or'");
}

function parseTest(cursor: Cursor, depth: number): Node {
  const quantifier = parseQuantifier(cursor);
  const left = parseOperand(
    cursor,
    depth,
    quantifier ? { place: 'operand', expected: 'a field' } : { place: 'test', expected: testExpected },
  );
  cursor.offer('relation', left);
  const relation = relationAt(cursor);
  if (relation) return parseComparisons(cursor, depth, quantifier, left, relation);
  const isNegated = cursor.is('!') && cursor.following.text === 'in' && cursor.following.kind === 'operator';
  if (isNegated) cursor.advance();
  if (cursor.is('in')) {
    const { position, length } = cursor.advance();
    return {
      kind: 'membership',
      quantifier,
      isNegated,
      left,
      items: parseSet(cursor, left),
      at: { position, length },
    };
  }
  if (quantifier) cursor.unexpected("a comparison: '==', '<', 'contains', 'in' ...");
  return { kind: 'presence', operand: left };
}

function parseQuantifier(cursor: Cursor): Quantifier | undefined {
  if (!cursor.is('any') && !cursor.is('all')) return undefined;
  return cursor.advance().text as Quantifier;
}

function relationAt(cursor: Cursor): Relation | undefined {
  const { kind, text } = cursor.token;
  return kind === 'operator' && relations.has(text) ? (text as Relation) : undefined;
}

/** `a < b`, and `a < b < c`, which is `a < b and b < c`. */
function parseComparisons(
  cursor: Cursor,
  depth: number,
  quantifier: Quantifier | undefined,
  first: Operand,
  firstRelation: Relation,
): Node {
  const items: Comparison[] = [];
  let left = first;
  for (let relation: Relation | undefined = firstRelation; relation; relation = relationAt(cursor)) {
    const { position, length } = cursor.advance();
    const setting = { place: 'value', expected: 'a value or a field', left, relation } as const;
    const right = parseOperand(cursor, depth, setting);
    items.push({ kind: 'comparison', quantifier, relation, left, right, at: { position, length } });
    left = right;
  }
  return items.length === 1 ? items[0]! : { kind: 'and', items };
}

function parseSet(cursor: Cursor, left: Operand): SetItem[] {
  if (!cursor.take('{')) cursor.unexpected("'{': in {200, 204, 300..399}");
  const items: SetItem[] = [];
  do {
    cursor.offer('value', left, 'in');
    if (cursor.is('}')) break;
    const from = parseLiteral(cursor);
    if (!from) return cursor.unexpected('a value');
    let to: SetItem['to'];
    if (cursor.take('..')) {
      cursor.offer('value', left, 'in');
      to = parseLiteral(cursor);
      if (!to) return cursor.unexpected("the range's last value");
    }
    items.push({ from, to });
    // Commas are Wireshark's since 4.0; blanks were enough before.
  } while (cursor.take(',') || cursor.token.kind === 'word' || cursor.token.kind === 'string');
  cursor.offer('value', left, 'in');
  if (items.length === 0) cursor.unexpected('a value', 'a set without values holds nothing');
  if (!cursor.take('}')) cursor.unexpected("',' or '}'");
  return items;
}
