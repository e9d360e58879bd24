import { isSecretKey, mask } from './rules.ts';

/** JSON, whole or cut: strings, numbers and lists of them under a secret's key. One pass. */
export function redactJson(text: string): string {
  let out = '';
  let done = 0;
  let at = text.indexOf('"');
  while (at >= 0) {
    const end = stringEnd(text, at);
    const colon = skipBlanks(text, end);
    let next = end;
    if (text[colon] === ':') {
      const from = skipBlanks(text, colon + 1);
      // A value that is a string is not the next key: it is looked at here and passed over.
      const to = text[from] === '"' ? stringEnd(text, from) : from;
      next = Math.max(to, colon);
      if (isSecretKey(text.slice(at + 1, end - 1))) {
        const value = valueEnd(text, from);
        if (value > from) {
          out += `${text.slice(done, from)}${text[from] === '[' ? `["${mask}"]` : `"${mask}"`}`;
          done = value;
          next = value;
        }
      }
    }
    at = text.indexOf('"', next);
  }
  return done === 0 ? text : out + text.slice(done);
}

/** Behind the string that begins at `at`; the text's end when it is cut. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i++;
    else if (c === 0x22) return i + 1;
  }
  return text.length;
}

function skipBlanks(text: string, at: number): number {
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  return at;
}

/** Behind a string, a number, or a list of them; `from` for anything else. */
function valueEnd(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return stringEnd(text, from);
  if (first === undefined) return from;
  if (first === '-' || (first >= '0' && first <= '9')) {
    let to = from;
    while (to < text.length && '0123456789.eE+-'.includes(text[to]!)) to++;
    return to;
  }
  if (first !== '[') return from;
  for (let i = from + 1; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"') i = stringEnd(text, i) - 1;
    else if (c === ']') return i + 1;
    else if (c === '{' || c === '[') return from;
  }
  return text.length;
}
