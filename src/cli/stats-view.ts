/** The view of `stats`: the pipeline with sums; a report at the end, and while it goes on when that is asked for. */
import type { Sink } from '../model/index.ts';
import { redactExchange } from '../redact/index.ts';
import { createStatsSink, type Report, reportLines, type TalkerOrder } from '../sinks/stats/index.ts';
import { stdoutText } from '../sinks/text/index.ts';
import type { Setting, View } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { narrowed, passTime, pipelineView, useColor } from './pipeline-view.ts';
import { Screen } from './screen.ts';
import { stderr, stdoutFailed } from './terminal.ts';

export interface StatsViewOptions {
  readonly options: CaptureOptions;
  readonly output: 'text' | 'json';
  readonly color: string;
  readonly showSecrets: boolean;
  /** Only exchanges that match are counted; '' counts all. */
  readonly query: string;
  readonly decodeAs: ReadonlyMap<number, string>;
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
/** Notes shown on the screen, and kept for its end. */
const notesShown = 3;
const maxNotes = 100;

export function statsView(setting: Setting, wanted: StatsViewOptions): View {
  const { options, top, order, output } = wanted;
  const out = stdoutText(outputLimit, stdoutFailed);
  const stats = createStatsSink({
    redact: wanted.showSecrets ? (exchange) => exchange : redactExchange,
    slowest: top,
  });
  const notes: string[] = [];
  const { open, exchange, frame, connection, loss } = stats;
  const exchanges: Sink = { ...(open ? { open } : {}), ...(exchange ? { exchange } : {}) };
  const query = wanted.query === '' ? undefined : narrowed(exchanges, wanted.query);
  const isTerminal = process.stdout.isTTY === true;
  const screen = setting.live && isTerminal && output === 'text' ? new Screen(out) : undefined;
  const fromMs = Date.now();

  const view = pipelineView({
    decodeAs: wanted.decodeAs,
    setting,
    sinks: [
      query ?? exchanges,
      {
        ...(frame ? { frame } : {}),
        ...(connection ? { connection } : {}),
        ...(loss ? { loss } : {}),
        note: screen ? keep : stderr,
      },
    ],
    query,
    bodyLimit: query?.query.needsBody ? bodyBytes : 0,
    noNames: options.noNames > 0,
    drain: () => out.drain(),
    ended() {
      clearInterval(timer);
      screen?.close();
      out.write(show(reportNow(true, top)));
      for (const note of notes) stderr(note);
    },
  });

  function keep(note: string): void {
    notes.push(note);
    if (notes.length > maxNotes) notes.shift();
  }

  function reportNow(final: boolean, rows: number): Report {
    const watched = setting.live ? { watched: { fromMs, toMs: Date.now() } } : {};
    const { pipeline } = view;
    return stats.report(
      { top: rows, order, final, ...watched },
      final ? undefined : (visit) => pipeline.connections(visit),
    );
  }

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
    const rows = process.stdout.rows || 24;
    const below = notes.slice(-notesShown).map((note) => `-- ${note}`);
    const room = rows - below.length;
    let shown = lines(reportNow(false, top));
    for (let fewer = top; shown.length > room && fewer > 1; ) {
      fewer = Math.max(1, fewer - Math.ceil((shown.length - room) / tables));
      shown = lines(reportNow(false, fewer));
    }
    to.draw([...shown.slice(0, room), ...below], rows);
  }

  let behind = false;
  function periodic(): void {
    passTime(view.pipeline);
    if (screen) draw(screen);
    else if (!behind) behind = !out.write(`${show(reportNow(false, top))}${output === 'text' ? '\n' : ''}`);
    else behind = !out.write('');
  }
  const periodMs = wanted.everyMs || (screen ? refreshMs : 0);
  const timer = setting.live && periodMs > 0 ? setInterval(periodic, periodMs) : undefined;
  return view;
}

/** Bytes of a body kept for a query that looks into them. */
const bodyBytes = 65_536;
/** Tables of a report that grow with their rows. */
const tables = 5;
