/** From sums to the report. */
import type { Clock, LossKind } from '../../model/index.ts';
import type { EndpointRow, ErrorRow, Exchanges, ProtocolRow } from './exchanges.ts';
import type { Histogram } from './histogram.ts';
import { type Outcomes, outcomes } from './outcomes.ts';
import type { Party } from './party.ts';
import type { Rates } from './rates.ts';
import {
  type Counted,
  type EndpointEntry,
  type EndpointFigures,
  type ErrorEntry,
  type Figures,
  type Latency,
  type LossEntry,
  type Others,
  type OutcomeCounts,
  type Peer,
  type ProtocolEntry,
  type Recent,
  type Report,
  type SideEntry,
  type SlowEntry,
  type TalkerEntry,
  type TalkerOrder,
  type TcpFigures,
  version,
} from './report.ts';
import type { Top } from './rows.ts';
import type { SlowExchange } from './slowest.ts';
import type { Sent, ServerRow } from './tcp.ts';
import type { Talker, Traffic, Volume } from './traffic.ts';

export interface Sources {
  readonly clock: Clock;
  readonly rates: Rates;
  /** Of the last period of a live watch. */
  readonly recent: Recent | undefined;
  /** Connections that are over and those that are not. */
  readonly traffic: Traffic;
  readonly exchanges: Exchanges;
  readonly losses: ReadonlyMap<LossKind, number>;
  readonly isDecoded: (protocol: string) => boolean;
}

export interface Wanted {
  /** Rows of each table. */
  readonly top: number;
  readonly order: TalkerOrder;
  readonly final: boolean;
  /** Unix ms: what was watched, which packets alone do not tell. Of a file the packets' own times count. */
  readonly watched?: { readonly fromMs: number; readonly toMs: number };
}

export function makeReport(sources: Sources, { top, order, final, watched }: Wanted): Report {
  const { clock, rates, recent, traffic, exchanges, losses } = sources;
  const course = rates.course();
  const hasPackets = rates.total.packets > 0;
  const [from, to] = watched
    ? [timeOfMs(watched.fromMs), timeOfMs(watched.toMs)]
    : [time(rates.firstSec, rates.firstNsec), time(rates.lastSec, rates.lastNsec)];
  const durationNs = watched
    ? (watched.toMs - watched.fromMs) * 1e6
    : (rates.lastSec - rates.firstSec) * 1e9 + (rates.lastNsec - rates.firstNsec);
  const protocols = protocolsOf(sources);
  const undecoded = protocols.filter((p) => !p.decoded).reduce((sum, p) => sum + p.bytes, 0);
  const orders: Record<TalkerOrder, (row: Talker) => number> = {
    bytes: ({ volume }) => volume.bytes,
    packets: ({ volume }) => volume.packets,
    connections: ({ volume }) => volume.connections,
  };
  const talkers = traffic.talkers.top(top, orders[order]);
  const endpoints = exchanges.endpoints.top(top);
  const errors = exchanges.errors.top(top);
  const servers = traffic.servers.top(top);
  return {
    v: version,
    type: 'stats',
    final,
    ...(hasPackets || watched ? { from, to } : {}),
    durationNs,
    total: {
      ...rates.total,
      connections: traffic.total.connections,
      connectionPackets: traffic.total.packets,
      outcomes: outcomesOf(exchanges.protocols.top(0).others.outcomes),
    },
    rates: {
      ...(durationNs > 0 ? { average: perSecond(rates.total, durationNs) } : {}),
      peak: { ...rates.peak },
      ...(recent ? { recent } : {}),
      stepSeconds: rates.step,
      course: course.map((point) => ({ ...point })),
    },
    undecoded: { bytes: undecoded, share: traffic.total.bytes === 0 ? 0 : undecoded / traffic.total.bytes },
    protocols,
    talkers: talkers.rows.map(talkerEntry),
    ...others('otherTalkers', talkers, ({ volume }) => figuresOf(volume)),
    endpoints: endpoints.rows.map(endpointEntry),
    ...others('otherEndpoints', endpoints, endpointFigures),
    errors: errors.rows.map(errorEntry),
    ...others('otherErrors', errors, ({ count }) => ({ count })),
    tcp: tcpFigures(traffic.servers.top(0).others),
    tcpServers: servers.rows.map((row) => ({ server: peer(row.party, row.port), ...tcpFigures(row) })),
    ...others('otherTcpServers', servers, tcpFigures),
    slowest: exchanges.slowest
      .list()
      .slice(0, top)
      .map((slow) => slowEntry(slow, clock)),
    losses: lossEntries(losses, traffic, exchanges),
  };
}

export function perSecond(counts: Counted, durationNs: number): Counted {
  const rate = (count: number) => (count * 1e9) / durationNs;
  return { packets: rate(counts.packets), bytes: rate(counts.bytes), exchanges: rate(counts.exchanges) };
}

function others<K extends string, R, T extends object>(
  key: K,
  { others: sum, othersCount }: Top<R>,
  figures: (row: R) => T,
): { [P in K]?: Others<T> } {
  return othersCount === 0
    ? {}
    : ({ [key]: { rows: othersCount, ...figures(sum) } } as { [P in K]: Others<T> });
}

