/** Text without a platform's encoder. */

/**
 * Strings of messages hold one byte a character. As UTF-8 where that is what the bytes are, else as they
 * are; text that is none of bytes stays too.
 */
export function utf8FromBytes(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\x00-\xff]/.test(text)) return text;
  try {
    return decodeURIComponent(
      text.replace(/[%\x80-\xff]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`),
    );
  } catch {
    return text;
  }
}

/** Bytes of the text in UTF-8. */
export function utf8Bytes(text: string): Uint8Array {
  const whole = text.replace(/[\ud800-\udfff]/gu, '\ufffd');
  const bytes = encodeURIComponent(whole).replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Uint8Array.from(bytes, (c) => c.charCodeAt(0));
}

/** Text has no zero bytes, and hardly any control characters near its beginning. */
export function isText(bytes: Uint8Array): boolean {
  const looked = Math.min(bytes.length, 1024);
  let odd = 0;
  for (let i = 0; i < looked; i++) {
    const c = bytes[i]!;
    if (c === 0) return false;
    if (c < 9 || (c > 13 && c < 32) || c === 127) odd++;
  }
  return odd * 20 <= looked;
}
