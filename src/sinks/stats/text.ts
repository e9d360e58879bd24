/** The report for people: tables that fit the line. Whatever came from the network is made visible first. */
import { escapeText } from '../text/escape.ts';
import { type Style, styleOf } from '../text/style.ts';
import { localSecond } from '../text/time.ts';
import { formatBytes, formatDuration } from '../text/units.ts';
import { type Column, formatCount, formatShare, formatTrouble, sparkline, table } from './layout.ts';
import type {
  Counted,
  EndpointEntry,
  EndpointFigures,
  ErrorEntry,
  Figures,
  Latency,
  LossEntry,
  OutcomeCounts,
  Peer,
  ProtocolEntry,
  Report,
  SideEntry,
  SlowEntry,
  TalkerEntry,
  TalkerOrder,
  TcpEntry,
  TcpFigures,
} from './report.ts';

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
    talkers(report, style, options),
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

const plural = (count: number, word: string) => `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;

function head(report: Report, style: Style): string[] {
  const { total, from, to, durationNs } = report;
  if (from === undefined || to === undefined) return ['nothing was captured'];
  const second = (time: string, date: boolean) => localSecond(Math.floor(Date.parse(time) / 1000), date);
  const isOneDay = second(from, true).slice(0, 10) === second(to, true).slice(0, 10);
  const bad = badOf(total.outcomes);
  const others = total.packets - total.connectionPackets;
  return [
    `${style.bold(`${second(from, true)} - ${second(to, !isOneDay)}`)}, ${formatDuration(durationNs)}`,
    [
      plural(total.packets, 'packet'),
      formatBytes(total.bytes),
      plural(total.connections, 'connection'),
      plural(total.exchanges, 'exchange'),
      ...(bad > 0 ? [style.alarm(`${plural(bad, 'error')} (${formatShare(bad, total.exchanges)})`)] : []),
      ...(others > 0 ? [style.dim(`${plural(others, 'packet')} of no connection`)] : []),
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
      ...(recent ? [{ head: 'lately', text: ({ show }: Row) => show(recent) }] : []),
      ...(course.length >= minPoints ? [line] : []),
    ],
    rows,
  );
}

function badOf(counts: OutcomeCounts): number {
  return (
    (counts.clientError ?? 0) + (counts.serverError ?? 0) + (counts.failed ?? 0) + (counts.unanswered ?? 0)
  );
}

const latency = (of: (latency: Latency) => number) => (row: { readonly latency?: Latency }) =>
  row.latency ? formatDuration(of(row.latency)) : '-';

const alarming = (style: Style, text: string) => (text === '-' ? style.dim(text) : style.alarm(text));
const warning = (style: Style, text: string) => (text === '-' ? style.dim(text) : style.warn(text));

function protocols({ protocols, undecoded, total }: Report, style: Style, width: number): string[] {
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
      { head: 'p50', text: latency((l) => l.p50Ns) },
      { head: 'p99', text: latency((l) => l.p99Ns), from: 90 },
      { head: 'max', text: latency((l) => l.maxNs), from: 100 },
    ],
    protocols,
  );
  if (undecoded.bytes > 0 && total.connections > 0)
    lines.push(
      style.dim(
        `${formatShare(undecoded.share, 1)} of the bytes (${formatBytes(undecoded.bytes)}) not decoded`,
      ),
    );
  return lines;
}

function place({ address, name }: Omit<Peer, 'port'>, names: boolean): string {
  return names && name !== undefined ? escapeText(name) : address;
}

function peerText(peer: Peer, names: boolean): string {
  const host = place(peer, names);
  return `${host.includes(':') && host === peer.address ? `[${host}]` : host}:${peer.port}`;
}

/** A last row for what is not shown. */
type OrOthers<R, F> = (R & { readonly rows?: undefined }) | (F & { readonly rows: number });

function withOthers<R, F>(
  rows: readonly R[],
  others: (F & { readonly rows: number }) | undefined,
): OrOthers<R, F>[] {
  return others ? [...(rows as OrOthers<R, F>[]), others] : (rows as OrOthers<R, F>[]);
}

function words<R extends object, F>(text: (row: R) => string): (row: OrOthers<R, F>) => string {
  return (row) => (row.rows === undefined ? text(row as R) : `${formatCount(row.rows)} others`);
}

const dimOthers = (style: Style, text: string, row: { readonly rows?: number | undefined }) =>
  row.rows === undefined ? text : style.dim(text);

function talkers(report: Report, style: Style, { width, names, order }: ReportTextOptions): string[] {
  if (report.talkers.length === 0) return [];
  type Row = OrOthers<TalkerEntry, Figures>;
  return table<Row>(
    style,
    width,
    [
      {
        head: `TALKERS by ${order}`,
        text: words<TalkerEntry, Figures>(
          ({ client, server, transport }) =>
            `${place(client, names)} -> ${peerText(server, names)}${transport === 'udp' ? '/udp' : ''}`,
        ),
        isWords: true,
        paint: dimOthers,
      },
      { head: 'conns', text: (row) => formatCount(row.connections) },
      { head: 'packets', text: (row) => formatCount(row.clientPackets + row.serverPackets) },
      { head: 'up', text: (row) => formatBytes(row.clientBytes) },
      { head: 'down', text: (row) => formatBytes(row.serverBytes) },
    ],
    withOthers(report.talkers, report.otherTalkers),
  );
}

/** `GET /users/{id}`; a protocol without operation is told by its name. */
const what = ({ operation, subject }: { readonly operation: string; readonly subject: string }) =>
  escapeText(subject === '' ? operation : `${operation} ${subject}`);

function endpoints(report: Report, style: Style, width: number, names: boolean): string[] {
  if (report.endpoints.length === 0) return [];
  type Row = OrOthers<EndpointEntry, EndpointFigures>;
  const rows = withOthers<EndpointEntry, EndpointFigures>(report.endpoints, report.otherEndpoints);
  return table<Row>(
    style,
    width,
    [
      {
        head: 'ENDPOINTS',
        text: words<EndpointEntry, EndpointFigures>(what),
        isWords: true,
        paint: dimOthers,
      },
      { head: 'of', text: serverText(names), isWords: true, paint: (style, text) => style.dim(text) },
      { head: 'count', text: (row) => formatCount(row.exchanges) },
      { head: 'errors', text: (row) => formatShare(badOf(row.outcomes), row.exchanges), paint: alarming },
      { head: 'p50', text: latency((l) => l.p50Ns) },
      { head: 'p90', text: latency((l) => l.p90Ns) },
      { head: 'p99', text: latency((l) => l.p99Ns) },
      { head: 'max', text: latency((l) => l.maxNs) },
    ],
    rows,
  );
}

const serverText =
  (names: boolean) =>
  ({ server }: { readonly server?: Peer; readonly rows?: number | undefined }): string =>
    server ? peerText(server, names) : '';

function errors(report: Report, style: Style, width: number, names: boolean): string[] {
  if (report.errors.length === 0) return [];
  type Row = OrOthers<ErrorEntry, { readonly count: number }>;
  return table<Row>(
    style,
    width,
    [
      { head: 'ERRORS', text: words<ErrorEntry, object>(what), isWords: true, paint: dimOthers },
      { head: 'of', text: serverText(names), isWords: true, paint: (style, text) => style.dim(text) },
      {
        head: 'result',
        text: (row) => (row.rows === undefined ? escapeText(row.result || row.outcome) : ''),
        isWords: true,
        paint: (style, text, row) => (row.rows === undefined ? style.outcome(row.outcome, text) : text),
      },
      { head: 'count', text: (row) => formatCount(row.count) },
    ],
    withOthers(report.errors, report.otherErrors),
  );
}

const resent = ({ clientSent: a, serverSent: b }: TcpFigures) =>
  formatShare(a.retransmitted + b.retransmitted, a.segments + b.segments + a.repeatedSyns + b.repeatedSyns);

function tcp(report: Report, style: Style, width: number, names: boolean): string[] {
  if (report.tcpServers.length === 0) return [];
  type Row = OrOthers<TcpEntry, TcpFigures>;
  const lines = table<Row>(
    style,
    width,
    [
      {
        head: 'TCP to',
        text: words<TcpEntry, TcpFigures>(({ server }) => peerText(server, names)),
        isWords: true,
        paint: dimOthers,
      },
      { head: 'conns', text: (row) => formatCount(row.connections) },
      { head: 'refused', text: (row) => formatTrouble(row.refused), paint: alarming },
      { head: 'no answer', text: (row) => formatTrouble(row.unanswered), paint: alarming },
      { head: 'reset', text: (row) => formatTrouble(row.resetByClient + row.resetByServer), paint: warning },
      { head: 'resent', text: resent, paint: warning },
      {
        head: 'no room',
        text: (row) => formatTrouble(row.clientSent.zeroWindows + row.serverSent.zeroWindows),
        paint: warning,
      },
      { head: 'rtt p50', text: ({ serverHandshake: h }) => (h ? formatDuration(h.p50Ns) : '-') },
      { head: 'p99', text: ({ serverHandshake: h }) => (h ? formatDuration(h.p99Ns) : '-') },
      {
        head: 'client rtt p50',
        text: ({ clientHandshake: h }) => (h ? formatDuration(h.p50Ns) : '-'),
        from: 110,
      },
      { head: 'p99', text: ({ clientHandshake: h }) => (h ? formatDuration(h.p99Ns) : '-'), from: 110 },
      {
        head: 'data rtt',
        text: ({ clientSent: { rtt } }) => (rtt ? formatDuration(rtt.meanNs) : '-'),
        from: 120,
      },
    ],
    withOthers<TcpEntry, TcpFigures>(report.tcpServers, report.otherTcpServers),
  );
  return [...lines, ...tcpNotes(report.tcp).map((note) => style.dim(note))];
}

/** What the columns have no room for; a line of each side that has something to tell. */
function tcpNotes({ clientSent, serverSent }: TcpFigures): string[] {
  return (
    [
      ['clients', clientSent],
      ['servers', serverSent],
    ] as const
  ).flatMap(([who, sent]) => {
    const parts = sideParts(sent);
    return parts.length === 0 ? [] : [`${who} sent ${parts.join(', ')}`];
  });
}

function sideParts(sent: SideEntry): string[] {
  const { retransmitted, segments, lateFills, repeatedSyns, overtaken, zeroWindows, shutNs } = sent;
  const parts: string[] = [];
  if (retransmitted > 0) {
    const of = [
      ...(repeatedSyns > 0 ? [`${formatCount(repeatedSyns)} SYN`] : []),
      ...(lateFills > 0 ? [`${formatCount(lateFills)} lost before they came here`] : []),
    ];
    parts.push(
      `${formatCount(retransmitted)} of ${formatCount(segments)} segments again${of.length > 0 ? ` (${of.join(', ')})` : ''}`,
    );
  }
  if (overtaken > 0) parts.push(`${formatCount(overtaken)} out of order`);
  if (zeroWindows > 0)
    parts.push(`"no room" ${formatCount(zeroWindows)} times, ${formatDuration(shutNs)} in all`);
  return parts;
}

function slowest(report: Report, style: Style, width: number, names: boolean): string[] {
  if (report.slowest.length === 0) return [];
  return table<SlowEntry>(
    style,
    width,
    [
      { head: 'SLOWEST', text: (row) => formatDuration(row.durationNs) },
      { head: 'at', text: ({ time }) => clockText(time), paint: (style, text) => style.dim(text) },
      {
        head: 'who',
        text: ({ client, server }) => `${place(client, names)} -> ${peerText(server, names)}`,
        isWords: true,
        from: 100,
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
