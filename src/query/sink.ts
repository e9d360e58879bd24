/** A sink that is told only of what a query matches. */
import type { Platform, Sink } from '../model/index.ts';
import { compile, type Query } from './compile.ts';
import type { Schema } from './schema.ts';

export interface FilteredSink extends Sink {
  /** Finished entries that were and were not passed on. */
  counters(): { readonly shown: number; readonly hidden: number };
  readonly query: Query;
}

/**
 * Exchanges, requests under way and conversations are filtered; packets, losses, notes and the ends of
 * connections pass, for what is asked of an exchange says nothing about the connection it was on. A request
 * under way is passed on when it matches as it is: it may not match when its answer is there, and the other
 * way round.
 * @throws QueryError
 */
export function filtered(inner: Sink, text: string, schema: Schema, platform?: Platform): FilteredSink {
  let query = compile(text, schema, { platform });
  let shown = 0;
  let hidden = 0;
  const passes = (entry: Parameters<Query['matches']>[0]) => {
    const isShown = query.matches(entry);
    if (isShown) shown++;
    else hidden++;
    return isShown;
  };
  const { frame, frames, opened, waiting, connection } = inner;
  return {
    open(context) {
      // Only now is it known what times count from.
      query = compile(text, schema, { platform, clock: context.clock });
      inner.open?.(context);
    },
    interface: (iface) => inner.interface?.(iface),
    // The pipeline does less when nobody asks for these.
    ...(frame ? { frame: frame.bind(inner) } : {}),
    ...(frames ? { frames: frames.bind(inner) } : {}),
    ...(opened ? { opened: (exchange) => query.matches(exchange) && opened.call(inner, exchange) } : {}),
    ...(waiting ? { waiting: (exchange) => query.matches(exchange) && waiting.call(inner, exchange) } : {}),
    exchange: (exchange) => passes(exchange) && inner.exchange?.(exchange),
    conversation: (summary) => passes(summary) && inner.conversation?.(summary),
    ...(connection ? { connection: connection.bind(inner) } : {}),
    loss: (loss) => inner.loss?.(loss),
    note: (note) => inner.note?.(note),
    batch: () => inner.batch?.(),
    close: (counters) => inner.close?.(counters),
    counters: () => ({ shown, hidden }),
    get query() {
      return query;
    },
  };
}
