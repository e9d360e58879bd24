/**
 * The outer layers of JSON, without making values of the rest: for bodies that may be cut and are not to be
 * trusted. Works on texts of one byte a character; never recurses, so depth costs nothing.
 */

export interface JsonValue {
  readonly kind: 'string' | 'number' | 'object' | 'array' | 'literal';
  /** [from, to) of the text. */
  readonly from: number;
  readonly to: number;
  /** The text ends within it. */
  readonly cut: boolean;
}

/** More members or items than these are passed over. */
const maxParts = 1000;

export function skipBlanks(text: string, at: number): number {
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break;
  }
  return at;
}

/** The value that begins at `at`, blanks before it passed over; undefined: none does. */
export function scanValue(text: string, at: number): JsonValue | undefined {
  const from = skipBlanks(text, at);
  if (from >= text.length) return undefined;
  const first = text[from]!;
  if (first === '"') {
    const to = stringEnd(text, from);
    return { kind: 'string', from, to, cut: to > text.length };
  }
  if (first === '{' || first === '[') {
    const to = nestedEnd(text, from);
    return { kind: first === '{' ? 'object' : 'array', from, to, cut: to > text.length };
  }
  const isNumber = first === '-' || (first >= '0' && first <= '9');
  if (!isNumber && first !== 't' && first !== 'f' && first !== 'n') return undefined;
  let to = from;
  while (to < text.length && /[-+.\w]/.test(text[to]!)) to++;
  return { kind: isNumber ? 'number' : 'literal', from, to, cut: to === text.length };
}

/** Behind the string that begins at `at`; beyond the end when it is cut. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i++;
    else if (c === 0x22) return i + 1;
  }
  return text.length + 1;
}

/** Behind the object or array: what is inside is not looked at but for its brackets and strings. */
function nestedEnd(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = stringEnd(text, i) - 1;
    else if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return text.length + 1;
}

/** Members of the object at `at`, the last of each name; as far as the text goes. undefined: it is no object. */
export function scanMembers(text: string, at: number): Map<string, JsonValue> | undefined {
  let i = skipBlanks(text, at);
  if (text[i] !== '{') return undefined;
  const members = new Map<string, JsonValue>();
  i = skipBlanks(text, i + 1);
  while (text[i] === '"' && members.size < maxParts) {
    const end = stringEnd(text, i);
    const colon = skipBlanks(text, end);
    if (text[colon] !== ':') break;
    const value = scanValue(text, colon + 1);
    if (!value) break;
    members.set(stringOf(text, i, end), value);
    i = skipBlanks(text, value.to);
    if (text[i] !== ',') break;
    i = skipBlanks(text, i + 1);
  }
  return members;
}

/** Items of the array at `at`, as far as the text goes. undefined: it is no array. */
export function scanItems(text: string, at: number): JsonValue[] | undefined {
  let i = skipBlanks(text, at);
  if (text[i] !== '[') return undefined;
  const items: JsonValue[] = [];
  i++;
  while (items.length < maxParts) {
    const value = scanValue(text, i);
    if (!value) break;
    items.push(value);
    i = skipBlanks(text, value.to);
    if (text[i] !== ',') break;
    i++;
  }
  return items;
}

/** Of a string its content, of a number or literal its text, one byte a character; undefined for the rest. */
export function scalarOf(text: string, value: JsonValue | undefined): string | undefined {
  if (!value) return undefined;
  if (value.kind === 'string') return stringOf(text, value.from, value.to);
  return value.kind === 'number' || value.kind === 'literal' ? text.slice(value.from, value.to) : undefined;
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Between the quotes, escapes undone; what is beyond one byte becomes UTF-8, as the rest of the text is. */
function stringOf(text: string, from: number, to: number): string {
  const inside = text.slice(from + 1, to > text.length ? text.length : to - 1);
  if (!inside.includes('\\')) return inside;
  return inside.replace(/(?:\\u[0-9a-fA-F]{4})+|\\(.)/gs, (all, one: string | undefined) => {
    if (one !== undefined) return escapes[one] ?? one;
    return utf8Of(
      String.fromCharCode(...all.match(/[0-9a-fA-F]{4}/g)!.map((hex) => Number.parseInt(hex, 16))),
    );
  });
}

/** One character for each byte of its UTF-8; half a pair is `?`. */
export function utf8Of(text: string): string {
  let out = '';
  for (const c of text) {
    const code = c.codePointAt(0)!;
    if (code < 0x80) out += c;
    else if (code < 0x800) out += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code >= 0xd800 && code < 0xe000) out += '?';
    else if (code < 0x10000)
      out += String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else
      out += String.fromCharCode(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
  }
  return out;
}
