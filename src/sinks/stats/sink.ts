import type { Clock, ConnectionState, Exchange, LossKind, Sink } from '../../model/index.ts';
import { Exchanges } from './exchanges.ts';
import { makeReport, perSecond, type Wanted } from './make-report.ts';
import { Rates } from './rates.ts';
import type { Counted, Recent, Report } from './report.ts';
import { Traffic } from './traffic.ts';

export interface StatsOptions {
  /** Masks secrets of what is shown as text. */
  readonly redact: (exchange: Exchange) => Exchange;
  /** Slowest exchanges kept. */
  readonly slowest: number;
}

export interface StatsSink extends Sink {
  /**
   * All that was told until now.
   * @param open visits the connections whose end has not been told
   */
  report(wanted: Omit<Wanted, 'recent'>, open?: (visit: (state: ConnectionState) => void) => void): Report;
}

export function createStatsSink(options: StatsOptions): StatsSink {
  const rates = new Rates();
  const ended = new Traffic();
  const losses = new Map<LossKind, number>();
  const titles = new Set<string>();
  let clock: Clock = { baseSec: 0 };
  let exchanges = new Exchanges(new Map(), options.slowest, options.redact);
  let before: (Counted & { readonly atMs: number }) | undefined;

  /** What came since the report before, a second. */
  function recent(atMs: number): Recent | undefined {
    const { packets, bytes, exchanges: told } = rates.total;
    const last = before;
    before = { packets, bytes, exchanges: told, atMs };
    if (last === undefined || atMs <= last.atMs) return undefined;
    const since = {
      packets: packets - last.packets,
      bytes: bytes - last.bytes,
      exchanges: told - last.exchanges,
    };
    const durationNs = (atMs - last.atMs) * 1e6;
    return { durationNs, ...perSecond(since, durationNs) };
  }

  return {
    open(context) {
      clock = context.clock;
      for (const { title } of context.fields.values()) titles.add(title);
      exchanges = new Exchanges(context.fields, options.slowest, options.redact);
    },
    frame({ sec, nsec, origLen }) {
      rates.frame(sec, nsec, origLen);
    },
    exchange(exchange) {
      rates.exchange();
      exchanges.add(exchange);
    },
    connection(summary) {
      ended.add(summary);
    },
    loss({ kind, count }) {
      losses.set(kind, (losses.get(kind) ?? 0) + count);
    },
    report(wanted, open) {
      let traffic = ended;
      if (open) {
        traffic = new Traffic();
        traffic.merge(ended);
        open((state) => traffic.add(state));
      }
      const now = wanted.watched ? recent(wanted.watched.toMs) : undefined;
      const isDecoded = (protocol: string) => titles.has(protocol);
      return makeReport(
        { clock, rates, traffic, exchanges, losses, isDecoded },
        { ...wanted, ...(now ? { recent: now } : {}) },
      );
    },
  };
}
