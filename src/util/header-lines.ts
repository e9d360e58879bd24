/** Header lines as RFC 9112 section 5 has them: texts of a byte a character. */

const CR = 13;

/** Header lines up to the end of the text; empty ones are passed over, folded ones joined. */
export function parseHeaders(text: string): [name: string, value: string][] {
  const headers: [string, string][] = [];
  for (let from = 0; from < text.length; ) {
    const lf = text.indexOf('\n', from);
    const next = lf < 0 ? text.length : lf + 1;
    let to = lf < 0 ? text.length : lf;
    if (to > from && text.charCodeAt(to - 1) === CR) to--;
    if (to > from) {
      const first = text.charCodeAt(from);
      const colon = text.indexOf(':', from);
      if ((first === 32 || first === 9) && headers.length > 0) {
        const last = headers[headers.length - 1]!;
        last[1] = `${last[1]} ${trimmed(text, from, to)}`.trim();
      } else if (colon > from && colon < to)
        headers.push([trimmed(text, from, colon), trimmed(text, colon + 1, to)]);
    }
    from = next;
  }
  return headers;
}

export function trimEnd(text: string, from: number, to: number): number {
  while (to > from && (text.charCodeAt(to - 1) === 32 || text.charCodeAt(to - 1) === 9)) to--;
  return to;
}

export function trimmed(text: string, from: number, to: number): string {
  while (from < to && (text.charCodeAt(from) === 32 || text.charCodeAt(from) === 9)) from++;
  return text.slice(from, trimEnd(text, from, to));
}
