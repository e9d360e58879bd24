/**
 * The tables of the report. Each gives its lines; none when there is nothing to tell. Whatever came from the
 * network is made visible first.
 */
import { escapeText } from '../text/escape.ts';
import type { Style } from '../text/style.ts';
import { localSecond } from '../text/time.ts';
import { formatBytes, formatDuration } from '../text/units.ts';
import { type Column, formatCount, formatShare, formatTrouble, table } from './layout.ts';
import type {
  EndpointFigures,
  Figures,
  Latency,
  OutcomeCounts,
  Peer,
  ProtocolEntry,
  Report,
  SideEntry,
  SlowEntry,
  TalkerOrder,
  TcpFigures,
} from './report.ts';

/** Shorter lines have the server as a heading of its own and fewer figures. */
const roomy = 110;
const isRoomy = (width: number) => width === 0 || width >= roomy;

export const plural = (count: number, word: string) =>
  `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;

export function badOf({
  clientError = 0,
  serverError = 0,
  failed = 0,
  unanswered = 0,
}: OutcomeCounts): number {
  return clientError + serverError + failed + unanswered;
}

const dayNs = 86_400e9;

/** Columns have no room for hours of days. */
const durationText = (ns: number) =>
  ns < 2 * dayNs ? formatDuration(ns) : `${formatCount(Math.round(ns / dayNs))} d`;

const latencyText = (latency: Latency | undefined, of: (latency: Latency) => number) =>
  latency ? durationText(of(latency)) : '-';

const alarming = (style: Style, text: string) => (text === '-' ? style.dim(text) : style.alarm(text));
const warning = (style: Style, text: string) => (text === '-' ? style.dim(text) : style.warn(text));

function place({ address, name }: Omit<Peer, 'port'>, names: boolean): string {
  return names && name !== undefined ? escapeText(name) : address;
}

function peerText(peer: Peer, names: boolean): string {
  const host = place(peer, names);
  return `${host.includes(':') && host === peer.address ? `[${host}]` : host}:${peer.port}`;
}

/** `GET /users/{id}`; a protocol without operation is told by its name. */
const what = ({ operation, subject }: { readonly operation: string; readonly subject: string }) =>
  escapeText(subject === '' ? operation : `${operation} ${subject}`);

/** A line of a table with figures; a heading has none. */
interface Line<F> {
  readonly label: string;
  /** What it belongs to. */
  readonly of: string;
  readonly figures?: F;
  /** Is not one thing but a heading, or the sum of what is not shown. */
  readonly isAside?: boolean;
}

function linesOf<E extends F, F>(
  entries: readonly E[],
  others: (F & { readonly rows: number }) | undefined,
  label: (entry: E) => string,
  of: (entry: E) => string = () => '',
): Line<F>[] {
  const lines: Line<F>[] = entries.map((entry) => ({ label: label(entry), of: of(entry), figures: entry }));
  if (others) lines.push({ label: plural(others.rows, 'other'), of: '', figures: others, isAside: true });
  return lines;
}

/** Under a heading each, in the order in which what they belong to appears. */
function underHeadings<F>(lines: readonly Line<F>[]): Line<F>[] {
  const groups = new Map<string, Line<F>[]>();
  for (const line of lines) groups.set(line.of, [...(groups.get(line.of) ?? []), line]);
  return [...groups].flatMap(([of, members]) =>
    of === ''
      ? members
      : [{ label: of, of, isAside: true }, ...members.map((line) => ({ ...line, label: `  ${line.label}` }))],
  );
}

function figure<F>(
  head: string,
  text: (figures: F) => string,
  more: Pick<Column<Line<F>>, 'paint' | 'from'> = {},
): Column<Line<F>> {
  return { head, text: ({ figures }) => (figures === undefined ? '' : text(figures)), ...more };
}

function labels<F>(head: string): Column<Line<F>> {
  return {
    head,
    text: ({ label }) => label,
    isWords: true,
    paint: (style, text, { isAside }) => (isAside ? style.dim(text) : text),
  };
}

function servers<F>(): Column<Line<F>> {
  return {
    head: 'of',
    text: ({ of }) => of,
    isWords: true,
    paint: (style, text) => style.dim(text),
    from: roomy,
  };
}

export function protocols({ protocols, undecoded, total }: Report, style: Style, width: number): string[] {
  if (protocols.length === 0) return [];
  const bytes = protocols.reduce((sum, row) => sum + row.bytes, 0);
  const lines = table<ProtocolEntry>(
    style,
    width,
    [
      {
        head: 'PROTOCOLS',
        text: ({ protocol, decoded }) => escapeText(decoded ? protocol : `${protocol}, not decoded`),
        isWords: true,
        paint: (style, text, { decoded }) => (decoded ? text : style.dim(text)),
      },
      { head: 'connections', text: (row) => formatTrouble(row.connections) },
      { head: 'bytes', text: (row) => (row.connections === 0 ? '-' : formatBytes(row.bytes)) },
      { head: 'share', text: (row) => formatShare(row.bytes, bytes) },
      { head: 'exchanges', text: (row) => formatTrouble(row.exchanges) },
      { head: 'errors', text: (row) => formatShare(badOf(row.outcomes), row.exchanges), paint: alarming },
      { head: 'p50', text: (row) => latencyText(row.latency, (l) => l.p50Ns) },
      { head: 'p99', text: (row) => latencyText(row.latency, (l) => l.p99Ns), from: 90 },
      { head: 'max', text: (row) => latencyText(row.latency, (l) => l.maxNs), from: 100 },
    ],
    protocols,
  );
  if (undecoded.bytes > 0)
    lines.push(
      style.dim(
        `${formatShare(undecoded.share, 1)} of the bytes (${formatBytes(undecoded.bytes)}) not decoded`,
      ),
    );
  const others = total.packets - total.connectionPackets;
  if (others > 0) lines.push(style.dim(`${plural(others, 'packet')} of no TCP or UDP connection`));
  return lines;
}

export function talkers(
  report: Report,
  style: Style,
  width: number,
  names: boolean,
  order: TalkerOrder,
): string[] {
  if (report.talkers.length === 0) return [];
  return table<Line<Figures>>(
    style,
    width,
    [
      labels(`TALKERS by ${order}`),
      figure('conns', (row) => formatCount(row.connections)),
      figure('packets', (row) => formatCount(row.clientPackets + row.serverPackets)),
      figure('up', (row) => formatBytes(row.clientBytes)),
      figure('down', (row) => formatBytes(row.serverBytes)),
    ],
    linesOf<Report['talkers'][number], Figures>(
      report.talkers,
      report.otherTalkers,
      ({ client, server, transport }) =>
        `${place(client, names)} -> ${peerText(server, names)}${transport === 'udp' ? '/udp' : ''}`,
    ),
  );
}

export function endpoints(report: Report, style: Style, width: number, names: boolean): string[] {
  if (report.endpoints.length === 0) return [];
  const lines = linesOf<Report['endpoints'][number], EndpointFigures>(
    report.endpoints,
    report.otherEndpoints,
    what,
    ({ server }) => peerText(server, names),
  );
  return table<Line<EndpointFigures>>(
    style,
    width,
    [
      labels('ENDPOINTS'),
      servers(),
      figure('count', (row) => formatCount(row.exchanges)),
      figure('errors', (row) => formatShare(badOf(row.outcomes), row.exchanges), { paint: alarming }),
      figure('p50', (row) => latencyText(row.latency, (l) => l.p50Ns)),
      figure('p90', (row) => latencyText(row.latency, (l) => l.p90Ns)),
      figure('p99', (row) => latencyText(row.latency, (l) => l.p99Ns)),
      figure('max', (row) => latencyText(row.latency, (l) => l.maxNs)),
    ],
    isRoomy(width) ? lines : underHeadings(lines),
  );
}

type ErrorFigures = { readonly count: number } & Partial<
  Pick<Report['errors'][number], 'result' | 'outcome'>
>;

export function errors(report: Report, style: Style, width: number, names: boolean): string[] {
  if (report.errors.length === 0) return [];
  const lines = linesOf<Report['errors'][number], ErrorFigures>(
    report.errors,
    report.otherErrors,
    what,
    ({ server }) => peerText(server, names),
  );
  return table<Line<ErrorFigures>>(
    style,
    width,
    [
      labels('ERRORS'),
      servers(),
      {
        head: 'result',
        text: ({ figures }) => escapeText(figures?.result || figures?.outcome || ''),
        isWords: true,
        paint: (style, text, { figures }) => (figures?.outcome ? style.outcome(figures.outcome, text) : text),
      },
      figure('count', (row) => formatCount(row.count)),
    ],
    isRoomy(width) ? lines : underHeadings(lines),
  );
}

/** SYNs sent again are of connections that failed or were slow to open, not of those that carry data. */
const resent = ({ clientSent: a, serverSent: b }: TcpFigures) =>
  formatShare(a.retransmitted - a.repeatedSyns + b.retransmitted - b.repeatedSyns, a.segments + b.segments);

export function tcp(report: Report, style: Style, width: number, names: boolean): string[] {
  if (report.tcpServers.length === 0) return [];
  const failures: Column<Line<TcpFigures>>[] = isRoomy(width)
    ? [
        figure('refused', (row) => formatTrouble(row.refused), { paint: alarming }),
        figure('no answer', (row) => formatTrouble(row.unanswered), { paint: alarming }),
      ]
    : [figure('failed', (row) => formatTrouble(row.refused + row.unanswered), { paint: alarming })];
  const zeroWindows = ({ clientSent, serverSent }: TcpFigures) =>
    formatTrouble(clientSent.zeroWindows + serverSent.zeroWindows);
  const lines = table<Line<TcpFigures>>(
    style,
    width,
    [
      labels('TCP to'),
      figure('conns', (row) => formatCount(row.connections)),
      ...failures,
      figure('reset', (row) => formatTrouble(row.resetByClient + row.resetByServer), { paint: warning }),
      figure('resent', resent, { paint: warning }),
      figure('no room', zeroWindows, { paint: warning }),
      figure('rtt p50', ({ serverHandshake }) => latencyText(serverHandshake, (l) => l.p50Ns)),
      figure('p99', ({ serverHandshake }) => latencyText(serverHandshake, (l) => l.p99Ns)),
      figure('client rtt p50', (row) => latencyText(row.clientHandshake, (l) => l.p50Ns), { from: roomy }),
      figure('p99', (row) => latencyText(row.clientHandshake, (l) => l.p99Ns), { from: roomy }),
      figure('data rtt', ({ clientSent: { rtt } }) => (rtt ? durationText(rtt.meanNs) : '-'), { from: 120 }),
    ],
    linesOf<Report['tcpServers'][number], TcpFigures>(
      report.tcpServers,
      report.otherTcpServers,
      ({ server }) => peerText(server, names),
    ),
  );
  return [...lines, ...tcpNotes(report.tcp).map((note) => style.dim(note))];
}

/** What the columns have no room for; a line each, when there is something to tell. */
function tcpNotes({ refused, unanswered, clientSent, serverSent }: TcpFigures): string[] {
  const notes: string[] = [];
  if (refused + unanswered > 0)
    notes.push(`failed: ${formatCount(refused)} refused, ${formatCount(unanswered)} without an answer`);
  for (const [who, sent] of [
    ['clients', clientSent],
    ['servers', serverSent],
  ] as const) {
    const parts = sideParts(sent);
    if (parts.length > 0) notes.push(`${who} sent ${parts.join(', ')}`);
  }
  return notes;
}

function sideParts(sent: SideEntry): string[] {
  const { retransmitted, segments, lateFills, repeatedSyns, overtaken, zeroWindows, shutNs } = sent;
  const parts: string[] = [];
  if (retransmitted > 0) {
    const kinds = [
      ...(repeatedSyns > 0 ? [`${formatCount(repeatedSyns)} SYN`] : []),
      ...(lateFills > 0 ? [`${formatCount(lateFills)} lost before they came here`] : []),
    ];
    parts.push(
      `${formatCount(retransmitted)} of ${plural(segments, 'segment')} again${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`,
    );
  }
  if (overtaken > 0) parts.push(`${formatCount(overtaken)} out of order`);
  if (zeroWindows > 0)
    parts.push(`${plural(zeroWindows, 'zero window')} (no room for ${formatDuration(shutNs)})`);
  return parts;
}

export function slowest(report: Report, style: Style, width: number, names: boolean): string[] {
  if (report.slowest.length === 0) return [];
  return table<SlowEntry>(
    style,
    width,
    [
      { head: 'SLOWEST', text: (row) => durationText(row.durationNs) },
      { head: 'at', text: ({ time }) => clockText(time), paint: (style, text) => style.dim(text) },
      {
        head: 'who',
        text: ({ client, server }) => `${place(client, names)} -> ${peerText(server, names)}`,
        isWords: true,
        from: roomy,
      },
      { head: 'what', text: what, isWords: true },
      {
        head: 'result',
        text: ({ result, outcome }) => escapeText(result || outcome),
        isWords: true,
        paint: (style, text, { outcome }) => style.outcome(outcome, text),
      },
    ],
    report.slowest,
  );
}

/** Local time of day with milliseconds. */
const clockText = (time: string) =>
  `${localSecond(Math.floor(Date.parse(time) / 1000), false)}.${time.slice(20, 23)}`;
