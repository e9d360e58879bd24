/** The road from frames to sinks. */
import type {
  CaptureInterface,
  ConnectionState,
  EndReason,
  Exchange,
  FieldSpec,
  Frame,
  FrameCollector,
  InnerModule,
  Loss,
  ProtocolModule,
  Side,
  Sink,
  SinkContext,
  SourceCounters,
  Timestamp,
} from '../model/index.ts';
import {
  type Conn,
  createStreams,
  Defragmenter,
  type StreamCollector,
  type StreamCounters,
  type StreamLimits,
} from '../stream/index.ts';
import { createPacket, decode, decodeTransport } from '../wire/index.ts';
import { Budget } from './budget.ts';
import { Detection } from './detection.ts';
import { mayRideIn } from './inner.ts';
import { Names } from './names.ts';
import { summarize } from './summary.ts';
import { Tree, type TreeHost } from './tree.ts';

export interface PipelineOptions {
  readonly protocols: readonly ProtocolModule[];
  /** Protocols that ride inside others' messages. */
  readonly inners?: readonly InnerModule[];
  readonly sinks: readonly Sink[];
  /** What a server's port speaks, said instead of found: port -> name of a protocol. */
  readonly decodeAs?: ReadonlyMap<number, string>;
  /** Bytes of a body kept for show. */
  readonly bodyLimit: number;
  /** Names of peers; made empty when not given. */
  readonly names?: Names;
  readonly limits?: StreamLimits;
}

export interface PipelineCounters extends StreamCounters {
  packets: number;
  /** Frames that are not TCP or UDP, or could not be read that far. */
  other: number;
  exchanges: number;
  conversations: number;
  fragmentsDropped: number;
  /** Messages under way given up: all analyzers together held too much. */
  messagesDropped: number;
  weirds: number;
}

export interface Pipeline extends FrameCollector {
  /** Time passes without frames (live). Unix seconds and nanoseconds. */
  tick(sec: number, nsec: number): void;
  /** No more frames: what is open ends, sinks are closed. */
  finish(counters: SourceCounters): Promise<void>;
  /** As they stand: every connection a sink has not been told the end of. Only when some sink has `connection`. */
  connections(visit: (state: ConnectionState) => void): void;
  counters(): PipelineCounters;
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { sinks } = options;
  const names = options.names ?? new Names();
  const detection = new Detection(options.protocols, options.decodeAs);
  const clock = { baseSec: 0 };
  const packet = createPacket();
  const defragmenter = new Defragmenter();
  const wantsConnections = sinks.some((sink) => sink.connection);
  const frameSinks = sinks.filter((sink) => sink.frame);
  const count = { packets: 0, other: 0, exchanges: 0, conversations: 0, weirds: 0 };
  const budget = new Budget();
  let told = 0;

  const host: TreeHost = {
    detection,
    names,
    bodyLimit: options.bodyLimit,
    clock,
    budget,
    inners: options.inners ?? [],
    mayRide: mayRideIn(options.inners ?? []),
    wantsOpened: sinks.some((sink) => sink.opened),
    exchange(exchange: Exchange) {
      count.exchanges++;
      names.learn(exchange);
      for (let i = 0; i < sinks.length; i++) sinks[i]!.exchange?.(exchange);
    },
    opened(exchange: Exchange) {
      for (const sink of sinks) sink.opened?.(exchange);
    },
    weird() {
      count.weirds++;
    },
  };

  const collector: StreamCollector = {
    open(conn) {
      conn.user = new Tree(host, conn);
    },
    data(conn: Conn, side: Side, buf: Uint8Array, start: number, end: number, at: Timestamp) {
      (conn.user as Tree).data(side, buf.subarray(start, end), at);
    },
    gap(conn: Conn, side: Side, length: number, at: Timestamp) {
      (conn.user as Tree).gap(side, length, at);
    },
    end(conn: Conn, side: Side, reason: EndReason, at: Timestamp) {
      (conn.user as Tree).end(side, reason, at);
    },
    closed(conn, ended) {
      const tree = conn.user as Tree;
      tree.release();
      if (!wantsConnections) conn.user = undefined;
      if (tree.exchanges > 0) return;
      count.conversations++;
      const summary = summarize(conn, tree, ended);
      for (const sink of sinks) sink.conversation?.(summary);
    },
    forgotten(conn) {
      if (!wantsConnections || !conn.ended) return;
      const summary = summarize(conn, conn.user as Tree, conn.ended);
      for (const sink of sinks) sink.connection?.(summary);
    },
  };

  const streams = createStreams(
    {
      ...(options.limits ? { limits: options.limits } : {}),
      isServerPort: (port) => detection.isServerPort(port),
    },
    collector,
  );

  const fields = new Map<string, { title: string; fields: readonly FieldSpec[] }>();
  for (const module of [...options.protocols, ...(options.inners ?? [])])
    fields.set(module.name, { title: module.title, fields: module.fields });
  const context: SinkContext = { clock, fields };
  for (const sink of sinks) sink.open?.(context);

  function tellEvictions(): void {
    const { evicted } = streams.counters();
    const total = evicted + defragmenter.evicted + budget.evicted;
    if (total === told) return;
    const loss: Loss = {
      kind: 'evicted',
      count: total - told,
      detail: 'connections, fragments or messages under way forgotten: a memory limit was reached',
    };
    told = total;
    for (const sink of sinks) sink.loss?.(loss);
  }

  return {
    interface(iface: CaptureInterface) {
      for (const sink of sinks) sink.interface?.(iface);
    },
    frame(frame: Frame) {
      count.packets++;
      for (let i = 0; i < frameSinks.length; i++) frameSinks[i]!.frame!(frame);
      if (clock.baseSec === 0) clock.baseSec = frame.sec;
      const at = (frame.sec - clock.baseSec) * 1e9 + frame.nsec;
      decode(frame, packet);
      if (packet.isFragment) {
        if (packet.ipPayloadOff < 0 || !defragmenter.add(packet, at)) return;
        decodeTransport(packet);
      }
      if (packet.transport === 0) {
        count.other++;
        return;
      }
      streams.packet(packet, at);
    },
    loss(loss: Loss) {
      for (const sink of sinks) sink.loss?.(loss);
    },
    note(text: string) {
      for (const sink of sinks) sink.note?.(text);
    },
    batch() {
      tellEvictions();
      const waits: Promise<void>[] = [];
      for (const sink of sinks) {
        const wait = sink.batch?.();
        if (wait) waits.push(wait);
      }
      if (waits.length > 0) return Promise.all(waits).then(() => {});
    },
    tick(sec: number, nsec: number) {
      if (clock.baseSec !== 0) streams.tick((sec - clock.baseSec) * 1e9 + nsec);
    },
    async finish(counters: SourceCounters) {
      streams.finish();
      defragmenter.finish();
      tellEvictions();
      for (const sink of sinks) await sink.batch?.();
      for (const sink of sinks) await sink.close?.(counters);
    },
    connections(visit) {
      if (wantsConnections)
        streams.each((conn) => visit(summarize(conn, conn.user as Tree, conn.ended ?? 'open')));
    },
    counters: () => ({
      ...count,
      ...streams.counters(),
      messagesDropped: budget.evicted,
      fragmentsDropped: defragmenter.evicted + defragmenter.incomplete,
    }),
  };
}
