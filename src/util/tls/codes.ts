/** GREASE (RFC 8701): 0x0a0a, 0x1a1a ... 0xfafa, sent so that nobody relies on knowing every value. */
export function isGrease(code: number): boolean {
  return (code & 0x0f0f) === 0x0a0a && code >> 8 === (code & 255);
}

/** A code point without a name. */
export function codeName(code: number): string {
  return isGrease(code) ? 'GREASE' : `0x${code.toString(16).padStart(4, '0')}`;
}

/** Names of a table; `GREASE` and hex for what is not in it. */
export function namer(table: Readonly<Record<number, string>>): (code: number) => string {
  return (code) => table[code] ?? codeName(code);
}
