import type { Row } from './measure.ts';

const heads = ['measure', 'porthole', 'peer', 'ratio', 'target', 'met', 'remark'];

/** Columns of plain text, which Markdown shows as a table too. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.measure,
    row.porthole,
    row.peer,
    row.ratio === undefined ? '' : row.ratio.toFixed(2),
    row.target,
    row.met === undefined ? '' : row.met ? 'yes' : 'NO',
    row.remark ?? '',
  ]);
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((line) => line[i]!.length)));
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
