/** Bytes as text, as master files have them (RFC 1035 section 5.1). */

/** In quotes, `"` and `\` escaped. Bytes above ASCII stay: what TXT records hold is mostly UTF-8 then. */
export function quoted(b: Uint8Array, from: number, to: number): string {
  return `"${escaped(b, from, to)}"`;
}

export function escaped(b: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const c = b[i]!;
    if (c === 0x22 || c === 0x5c) text += `\\${String.fromCharCode(c)}`;
    else text += c < 32 || c === 127 ? `\\${String(c).padStart(3, '0')}` : String.fromCharCode(c);
  }
  return text;
}

export function hex(b: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += b[i]!.toString(16).padStart(2, '0');
  return text;
}

const base32Digits = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

/** RFC 4648 section 7 without padding: hashed owner names. */
export function base32hex(b: Uint8Array, from: number, to: number): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (let i = from; i < to; i++) {
    held = (held << 8) | b[i]!;
    for (bits += 8; bits >= 5; bits -= 5) text += base32Digits[(held >> (bits - 5)) & 31];
    held &= 0xff;
  }
  return bits > 0 ? text + base32Digits[(held << (5 - bits)) & 31] : text;
}

/** Seconds since 1970 as YYYYMMDDHHmmSS in UTC (RFC 4034 section 3.2). */
export function dnssecTime(seconds: number): string {
  return new Date(seconds * 1000)
    .toISOString()
    .slice(0, 19)
    .replace(/[^0-9]/g, '');
}
