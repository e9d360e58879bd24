/** Splits a query into words, strings and signs. */
import { QueryError } from './error.ts';
import { lengthLimit } from './limits.ts';
import { readQuoted } from './strings.ts';
import { operatorSigns, operatorWords, type Token } from './tokens.ts';

const blank = /\s+/y;
/** Names, numbers with units, addresses, paths. Two dots are a range and end a word. */
const word = /(?:[\p{L}\p{N}_/:@-]|\.(?!\.))+/uy;
/** Within `[ ]` a colon and a dash are signs. */
const wordInSlice = /[\p{L}\p{N}_]+/uy;
const negativeNumber = /-\.?[0-9]/y;
const symbols = '(){}[],+-*/%:';

/** The last token is the end. @throws QueryError at what can be no word */
export function tokenize(query: string): Token[] {
  if (query.length > lengthLimit)
    throw new QueryError(
      'limit',
      `the query is ${query.length} characters long; ${lengthLimit} is the most`,
      query,
      { position: lengthLimit, length: 1 },
    );
  const tokens: Token[] = [];
  let at = 0;
  /** Square brackets open. */
  let slices = 0;
  for (;;) {
    const from = at;
    at += matchLength(blank, query, at);
    if (at >= query.length) break;
    const token = next(query, at, slices > 0, at > from);
    if (token.kind === 'symbol') slices += token.text === '[' ? 1 : token.text === ']' && slices > 0 ? -1 : 0;
    tokens.push(token);
    at += token.length;
  }
  tokens.push({ kind: 'end', text: '', position: query.length, length: 1, spaced: true });
  return tokens;
}

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - at : 0;
}

function next(query: string, position: number, inSlice: boolean, spaced: boolean): Token {
  const c = query[position]!;
  const isRaw = (c === 'r' || c === 'R') && query[position + 1] === '"';
  if (isRaw || c === '"' || c === "'") {
    const quoted = readQuoted(query, position + (isRaw ? 1 : 0), position);
    return { kind: 'string', text: quoted.text, quoted, position, length: quoted.next - position, spaced };
  }
  const length = wordLength(query, position, inSlice);
  if (length > 0) {
    const text = query.slice(position, position + length);
    const operator = inSlice ? undefined : operatorWords.get(text);
    if (operator !== undefined) return { kind: 'operator', text: operator, position, length, spaced };
    return { kind: 'word', text, position, length, spaced };
  }
  if (query.startsWith('..', position)) return { kind: 'symbol', text: '..', position, length: 2, spaced };
  for (const [sign, operator] of operatorSigns)
    if (query.startsWith(sign, position))
      return { kind: 'operator', text: operator, position, length: sign.length, spaced };
  if (symbols.includes(c)) return { kind: 'symbol', text: c, position, length: 1, spaced };
  return unexpected(query, position);
}

function wordLength(query: string, at: number, inSlice: boolean): number {
  if (inSlice) return matchLength(wordInSlice, query, at);
  const c = query[at];
  // A minus begins a number, and nothing else.
  if (c === '-' && matchLength(negativeNumber, query, at) === 0) return 0;
  const length = matchLength(word, query, at);
  // Alone these are signs.
  return length === 1 && (c === '/' || c === ':' || c === '@') ? 0 : length;
}

function unexpected(query: string, position: number): never {
  const character = String.fromCodePoint(query.codePointAt(position)!);
  const shown = /\p{C}|\p{Z}/u.test(character)
    ? `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
    : character;
  throw new QueryError(
    'syntax',
    `unexpected character ${shown}`,
    query,
    { position, length: character.length },
    { hint: hintFor(character) },
  );
}

function hintFor(character: string): string {
  if (character === '=') return "equality is written '=='";
  if (character === '|') return "either of two is written 'or', '||'";
  if (/[\u2018-\u201f\u00ab\u00bb`]/.test(character)) return 'quotes are straight ones: "text"';
  if (/[\u2010-\u2015\u2212]/.test(character)) return 'this dash is not a minus sign';
  if (character === '^') return "'or' and 'and' join tests; there is no exclusive or";
  return `text with ${character} in it goes into quotes: "a${character}b"`;
}
