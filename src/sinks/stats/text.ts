/** The report for people: tables that fit the line. */
import { type Style, styleOf } from '../text/style.ts';
import { localSecond } from '../text/time.ts';
import { formatBytes, formatDuration } from '../text/units.ts';
import { type Column, formatCount, formatShare, sparkline, table } from './layout.ts';
import type { Counted, LossEntry, Report, TalkerOrder } from './report.ts';
import { badOf, endpoints, errors, plural, protocols, slowest, talkers, tcp } from './text-tables.ts';

export interface ReportTextOptions {
  readonly color: boolean;
  /** Columns of a line; 0 = as many as it takes. */
  readonly width: number;
  /** Names instead of addresses where known. */
  readonly names: boolean;
  /** What talkers are sorted by. */
  readonly order: TalkerOrder;
}

/** Lines, none with a line feed. */
export function reportLines(report: Report, options: ReportTextOptions): string[] {
  const style = styleOf(options.color);
  const { width, names } = options;
  const sections = [
    head(report, style),
    rates(report, style, width),
    protocols(report, style, width),
    talkers(report, style, width, names, options.order),
    endpoints(report, style, width, names),
    errors(report, style, width, names),
    tcp(report, style, width, names),
    slowest(report, style, width, names),
    losses(report, style),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function head(report: Report, style: Style): string[] {
  const { total, from, to, durationNs } = report;
  if (from === undefined || to === undefined) return ['nothing was captured'];
  const second = (time: string, date: boolean) => localSecond(Math.floor(Date.parse(time) / 1000), date);
  const isOneDay = second(from, true).slice(0, 10) === second(to, true).slice(0, 10);
  const bad = badOf(total.outcomes);
  return [
    `${style.bold(`${second(from, true)} - ${second(to, !isOneDay)}`)}, ${formatDuration(durationNs)}`,
    [
      plural(total.packets, 'packet'),
      formatBytes(total.bytes),
      plural(total.connections, 'connection'),
      plural(total.exchanges, 'exchange'),
      ...(bad > 0 ? [style.alarm(`${plural(bad, 'error')} (${formatShare(bad, total.exchanges)})`)] : []),
    ].join(', '),
  ];
}

/** A course shorter than this is no course. */
const minPoints = 3;

function rates(report: Report, style: Style, width: number): string[] {
  const { average, peak, recent, course, stepSeconds } = report.rates;
  if (average === undefined) return [];
  const rows = (['packets', 'bytes', 'exchanges'] as const).map((kind) => ({
    kind,
    show: (counts: Counted) =>
      kind === 'bytes' ? formatBytes(Math.round(counts[kind])) : formatCount(counts[kind]),
    points: course.map((point) => point[kind]),
  }));
  type Row = (typeof rows)[number];
  const line: Column<Row> = {
    head: `each ${formatDuration(stepSeconds * 1e9)}`,
    text: ({ points }) => sparkline(points, Math.min(60, width === 0 ? 60 : width - 48)),
    isWords: true,
    paint: (style, text) => style.dim(text),
  };
  return table(
    style,
    width,
    [
      { head: 'RATES', text: ({ kind }) => `${kind}/s`, isWords: true },
      { head: 'average', text: ({ show }) => show(average) },
      { head: 'busiest second', text: ({ show }) => show(peak) },
      ...(recent
        ? [{ head: `last ${formatDuration(recent.durationNs)}`, text: ({ show }: Row) => show(recent) }]
        : []),
      ...(course.length >= minPoints ? [line] : []),
    ],
    rows,
  );
}

const lossWords: Record<LossEntry['kind'], string> = {
  kernelDrop: 'packets lost: the kernel had no room in the ring (-B makes it larger)',
  freeze: 'times the ring was full',
  snaplen: 'packets cut by the snap length',
  evicted: 'connections, fragments or messages forgotten: a memory limit was reached',
  shed: 'entries shed',
  damaged: 'damages of the capture file',
  streamBytes: 'bytes of streams were not captured',
  incompleteExchanges: 'exchanges of which something is missing',
};

function losses({ losses }: Report, style: Style): string[] {
  if (losses.length === 0) return [];
  return [
    style.bold('LOSSES'),
    ...losses.map(({ kind, count }) => style.warn(`${formatCount(count)} ${lossWords[kind]}`)),
  ];
}
