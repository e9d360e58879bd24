/** Addresses from text, without an object per call: queries read them from every entry. */

/** Dotted quad, no leading zeros: unsigned 32 bit; -1 when [from, to) is none. */
export function parseIpv4(text: string, from = 0, to = text.length): number {
  if (to - from < 7 || to - from > 15) return -1;
  let value = 0;
  let part = -1;
  let parts = 0;
  for (let i = from; i <= to; i++) {
    const c = i === to ? 46 : text.charCodeAt(i);
    if (c === 46) {
      if (part < 0 || parts === 4) return -1;
      value = value * 256 + part;
      parts++;
      part = -1;
    } else {
      if (c < 48 || c > 57 || part === 0) return -1;
      part = (part < 0 ? 0 : part * 10) + c - 48;
      if (part > 255) return -1;
    }
  }
  return parts === 4 ? value : -1;
}

/** RFC 4291 section 2.2, an IPv4 tail included: fills 16 bytes; false when it is none. */
export function parseIpv6(text: string, into: Uint8Array): boolean {
  const end = text.length;
  if (end < 2 || end > 45) return false;
  let at = 0;
  let words = 0;
  /** Words before `::`. */
  let before = -1;
  if (text.startsWith('::')) {
    before = 0;
    at = 2;
  }
  while (at < end) {
    if (words === 8) return false;
    let word = 0;
    const start = at;
    for (; at < end; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      word = word * 16 + digit;
    }
    if (at < end && text.charCodeAt(at) === 46) {
      const v4 = parseIpv4(text, start);
      if (v4 < 0 || words > 6) return false;
      put(into, words++, v4 >>> 16);
      put(into, words++, v4 & 0xffff);
      at = end;
      break;
    }
    if (at === start || at - start > 4) return false;
    put(into, words++, word);
    if (at === end) break;
    if (text.charCodeAt(at++) !== 58) return false;
    if (at < end && text.charCodeAt(at) === 58) {
      if (before >= 0) return false;
      before = words;
      at++;
    } else if (at === end) return false;
  }
  if (before < 0) return words === 8;
  if (words === 8) return false;
  const moved = (words - before) * 2;
  into.copyWithin(16 - moved, before * 2, words * 2);
  into.fill(0, before * 2, 16 - moved);
  return true;
}

function put(into: Uint8Array, word: number, value: number): void {
  into[word * 2] = value >>> 8;
  into[word * 2 + 1] = value & 0xff;
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
