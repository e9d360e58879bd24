/** Lines of styled text: what details, streams, statistics and help are made of before they are drawn. */
import { columns } from '../../sinks/text/width.ts';
import { ink, styled } from '../draw/style.ts';

export type Part = readonly [text: string, style: number];

export interface Line {
  readonly parts: readonly Part[];
  /** A query that selects what has the same value. */
  readonly query?: string;
  /** Number of something that can be opened here. */
  readonly opens?: number;
  /** Columns that what is wrapped is indented by. */
  readonly indent?: number;
}

export const bold = (text: string, of: number = ink.plain): Part => [text, styled(of, 0, 1)];
export const plain = (text: string): Part => [text, ink.plain];
export const dim = (text: string): Part => [text, ink.dim];
export const inked = (text: string, of: number): Part => [text, of];
export const line = (...parts: Part[]): Line => ({ parts });
export const blankLine: Line = { parts: [] };

export const lineText = ({ parts }: Line): string => parts.map(([text]) => text).join('');

/** Columns between tab stops. */
const tab = 4;

/** Text of several lines: line feeds divide, tabs become blanks. At most `most` lines; the rest is counted. */
export function textLines(text: string, style: number, most: number): Line[] {
  const rows = text.split('\n', most + 1);
  const out: Line[] = rows
    .slice(0, most)
    .map((row) => ({ parts: [[untabbed(row.endsWith('\r') ? row.slice(0, -1) : row), style]] }));
  if (rows.length > most)
    out.push(line(dim(`... the rest of it is not shown here (${text.length} characters)`)));
  return out;
}

export function untabbed(text: string): string {
  if (!text.includes('\t')) return text;
  return text
    .split('\t')
    .reduce((before, piece) => `${before}${' '.repeat(tab - (columns(before) % tab))}${piece}`);
}

/** The same line in pieces that are no wider than `width`. */
export function wrapped(given: Line, width: number): Line[] {
  const total = given.parts.reduce((sum, [text]) => sum + columns(text), 0);
  if (total <= width || width < 4) return [given];
  const indent = Math.min(given.indent ?? 0, width >> 1);
  const out: Line[] = [];
  let row: Part[] = [];
  let used = 0;
  const flush = () => {
    out.push({ ...given, parts: row });
    row = indent > 0 ? [[' '.repeat(indent), ink.plain]] : [];
    used = indent;
  };
  for (const [text, style] of given.parts) {
    let piece = '';
    for (const character of text) {
      const wide = columns(character);
      if (used + wide > width) {
        if (piece !== '') row.push([piece, style]);
        piece = '';
        flush();
      }
      piece += character;
      used += wide;
    }
    if (piece !== '') row.push([piece, style]);
  }
  if (row.length > (indent > 0 ? 1 : 0)) flush();
  return out;
}
