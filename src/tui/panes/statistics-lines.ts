/** Rates, times and errors as text pictures, then who and what: each row of a table is a filter. */
import { formatBytes, formatDuration } from '../../sinks/text/units.ts';
import { columns, cutMiddle } from '../../sinks/text/width.ts';
import type { Group, Series, Statistics } from '../../view/ports.ts';
import { ink } from '../draw/style.ts';
import { blankLine, bold, dim, inked, type Line, line, type Part, plain } from './lines.ts';
import { timeOfDay } from './row-texts.ts';

export type GroupOrder = 'count' | 'errors' | 'bytes' | 'p50Ns' | 'p99Ns';
export const groupOrders: readonly GroupOrder[] = ['count', 'errors', 'bytes', 'p50Ns', 'p99Ns'];

/** U+2581 to U+2588: eighths of a line. */
const levels = ' ▁▂▃▄▅▆▇█';
const shades = ' ░▒▓█';
/** Rows of each table. */
const tableRows = 10;
const labelWidth = 12;

/** Bins that fit a screen so wide. */
export const binsFor = (width: number): number => Math.max(10, Math.min(200, width - labelWidth - 14));

export function statisticsLines(statistics: Statistics, order: GroupOrder, width: number): Line[] {
  const { total, series } = statistics;
  if (total.count === 0) return [line(dim('No entries yet.'))];
  const seconds = series.binMs / 1000;
  return [
    line(
      bold(`${total.count.toLocaleString('en')} entries`),
      plain(`  ${formatBytes(total.bytes)}  `),
      inked(`${total.errors.toLocaleString('en')} failed`, total.errors > 0 ? ink.failed : ink.dim),
      dim(`  half within ${shown(total.p50Ns)}, 99 of 100 within ${shown(total.p99Ns)}`),
    ),
    blankLine,
    spark('entries/s', series.entries, (n) => `${figure(n / seconds)}/s`, ink.accent),
    spark('failed/s', series.errors, (n) => `${figure(n / seconds)}/s`, ink.failed),
    spark('bytes/s', series.bytes, (n) => `${formatBytes(Math.round(n / seconds))}/s`, ink.request),
    spark('p50', series.p50, shown, ink.ok),
    spark('p99', series.p99, shown, ink.clientError),
    axis(series),
    blankLine,
    ...table('By operation', statistics.byOperation, order, width),
    ...table('By protocol', statistics.byProtocol, order, width),
    ...table('By peer', statistics.byPeer, order, width),
    ...table('By error', statistics.byError, order, width),
    ...heat(series),
  ];
}

const shown = (ns: number) => (Number.isFinite(ns) ? formatDuration(ns) : '-');
const figure = (n: number) =>
  n >= 100 ? Math.round(n).toLocaleString('en') : String(Number(n.toPrecision(2)));

function spark(label: string, values: readonly number[], text: (n: number) => string, of: number): Line {
  const most = Math.max(0, ...values.filter(Number.isFinite));
  const bars = values
    .map((n) =>
      Number.isFinite(n) && n > 0 && most > 0 ? levels[Math.max(1, Math.round((n / most) * 8))]! : ' ',
    )
    .join('');
  return line(dim(label.padEnd(labelWidth)), inked(bars, of), dim(`  ${text(most)}`));
}

function axis({ fromMs, binMs, entries }: Series): Line {
  const [from, to] = [timeOfDay(fromMs).slice(0, 8), timeOfDay(fromMs + binMs * entries.length).slice(0, 8)];
  const gap = entries.length - from.length - to.length;
  return line(dim(' '.repeat(labelWidth)), dim(gap > 0 ? `${from}${' '.repeat(gap)}${to}` : from));
}

/** How long it took, from below to above, over time: the darker, the more. */
function heat({ heat: bins, edgesNs }: Series): Line[] {
  const rows = edgesNs.map((_, i) => i).filter((i) => bins.some((bin) => (bin[i] ?? 0) > 0));
  if (rows.length < 2) return [];
  const most = Math.max(...bins.flat());
  const [low, high] = [rows[0]!, rows.at(-1)!];
  const out: Line[] = [line(bold('How long it took', ink.accent))];
  for (let i = high; i >= low; i--) {
    const cells = bins
      .map((bin) => {
        const n = bin[i] ?? 0;
        return n === 0 ? ' ' : shades[Math.max(1, Math.ceil((Math.log1p(n) / Math.log1p(most)) * 4))]!;
      })
      .join('');
    out.push(line(dim(shown(edgesNs[i]!).padEnd(labelWidth)), inked(cells, ink.accent)));
  }
  return [...out, blankLine];
}

function table(title: string, groups: readonly Group[], order: GroupOrder, width: number): Line[] {
  if (groups.length === 0) return [];
  const rows = [...groups].sort((a, b) => value(b, order) - value(a, order));
  const numbers = 50;
  const room = Math.max(12, Math.min(80, width - numbers));
  const head = (name: string, of: GroupOrder, wide: number): Part =>
    order === of ? bold(`${name}↓`.padStart(wide), ink.plain) : dim(name.padStart(wide));
  return [
    line(
      bold(title.padEnd(room), ink.accent),
      head('COUNT', 'count', 9),
      head('FAILED', 'errors', 9),
      head('BYTES', 'bytes', 10),
      head('P50', 'p50Ns', 10),
      head('P99', 'p99Ns', 10),
    ),
    ...rows.slice(0, tableRows).map((group) => row(group, room)),
    ...(rows.length > tableRows ? [line(dim(`${rows.length - tableRows} more`))] : []),
    blankLine,
  ];
}

const value = (group: Group, order: GroupOrder) => (Number.isFinite(group[order]) ? group[order] : -1);

function row({ key, query, count, errors, bytes, p50Ns, p99Ns }: Group, room: number): Line {
  const name = cutMiddle(key, room - 1);
  return {
    parts: [
      plain(name + ' '.repeat(room - columns(name))),
      plain(count.toLocaleString('en').padStart(9)),
      inked(errors.toLocaleString('en').padStart(9), errors > 0 ? ink.failed : ink.dim),
      plain(formatBytes(bytes).padStart(10)),
      plain(shown(p50Ns).padStart(10)),
      plain(shown(p99Ns).padStart(10)),
    ],
    ...(query === '' ? {} : { query }),
  };
}
