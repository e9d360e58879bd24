/**
 * What a terminal sends, as keys, pasted texts, clicks and answers: ECMA-48 sequences, xterm's modified keys, SGR
 * mouse reports (mode 1006), bracketed paste (mode 2004). Bytes may be cut anywhere.
 */
export type Input =
  /** `j`, `G`, `enter`, `ctrl-f`, `alt-x`, `shift-tab`, `pagedown` ... */
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'paste'; readonly text: string }
  | {
      readonly kind: 'mouse';
      readonly action: 'press' | 'release' | 'up' | 'down';
      readonly x: number;
      readonly y: number;
    }
  /** An answer to a question of ours: what follows OSC or DCS, or a CSI with its end. */
  | { readonly kind: 'answer'; readonly text: string };

/** A sequence that goes on for longer is none: what came is thrown away. */
const maxSequence = 4096;
/** Pasted text that is kept: a filter, not a book. */
const maxPaste = 65_536;

const pasteBegin = '\x1b[200~';
const pasteEnd = '\x1b[201~';

const letters: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  E: 'begin',
  F: 'end',
  H: 'home',
  M: 'enter',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  Z: 'shift-tab',
};
const tildes: Readonly<Record<string, string>> = {
  ...{ 1: 'home', 2: 'insert', 3: 'delete', 4: 'end', 5: 'pageup', 6: 'pagedown', 7: 'home', 8: 'end' },
  ...{ 11: 'f1', 12: 'f2', 13: 'f3', 14: 'f4', 15: 'f5', 17: 'f6', 18: 'f7', 19: 'f8', 20: 'f9' },
  ...{ 21: 'f10', 23: 'f11', 24: 'f12' },
};
const controls: Readonly<Record<string, string>> = {
  '\x00': 'ctrl-space',
  '\b': 'backspace',
  '\t': 'tab',
  '\n': 'enter',
  '\r': 'enter',
  '\x1b': 'escape',
  '\x7f': 'backspace',
  ' ': 'space',
};

const csi = /^\x1b\[([<=>?]?)([0-9;:]*)([ -/]*)([@-~])/;
const unfinishedCsi = /^\x1b\[[<=>?]?[0-9;:]*[ -/]*$/;
/** OSC, DCS, APC, PM, SOS up to BEL or ST. */
const text = /^\x1b([\]P_^X])([\s\S]*?)(?:\x07|\x1b\\)/;

export class KeyReader {
  #waiting = '';
  /** The beginning of a text that is too long, while the rest of it is thrown away: none of it may become keys. */
  #pasted: string | undefined;
  readonly #utf8 = new TextDecoder();

  /** @returns what is whole by now */
  feed(bytes: Uint8Array): Input[] {
    this.#waiting += this.#utf8.decode(bytes, { stream: true });
    return this.#take(false);
  }

  /** Something is waiting for its end: without one for some milliseconds, `flush` says that there is none. */
  get isWaiting(): boolean {
    return this.#waiting !== '' && !this.#waiting.startsWith(pasteBegin);
  }

  /** An escape that nothing followed is the key. */
  flush(): Input[] {
    return this.#take(true);
  }

  #take(isLast: boolean): Input[] {
    const found: Input[] = [];
    while (this.#waiting !== '') {
      const length = one(this.#waiting, isLast, found);
      if (length === 0) {
        if (this.#waiting.startsWith(pasteBegin)) {
          if (this.#waiting.length > maxPaste) {
            this.#pasted ??= this.#waiting.slice(pasteBegin.length, maxPaste);
            this.#waiting = pasteBegin + this.#waiting.slice(1 - pasteEnd.length);
          }
          break;
        }
        if (this.#waiting.length > maxSequence) this.#waiting = '';
        break;
      }
      this.#waiting = this.#waiting.slice(length);
      const last = found.at(-1);
      if (last?.kind === 'paste' && this.#pasted !== undefined) {
        found[found.length - 1] = { kind: 'paste', text: this.#pasted };
        this.#pasted = undefined;
      }
    }
    return found;
  }
}

/** Takes the first input off the text; 0: it is not whole. */
function one(waiting: string, isLast: boolean, found: Input[]): number {
  const first = waiting[0]!;
  if (first !== '\x1b') return character(waiting, '', found);
  if (waiting.startsWith(pasteBegin)) {
    const to = waiting.indexOf(pasteEnd, pasteBegin.length);
    if (to < 0) return 0;
    found.push({ kind: 'paste', text: waiting.slice(pasteBegin.length, to) });
    return to + pasteEnd.length;
  }
  const second = waiting[1];
  if (second === undefined) {
    if (isLast) found.push({ kind: 'key', key: 'escape' });
    return isLast ? 1 : 0;
  }
  if (second === '[') {
    const match = csi.exec(waiting);
    if (match) {
      sequence(match, found);
      return match[0].length;
    }
    if (unfinishedCsi.test(waiting) && !(isLast && waiting.length === 2)) return isLast ? waiting.length : 0;
  } else if (second === 'O' && (waiting.length > 2 || !isLast)) {
    if (waiting.length < 3) return 0;
    const key = letters[waiting[2]!];
    if (key) {
      found.push({ kind: 'key', key });
      return 3;
    }
  } else if (/[\]P_^X]/.test(second)) {
    const match = text.exec(waiting);
    if (match) {
      found.push({ kind: 'answer', text: `${match[1]}${match[2]}` });
      return match[0].length;
    }
    if (!isLast) return 0;
  } else if (second === '\x1b') {
    found.push({ kind: 'key', key: 'escape' });
    return 1;
  }
  return 1 + character(waiting.slice(1), 'alt-', found);
}

function character(waiting: string, before: string, found: Input[]): number {
  const code = waiting.codePointAt(0)!;
  const char = String.fromCodePoint(code);
  const named = controls[char] ?? (code < 0x20 ? `ctrl-${String.fromCharCode(code + 0x60)}` : char);
  found.push({ kind: 'key', key: `${before}${named}` });
  return char.length;
}

function sequence([whole, mark, numbers, , end]: RegExpExecArray, found: Input[]): void {
  const parts = numbers!.split(/[;:]/).map(Number);
  if (mark === '<' && (end === 'M' || end === 'm')) {
    const [button = 0, x = 1, y = 1] = parts;
    const action = button & 64 ? (button & 1 ? 'down' : 'up') : end === 'm' ? 'release' : 'press';
    // 3: no button, 32: it moved.
    if ((button & 3) === 0 || button & 64)
      if (!(button & 32)) found.push({ kind: 'mouse', action, x: x - 1, y: y - 1 });
    return;
  }
  if (mark !== '' || end === 'n') {
    found.push({ kind: 'answer', text: whole.slice(2) });
    return;
  }
  const key = end === '~' ? tildes[parts[0]!] : end === 'u' ? keyOf(parts[0]!) : letters[end!];
  if (key) found.push({ kind: 'key', key: modified(key, parts[1] ?? 1) });
}

/** A key by its code point, as `CSI code ; modifiers u` has it. */
function keyOf(code: number): string | undefined {
  if (!(code > 0 && code <= 0x10ffff)) return undefined;
  const char = String.fromCodePoint(code);
  return controls[char] ?? char;
}

/** xterm: 1 and a bit each for shift, alt, control. */
function modified(key: string, number: number): string {
  const bits = Math.max(0, number - 1);
  if (key === 'shift-tab') return key;
  return `${bits & 4 ? 'ctrl-' : ''}${bits & 2 ? 'alt-' : ''}${bits & 1 ? 'shift-' : ''}${key}`;
}
