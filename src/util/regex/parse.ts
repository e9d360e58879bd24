/** The part of pcre2pattern(3) that needs no backtracking. */

import { parseBrackets } from './brackets.ts';
import { addRange, type ByteSet, classEscapes, foldCase, inverse, setOf } from './byteset.ts';
import { byteEscape, utf8 } from './escapes.ts';
import { type Assertion, empty, type Pattern, PatternError, sizeOf } from './syntax.ts';

/** Groups within groups; people write three or four. */
const depthLimit = 50;
/**
 * Instructions of the whole pattern: a step over a byte that was not met in this state before costs as many,
 * and `x{1000}` is as many.
 */
export const sizeLimit = 1024;

interface Flags {
  readonly caseless: boolean;
  /** (?s): `.` takes a line feed too. */
  readonly dotAll: boolean;
  /** (?m): `^` and `$` at every line. */
  readonly multiline: boolean;
}

const asserting: Readonly<Record<string, Assertion>> = { b: 'word', B: 'notWord', A: 'start', z: 'end' };

/** `$` and \Z: at the end, or before a line feed that is the end. */
const endOrNewline: Pattern = {
  kind: 'sequence',
  items: [
    { kind: 'repeat', item: { kind: 'set', set: setOf(10) }, min: 0, max: 1 },
    { kind: 'assert', what: 'end' },
  ],
};

/** @throws PatternError */
export function parsePattern(text: string): Pattern {
  const parser = new PatternParser(text);
  const pattern = parser.choice(0);
  if (!parser.done) throw new PatternError("')' closes nothing", parser.at, 1, "for the character: '\\)'");
  const size = sizeOf(pattern);
  if (size > sizeLimit)
    throw new PatternError(`the pattern unfolds to ${size} steps; ${sizeLimit} are the most`, 0, text.length);
  return pattern;
}

class PatternParser {
  readonly #text: string;
  at = 0;
  /** Wireshark's `matches` takes no notice of case unless (?-i) says so. */
  #flags: Flags = { caseless: true, dotAll: false, multiline: false };

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.at >= this.#text.length;
  }

  choice(depth: number): Pattern {
    if (depth > depthLimit) throw new PatternError(`groups are nested deeper than ${depthLimit}`, this.at);
    const items = [this.#sequence(depth)];
    while (this.#take('|')) items.push(this.#sequence(depth));
    return items.length === 1 ? items[0]! : { kind: 'choice', items };
  }

  #sequence(depth: number): Pattern {
    const items: Pattern[] = [];
    while (!this.done && !'|)'.includes(this.#text[this.at]!)) {
      const start = this.at;
      const item = this.#item(depth);
      items.push(this.#repeated(item, start));
    }
    return items.length === 0 ? empty : items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  #repeated(item: Pattern, start: number): Pattern {
    let result = item;
    for (let times = 0; ; times++) {
      const at = this.at;
      const counts = this.#counts();
      if (!counts) return result;
      if (times > 0)
        throw new PatternError('a repetition of a repetition', at, 1, 'group the first: (?:a*)*');
      result = { kind: 'repeat', item, min: counts[0], max: counts[1] };
      // Lazy or greedy: whether it matches is the same.
      this.#take('?');
      if (this.#text[this.at] === '+')
        throw new PatternError('possessive repetitions are not taken', this.at, 1, 'leave the + out');
      if (sizeOf(result) > sizeLimit)
        throw new PatternError(
          `repeated, this unfolds to ${sizeOf(result)} steps; ${sizeLimit} are the most`,
          start,
          this.at - start,
        );
    }
  }

  #counts(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    // A brace that begins no count stands for itself.
    const braces = /^\{(\d{1,5})(?:(,)(\d{1,5})?)?\}/.exec(this.#text.slice(this.at, this.at + 14));
    if (!braces) return undefined;
    const min = Number(braces[1]);
    const max = !braces[2] ? min : braces[3] === undefined ? Number.POSITIVE_INFINITY : Number(braces[3]);
    if (max < min)
      throw new PatternError(`at least ${min} and at most ${max} cannot be`, this.at, braces[0].length);
    this.at += braces[0].length;
    return [min, max];
  }

  #item(depth: number): Pattern {
    const at = this.at;
    const c = String.fromCodePoint(this.#text.codePointAt(at)!);
    this.at += c.length;
    switch (c) {
      case '(':
        return this.#group(depth, at);
      case '[': {
        const { set, others, next } = parseBrackets(this.#text, at, this.#flags.caseless);
        this.at = next;
        const items: Pattern[] = [{ kind: 'set', set }, ...others.map((other) => this.#bytes(utf8(other)))];
        return items.length === 1 ? items[0]! : { kind: 'choice', items };
      }
      case '.':
        return { kind: 'set', set: this.#flags.dotAll ? addRange(setOf(), 0, 255) : inverse(setOf(10)) };
      case '^':
        return { kind: 'assert', what: this.#flags.multiline ? 'lineStart' : 'start' };
      case '$':
        return this.#flags.multiline ? { kind: 'assert', what: 'lineEnd' } : endOrNewline;
      case '*':
      case '+':
      case '?':
        throw new PatternError(`'${c}' has nothing to repeat`, at, 1, `for the character: '\\${c}'`);
      case '\\':
        return this.#escape(at);
      default:
        return this.#bytes(utf8(c));
    }
  }

  #escape(at: number): Pattern {
    const c = this.#text[this.at];
    if (c === undefined) throw new PatternError('the pattern ends in a backslash', at);
    if (Object.hasOwn(classEscapes, c)) {
      this.at++;
      return { kind: 'set', set: classEscapes[c]! };
    }
    if (Object.hasOwn(asserting, c)) {
      this.at++;
      return { kind: 'assert', what: asserting[c]! };
    }
    if (c === 'Z') {
      this.at++;
      return endOrNewline;
    }
    const { bytes, next } = byteEscape(this.#text, at);
    this.at = next;
    return this.#bytes(bytes);
  }

  #group(depth: number, start: number): Pattern {
    const before = this.#flags;
    if (this.#take('?')) {
      const name = /^P?<[A-Za-z_]\w*>/.exec(this.#text.slice(this.at, this.at + 64));
      const flags = /^([ims]*)(?:-([ims]+))?([:)])/.exec(this.#text.slice(this.at, this.at + 10));
      if (name) this.at += name[0].length;
      else if (flags) {
        this.at += flags[0].length;
        this.#flags = changed(before, flags[1]!, flags[2] ?? '');
        // Without a colon they hold to the end of the group that this stands in.
        if (flags[3] === ')') return empty;
      } else
        throw new PatternError(
          'this kind of group is not taken',
          start,
          3,
          'looking ahead or behind and atomic groups need backtracking; (?: ), (?i) and named groups are taken',
        );
    }
    const inner = this.choice(depth + 1);
    this.#flags = before;
    if (!this.#take(')')) throw new PatternError("'(' is not closed", start);
    return inner;
  }

  #set(set: ByteSet): Pattern {
    return { kind: 'set', set: this.#flags.caseless ? foldCase(set) : set };
  }

  #bytes(bytes: readonly number[]): Pattern {
    const items = bytes.map((byte) => this.#set(setOf(byte)));
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  #take(c: string): boolean {
    if (this.#text[this.at] !== c) return false;
    this.at++;
    return true;
  }
}

function changed(flags: Flags, on: string, off: string): Flags {
  const value = (letter: string, before: boolean) => (before || on.includes(letter)) && !off.includes(letter);
  return {
    caseless: value('i', flags.caseless),
    dotAll: value('s', flags.dotAll),
    multiline: value('m', flags.multiline),
  };
}
