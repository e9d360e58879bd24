import { plainText } from './terminal.ts';

/** Columns as `docker ps` prints them: upper-case heads, three spaces between, nothing cut unless told. */
export function formatTable(heads: readonly string[], given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map((cell) => plainText(cell).replace(/\n/g, ' ')));
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i]! + 3)))
      .join('')
      .trimEnd();
  return `${[heads, ...rows].map(line).join('\n')}\n`;
}

/** '3 minutes', as docker's "Up 3 minutes" says it. */
export function formatAge(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ];
  for (const [size, name] of units)
    if (ms >= size) {
      const count = Math.floor(ms / size);
      return `${count} ${name}${count === 1 ? '' : 's'}`;
    }
  return 'just now';
}

/** '1.2 MB/s', powers of 1000. */
export function formatRate(bytesPerSecond: number): string {
  if (bytesPerSecond < 1000) return `${Math.round(bytesPerSecond)} B/s`;
  for (const unit of ['kB', 'MB', 'GB']) {
    bytesPerSecond /= 1000;
    if (bytesPerSecond < 1000 || unit === 'GB') return `${bytesPerSecond.toPrecision(3)} ${unit}/s`;
  }
  return '';
}
