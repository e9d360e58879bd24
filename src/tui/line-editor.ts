/** One line of text that is typed: readline's keys, a history, pasted texts as one line. */
import type { Input } from './terminal/keys.ts';

/** Longer than any filter; what is pasted beyond is cut. */
const maxLength = 4096;
const maxHistory = 100;

export class LineEditor {
  text: string;
  /** In UTF-16 units, never within a pair. */
  cursor: number;
  readonly #history: string[];
  #past = 0;
  #typed = '';

  /** @param history the newest last; shared: `keep` adds to it */
  constructor(text = '', history: string[] = []) {
    this.text = text;
    this.cursor = text.length;
    this.#history = history;
  }

  /** @returns false: not a key of an editor */
  take(input: Input): boolean {
    if (input.kind === 'paste') {
      this.insert(input.text.replace(/[\r\n\t]+/g, ' ').replace(/[\x00-\x1f\x7f-\x9f]/g, ''));
      return true;
    }
    if (input.kind !== 'key') return false;
    const act = actions[input.key];
    if (act) act(this);
    else if (input.key === 'space') this.insert(' ');
    else if (input.key === 'up') this.#recall(1);
    else if (input.key === 'down') this.#recall(-1);
    else if ([...input.key].length === 1) this.insert(input.key);
    else return false;
    return true;
  }

  insert(text: string): void {
    this.replace(this.cursor, this.cursor, text);
  }

  /** The cursor ends behind it. */
  replace(from: number, to: number, text: string): void {
    const room = maxLength - this.text.length + (to - from);
    const fitting = text.slice(0, Math.max(0, room));
    this.text = this.text.slice(0, from) + fitting + this.text.slice(to);
    this.cursor = from + fitting.length;
  }

  set(text: string): void {
    this.text = text;
    this.cursor = text.length;
  }

  /** For the history. */
  keep(): void {
    if (this.text === '' || this.#history.at(-1) === this.text) return;
    this.#history.push(this.text);
    if (this.#history.length > maxHistory) this.#history.shift();
  }

  #recall(step: number): void {
    const next = this.#past + step;
    if (next < 0 || next > this.#history.length) return;
    if (this.#past === 0) this.#typed = this.text;
    this.#past = next;
    this.set(next === 0 ? this.#typed : this.#history.at(-next)!);
  }
}

const before = (text: string, at: number) =>
  at - (at > 1 && /[\udc00-\udfff]/.test(text[at - 1]!) ? 2 : at > 0 ? 1 : 0);
const after = (text: string, at: number) =>
  Math.min(text.length, at + (/[\ud800-\udbff]/.test(text[at] ?? '') ? 2 : 1));
const wordBefore = (text: string, at: number) =>
  text.slice(0, at).replace(/[^\s().=!<>&|]+[\s().=!<>&|]*$|.$/, '').length;
const wordAfter = (text: string, at: number) =>
  at + (/^[\s().=!<>&|]*[^\s().=!<>&|]*/.exec(text.slice(at))?.[0].length ?? 0);

type Act = (line: LineEditor) => void;

const moves =
  (to: (text: string, at: number) => number): Act =>
  (line) => {
    line.cursor = to(line.text, line.cursor);
  };
const cuts =
  (from: (text: string, at: number) => number, to: (text: string, at: number) => number): Act =>
  (line) =>
    line.replace(from(line.text, line.cursor), to(line.text, line.cursor), '');

const here = (_text: string, at: number) => at;
const first = () => 0;
const last = (text: string) => text.length;

const actions: Readonly<Record<string, Act>> = {
  left: moves(before),
  'ctrl-b': moves(before),
  right: moves(after),
  home: moves(first),
  'ctrl-a': moves(first),
  end: moves(last),
  'ctrl-e': moves(last),
  'alt-b': moves(wordBefore),
  'ctrl-left': moves(wordBefore),
  'alt-f': moves(wordAfter),
  'ctrl-right': moves(wordAfter),
  backspace: cuts(before, here),
  delete: (line) => {
    const at = line.cursor;
    line.replace(at, after(line.text, at), '');
  },
  'ctrl-w': cuts(wordBefore, here),
  'alt-backspace': cuts(wordBefore, here),
  'ctrl-u': cuts(first, here),
  'ctrl-k': cuts(here, last),
};

/** Beside characters, Space and the arrows up and down. */
export const editorKeys: ReadonlySet<string> = new Set(Object.keys(actions));
