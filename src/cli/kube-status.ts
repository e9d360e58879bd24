/** What comes from each node: a line at the bottom while it comes, lines at the end and for who asks (SIGUSR1). */
import { count, figure, size } from '../doctor/words.ts';
import { type ClusterSource, clockText, type NodeFigures } from '../kube/index.ts';
import type { Progress } from './status.ts';
import { StatusLine } from './status-line.ts';
import { formatRate } from './table.ts';
import { plainText } from './terminal.ts';

/** Nodes that have a line of their own. */
const linesMax = 20;
const drawEveryMs = 500;

/** What went wrong first, then who sends most. */
function inOrder(all: readonly NodeFigures[]): NodeFigures[] {
  const trouble = (n: NodeFigures) => n.gapSeconds + n.dropped + n.late + (n.isOver ? 1 : 0);
  return all.toSorted((a, b) => trouble(b) - trouble(a) || b.bytes - a.bytes);
}

/** @param isCorrected times are not the nodes' own */
export function nodeLines(all: readonly NodeFigures[], isCorrected: boolean): string[] {
  const ordered = inOrder(all);
  const shown = ordered.length <= linesMax ? ordered : ordered.slice(0, linesMax - 1);
  const rest = ordered.slice(shown.length);
  const lines = shown.map((n) => `${n.node}: ${[...wire(n), ...clock(n, isCorrected)].join(', ')}`);
  if (rest.length > 0) lines.push(`${count(rest.length, 'more node')}: ${wire(sum(rest)).join(', ')}`);
  return lines;
}

function wire({ packets, dropped, bytes, seconds, gapSeconds, late, isOver }: NodeFigures): string[] {
  return [
    count(packets, 'packet'),
    `${figure(dropped)} dropped`,
    `${size(bytes)} over the wire${seconds > 0 ? ` (${formatRate(bytes / seconds)})` : ''}`,
    ...(gapSeconds > 0 ? [`${gapSeconds.toFixed(1)} s not captured`] : []),
    ...(late > 0 ? [`${figure(late)} out of order: they came too late`] : []),
    ...(isOver ? ['given up'] : []),
  ];
}

function clock({ clock: state }: NodeFigures, isCorrected: boolean): string[] {
  if (!state) return [];
  const text = clockText(state);
  if (state.correctedMs !== 0) return [`${text}: ${state.correctedMs.toFixed(1)} ms taken off its times`];
  return [isCorrected ? text : `${text}: its times are its own`];
}

function sum(all: readonly NodeFigures[]): NodeFigures {
  const total = (of: (n: NodeFigures) => number) => all.reduce((before, n) => before + of(n), 0);
  return {
    node: '',
    packets: total((n) => n.packets),
    dropped: total((n) => n.dropped),
    bytes: total((n) => n.bytes),
    seconds: Math.max(0, ...all.map((n) => n.seconds)),
    gapSeconds: total((n) => n.gapSeconds),
    late: total((n) => n.late),
    isOver: false,
  };
}

export interface KubeStatusWish {
  readonly source: ClusterSource;
  readonly isCorrected: boolean;
  /** Without it nothing is drawn. */
  readonly progress: (() => Progress) | undefined;
  readonly title: string;
  readonly isColored: boolean;
}

export class KubeStatus {
  readonly #wish: KubeStatusWish;
  #line: StatusLine | undefined;
  #timer: NodeJS.Timeout | undefined;
  #before = { atMs: performance.now(), bytes: 0, rate: 0 };

  /** Begins at once. */
  constructor(wish: KubeStatusWish) {
    this.#wish = wish;
    const isTerminal = process.stdout.isTTY === true && process.stderr.isTTY === true;
    if (!wish.progress || !isTerminal || process.env['TERM'] === 'dumb') return;
    this.#line = new StatusLine(wish.isColored);
    this.#timer = setInterval(() => this.#draw(), drawEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const line = this.#line;
    this.#line = undefined;
    await line?.close();
  }

  async lines(): Promise<string[]> {
    return nodeLines(this.#wish.source.figures(), this.#wish.isCorrected);
  }

  #draw(): void {
    const { source, progress, title } = this.#wish;
    const figures = source.figures();
    const { bytes } = sum(figures);
    const atMs = performance.now();
    // Of the time since the last line, smoothed: half of it is what was before.
    const rate = (1000 * (bytes - this.#before.bytes)) / Math.max(1, atMs - this.#before.atMs);
    this.#before = { atMs, bytes, rate: (rate + this.#before.rate) / 2 };
    const text = clusterText(title, figures, this.#before.rate, progress!());
    this.#line?.draw(plainText(text), process.stdout.columns || 80);
  }
}

/** In the order of what is asked first; what is nothing is left out. */
export function clusterText(
  title: string,
  figures: readonly NodeFigures[],
  bytesPerSecond: number,
  { shown, hidden, shed }: Pick<Progress, 'shown' | 'hidden' | 'shed'>,
): string {
  const all = sum(figures);
  const reached = figures.filter((n) => n.seconds > 0 && !n.isOver).length;
  const others = figures.length - reached;
  return [
    `${title} on ${count(reached, 'node')}${others > 0 ? ` (${others} not reached)` : ''}`,
    `${figure(all.packets)} packets, ${figure(all.dropped)} dropped`,
    `${formatRate(bytesPerSecond)} over the wire`,
    ...(all.gapSeconds > 0 ? [`${all.gapSeconds.toFixed(1)} s not captured`] : []),
    ...(shown === undefined
      ? []
      : [
          `${figure(shown)} shown${hidden > 0 ? `, ${figure(hidden)} hidden` : ''}${shed > 0 ? `, ${figure(shed)} shed` : ''}`,
        ]),
  ].join(' | ');
}
