/** The view of `stats`: the pipeline with sums; a report at the end, and while it goes on when that is asked for. */
import type { Sink } from '../model/index.ts';
import { createRedactor, type Rules } from '../redact/index.ts';
import { createStatsSink, type Report, reportLines, type TalkerOrder } from '../sinks/stats/index.ts';
import { stdoutText } from '../sinks/text/index.ts';
import type { Setting, View } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { narrowed, passTime, pipelineView, useColor } from './pipeline-view.ts';
import { Screen } from './screen.ts';
import { plainText, stderr, stdoutFailed } from './terminal.ts';
import type { TlsKeys } from './tls-keys.ts';

export interface StatsViewOptions {
  readonly options: CaptureOptions;
  readonly output: 'text' | 'json';
  readonly color: string;
  /** What is masked; undefined: nothing (--reveal). */
  readonly rules: Rules | undefined;
  /** Only exchanges that match are counted; '' counts all. */
  readonly query: string;
  readonly decodeAs: ReadonlyMap<number, string>;
  readonly keys: TlsKeys;
  /** Probes of the kubelet are not counted among the rest. */
  readonly noProbes: boolean;
  /** Rows of each table. */
  readonly top: number;
  readonly order: TalkerOrder;
  /** Between reports; 0 = only the one at the end, on a terminal one that is kept up to date. */
  readonly everyMs: number;
}

/** Reports waiting for a reader; beyond it the next ones are left out. */
const outputLimit = 1024 * 1024;
/** On a terminal: often enough to see it move. */
const refreshMs = 1000;
/** How often agents that decode tell of connections that go on: reports are behind by so much. */
const stateMs = 500;
/** Notes shown on the screen, and kept for its end. */
const notesShown = 3;
const maxNotes = 100;

export function statsView(setting: Setting, wanted: StatsViewOptions): View {
  const { options, top, order, output } = wanted;
  const out = stdoutText(outputLimit, stdoutFailed);
  const redactor = wanted.rules && createRedactor(wanted.rules);
  const stats = createStatsSink({
    redact: redactor ? redactor.exchange : (exchange) => exchange,
    slowest: top,
  });
  const notes: string[] = [];
  const { open, exchange, frame, frames, connection, loss } = stats;
  const exchanges: Sink = { ...(open ? { open } : {}), ...(exchange ? { exchange } : {}) };
  const query = wanted.query === '' ? undefined : narrowed(exchanges, wanted.query);
  const isTerminal = process.stdout.isTTY === true;
  const screen = setting.live && isTerminal && output === 'text' ? new Screen(out) : undefined;
  const fromMs = Date.now();
  const periodMs = wanted.everyMs || (screen ? refreshMs : 0);

  const view = pipelineView({
    decodeAs: wanted.decodeAs,
    keys: wanted.keys,
    noProbes: wanted.noProbes,
    setting,
    sinks: [
      query ?? exchanges,
      {
        ...(frame ? { frame } : {}),
        ...(frames ? { frames } : {}),
        ...(connection ? { connection } : {}),
        ...(loss ? { loss } : {}),
        note: screen ? keep : stderr,
      },
    ],
    query,
    bodyLimit: query?.query.needsBody ? bodyBytes : 0,
    noNames: options.noNames > 0,
    drain: () => out.drain(),
    wants: {
      heads: query?.query.needsHeads === true,
      bodies: query?.query.needsBody === true,
      stateMs: setting.live && periodMs > 0 ? stateMs : 0,
    },
    ended() {
      clearInterval(timer);
      screen?.close();
      out.write(show(stats.summed()(wants(true, top))));
      for (const note of notes) stderr(note);
    },
  });

  function keep(note: string): void {
    notes.push(note);
    if (notes.length > maxNotes) notes.shift();
  }

  const wants = (final: boolean, rows: number) => ({
    ...{ top: rows, order, final },
    ...(setting.live ? { watched: { fromMs, toMs: Date.now() } } : {}),
  });
  const untilNow = () => stats.summed((visit) => view.pipeline.connections(visit));

  const width = () => (isTerminal ? process.stdout.columns || 80 : 0);
  const lines = (report: Report) =>
    reportLines(report, {
      color: useColor(wanted.color, isTerminal),
      width: width(),
      names: options.noNames === 0,
      order,
    });
  const show = (report: Report) =>
    output === 'json' ? `${JSON.stringify(report)}\n` : `${lines(report).join('\n')}\n`;

  /** As many rows of each table as the screen has room for. */
  function draw(to: Screen): void {
    const height = process.stdout.rows || 24;
    const below = notes.slice(-notesShown).map((note) => plainText(`-- ${note}`).slice(0, width()));
    const report = untilNow();
    const shown = fitting(top, height - below.length, (rows) => lines(report(wants(false, rows))));
    to.draw([...shown, ...below], height);
  }

  let behind = false;
  function periodic(): void {
    passTime(view.pipeline);
    stats.turn(Date.now());
    if (screen) draw(screen);
    else if (!behind)
      behind = !out.write(`${show(untilNow()(wants(false, top)))}${output === 'text' ? '\n' : ''}`);
    else behind = !out.write('');
  }
  // The capture keeps us running, not this: it may never begin.
  const timer = setting.live && periodMs > 0 ? setInterval(periodic, periodMs).unref() : undefined;
  return screen ? { ...view, member: (mark, text) => keep(`${mark} ${text}`) } : view;
}

/** Bytes of a body kept for a query that looks into them. */
const bodyBytes = 65_536;

/** With the most rows whose lines have room; cut when even one row has none. */
function fitting(most: number, room: number, linesOf: (rows: number) => string[]): string[] {
  let best = linesOf(most);
  if (best.length <= room) return best;
  best = linesOf(1);
  for (let low = 1, high = most; high - low > 1; ) {
    const middle = (low + high) >> 1;
    const lines = linesOf(middle);
    if (lines.length > room) high = middle;
    else {
      low = middle;
      best = lines;
    }
  }
  return best.slice(0, room);
}
