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
  /** A period of a live watch is over: its rates are told until the next one is. */
  turn(nowMs: number): void;
  /**
   * All that was told until now, for reports of any size.
   * @param open visits the connections whose end has not been told
   */
  summed(open?: (visit: (state: ConnectionState) => void) => void): (wanted: Wanted) => Report;
}

export function createStatsSink(options: StatsOptions): StatsSink {
  const rates = new Rates();
  const ended = new Traffic();
  const losses = new Map<LossKind, number>();
  const titles = new Set<string>();
  let clock: Clock = { baseSec: 0 };
  let exchanges = new Exchanges(new Map(), options.slowest, options.redact);
  let before: (Counted & { readonly atMs: number }) | undefined;
  let recent: Recent | undefined;

  return {
    open(context) {
      clock = context.clock;
      for (const { title, isTransport } of context.fields.values()) if (!isTransport) titles.add(title);
      exchanges = new Exchanges(context.fields, options.slowest, options.redact);
    },
    frame({ sec, nsec, origLen }) {
      rates.frame(sec, nsec, origLen);
    },
    frames(tally) {
      rates.frames(tally);
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
    turn(nowMs) {
      const { packets, bytes, exchanges: told } = rates.total;
      if (before !== undefined && nowMs > before.atMs) {
        const durationNs = (nowMs - before.atMs) * 1e6;
        const since = {
          packets: packets - before.packets,
          bytes: bytes - before.bytes,
          exchanges: told - before.exchanges,
        };
        recent = { durationNs, ...perSecond(since, durationNs) };
      }
      before = { packets, bytes, exchanges: told, atMs: nowMs };
    },
    summed(open) {
      let traffic = ended;
      if (open) {
        traffic = new Traffic();
        traffic.merge(ended);
        open((state) => traffic.add(state));
      }
      const isDecoded = (protocol: string) => titles.has(protocol);
      return (wanted) => makeReport({ clock, rates, recent, traffic, exchanges, losses, isDecoded }, wanted);
    },
  };
}
