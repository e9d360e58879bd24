/** `[...]` of a pattern. */
import {
  addRange,
  type ByteSet,
  classEscapes,
  emptySet,
  foldCase,
  inverse,
  posixClasses,
  union,
} from './byteset.ts';
import { byteEscape } from './escapes.ts';
import { PatternError } from './syntax.ts';

export interface Brackets {
  readonly set: ByteSet;
  /** Characters of more than one byte. */
  readonly others: readonly string[];
  /** Offset behind the closing bracket. */
  readonly next: number;
}

/** @param start of the opening bracket */
export function parseBrackets(text: string, start: number, caseless: boolean): Brackets {
  const set = emptySet();
  const others: string[] = [];
  let at = start + 1;
  const negated = text[at] === '^';
  if (negated) at++;
  for (let first = true; ; first = false) {
    const c = text[at];
    if (c === undefined) throw new PatternError("'[' is not closed", start);
    // A bracket right behind the opening one stands for itself.
    if (c === ']' && !first) break;
    const named = c === '[' ? /^\[:(\^?)([a-z]+):\]/.exec(text.slice(at, at + 16)) : null;
    if (named) {
      const known = Object.hasOwn(posixClasses, named[2]!) ? posixClasses[named[2]!]! : undefined;
      if (!known) throw new PatternError(`there is no class ${named[2]}`, at, named[0].length);
      union(set, named[1] ? inverse(known) : known);
      at += named[0].length;
      continue;
    }
    const escaped = text[at + 1] ?? '';
    if (c === '\\' && Object.hasOwn(classEscapes, escaped)) {
      union(set, classEscapes[escaped]!);
      at += 2;
      continue;
    }
    const begin = at;
    const from = member(text, at);
    at = from.next;
    if (text[at] === '-' && text[at + 1] !== ']' && text[at + 1] !== undefined) {
      const to = member(text, at + 1);
      if (from.byte < 0 || to.byte < 0)
        throw new PatternError(
          'a range takes characters of one byte',
          begin,
          to.next - begin,
          'list the others one by one',
        );
      if (to.byte < from.byte) throw new PatternError('this range runs backwards', begin, to.next - begin);
      addRange(set, from.byte, to.byte);
      at = to.next;
    } else if (from.byte >= 0) set[from.byte] = 1;
    else others.push(from.character);
  }
  if (negated && others.length > 0)
    throw new PatternError('[^ ] takes characters of one byte only', start, at + 1 - start);
  // Before the turn: [^a] takes neither a nor A.
  const listed = caseless ? foldCase(set) : set;
  return { set: negated ? inverse(listed) : listed, others, next: at + 1 };
}

interface Member {
  /** -1: more than one byte */
  readonly byte: number;
  readonly character: string;
  readonly next: number;
}

function member(text: string, at: number): Member {
  if (text[at] === '\\') {
    // Within brackets \b is the backspace.
    if (text[at + 1] === 'b') return { byte: 8, character: '\b', next: at + 2 };
    const { bytes, next } = byteEscape(text, at);
    if (bytes.length > 1) throw new PatternError('within brackets an escape is one byte', at, next - at);
    return { byte: bytes[0]!, character: '', next };
  }
  const character = String.fromCodePoint(text.codePointAt(at)!);
  const code = character.codePointAt(0)!;
  return { byte: code < 128 ? code : -1, character, next: at + character.length };
}
