/** Shell globs over names: `*`, `?`, `[a-z]`, `[!a-z]`; no braces. glob(7) */

export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/** Linear in pattern times text, whatever the pattern: no regular expression that can explode. */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  /** Where to go on after the last `*` when what follows does not fit. */
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = ++p;
      resume = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text[t]!) : 0;
    if (next > 0) {
      p = next;
      t++;
    } else if (star >= 0) {
      p = star;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Position after the element at `p` if it matches the character, 0 if not. */
function matchOne(pattern: string, p: number, character: string): number {
  if (pattern[p] === '?') return p + 1;
  const end = pattern[p] === '[' ? pattern.indexOf(']', p + 2) : -1;
  // A bracket that is never closed is just a character.
  if (end < 0) return pattern[p] === character ? p + 1 : 0;
  const negated = pattern[p + 1] === '!' || pattern[p + 1] === '^';
  let inside = false;
  for (let i = p + (negated ? 2 : 1); i < end; i++) {
    if (pattern[i + 1] === '-' && i + 2 < end) {
      inside ||= character >= pattern[i]! && character <= pattern[i + 2]!;
      i += 2;
    } else inside ||= character === pattern[i];
  }
  return inside !== negated ? end + 1 : 0;
}
