/** Numbers and bytes as text. */

export const hex2 = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

export const hex4 = (n: number) => hex2[(n >> 8) & 255]! + hex2[n & 255]!;

export const hex6 = (n: number) => hex2[(n >> 16) & 255]! + hex4(n);

export const hex8 = (n: number) => hex4(n >>> 16) + hex4(n);

export const hex = (n: number) => n.toString(16);

/** vis(3)'s caret and meta form: ^@ for NUL, M-a for 0xe1. */
export const visible = Array.from({ length: 256 }, (_, n) => {
  const low = n & 127;
  const shown = low < 32 || low === 127 ? `^${String.fromCharCode(low ^ 64)}` : String.fromCharCode(low);
  return n > 127 ? `M-${shown}` : shown;
});

/** A flag word's names: every pair whose bits are all set. `none` when no name fits. */
export function bitNames(
  names: readonly (readonly [bits: number, name: string])[],
  value: number,
  separator = ', ',
  none = 'none',
): string {
  let text = '';
  for (const [bits, name] of names)
    if (bits !== 0 && (value & bits) >>> 0 === bits) text += (text === '' ? '' : separator) + name;
  return text === '' ? none : text;
}

/** Seconds as 1w2d3h4m5s. */
export function spanText(seconds: number): string {
  if (seconds === 0) return '0s';
  let text = '';
  for (const [unit, letter] of spans) {
    if (seconds >= unit) text += `${Math.floor(seconds / unit)}${letter}`;
    seconds %= unit;
  }
  return text;
}

const spans: readonly (readonly [number, string])[] = [
  [31_536_000, 'y'],
  [604_800, 'w'],
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
];
