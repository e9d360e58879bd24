/**
 * Runs a pattern over a subject in time that grows with the subject's length and no faster: the automaton's
 * sets of states are made into states of a deterministic one as they are met, and kept.
 */
import { type ByteSet, wordBytes } from './byteset.ts';
import { Op, type Program } from './program.ts';

/** States kept; past it they are made anew. A pattern that people write has some dozen. */
const maxStates = 1024;
/** Places within the transition table; what is no state there is one of these. */
const unmade = -1;
const matched = -2;
const failed = -3;
/**
 * States made over one subject before it is given up: each costs up to `sizeLimit` steps, so this is some
 * 50 ms. Only patterns with large counts over subjects made for them come near.
 */
const maxMade = 20_000;

/** What stands before a place: assertions ask. */
const Before = { start: 0, word: 1, other: 2, newline: 3 } as const;
/** As what follows: the subject's end. */
const end = -1;

export class Matcher {
  readonly #program: Program;
  /** Byte -> class of bytes that no part of the pattern tells apart. */
  readonly #classOf = new Uint8Array(256);
  /** One byte of each class. */
  readonly #sample: number[] = [];
  #table: Int32Array = new Int32Array(0);
  /** Of each state: instructions that wait, before their empty moves were made; what stood before. */
  readonly #kernels: Int32Array[] = [];
  readonly #before: number[] = [];
  /** Whether the end of the subject here is a match; undefined: not asked yet. */
  readonly #endings: (boolean | undefined)[] = [];
  readonly #states = new Map<string, number>();
  /** Instructions seen in the closure that is being made: its number. */
  readonly #marks: Int32Array;
  #mark = 0;
  readonly #stack: number[] = [];
  #made = 0;
  /** Subjects that were given up, and so did not match. */
  givenUp = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#marks = new Int32Array(program.code.length);
    this.#partition();
    this.#forget();
  }

  /** @param subject a byte a character, as messages have it; other characters count as their UTF-8 */
  text(subject: string): boolean {
    const classOf = this.#classOf;
    const classes = this.#sample.length;
    this.#made = 0;
    let state = 0;
    for (let i = 0; i < subject.length; i++) {
      const c = subject.charCodeAt(i);
      if (c > 255) return this.bytes(new TextEncoder().encode(subject));
      let next = this.#table[state * classes + classOf[c]!]!;
      if (next < 0) {
        if (next === unmade) next = this.#make(state, classOf[c]!);
        if (next < 0) return next === matched;
      }
      state = next;
    }
    return this.#endsHere(state);
  }

  bytes(subject: Uint8Array): boolean {
    const classOf = this.#classOf;
    const classes = this.#sample.length;
    this.#made = 0;
    let state = 0;
    for (let i = 0; i < subject.length; i++) {
      const k = classOf[subject[i]!]!;
      let next = this.#table[state * classes + k]!;
      if (next < 0) {
        if (next === unmade) next = this.#make(state, k);
        if (next < 0) return next === matched;
      }
      state = next;
    }
    return this.#endsHere(state);
  }

  /** Bytes are told apart by the sets they are in, and by what assertions ask. */
  #partition(): void {
    const sets: ByteSet[] = [];
    for (const { set } of this.#program.code) if (set && !sets.includes(set)) sets.push(set);
    const known = new Map<string, number>();
    for (let b = 0; b < 256; b++) {
      let key = this.#program.hasAssertions ? String(kindOf(b)) : '';
      for (const set of sets) key += set[b];
      let k = known.get(key);
      if (k === undefined) {
        k = this.#sample.push(b) - 1;
        known.set(key, k);
      }
      this.#classOf[b] = k;
    }
  }

  /** Back to the one state at the subject's start. */
  #forget(): void {
    this.#kernels.length = this.#before.length = this.#endings.length = 0;
    this.#states.clear();
    this.#table = new Int32Array(this.#sample.length * 8).fill(unmade);
    this.#state(Int32Array.of(this.#program.start), Before.start);
  }

  #state(kernel: Int32Array, before: number): number {
    const key = `${before} ${kernel.join(' ')}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state = this.#kernels.push(kernel) - 1;
    this.#before.push(before);
    this.#endings.push(undefined);
    this.#states.set(key, state);
    const needed = (state + 1) * this.#sample.length;
    if (needed > this.#table.length) {
      const grown = new Int32Array(needed * 2).fill(unmade);
      grown.set(this.#table);
      this.#table = grown;
    }
    return state;
  }

  /** Where `state` goes with a byte of class `k`. */
  #make(state: number, k: number): number {
    if (++this.#made > maxMade) {
      this.givenUp++;
      return failed;
    }
    const byte = this.#sample[k]!;
    const kind = this.#program.hasAssertions ? kindOf(byte) : Before.other;
    const closure = this.#closure(this.#kernels[state]!, this.#before[state]!, kind);
    let next: number;
    if (!closure) next = matched;
    else {
      const kernel = new Set<number>();
      for (const at of closure) {
        const { set, next: behind } = this.#program.code[at]!;
        if (set![byte]) kernel.add(behind);
      }
      // A match may begin at every place.
      if (!this.#program.anchored) kernel.add(this.#program.start);
      if (kernel.size === 0) next = failed;
      else {
        if (this.#kernels.length >= maxStates) {
          this.#forget();
          return this.#state(Int32Array.from([...kernel].sort(byNumber)), kind);
        }
        next = this.#state(Int32Array.from([...kernel].sort(byNumber)), kind);
      }
    }
    this.#table[state * this.#sample.length + k] = next;
    return next;
  }

  /** Instructions that take a byte, by empty moves from the kernel; undefined when one of them is the match. */
  #closure(kernel: Int32Array, before: number, after: number): number[] | undefined {
    const { code } = this.#program;
    const taking: number[] = [];
    const mark = ++this.#mark;
    const stack = this.#stack;
    stack.length = 0;
    for (const at of kernel) stack.push(at);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#marks[at] === mark) continue;
      this.#marks[at] = mark;
      const instruction = code[at]!;
      switch (instruction.op) {
        case Op.match:
          return undefined;
        case Op.set:
          taking.push(at);
          break;
        case Op.split:
          stack.push(instruction.next, instruction.other);
          break;
        case Op.assert:
          if (holds(instruction.what!, before, after)) stack.push(instruction.next);
          break;
      }
    }
    return taking;
  }

  #endsHere(state: number): boolean {
    let ending = this.#endings[state];
    if (ending === undefined) {
      ending = this.#closure(this.#kernels[state]!, this.#before[state]!, end) === undefined;
      this.#endings[state] = ending;
    }
    return ending;
  }
}

const byNumber = (a: number, b: number) => a - b;

function kindOf(byte: number): number {
  return byte === 10 ? Before.newline : wordBytes[byte] ? Before.word : Before.other;
}

function holds(what: string, before: number, after: number): boolean {
  switch (what) {
    case 'start':
      return before === Before.start;
    case 'end':
      return after === end;
    case 'lineStart':
      return before === Before.start || before === Before.newline;
    case 'lineEnd':
      return after === end || after === Before.newline;
    case 'word':
      return (before === Before.word) !== (after === Before.word);
    default:
      return (before === Before.word) === (after === Before.word);
  }
}
