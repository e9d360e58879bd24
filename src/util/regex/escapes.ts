/** Characters of a pattern as the bytes they are on the wire. */
import { PatternError } from './syntax.ts';

const encoder = new TextEncoder();

export function utf8(character: string): number[] {
  return [...encoder.encode(character)];
}

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };

/** An escape that stands for a character; `at` is the backslash. */
export function byteEscape(text: string, at: number): { bytes: number[]; next: number } {
  const c = text[at + 1];
  if (c === undefined) throw new PatternError('the pattern ends in a backslash', at);
  if (c === 'x') {
    const hex = /^\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{1,2}))/.exec(text.slice(at, at + 10));
    if (!hex) throw new PatternError('\\x needs hexadecimal digits', at, 2);
    const code = Number.parseInt(hex[1] ?? hex[2]!, 16);
    if (code > 0x10ffff) throw new PatternError('there is no such character', at, hex[0].length);
    return { bytes: code < 256 ? [code] : utf8(String.fromCodePoint(code)), next: at + hex[0].length };
  }
  if (c === '0') {
    const octal = /^0[0-7]{0,2}/.exec(text.slice(at + 1, at + 4))![0];
    return { bytes: [Number.parseInt(octal, 8)], next: at + 1 + octal.length };
  }
  if (Object.hasOwn(controls, c)) return { bytes: [controls[c]!], next: at + 2 };
  if (/[1-9]/.test(c) || c === 'g' || c === 'k')
    throw new PatternError('references back to a group are not taken', at, 2, 'they need backtracking');
  if (/[A-Za-z]/.test(c)) throw new PatternError(`\\${c} is not taken`, at, 2);
  const character = String.fromCodePoint(text.codePointAt(at + 1)!);
  return { bytes: utf8(character), next: at + 1 + character.length };
}
