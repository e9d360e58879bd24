/**
 * Where a pattern matches: leftmost, longest, not overlapping. Steps are counted, so that no text takes longer
 * than another of its length could; what a match may span is bounded.
 */
import { type ByteSet, wordBytes } from './byteset.ts';
import { Matcher } from './matcher.ts';
import { Op, type Program } from './program.ts';

/** Bytes of one match; what is longer ends here. */
export const longestMatch = 4096;
/** Instructions looked at in one text, beside a few for each of its bytes: about 50 ms. */
const stepLimit = 4_000_000;
/** End of the text, as what follows. */
const end = -1;

export class Finder {
  readonly #program: Program;
  /** Most texts do not match anywhere, and this tells it fastest. */
  readonly #matcher: Matcher;
  /** Bytes that a match may begin with. */
  readonly #first: ByteSet;
  readonly #marks: Int32Array;
  #mark = 0;
  readonly #stack: number[] = [];
  #steps = 0;
  /** It matches where nothing is. */
  readonly matchesNothing: boolean;

  constructor(program: Program) {
    this.#program = program;
    this.#matcher = new Matcher(program);
    this.#marks = new Int32Array(program.code.length);
    this.#first = new Uint8Array(256);
    let empty = false;
    const seen = new Set<number>();
    const stack = [program.start];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const { op, next, other, set } = program.code[at]!;
      if (op === Op.match) empty = true;
      else if (op === Op.set) for (let b = 0; b < 256; b++) this.#first[b]! |= set![b]!;
      else stack.push(next, ...(op === Op.split ? [other] : []));
    }
    this.matchesNothing = empty;
  }

  /**
   * @param text a byte a character
   * @param found is told of each match
   * @returns where it was given up; the text's length: nowhere
   */
  find(text: string, found: (from: number, to: number) => void): number {
    const givenUp = this.#matcher.givenUp;
    if (!this.#matcher.text(text) && this.#matcher.givenUp === givenUp) return text.length;
    this.#steps = 0;
    for (let at = 0; at < text.length; ) {
      if (!this.#first[text.charCodeAt(at) & 255]) {
        at++;
        continue;
      }
      const to = this.#longest(text, at);
      if (this.#steps > stepLimit) return at;
      if (to > at) {
        found(at, to);
        at = to;
      } else at++;
      if (this.#program.anchored) break;
    }
    return text.length;
  }

  /** Behind the longest match that begins at `from`; -1: none does. */
  #longest(text: string, from: number): number {
    let kernel: number[] = [this.#program.start];
    let best = -1;
    const last = Math.min(text.length, from + longestMatch);
    for (let at = from; ; at++) {
      const taking = this.#closure(kernel, text, at);
      if (taking.matched) best = at;
      if (at >= last || taking.places.length === 0 || this.#steps > stepLimit) return best;
      const byte = text.charCodeAt(at) & 255;
      kernel = [];
      for (const place of taking.places) {
        const { set, next } = this.#program.code[place]!;
        if (set![byte]) kernel.push(next);
      }
      if (kernel.length === 0) return best;
    }
  }

  #closure(kernel: readonly number[], text: string, at: number): { places: number[]; matched: boolean } {
    const { code } = this.#program;
    const places: number[] = [];
    let matched = false;
    const mark = ++this.#mark;
    const stack = this.#stack;
    stack.length = 0;
    for (const place of kernel) stack.push(place);
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (this.#marks[place] === mark) continue;
      this.#marks[place] = mark;
      this.#steps++;
      const instruction = code[place]!;
      switch (instruction.op) {
        case Op.match:
          matched = true;
          break;
        case Op.set:
          places.push(place);
          break;
        case Op.split:
          stack.push(instruction.next, instruction.other);
          break;
        case Op.assert:
          if (holds(instruction.what!, text, at)) stack.push(instruction.next);
          break;
      }
    }
    return { places, matched };
  }
}

function holds(what: string, text: string, at: number): boolean {
  const before = at === 0 ? end : text.charCodeAt(at - 1) & 255;
  const after = at >= text.length ? end : text.charCodeAt(at) & 255;
  const isWord = (byte: number) => byte !== end && wordBytes[byte] === 1;
  switch (what) {
    case 'start':
      return before === end;
    case 'end':
      return after === end;
    case 'lineStart':
      return before === end || before === 10;
    case 'lineEnd':
      return after === end || after === 10;
    case 'word':
      return isWord(before) !== isWord(after);
    default:
      return isWord(before) === isWord(after);
  }
}
