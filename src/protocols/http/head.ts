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

export interface Head {
  readonly startLine: string;
  readonly headers: Header[];
  readonly bareLf: boolean;
  readonly folded: boolean;
  /** A line without a colon. */
  readonly badLine: boolean;
}

/** Reads [at, end), which ends with the empty line. Leading empty lines are passed over. */
export function parseHead(b: Uint8Array, at: number, end: number): Head {
  const text = latin1(b, at, end);
  const headers: [string, string][] = [];
  let bareLf = false;
  let folded = false;
  let badLine = false;
  let startLine: string | undefined;
  let from = 0;
  while (from < text.length) {
    let to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    const next = to + 1;
    if (to > from && text.charCodeAt(to - 1) === CR) to--;
    else bareLf = true;
    if (to === from) {
      from = next;
      continue;
    }
    if (startLine === undefined) startLine = text.slice(from, to);
    else {
      const first = text.charCodeAt(from);
      const colon = text.indexOf(':', from);
      if ((first === 32 || first === 9) && headers.length > 0) {
        // obs-fold, section 5.2
        folded = true;
        headers[headers.length - 1]![1] += ` ${text.slice(from, to).trim()}`;
      } else if (colon < 0 || colon >= to || colon === from) badLine = true;
      else headers.push([trimmed(text, from, colon), trimmed(text, colon + 1, to)]);
    }
    from = next;
  }
  return { startLine: startLine ?? '', headers, bareLf, folded, badLine };
}

function trimmed(text: string, from: number, to: number): string {
  while (from < to && (text.charCodeAt(from) === 32 || text.charCodeAt(from) === 9)) from++;
  while (to > from && (text.charCodeAt(to - 1) === 32 || text.charCodeAt(to - 1) === 9)) to--;
  return text.slice(from, to);
}

/** Value of the first header of that (lower case) name; '' without one. */
export function header(headers: readonly Header[], name: string): string {
  for (const [n, value] of headers)
    if (n.length === name.length && (n === name || n.toLowerCase() === name)) return value;
  return '';
}

/** All values of that name, joined as a list (RFC 9110 section 5.3). */
export function headerList(headers: readonly Header[], name: string): string {
  let list = '';
  for (const [n, value] of headers)
    if (n.length === name.length && n.toLowerCase() === name) list += list === '' ? value : `, ${value}`;
  return list;
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
