/** HTML and XML on lines of their own, indented: for reading, not for parsing. What is cut or wrong is shown as it is. */

/** Elements without content or end: https://html.spec.whatwg.org/#void-elements. */
const empty: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta source track wbr'.split(' '),
);
/** Their content is no markup. */
const raw: ReadonlySet<string> = new Set(['script', 'style', 'pre', 'textarea']);
/** Deeper than this nobody reads; indentation would only take room. */
const maxDepth = 40;

const piece = /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<[^>]*(?:>|$)|[^<]+/g;

export function layOutMarkup(text: string, isHtml: boolean): string {
  let out = '';
  let depth = 0;
  const put = (line: string) => {
    out += `${'  '.repeat(Math.min(depth, maxDepth))}${line}\n`;
  };
  piece.lastIndex = 0;
  for (let found = piece.exec(text); found; found = piece.exec(text)) {
    const part = found[0].trim();
    if (part === '') continue;
    const name = /^<([a-zA-Z][^\s/>]*)/.exec(part)?.[1] ?? '';
    if (part.startsWith('</')) {
      depth = Math.max(0, depth - 1);
      put(part);
    } else if (name === '' || part.endsWith('/>') || (isHtml && empty.has(name.toLowerCase()))) put(part);
    else if (isHtml && raw.has(name.toLowerCase())) {
      const end = text.toLowerCase().indexOf(`</${name.toLowerCase()}`, piece.lastIndex);
      const to = end < 0 ? text.length : end;
      put(part + text.slice(piece.lastIndex, to).trimEnd());
      piece.lastIndex = to;
      depth++;
    } else {
      put(part);
      depth++;
    }
  }
  return out.trimEnd();
}
