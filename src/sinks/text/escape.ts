/**
 * Text from the network made safe for a terminal: control characters could move the cursor, change the
 * title or answer in our place; bidirectional controls could show other words than were sent.
 */

/** Bytes as UTF-8 where they are, single bytes where not. Strings here hold one byte a character. */
export function decodeUtf8(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  return decoder.decode(Uint8Array.from(latin1, (c) => c.charCodeAt(0)));
}

const decoder = new TextDecoder('utf-8');

// C0 and DEL, C1, bidirectional controls and isolates, line separators, byte order mark, lone surrogates.
const unsafe = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/u;
const unsafeAll = new RegExp(unsafe.source, 'gu');

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Most text is this, and needs no second look. */
const harmless = /^[\x20-\x7e]*$/;

/** One line: every control character becomes visible. */
export function escapeLine(text: string): string {
  if (harmless.test(text)) return text;
  const decoded = decodeUtf8(text);
  return unsafe.test(decoded) ? decoded.replace(unsafeAll, show) : decoded;
}

/** Several lines: line feeds and tabs stay. */
export function escapeBlock(text: string): string {
  const decoded = decodeUtf8(text).replace(/\r\n/g, '\n');
  return unsafe.test(decoded)
    ? decoded.replace(unsafeAll, (c) => (c === '\n' || c === '\t' ? c : show(c)))
    : decoded;
}

function show(c: string): string {
  const code = c.charCodeAt(0);
  return (
    short[c] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  );
}
