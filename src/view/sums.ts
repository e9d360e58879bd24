/** What a query's entries sum up to: over time, by protocol, by endpoint, by peer; and who talks to whom. */
import type { Exchange } from '../model/index.ts';
import { Histogram } from '../sinks/stats/histogram.ts';
import { template } from '../sinks/stats/template.ts';
import { quoted } from './detail.ts';
import type { Group, Row, Series, Statistics, TrafficMap } from './ports.ts';

/** Groups that are told apart; what is beyond them is in the totals alone. */
const groupsMax = 5000;
/** Rows of a table. */
const rowsMax = 100;
/** A decade in so many steps, from 10 µs to 100 s. */
const heatRows = 28;
const heatFirstNs = 1e4;
const heatFactor = 10 ** (1 / 4);

export interface Counted {
  readonly row: Row;
  readonly outcome: Exchange['outcome'] | 'open';
  /** Who asked and who was asked, as queries name them. */
  readonly clientName: string;
  readonly serverName: string;
  readonly isTargetClient: boolean;
  readonly isTargetServer: boolean;
}

const failures: ReadonlySet<string> = new Set(['clientError', 'serverError', 'failed', 'unanswered']);
export const isError = (outcome: string): boolean => failures.has(outcome);

class Sum {
  readonly query: string;
  readonly times = new Histogram();
  count = 0;
  errors = 0;
  bytes = 0;

  constructor(query: string) {
    this.query = query;
  }

  add({ row }: Counted): void {
    this.count++;
    if (isError(row.outcome)) this.errors++;
    this.bytes += row.requestBytes + row.responseBytes;
    if (row.durationNs !== undefined && row.kind === 'exchange') this.times.add(row.durationNs);
  }

  group(key: string): Group {
    return {
      ...{ key, query: this.query, count: this.count, errors: this.errors, bytes: this.bytes },
      p50Ns: this.times.percentile(50),
      p99Ns: this.times.percentile(99),
    };
  }
}

class Table {
  readonly #sums = new Map<string, Sum>();

  add(key: string, query: string, counted: Counted): void {
    let sum = this.#sums.get(key);
    if (!sum) {
      if (this.#sums.size >= groupsMax) return;
      sum = new Sum(query);
      this.#sums.set(key, sum);
    }
    sum.add(counted);
  }

  groups(): Group[] {
    return [...this.#sums]
      .map(([key, sum]) => sum.group(key))
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
      .slice(0, rowsMax);
  }
}

export function statisticsOf(all: Iterable<Counted>, fromMs: number, toMs: number, bins: number): Statistics {
  const total = new Sum('');
  const [protocols, operations, peers, errors] = [new Table(), new Table(), new Table(), new Table()];
  const series = new SeriesMaker(fromMs, toMs, bins);
  for (const counted of all) {
    const { row } = counted;
    total.add(counted);
    series.add(row);
    protocols.add(row.protocol, row.protocol === '' ? '' : `protocol == ${row.protocol}`, counted);
    if (row.kind === 'exchange') {
      const subject = template(row.subject);
      const key = subject === '' ? row.operation : `${row.operation} ${subject}`;
      operations.add(key, `text contains ${quoted(row.subject.split('?')[0]!)}`, counted);
    }
    peers.add(`${row.client} -> ${row.server}`, between(counted), counted);
    if (isError(row.outcome)) errors.add(row.result || row.outcome, `outcome == ${row.outcome}`, counted);
  }
  return {
    total: total.group(''),
    series: series.series(),
    byProtocol: protocols.groups(),
    byOperation: operations.groups(),
    byPeer: peers.groups(),
    byError: errors.groups(),
  };
}

const between = ({ clientName, serverName }: Counted) =>
  `client == ${quoted(clientName)} && server == ${quoted(serverName)}`;

class SeriesMaker {
  readonly #fromMs: number;
  readonly #binMs: number;
  readonly #bins: { entries: number; errors: number; bytes: number; times: Histogram; heat: number[] }[];

  constructor(fromMs: number, toMs: number, bins: number) {
    this.#fromMs = fromMs;
    this.#binMs = Math.max(1, (toMs - fromMs) / Math.max(1, bins));
    this.#bins = Array.from({ length: Math.max(1, bins) }, () => ({
      ...{ entries: 0, errors: 0, bytes: 0 },
      times: new Histogram(),
      heat: new Array<number>(heatRows).fill(0),
    }));
  }

  add({ at, durationNs, kind, outcome, requestBytes, responseBytes }: Row): void {
    const index = Math.floor((at - this.#fromMs) / this.#binMs);
    const bin = this.#bins[Math.min(Math.max(0, index), this.#bins.length - 1)]!;
    bin.entries++;
    if (isError(outcome)) bin.errors++;
    bin.bytes += requestBytes + responseBytes;
    if (durationNs === undefined || kind !== 'exchange') return;
    bin.times.add(durationNs);
    const step = Math.floor(Math.log(Math.max(1, durationNs) / heatFirstNs) / Math.log(heatFactor)) + 1;
    bin.heat[Math.min(Math.max(0, step), heatRows - 1)]!++;
  }

  series(): Series {
    const at = (percent: number) =>
      this.#bins.map(({ times }) => (times.count === 0 ? Number.NaN : times.percentile(percent)));
    return {
      fromMs: this.#fromMs,
      binMs: this.#binMs,
      entries: this.#bins.map(({ entries }) => entries),
      errors: this.#bins.map(({ errors }) => errors),
      bytes: this.#bins.map(({ bytes }) => bytes),
      ...{ p50: at(50), p95: at(95), p99: at(99) },
      heat: this.#bins.map(({ heat }) => heat),
      edgesNs: Array.from({ length: heatRows }, (_, i) => heatFirstNs * heatFactor ** i),
    };
  }
}

export function mapOf(all: Iterable<Counted>, seconds: number, edgesMax: number): TrafficMap {
  const nodes = new Map<string, { isTarget: boolean }>();
  const edges = new Map<string, { from: string; to: string; protocols: Set<string>; sum: Sum }>();
  let more = 0;
  for (const counted of all) {
    const { clientName, serverName, row } = counted;
    const key = `${clientName}\n${serverName}`;
    let edge = edges.get(key);
    if (!edge) {
      if (edges.size >= groupsMax) {
        more++;
        continue;
      }
      edge = { from: clientName, to: serverName, protocols: new Set(), sum: new Sum(between(counted)) };
      edges.set(key, edge);
    }
    if (row.protocol !== '') edge.protocols.add(row.protocol);
    edge.sum.add(counted);
    for (const [name, isTarget] of [
      [clientName, counted.isTargetClient],
      [serverName, counted.isTargetServer],
    ] as const)
      nodes.set(name, { isTarget: isTarget || nodes.get(name)?.isTarget === true });
  }
  const heavy = [...edges.values()].sort((a, b) => b.sum.count - a.sum.count);
  const kept = heavy.slice(0, edgesMax);
  const named = new Set(kept.flatMap(({ from, to }) => [from, to]));
  return {
    nodes: [...nodes]
      .filter(([name]) => named.has(name))
      .map(([name, { isTarget }]) => ({ name, isTarget, query: `peer == ${quoted(name)}` })),
    edges: kept.map(({ from, to, protocols, sum }) => ({
      ...{ from, to, protocols: [...protocols] },
      group: sum.group(`${from} -> ${to}`),
      perSecond: sum.count / Math.max(1, seconds),
    })),
    more: more + heavy.length - kept.length,
  };
}
