/** Columns text takes on a terminal, and cutting to them. Text is already escaped. */

/** Unicode 15 blocks whose characters are two columns wide (East Asian Width W and F, emoji). */
function isWide(code: number): boolean {
  return (
    code >= 0x1100 &&
    (code <= 0x115f ||
      (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1f300 && code <= 0x1f64f) ||
      (code >= 0x1f680 && code <= 0x1f6ff) ||
      (code >= 0x1f900 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd))
  );
}

/** Combining marks and joiners take no column. */
const mark = /^[\p{Mn}\p{Me}\u200c\u200d]$/u;

function columnsOf(character: string, code: number): number {
  if (code < 0x300) return 1;
  return isWide(code) ? 2 : mark.test(character) ? 0 : 1;
}

export function columns(text: string): number {
  let wide = false;
  for (let i = 0; i < text.length && !wide; i++) wide = text.charCodeAt(i) >= 0x300;
  if (!wide) return text.length;
  let n = 0;
  for (const character of text) n += columnsOf(character, character.codePointAt(0)!);
  return n;
}

/** At most `width` columns; what is too much goes from the middle, where paths and names differ least. */
export function cutMiddle(text: string, width: number): string {
  if (columns(text) <= width) return text;
  if (width <= 1) return width === 1 ? '…' : '';
  const characters = [...text];
  const room = width - 1;
  const headRoom = Math.ceil(room / 2);
  let head = 0;
  let used = 0;
  for (; head < characters.length; head++) {
    const w = columns(characters[head]!);
    if (used + w > headRoom) break;
    used += w;
  }
  let tail = characters.length;
  for (; tail > head; tail--) {
    const w = columns(characters[tail - 1]!);
    if (used + w > room) break;
    used += w;
  }
  return `${characters.slice(0, head).join('')}…${characters.slice(tail).join('')}`;
}

/** At most `width` columns, cut at the end. */
export function cutEnd(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const character of text) {
    used += columns(character);
    if (used > width - 1) break;
    out += character;
  }
  return width > 0 ? `${out}…` : '';
}
