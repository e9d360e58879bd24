/** Tables of text: figures to the right, words to the left and cut in their middle where the line is too short. */
import type { Style } from '../text/style.ts';
import { columns, cutMiddle } from '../text/width.ts';

export interface Column<R> {
  readonly head: string;
  /** Safe for a terminal. */
  readonly text: (row: R) => string;
  /** Words: to the left, and as wide as there is room. Figures else, never cut. */
  readonly isWords?: boolean;
  readonly paint?: (style: Style, text: string, row: R) => string;
  /** Left out on lines shorter than this. */
  readonly from?: number;
}

const gap = 2;
/** Words are not cut shorter than this, whatever the line. */
const minWords = 12;

/** @param width columns of a line; 0 = as many as it takes */
export function table<R>(
  style: Style,
  width: number,
  given: readonly Column<R>[],
  rows: readonly R[],
): string[] {
  const shown = given.filter(({ from = 0 }) => width === 0 || width >= from);
  const cells = rows.map((row) => shown.map((column) => column.text(row)));
  const widths = shown.map((column, i) =>
    Math.max(columns(column.head), ...cells.map((line) => columns(line[i]!))),
  );
  if (width > 0) shrink(shown, widths, width);
  const line = (texts: readonly string[], paint: (i: number, text: string) => string) =>
    texts
      .map((text, i) => {
        const cut = cutMiddle(text, widths[i]!);
        if (!shown[i]!.isWords) return ' '.repeat(widths[i]! - columns(cut)) + paint(i, cut);
        const isLast = i === texts.length - 1;
        return paint(i, cut) + (isLast ? '' : ' '.repeat(widths[i]! - columns(cut)));
      })
      .join(' '.repeat(gap))
      .trimEnd();
  return [
    line(
      shown.map(({ head }) => head),
      (i, text) => (i === 0 ? style.bold(text) : style.dim(text)),
    ),
    ...rows.map((row, r) => line(cells[r]!, (i, text) => shown[i]!.paint?.(style, text, row) ?? text)),
  ];
}

/** Takes from the widest words until the line fits. */
function shrink<R>(shown: readonly Column<R>[], widths: number[], width: number): void {
  let over = widths.reduce((sum, w) => sum + w, gap * (widths.length - 1)) - width;
  while (over > 0) {
    let widest = -1;
    for (let i = 0; i < shown.length; i++)
      if (shown[i]!.isWords && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
    if (widest < 0 || widths[widest]! <= minWords) return;
    widths[widest]!--;
    over--;
  }
}

/** 1,234,567; below ten one decimal where there is one. */
export function formatCount(count: number): string {
  if (count > 0 && count < 9.95 && !Number.isInteger(count)) return count < 0.05 ? '<0.1' : count.toFixed(1);
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.35%, 2.1%, 14%; '-' for none. */
export function formatShare(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return '-';
  const percent = (100 * part) / whole;
  if (percent >= 9.95) return `${Math.round(percent)}%`;
  return percent < 0.01 ? '<0.01%' : `${percent.toFixed(percent < 0.995 ? 2 : 1)}%`;
}

/** Figures that tell of trouble: none is no zero to be read. */
export const formatTrouble = (count: number): string => (count === 0 ? '-' : formatCount(count));

const bars = '▁▂▃▄▅▆▇█';

/** One character a point; where there are more than columns, several points make one. */
export function sparkline(points: readonly number[], width: number): string {
  const each = Math.max(1, Math.ceil(points.length / Math.max(1, width)));
  const sums: number[] = [];
  points.forEach((point, i) => {
    const at = Math.floor(i / each);
    sums[at] = (sums[at] ?? 0) + point;
  });
  const most = Math.max(...sums, 0);
  return sums
    .map((sum) => (most === 0 ? bars[0] : bars[Math.round((sum / most) * (bars.length - 1))]))
    .join('');
}
