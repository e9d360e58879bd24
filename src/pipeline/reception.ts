/**
 * The road from entries that were decoded elsewhere to sinks: where a pipeline would stand. Numbers of connections
 * and names are given here, for several places may send.
 */
import type {
  Connection,
  ConnectionState,
  EntryCollector,
  Exchange,
  InnerModule,
  Loss,
  ProtocolModule,
  Sink,
  SourceCounters,
} from '../model/index.ts';
import { nameEnds } from './connection.ts';
import { declaredFields } from './declared.ts';
import { Names } from './names.ts';
import type { Pipeline, PipelineCounters } from './pipeline.ts';

export interface ReceptionOptions {
  readonly protocols: readonly ProtocolModule[];
  readonly inners?: readonly InnerModule[];
  readonly sinks: readonly Sink[];
  readonly names?: Names;
  /** Exchanges and conversations of it were left out on the way, before its next. */
  readonly skipped?: (connection: Connection, count: number) => void;
}

/** A pipeline to who made it; its frames come as entries. */
export interface Reception extends Pipeline {
  readonly entries: EntryCollector;
}

const noCounts = (): PipelineCounters => ({
  ...{ packets: 0, other: 0, exchanges: 0, conversations: 0, fragmentsDropped: 0, messagesDropped: 0 },
  ...{ weirds: 0, connections: 0, evicted: 0, retransmitted: 0, lost: 0, outOfOrder: 0, stray: 0 },
});

export function createReception(options: ReceptionOptions): Reception {
  const { sinks } = options;
  const names = options.names ?? new Names();
  const clock = { baseSec: 0 };
  const states = new Map<Connection, ConnectionState>();
  let connections = 0;
  const counts = noCounts();
  const fields = declaredFields(options.protocols, options.inners);
  for (const sink of sinks) sink.open?.({ clock, fields });

  const entries: EntryCollector = {
    shiftOf(baseSec) {
      if (clock.baseSec === 0) clock.baseSec = baseSec;
      return (baseSec - clock.baseSec) * 1e9;
    },
    connected(connection, before) {
      const id = before?.id ?? ++connections;
      const { client, server } = connection;
      return { ...connection, id, ...nameEnds(client, server, names) };
    },
    opened(exchange) {
      for (const sink of sinks) sink.opened?.(exchange);
    },
    waiting(exchange) {
      for (const sink of sinks) sink.waiting?.(exchange);
    },
    exchange(exchange: Exchange) {
      names.learn(exchange);
      for (let i = 0; i < sinks.length; i++) sinks[i]!.exchange?.(exchange);
    },
    conversation(summary) {
      for (const sink of sinks) sink.conversation?.(summary);
    },
    connection(summary) {
      states.delete(summary.connection);
      for (const sink of sinks) sink.connection?.(summary);
    },
    state(state) {
      states.set(state.connection, state);
    },
    skipped(connection, count) {
      options.skipped?.(connection, count);
    },
    frames(tally) {
      for (const sink of sinks) sink.frames?.(tally);
    },
    counted(more) {
      for (const name of Object.keys(counts) as (keyof PipelineCounters)[]) counts[name] += more[name] ?? 0;
    },
  };

  return {
    entries,
    interface(iface) {
      for (const sink of sinks) sink.interface?.(iface);
    },
    // None come.
    frame() {},
    loss(loss: Loss) {
      for (const sink of sinks) sink.loss?.(loss);
    },
    note(text: string) {
      for (const sink of sinks) sink.note?.(text);
    },
    batch() {
      const waits: Promise<void>[] = [];
      for (const sink of sinks) {
        const wait = sink.batch?.();
        if (wait) waits.push(wait);
      }
      if (waits.length > 0) return Promise.all(waits).then(() => {});
    },
    // Time passes where packets are decoded.
    tick() {},
    async finish(counters: SourceCounters) {
      for (const sink of sinks) await sink.batch?.();
      for (const sink of sinks) await sink.close?.(counters);
    },
    connections(visit) {
      for (const state of states.values()) visit(state);
    },
    bytesByProtocol: () => new Map(),
    counters: () => counts,
  };
}
