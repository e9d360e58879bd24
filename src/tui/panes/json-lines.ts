/** Pretty-printed JSON with names, strings and numbers told apart. Text that is cut or masked is inked as far as it is JSON. */
import { ink } from '../draw/style.ts';
import { dim, type Line, line, type Part } from './lines.ts';

const token = /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b|([^"\d\-tfn]+|.)/g;
/** Longer lines are not looked into: a text within JSON may have megabytes. */
const longLine = 4096;

export function jsonLines(text: string, most: number): Line[] {
  const rows = text.split('\n', most + 1);
  const out = rows.slice(0, most).map((row): Line => ({ parts: partsOf(row), indent: indentOf(row) + 2 }));
  if (rows.length > most) out.push(line(dim('... the rest of it is not shown here')));
  return out;
}

const indentOf = (row: string) => row.length - row.trimStart().length;

function partsOf(row: string): Part[] {
  if (row.length > longLine) return [[row, ink.plain]];
  const parts: Part[] = [];
  for (const [whole, quoted, colon, number, word] of row.matchAll(token))
    if (quoted !== undefined) {
      parts.push([quoted, colon === undefined ? ink.string : ink.accent]);
      if (colon !== undefined) parts.push([colon, ink.dim]);
    } else if (number !== undefined) parts.push([whole, ink.number]);
    else if (word !== undefined) parts.push([whole, ink.unanswered]);
    else parts.push([whole, ink.plain]);
  return parts;
}
