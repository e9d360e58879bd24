/** The road from frames to sinks. */
import type {
  CaptureInterface,
  ConnectionState,
  Decryption,
  EndReason,
  Exchange,
  Frame,
  FrameCollector,
  InnerModule,
  Loss,
  Packet,
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
import { formatIpv4, formatIpv6 } from '../util/address.ts';
import { createPacket, decode, decodeIcmpError, decodeTransport, IpProtoIcmp } from '../wire/index.ts';
import { Budget } from './budget.ts';
import { declaredFields } from './declared.ts';
import { Detection } from './detection.ts';
import { failedExchange, stillWaiting, type Trouble, troubleOf } from './failure.ts';
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
  /** Encrypted streams are opened with these secrets; asked for each. */
  readonly decryption?: () => Decryption | undefined;
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
  /** Payload by the title of the protocol that was found on its connection; '' for none. */
  bytesByProtocol(): Map<string, number>;
  counters(): PipelineCounters;
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { sinks } = options;
  const names = options.names ?? new Names();
  const detection = new Detection(options.protocols, options.decodeAs);
  const clock = { baseSec: 0 };
  const packet = createPacket();
  /** What an ICMP error is about. */
  const quoted = createPacket();
  const defragmenter = new Defragmenter();
  const wantsWaiting = sinks.some((sink) => sink.waiting || sink.opened);
  const wantsConnections = sinks.some((sink) => sink.connection);
  const frameSinks = sinks.filter((sink) => sink.frame);
  const count = { packets: 0, other: 0, exchanges: 0, conversations: 0, weirds: 0 };
  const budget = new Budget();
  /** Of connections that are over. */
  const bytesOf = new Map<string, number>();
  let told = 0;

  const host: TreeHost = {
    detection,
    names,
    bodyLimit: options.bodyLimit,
    clock,
    get decryption() {
      return options.decryption?.();
    },
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

  const failureOf = (conn: Conn, trouble: Trouble, tree = conn.user as Tree) =>
    failedExchange(conn, tree.describe(), trouble, tree.flipped, tree.preview);

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
    waiting(conn) {
      if (!wantsWaiting) return;
      const exchange = failureOf(conn, stillWaiting(conn));
      for (const sink of sinks) {
        sink.opened?.(exchange);
        sink.waiting?.(exchange);
      }
    },
    answered(conn) {
      host.exchange(answeredLate(conn, failureOf(conn, stillWaiting(conn))));
    },
    closed(conn, ended, at) {
      const tree = conn.user as Tree;
      tree.release();
      addBytes(bytesOf, conn, tree.title);
      if (!wantsConnections) conn.user = undefined;
      if (tree.exchanges > 0) return;
      const trouble = troubleOf(conn, tree, at);
      if (trouble) {
        tree.exchanges++;
        host.exchange(failureOf(conn, trouble, tree));
        return;
      }
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

  const context: SinkContext = { clock, fields: declaredFields(options.protocols, options.inners) };
  for (const sink of sinks) sink.open?.(context);

  function icmp(at: Timestamp): void {
    const said = decodeIcmpError(packet, quoted);
    if (said) streams.icmp(quoted, { ...said, from: senderOf(packet) }, at);
  }

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
        if (isIcmp(packet.ipProto)) icmp(at);
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
    bytesByProtocol() {
      const all = new Map(bytesOf);
      streams.each((conn) => {
        if (!conn.ended) addBytes(all, conn, (conn.user as Tree).title);
      });
      return all;
    },
    counters: () => ({
      ...count,
      ...streams.counters(),
      messagesDropped: budget.evicted,
      fragmentsDropped: defragmenter.evicted + defragmenter.incomplete,
    }),
  };
}

const isIcmp = (ipProto: number) => ipProto === IpProtoIcmp.v4 || ipProto === IpProtoIcmp.v6;

function senderOf({ buf, srcOff, ipVersion }: Packet): string {
  return ipVersion === 4 ? formatIpv4(buf, srcOff) : formatIpv6(buf, srcOff);
}

/** SYNs that were waited for in vain, until one was answered: what made it slow is worth a line. */
function answeredLate(conn: Conn, { error: _error, ...exchange }: Exchange): Exchange {
  const result = `connected after ${conn.client.syns} SYNs`;
  return { ...exchange, fields: { ...exchange.fields, 'tcp.result': result }, outcome: 'info' };
}

function addBytes(to: Map<string, number>, { client, server }: Conn, title: string): void {
  to.set(title, (to.get(title) ?? 0) + client.bytes + server.bytes);
}
