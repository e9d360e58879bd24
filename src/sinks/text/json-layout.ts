/** JSON on several lines, token by token: numbers keep their digits, and what is cut is laid out as far as it goes. */

/** Deeper than this nobody reads; indentation would only take room. */
const maxDepth = 64;

/** undefined: it does not look like JSON. */
export function layOutJson(text: string): string | undefined {
  let out = '';
  let depth = 0;
  const newLine = () => `\n${'  '.repeat(Math.min(depth, maxDepth))}`;
  for (let i = 0; i < text.length; ) {
    const c = text[i]!;
    switch (c) {
      case '{':
      case '[': {
        const close = skipBlanks(text, i + 1);
        if (text[close] === (c === '{' ? '}' : ']')) {
          out += c + text[close];
          i = close + 1;
          continue;
        }
        depth++;
        out += c + newLine();
        break;
      }
      case '}':
      case ']':
        if (--depth < 0) return undefined;
        out += newLine() + c;
        break;
      case ',':
        out += c + newLine();
        break;
      case ':':
        out += ': ';
        break;
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        break;
      default: {
        const end = c === '"' ? stringEnd(text, i) : wordEnd(text, i);
        if (end === i) return undefined;
        out += text.slice(i, end);
        i = end;
        continue;
      }
    }
    i++;
  }
  return out;
}

function skipBlanks(text: string, at: number): number {
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  return at;
}

function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

/** Numbers, true, false, null; anything else is no JSON. */
function wordEnd(text: string, at: number): number {
  let i = at;
  while (i < text.length && /[\w.+-]/.test(text[i]!)) i++;
  return i;
}
