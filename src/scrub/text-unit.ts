/** A text that comes in pieces, looked at in windows; where its bytes lie in the stream is remembered. */
import { filling, Spans } from '../redact/index.ts';
import { latin1 } from '../util/bytes.ts';
import { limits } from './limits.ts';
import type { Tools, Track, Unit } from './reader.ts';

/** Text from `index` on lies at `pos` in the stream. */
interface Run {
  index: number;
  pos: number;
  length: number;
  readonly key: Uint8Array | undefined;
  readonly phase: number;
}

const spans = new Spans();

export class TextUnit implements Unit {
  readonly #track: Track;
  readonly #find: (tools: Tools, text: string, spans: Spans) => void;
  #text = '';
  #runs: Run[] = [];
  /** Text before it is decided about, and kept as context. */
  #decided = 0;
  /** Of the window that is looked at: runs before it are passed. */
  #run = 0;
  /** What is kept begins within a secret: of which rule. */
  #open = '';

  constructor(track: Track, find: (tools: Tools, text: string, spans: Spans) => void) {
    this.#track = track;
    this.#find = find;
  }

  get pendingFrom(): number {
    return this.#decided < this.#text.length ? this.#positionOf(this.#decided) : Number.POSITIVE_INFINITY;
  }

  add(bytes: Uint8Array, pos: number, key?: Uint8Array, phase = 0): void {
    if (bytes.length === 0) return;
    const last = this.#runs.at(-1);
    if (last && !key && !last.key && last.pos + last.length === pos) last.length += bytes.length;
    else this.#runs.push({ index: this.#text.length, pos, length: bytes.length, key, phase });
    this.#text += key ? unmasked(bytes, key, phase) : latin1(bytes);
    if (this.#text.length - this.#decided >= limits.window) this.#judge(this.#text.length - limits.context);
  }

  /** What comes after a hole has nothing to do with what was before. */
  gap(): void {
    this.finish();
  }

  settle(): void {
    if (this.#decided < this.#text.length) this.#judge(this.#text.length);
  }

  finish(): void {
    this.settle();
    this.#text = '';
    this.#runs = [];
    this.#decided = 0;
    this.#open = '';
  }

  /** Decides about the text before `cut`. */
  #judge(cut: number): void {
    const text = this.#text;
    const { tools } = this.#track;
    spans.clear();
    if (this.#open !== '') spans.add(0, endOfOpen(text, this.#open), this.#open);
    this.#find(tools, text, spans);
    const keepFrom = Math.max(0, cut - limits.context);
    let open = '';
    this.#run = 0;
    spans.each((from, to, what, isNumber) => {
      if (to <= this.#decided || from >= cut) return;
      if (tools.finders.isAllowed(text.slice(from, to))) return;
      // Found again, with more of it: counted then.
      if (from >= this.#decided && !(from === 0 && this.#open !== '')) tools.tally.add(what);
      this.#mark(from, to, filling(to - from, isNumber));
      if (from < keepFrom && to > keepFrom) open = what;
    });
    this.#decided = cut;
    this.#open = open;
    if (keepFrom > 0) this.#drop(keepFrom);
  }

  #mark(from: number, to: number, instead: string): void {
    const runs = this.#runs;
    // Spans come in order.
    while (this.#run < runs.length && runs[this.#run]!.index + runs[this.#run]!.length <= from) this.#run++;
    for (let r = this.#run; r < runs.length && runs[r]!.index < to; r++) {
      const run = runs[r]!;
      const start = Math.max(from, run.index);
      const end = Math.min(to, run.index + run.length);
      const bytes = new Uint8Array(end - start);
      for (let i = start; i < end; i++) {
        const code = instead.charCodeAt(i - from);
        bytes[i - start] = run.key ? code ^ run.key[(run.phase + i - run.index) & 3]! : code;
      }
      const pos = run.pos + start - run.index;
      this.#track.mark(pos, pos + bytes.length, bytes);
    }
  }

  #positionOf(index: number): number {
    for (const run of this.#runs) if (index < run.index + run.length) return run.pos + index - run.index;
    return Number.POSITIVE_INFINITY;
  }

  #drop(count: number): void {
    this.#text = this.#text.slice(count);
    this.#decided -= count;
    const runs: Run[] = [];
    for (const run of this.#runs) {
      const gone = Math.min(run.length, Math.max(0, count - run.index));
      if (gone === run.length) continue;
      runs.push({
        index: run.index + gone - count,
        pos: run.pos + gone,
        length: run.length - gone,
        key: run.key,
        phase: run.phase + gone,
      });
    }
    this.#runs = runs;
  }
}

/** Where a secret ends whose beginning is gone. */
function endOfOpen(text: string, rule: string): number {
  const end = rule === 'private key' ? text.indexOf('-----END') : text.search(/["&<\s]/);
  return end < 0 ? text.length : end;
}

function unmasked(bytes: Uint8Array, key: Uint8Array, phase: number): string {
  return latin1(bytes.map((byte, i) => byte ^ key[(phase + i) & 3]!));
}
