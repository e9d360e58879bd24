/**
 * Values behind the names of secrets, where text has names and values: JSON, GraphQL's arguments, XML. What stands
 * around a name is looked at, not what the whole text is: it may be cut at both ends, and be JSON within a string
 * of JSON.
 */
import type { Names, Verdict } from './names.ts';
import type { Spans as AllSpans } from './spans.ts';

/** Where finds go. */
type Spans = Pick<AllSpans, 'add'>;

export const keyRules = { json: 'JSON key', graphql: 'GraphQL argument', xml: 'XML element' } as const;

/** Nobody names a secret at greater length. */
const maxName = 64;
/** Blanks between a name, the colon and the value; layouts that align values take some. */
const maxBlanks = 32;
/** JSON within strings of JSON within ...: backslashes before a quote. */
const maxEscapes = 7;

const quote = 0x22;
const backslash = 0x5c;

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function skip(text: string, at: number): number {
  const last = Math.min(text.length, at + maxBlanks);
  while (at < last && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** How many backslashes stand before `at`, at most `maxEscapes`. */
function escapesBefore(text: string, at: number): number {
  let count = 0;
  while (count < maxEscapes && text.charCodeAt(at - 1 - count) === backslash) count++;
  return count;
}

export interface KeyOptions {
  readonly names: Names;
  readonly off: ReadonlySet<string>;
  /** Names need no quotes: the text is a document of GraphQL. */
  readonly isGraphql: boolean;
}

/** Every `"name": value`, and `name: "value"` in GraphQL, which strings of JSON hold too. */
export function findKeys(text: string, spans: Spans, { names, off, isGraphql }: KeyOptions): void {
  const json = !off.has(keyRules.json);
  const graphql = !off.has(keyRules.graphql);
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    let last = colon - 1;
    const least = Math.max(0, colon - maxBlanks);
    while (last >= least && isBlank(text.charCodeAt(last))) last--;
    if (last < 0) continue;
    if (text.charCodeAt(last) === quote) {
      if (!json) continue;
      const name = quotedName(text, last);
      if (name === '') continue;
      const verdict = names.key(name);
      if (verdict !== 'no') colon = value(text, skip(text, colon + 1), verdict, spans, names) - 1;
      continue;
    }
    if (!graphql) continue;
    const from = skip(text, colon + 1);
    const isEscaped = text.charCodeAt(from) === backslash;
    if (!isGraphql && !isEscaped) continue;
    const opening = isEscaped ? from + escapesAt(text, from) : from;
    if (text.charCodeAt(opening) !== quote) continue;
    const name = bareName(text, last);
    if (name === '' || names.key(name) === 'no') continue;
    const to = closing(text, opening + 1, opening - from);
    spans.add(opening + 1, to, keyRules.graphql);
    colon = Math.max(colon, to - 1);
  }
}

function escapesAt(text: string, at: number): number {
  let count = 0;
  while (count < maxEscapes && text.charCodeAt(at + count) === backslash) count++;
  return count;
}

/** The string whose closing quote is at `last`; '' when none that could be a name begins near. */
function quotedName(text: string, last: number): string {
  const escapes = escapesBefore(text, last);
  const end = last - escapes;
  const least = Math.max(0, end - maxName - 1);
  for (let at = end - 1; at >= least; at--) {
    if (text.charCodeAt(at) !== quote) continue;
    return escapesBefore(text, at) === escapes ? unescaped(text.slice(at + 1, end)) : '';
  }
  return '';
}

function unescaped(name: string): string {
  if (!name.includes('\\')) return name;
  return name.replace(/\\+u([0-9a-fA-F]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function bareName(text: string, last: number): string {
  let from = last + 1;
  const least = Math.max(0, last - maxName);
  while (from > least && /[\w-]/.test(text[from - 1]!)) from--;
  return text.slice(from, last + 1);
}

/** Marks what is at `from`; returns where to look on. */
function value(text: string, from: number, verdict: Verdict, spans: Spans, names: Names): number {
  const escapes = escapesAt(text, from);
  const first = text.charCodeAt(from + escapes);
  if (first === quote) {
    const to = closing(text, from + escapes + 1, escapes);
    spans.add(from + escapes + 1, to, keyRules.json);
    return to;
  }
  if (escapes > 0 || Number.isNaN(first)) return from;
  if (first === 0x2d || isDigit(first)) {
    let to = from + 1;
    while (to < text.length && /[-+.eE0-9]/.test(text[to]!)) to++;
    if (verdict === 'yes') spans.add(from, to, keyRules.json, true);
    return to;
  }
  if (first === 0x5b || first === 0x7b) return inside(text, from, verdict, spans, names);
  return from;
}

/** Every string within, names left out; numbers of a list too. */
function inside(text: string, from: number, verdict: Verdict, spans: Spans, names: Names): number {
  let depth = 0;
  let lists = 0;
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth === 1 && code === 0x5b) lists = 1;
    } else if (code === 0x7d || code === 0x5d) {
      if (--depth <= 0) return at + 1;
    } else if (code === quote) {
      const to = closing(text, at + 1, 0);
      const colon = skip(text, to + 1);
      if (text[colon] === ':') {
        // Beside a secret stand its kind and when it ends, by names that say no more than that.
        const name = text.slice(at + 1, Math.min(to, at + 1 + maxName));
        const from = skip(text, colon + 1);
        const first = text.charCodeAt(from);
        if (isPlainPart(name)) at = passed(text, from) - 1;
        // Strings are masked anyhow; numbers where their own name says so.
        else if ((first === 0x2d || isDigit(first)) && names.key(name) === 'yes')
          at = value(text, from, 'yes', spans, names) - 1;
        else at = from - 1;
      } else {
        spans.add(at + 1, to, keyRules.json);
        at = to;
      }
    } else if (depth === 1 && lists === 1 && verdict === 'yes' && (code === 0x2d || isDigit(code))) {
      let to = at + 1;
      while (to < text.length && /[-+.eE0-9]/.test(text[to]!)) to++;
      spans.add(at, to, keyRules.json, true);
      at = to - 1;
    }
  }
  return at;
}

/** Within what is called a secret, these are none. */
function isPlainPart(name: string): boolean {
  return /(?:type|kind|name|expires?|expires_?(?:in|at)|created_?(?:at)?|scopes?|url|description|status|version)$/i.test(
    name,
  );
}

/** Behind a string; `from` for anything else. */
function passed(text: string, from: number): number {
  return text.charCodeAt(from) === quote ? closing(text, from + 1, 0) + 1 : from;
}

/** Where the string ends that was opened with so many backslashes before its quote; the text's end when it is cut. */
function closing(text: string, from: number, escapes: number): number {
  if (escapes === 0) {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === backslash) at++;
      else if (code === quote) return at;
    }
    return text.length;
  }
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    const before = Math.min(escapesBefore(text, at), at - from);
    // Deeper ones belong to what is inside; with fewer the string around it has ended.
    if (before <= escapes) return at - before;
  }
  return text.length;
}

/** How far back the text of an element is looked for. */
const maxElement = 8192;

/** `<password>...</password>`, with a prefix or without. */
export function findElements(text: string, spans: Spans, names: Names): void {
  for (let end = text.indexOf('</'); end >= 0; end = text.indexOf('</', end + 2)) {
    const name = elementName.exec(text.slice(end, end + maxName))?.[1];
    if (name === undefined || names.key(name) === 'no') continue;
    const least = Math.max(0, end - maxElement);
    let from = end;
    while (from > least && text[from - 1] !== '>' && text[from - 1] !== '<') from--;
    if (text[from - 1] === '>' && text.slice(from, end).trim() !== '') spans.add(from, end, keyRules.xml);
  }
}

const elementName = /^<\/(?:[\w.-]{1,32}:)?([\w.-]+)\s*>/;
