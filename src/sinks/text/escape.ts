/**
 * Text from the network made safe for a terminal: control characters could move the cursor, change the
 * title or answer in our place; bidirectional controls could show other words than were sent.
 */
import { utf8FromBytes } from '../../util/text.ts';

// C0 and DEL, C1, bidirectional controls and isolates, line separators, byte order mark, lone surrogates.
const unsafe = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/u;
const unsafeAll = new RegExp(unsafe.source, 'gu');

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Most text is this, and needs no second look. */
const harmless = /^[\x20-\x7e]*$/;

/** One line of bytes (one a character), UTF-8 where they are: every control character becomes visible. */
export function escapeLine(bytes: string): string {
  return harmless.test(bytes) ? bytes : escapeText(utf8FromBytes(bytes));
}

/** The same for what is text already: names, notes. */
export function escapeText(text: string): string {
  return unsafe.test(text) ? text.replace(unsafeAll, show) : text;
}

/** Several lines of bytes: line feeds and tabs stay. */
export function escapeBlock(bytes: string): string {
  const text = utf8FromBytes(bytes).replace(/\r\n/g, '\n');
  return unsafe.test(text) ? text.replace(unsafeAll, (c) => (c === '\n' || c === '\t' ? c : show(c))) : text;
}

function show(c: string): string {
  const code = c.charCodeAt(0);
  return (
    short[c] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  );
}