/** Connections by what was found on them, exchanges by what they are: one row where these are the same. */
function protocolsOf({ traffic, exchanges, isDecoded }: Sources): ProtocolEntry[] {
  const spoken = new Map(
    exchanges.protocols.top(Number.POSITIVE_INFINITY).rows.map((row) => [row.protocol, row] as const),
  );
  const entries: ProtocolEntry[] = [];
  for (const { protocol, volume } of traffic.protocols.top(Number.POSITIVE_INFINITY).rows) {
    entries.push({
      protocol,
      decoded: isDecoded(protocol),
      connections: volume.connections,
      bytes: volume.bytes,
      ...spokenOf(spoken.get(protocol)),
    });
    spoken.delete(protocol);
  }
  // What rides inside others, or has been on connections that were something else in the end.
  for (const row of spoken.values())
    entries.push({ protocol: row.protocol, decoded: true, connections: 0, bytes: 0, ...spokenOf(row) });
  return entries;
}

function spokenOf(row: ProtocolRow | undefined): Pick<ProtocolEntry, 'exchanges' | 'outcomes' | 'latency'> {
  if (row === undefined) return { exchanges: 0, outcomes: {} };
  return { exchanges: row.outcomes.total, outcomes: outcomesOf(row.outcomes), ...latencyOf(row.latency) };
}

function outcomesOf(counts: Outcomes): OutcomeCounts {
  return Object.fromEntries(outcomes.filter((o) => counts[o] > 0).map((o) => [o, counts[o]]));
}

function latencyOf(histogram: Histogram): { latency?: Latency } {
  const latency = latencies(histogram);
  return latency ? { latency } : {};
}

function latencies(histogram: Histogram): Latency | undefined {
  if (histogram.count === 0) return undefined;
  return {
    count: histogram.count,
    meanNs: Math.round(histogram.mean),
    p50Ns: Math.round(histogram.percentile(50)),
    p90Ns: Math.round(histogram.percentile(90)),
    p99Ns: Math.round(histogram.percentile(99)),
    maxNs: histogram.max,
  };
}

function named({ address, name }: Party): Omit<Peer, 'port'> {
  return name === undefined ? { address } : { address, name };
}

const peer = (party: Party, port: number): Peer => ({ ...named(party), port });

const figuresOf = ({
  connections,
  clientPackets,
  serverPackets,
  clientBytes,
  serverBytes,
}: Volume): Figures => ({
  connections,
  clientPackets,
  serverPackets,
  clientBytes,
  serverBytes,
});

const talkerEntry = ({ client, server, port, transport, volume }: Talker): TalkerEntry => ({
  client: named(client),
  server: peer(server, port),
  transport,
  ...figuresOf(volume),
});

const endpointFigures = (row: EndpointRow): EndpointFigures => ({
  exchanges: row.outcomes.total,
  outcomes: outcomesOf(row.outcomes),
  ...latencyOf(row.latency),
});

const endpointEntry = (row: EndpointRow): EndpointEntry => ({
  protocol: row.protocol,
  server: peer(row.server, row.port),
  operation: row.operation,
  subject: row.subject,
  ...endpointFigures(row),
});

const errorEntry = ({ server, port, ...row }: ErrorRow): ErrorEntry => ({
  protocol: row.protocol,
  server: peer(server, port),
  operation: row.operation,
  subject: row.subject,
  result: row.result,
  outcome: row.outcome,
  count: row.count,
});

function sideEntry({ rttCount, rttSumNs, rttMinNs, rttMaxNs, ...sent }: Sent): SideEntry {
  const { segments, retransmitted, lateFills, repeatedSyns, overtaken, zeroWindows, shutNs } = sent;
  return {
    segments,
    retransmitted,
    lateFills,
    repeatedSyns,
    overtaken,
    zeroWindows,
    shutNs,
    ...(rttCount === 0
      ? {}
      : {
          rtt: { count: rttCount, meanNs: Math.round(rttSumNs / rttCount), minNs: rttMinNs, maxNs: rttMaxNs },
        }),
  };
}

function tcpFigures(row: ServerRow): TcpFigures {
  const serverHandshake = latencies(row.serverHandshake);
  const clientHandshake = latencies(row.clientHandshake);
  return {
    connections: row.connections,
    refused: row.refused,
    unanswered: row.unanswered,
    resetByClient: row.resetByClient,
    resetByServer: row.resetByServer,
    clientSent: sideEntry(row.client),
    serverSent: sideEntry(row.server),
    ...(serverHandshake ? { serverHandshake } : {}),
    ...(clientHandshake ? { clientHandshake } : {}),
  };
}

function slowEntry({ at, client, server, port, ...slow }: SlowExchange, { baseSec }: Clock): SlowEntry {
  const whole = Math.floor(at / 1e9);
  return {
    time: time(baseSec + whole, at - whole * 1e9),
    durationNs: slow.durationNs,
    protocol: slow.protocol,
    client: named(client),
    server: peer(server, port),
    operation: slow.operation,
    subject: slow.subject,
    result: slow.result,
    outcome: slow.outcome,
  };
}

function lossEntries(losses: Sources['losses'], traffic: Traffic, exchanges: Exchanges): LossEntry[] {
  const entries: LossEntry[] = [...losses].map(([kind, count]) => ({ kind, count }));
  if (traffic.lostBytes > 0) entries.push({ kind: 'streamBytes', count: traffic.lostBytes });
  if (exchanges.incomplete > 0) entries.push({ kind: 'incompleteExchanges', count: exchanges.incomplete });
  return entries;
}

/** RFC 3339 in UTC, nanoseconds. */
function time(sec: number, nsec: number): string {
  return `${new Date(sec * 1000).toISOString().slice(0, 19)}.${String(nsec).padStart(9, '0')}Z`;
}

const timeOfMs = (ms: number): string => time(Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6));
