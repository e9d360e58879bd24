/** Heads of messages: RFC 9112 sections 2 to 5. */
import { latin1 } from '../../util/bytes.ts';

/** Longest head that is read: servers refuse above 8 to 32 KiB. */
export const headLimit = 64 * 1024;

const CR = 13;
const LF = 10;

/**
 * End of the head that starts at `at`: offset behind the empty line; -1 when it is not there yet.
 * A line may end in LF alone (section 2.2).
 */
export function headEnd(b: Uint8Array, at: number, end: number): number {
  // Lines are short: a loop over the bytes beats a search per line.
  for (let i = at; i < end - 1; i++) {
    if (b[i] !== LF) continue;
    if (b[i + 1] === LF) return i + 2;
    if (b[i + 1] === CR && i + 2 < end && b[i + 2] === LF) return i + 3;
  }
  return -1;
}

export type Header = readonly [name: string, value: string];

/**
 * A head. Its lines are found when it is read; a name or value becomes a text when somebody asks for it, and
 * the list of all headers most often nobody does.
 */
export class Head {
  readonly startLine: string;
  readonly bareLf: boolean;
  readonly folded: boolean;
  /** A line without a colon. */
  readonly badLine: boolean;
  readonly #text: string;
  /** Four offsets a header: name from, to, value from, to. */
  readonly #marks: readonly number[];
  #headers: Header[] | undefined;

  /** @param text the head with its lines' ends; leading empty lines are passed over */
  constructor(text: string) {
    const marks: number[] = [];
    const folds: [header: number, value: string][] = [];
    let bareLf = false;
    let badLine = false;
    let startLine: string | undefined;
    let from = 0;
    while (from < text.length) {
      let to = text.indexOf('\n', from);
      if (to < 0) to = text.length;
      const next = to + 1;
      if (to > from && text.charCodeAt(to - 1) === CR) to--;
      else bareLf = true;
      if (to > from) {
        const first = text.charCodeAt(from);
        if (startLine === undefined) startLine = text.slice(from, to);
        else if ((first === 32 || first === 9) && marks.length > 0)
          // obs-fold, section 5.2
          folds.push([marks.length / 4 - 1, text.slice(from, to).trim()]);
        else {
          const colon = text.indexOf(':', from);
          if (colon < 0 || colon >= to || colon === from) badLine = true;
          else markTrimmed(marks, text, from, colon, to);
        }
      }
      from = next;
    }
    this.#text = text;
    this.#marks = marks;
    this.startLine = startLine ?? '';
    this.bareLf = bareLf;
    this.badLine = badLine;
    this.folded = folds.length > 0;
    if (!this.folded) return;
    const headers = this.#pairs();
    for (const [header, value] of folds) headers[header]![1] += ` ${value}`;
    this.#headers = headers;
  }

  get headers(): readonly Header[] {
    this.#headers ??= this.#pairs();
    return this.#headers;
  }

  #pairs(): [string, string][] {
    const text = this.#text;
    const marks = this.#marks;
    const pairs: [string, string][] = [];
    for (let i = 0; i < marks.length; i += 4)
      pairs.push([text.slice(marks[i], marks[i + 1]), text.slice(marks[i + 2], marks[i + 3])]);
    return pairs;
  }

  /** Value of the first header of that (lower case) name; '' without one. */
  value(name: string): string {
    const at = this.#find(name, 0);
    return at < 0 ? '' : this.#valueAt(at);
  }

  /** All values of that name, joined as a list (RFC 9110 section 5.3). */
  list(name: string): string {
    let list = '';
    for (let at = this.#find(name, 0); at >= 0; at = this.#find(name, at + 4)) {
      const value = this.#valueAt(at);
      list += list === '' ? value : `, ${value}`;
    }
    return list;
  }

  #valueAt(at: number): string {
    if (this.folded) return this.#headers![at / 4]![1];
    return this.#text.slice(this.#marks[at + 2], this.#marks[at + 3]);
  }

  /** Place in the marks of the next header of that name; -1 when there is none. */
  #find(name: string, from: number): number {
    const marks = this.#marks;
    for (let at = from; at < marks.length; at += 4)
      if (marks[at + 1]! - marks[at]! === name.length && this.#isNamed(marks[at]!, name)) return at;
    return -1;
  }

  #isNamed(at: number, name: string): boolean {
    for (let i = 0; i < name.length; i++) {
      const wanted = name.charCodeAt(i);
      const c = this.#text.charCodeAt(at + i);
      if (c !== wanted && (c + 32 !== wanted || c < 0x41 || c > 0x5a)) return false;
    }
    return true;
  }
}

/** Marks name and value without the blanks around them. */
function markTrimmed(marks: number[], text: string, from: number, colon: number, to: number): void {
  let nameFrom = from;
  let nameTo = colon;
  while (nameFrom < nameTo && isBlank(text, nameFrom)) nameFrom++;
  while (nameTo > nameFrom && isBlank(text, nameTo - 1)) nameTo--;
  let valueFrom = colon + 1;
  let valueTo = to;
  while (valueFrom < valueTo && isBlank(text, valueFrom)) valueFrom++;
  while (valueTo > valueFrom && isBlank(text, valueTo - 1)) valueTo--;
  marks.push(nameFrom, nameTo, valueFrom, valueTo);
}

function isBlank(text: string, at: number): boolean {
  const c = text.charCodeAt(at);
  return c === 32 || c === 9;
}

/** Reads [at, end), which ends with the empty line. */
export function parseHead(b: Uint8Array, at: number, end: number): Head {
  return new Head(latin1(b, at, end));
}

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

/** undefined: not a request line. HTTP/0.9's form without version is not accepted. */
export function parseRequestLine(line: string): RequestLine | undefined {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first <= 0 || last <= first) return undefined;
  const version = line.slice(last + 1);
  if (!isVersion(version)) return undefined;
  const method = line.slice(0, first);
  if (!isToken(method)) return undefined;
  return { method, target: line.slice(first + 1, last).trim(), version };
}

export interface StatusLine {
  readonly version: string;
  readonly code: number;
  readonly reason: string;
}

export function parseStatusLine(line: string): StatusLine | undefined {
  const version = line.slice(0, 8);
  if (!isVersion(version) || line.charCodeAt(8) !== 32) return undefined;
  let code = 0;
  for (let i = 9; i < 12; i++) {
    const digit = line.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    code = code * 10 + digit;
  }
  if (line.length > 12 && line.charCodeAt(12) !== 32) return undefined;
  return { version, code, reason: line.slice(13) };
}

function isVersion(text: string): boolean {
  return text === 'HTTP/1.1' || text === 'HTTP/1.0' || /^HTTP\/1\.\d$/.test(text);
}

/** Told without looking at each character. */
const usualMethods = new Set(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']);

/** RFC 9110 section 5.6.2; methods longer than this do not exist. */
function isToken(text: string): boolean {
  if (usualMethods.has(text)) return true;
  if (text.length > 24) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c >= 127 || '"(),/:;<=>?@[\\]{}'.includes(text[i]!)) return false;
  }
  return true;
}
