/** Text in quotes: "..." and '...' with escapes, r"..." without. */
import { latin1 } from '../util/bytes.ts';
import { QueryError } from './error.ts';

export interface Quoted {
  /** What it stands for. */
  readonly text: string;
  /** The same as bytes, a byte a character, as the texts of messages have them. */
  readonly bytes: string;
  /** As a pattern, where most escapes are the pattern's own. */
  readonly pattern: string;
  /** Offset of an escape that is none in a text; -1 without one. */
  readonly badEscape: number;
  /** Offset behind the closing quote. */
  readonly next: number;
}

const simple: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
]);

/** Characters by their number: bytes by \x and octal, others by \u and \U. */
const numeric = /\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y;
const encoder = new TextEncoder();

/** UTF-8, a byte a character. */
export function utf8Text(text: string): string {
  return latin1(encoder.encode(text));
}

/** @param start of the opening quote @param from where the token begins (an r may stand before the quote) */
export function readQuoted(query: string, start: number, from: number): Quoted {
  const quote = query[start]!;
  const isRaw = from < start;
  let text = '';
  let bytes = '';
  let pattern = '';
  let badEscape = -1;
  let at = start + 1;
  const put = (t: string, b: string, p: string, length: number) => {
    text += t;
    bytes += b;
    pattern += p;
    at += length;
  };
  for (;;) {
    const code = query.codePointAt(at);
    if (code === undefined) return unclosed(query, quote, from, start);
    const c = String.fromCodePoint(code);
    if (c === quote) return { text, bytes, pattern, badEscape, next: at + 1 };
    const escaped = c === '\\' ? query[at + 1] : undefined;
    if (escaped === undefined) {
      put(c, code < 128 ? c : utf8Text(c), c, c.length);
      continue;
    }
    if (isRaw) {
      put(c + escaped, c + utf8Text(escaped), c + escaped, 2);
      continue;
    }
    numeric.lastIndex = at;
    const found = numeric.exec(query);
    if (found) {
      const number = characterOf(query, found, at);
      const isByte = found[1] !== undefined || found[2] !== undefined;
      const itself = String.fromCodePoint(number);
      put(itself, isByte ? itself : utf8Text(itself), patternOf(found, number), found[0].length);
      continue;
    }
    const meant = simple.get(escaped);
    if (meant === undefined && badEscape < 0) badEscape = at;
    const known = meant ?? c + escaped;
    // "\d", "\." and "\b" are the pattern's own.
    put(known, utf8Text(known), escaped === 'b' ? '\\b' : known, 2);
  }
}

/** Given by its number a character stands for itself, whatever it means in patterns; `\\1` is theirs. */
function patternOf([all, hex, octal]: RegExpExecArray, code: number): string {
  if (octal !== undefined && !octal.startsWith('0')) return all;
  const isByte = hex !== undefined || octal !== undefined;
  return isByte || code < 128 ? `\\x${code.toString(16).padStart(2, '0')}` : String.fromCodePoint(code);
}

function unclosed(query: string, quote: string, from: number, start: number): never {
  const at = { position: from, length: start - from + 1 };
  throw new QueryError('syntax', 'the quote is not closed', query, at, { expected: quote });
}

function characterOf(query: string, found: RegExpExecArray, at: number): number {
  const [all, hex, octal, four, eight] = found;
  const code = octal === undefined ? Number.parseInt((hex ?? four ?? eight)!, 16) : Number.parseInt(octal, 8);
  if (code > (octal === undefined ? 0x10ffff : 255))
    throw new QueryError('syntax', `${all} is no character`, query, { position: at, length: all.length });
  return code;
}
