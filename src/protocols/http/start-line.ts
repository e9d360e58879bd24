/** Request lines and status lines: RFC 9112 sections 3 and 4. Each has a twin that judges a beginning of one. */
import { latin1 } from '../../util/bytes.ts';

/** No method in use comes near: IANA's longest is UPDATEREDIRECTREF. */
const methodLimit = 24;

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

/** undefined: not a request line. HTTP/0.9's form without version is not accepted. */
export function parseRequestLine(line: string): RequestLine | undefined {
  const first = line.indexOf(' ');
  // A version has eight letters: no need to look for the last blank.
  const last = line.length - 9;
  if (first <= 0 || last <= first || line.charCodeAt(last) !== 32) return undefined;
  const version = line.slice(last + 1);
  if (!isVersion(version)) return undefined;
  const method = line.slice(0, first);
  if (!usualMethods.has(method) && !token.test(method)) return undefined;
  if (control.test(line)) return undefined;
  return { method, target: line.slice(first + 1, last).trim(), version };
}

/** Told without looking at each character. */
const usualMethods = new Set(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']);
/** RFC 9110 section 5.6.2 */
const token = new RegExp(`^[!#$%&'*+.^_\`|~0-9A-Za-z-]{1,${methodLimit}}$`);
const control = /[\x00-\x1f]/;

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
  if (code < 100 || (line.length > 12 && line.charCodeAt(12) !== 32)) return undefined;
  return { version, code, reason: line.slice(13) };
}

function isVersion(text: string): boolean {
  return text === 'HTTP/1.1' || text === 'HTTP/1.0' || /^HTTP\/1\.\d$/.test(text);
}

/**
 * What begins at `at` is a request line, or can become one. Of a line that is not whole only the method is
 * judged: the same bytes must give the same verdict however they are cut.
 */
export function mayBeRequest(b: Uint8Array, at: number, end: number): boolean {
  const line = wholeLine(b, at, end);
  if (line !== undefined) return parseRequestLine(line) !== undefined;
  const text = latin1(b, at, Math.min(end, at + methodLimit + 1));
  const space = text.indexOf(' ');
  return token.test(space < 0 ? text : text.slice(0, space));
}

/**
 * Stricter, for a place that may be the middle of anything: methods are capitals, targets have no blanks,
 * and of a line that is not whole all that is there is judged.
 */
export function mayBeStrictRequest(b: Uint8Array, at: number, end: number): boolean {
  const line = wholeLine(b, at, end);
  if (line !== undefined) return strict.test(line);
  const [method = '', target, version, ...more] = latin1(b, at, end).split(' ');
  if (!strictMethod.test(method) || more.length > 0) return false;
  if (target !== undefined && !strictTarget.test(target)) return false;
  return version === undefined || 'HTTP/1.1\r'.startsWith(version.replace(/\.\d/, '.1'));
}

const strict = /^[A-Z][A-Z_-]{0,23} [\x21-\xff]+ HTTP\/1\.\d$/;
const strictMethod = /^[A-Z][A-Z_-]{0,23}$/;
const strictTarget = /^[\x21-\xff]*$/;

/** The same for a status line. */
export function mayBeStatus(b: Uint8Array, at: number, end: number): boolean {
  const line = wholeLine(b, at, end);
  if (line !== undefined) return parseStatusLine(line) !== undefined;
  const text = latin1(b, at, Math.min(end, at + example.length));
  // A CR may belong to the line's end: what is before it is then all of the line.
  const isCut = text.endsWith('\r') ? parseStatusLine(text.slice(0, -1)) !== undefined : true;
  return isCut && parseStatusLine(text.replace('\r', '') + example.slice(text.length)) !== undefined;
}

const example = 'HTTP/1.1 200 ';

/** The line at `at` without its end; undefined when it is not whole. */
function wholeLine(b: Uint8Array, at: number, end: number): string | undefined {
  const lf = b.indexOf(10, at);
  if (lf < 0 || lf >= end) return undefined;
  return latin1(b, at, lf > at && b[lf - 1] === 13 ? lf - 1 : lf);
}
