/**
 * What entries are grouped by: a path without what varies, so that `/users/17?page=2` and `/users/18` are one
 * endpoint. Looked at character by character: this runs once an exchange.
 *
 *   /users/17, /users/-3                              /users/{id}
 *   /o/3f2504e0-4f89-11d3-9a0c-0305e82c3301           /o/{id}      UUID, in braces too
 *   /o/65f1c0ffee65f1c0ffee65f1                       /o/{id}      hex of 8 and more, a digit among them
 *   /o/01ARZ3NDEKTSV4RRFFQ69G5FAV                     /o/{id}      ULID and other long random words
 *   /days/2024-01-31                                  /days/{id}   digits and dashes
 *   /app.8f3e2a1b.js, /img_20261.png, /17.json        /app.{id}.js, /img_{id}.png, /{id}.json
 *   /v2/items, /jquery-3.6.0.js, /oauth2              as they are
 */

/** Longer ones say no more to whom they are shown, and memory is kept for each. */
const maxLength = 200;
const placeholder = '{id}';
/** Digits in a row that are no version any more when other characters stand beside them. */
const minDigits = 4;
/** A date's, without which `1-2` would be one. */
const minDashedDigits = 6;
/** CRC-32 and short commit ids have 8; words of hex letters alone (`facade`) are told by having no digit. */
const minHex = 8;
/** ULID 26, KSUID 27, nanoid 21; YouTube's 11 are too much like words. */
const minRandom = 20;

/** The subject with `{id}` for what varies; no query, no fragment, no credentials. */
export function template(subject: string): string {
  const end = Math.min(endOfPath(subject), maxLength);
  const pathAt = startOfPath(subject, end);
  let text = pathAt === 0 ? '' : withoutCredentials(subject.slice(0, pathAt));
  let varies = false;
  for (let i = pathAt, from = pathAt; i <= end; i++) {
    if (i < end && subject.charCodeAt(i) !== 47) continue;
    const segment = segmentTemplate(subject, from, i);
    if (segment === undefined) text += subject.slice(from, i);
    else {
      varies = true;
      text += segment;
    }
    if (i < end) text += '/';
    from = i + 1;
  }
  // The string that is there already: nothing new is made for it.
  return !varies && pathAt === 0 && end === subject.length ? subject : text;
}

/** Where query, fragment or the last segment's parameters (RFC 3986 section 3.3) begin. */
function endOfPath(subject: string): number {
  for (let i = 0; i < subject.length && i < maxLength; i++) {
    const c = subject.charCodeAt(i);
    if (c === 63 || c === 35 || c === 59) return i;
  }
  return subject.length;
}

/** Behind the host of an absolute URL; 0 for a path alone. */
function startOfPath(subject: string, end: number): number {
  if (subject.charCodeAt(0) === 47) return 0;
  const at = subject.indexOf('://');
  if (at < 1 || at + 3 > end) return 0;
  const path = subject.indexOf('/', at + 3);
  return path < 0 || path > end ? end : path;
}

function withoutCredentials(origin: string): string {
  const at = origin.lastIndexOf('@');
  return at < 0 ? origin : origin.slice(0, origin.indexOf('://') + 3) + origin.slice(at + 1);
}

/** undefined: nothing in it varies. */
function segmentTemplate(text: string, from: number, to: number): string | undefined {
  if (look(text, from, to).digits === 0) return undefined;
  if (isId(text, from, to)) return placeholder;
  let made = '';
  let varies = false;
  for (let i = from, part = from; i <= to; i++) {
    if (i < to && !isSeparator(text.charCodeAt(i))) continue;
    if (isPartId(text, part, i) || (part === from && isNumberOfFile(text, part, i, to))) {
      made += placeholder;
      varies = true;
    } else made += text.slice(part, i);
    if (i < to) made += text[i];
    part = i + 1;
  }
  return varies ? made : undefined;
}

/** `.`, `-`, `_`, `~`, `,`, `=` */
function isSeparator(c: number): boolean {
  return c === 46 || c === 45 || c === 95 || c === 126 || c === 44 || c === 61;
}

/** What is in a stretch of text. */
interface Look {
  digits: number;
  /** a-f, A-F */
  hexLetters: number;
  upper: number;
  lower: number;
  dashes: number;
  other: number;
}

/** Reused: valid until the next look. */
const seen: Look = { digits: 0, hexLetters: 0, upper: 0, lower: 0, dashes: 0, other: 0 };

function look(text: string, from: number, to: number): Look {
  seen.digits = seen.hexLetters = seen.upper = seen.lower = seen.dashes = seen.other = 0;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c >= 48 && c <= 57) seen.digits++;
    else if (c >= 97 && c <= 122) {
      seen.lower++;
      if (c <= 102) seen.hexLetters++;
    } else if (c >= 65 && c <= 90) {
      seen.upper++;
      if (c <= 70) seen.hexLetters++;
    } else if (c === 45 || c === 95) seen.dashes++;
    else seen.other++;
  }
  return seen;
}

/** A whole segment. */
function isId(text: string, from: number, to: number): boolean {
  if (text.charCodeAt(from) === 123 && text.charCodeAt(to - 1) === 125) return isId(text, from + 1, to - 1);
  const length = to - from;
  const what = look(text, from, to);
  const { digits, hexLetters, dashes } = what;
  if (what.other > 0) return false;
  if (digits + dashes === length)
    return dashes === 0 || digits >= minDashedDigits || text.charCodeAt(from) === 45;
  // RFC 9562 section 4: 8-4-4-4-12.
  if (length === 36 && dashes === 4 && digits + hexLetters === 32)
    return [8, 13, 18, 23].every((at) => text.charCodeAt(from + at) === 45);
  return isRandom(what, length);
}

/** Between separators: shorter numbers may be versions and sizes. */
function isPartId(text: string, from: number, to: number): boolean {
  const what = look(text, from, to);
  if (what.other > 0) return false;
  return what.digits === to - from ? what.digits >= minDigits : isRandom(what, to - from);
}

/** `17.json`: a number is all there is of the name before its extension. */
function isNumberOfFile(text: string, from: number, to: number, end: number): boolean {
  if (to === from || text.charCodeAt(to) !== 46 || to === end) return false;
  return look(text, from, to).digits === to - from && look(text, to + 1, end).digits === 0;
}

/** A word nobody chose: hex with digits in it, or long with digits and letters mixed up. */
function isRandom({ digits, hexLetters, upper, lower, dashes }: Look, length: number): boolean {
  if (digits === 0) return false;
  if (digits + hexLetters === length) return length >= minHex;
  // Names of several words have dashes. Crockford's base 32 is of one case; base62 and base64url mix them.
  if (length < minRandom || dashes > 2) return false;
  return digits >= 6 || (digits >= 3 && lower === 0) || (digits >= 2 && upper >= 3 && lower >= 3);
}
