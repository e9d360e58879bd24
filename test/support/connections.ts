/** TCP connections of a capture file in figures, as we and as tshark have them. */
import { openCaptureFile } from '../../src/capture/file/index.ts';
import type { ConversationSummary } from '../../src/model/index.ts';
import { createPipeline } from '../../src/pipeline/index.ts';
import { protocols } from '../../src/protocols/registry.ts';
import { tsharkFields } from './tools.ts';

/** One direction, by who sent. */
export interface Sent {
  packets: number;
  wireBytes: number;
  /** Sent again or filling a hole, in whatever order it came: how the two are told apart is anybody's guess. */
  again: number;
  zeroWindows: number;
}

export interface Figures {
  /** Sender `address:port` -> what it sent. */
  readonly sent: Map<string, Sent>;
  /** SYN to the acknowledgement of its answer, nanoseconds. */
  handshakeNs: number | undefined;
}

/** `10.0.0.1:1234 10.0.0.2:80`, the ends sorted -> its connections in order of their first packet. */
export type Connections = Map<string, Figures[]>;

const keyOf = (a: string, b: string) => [a, b].sort().join(' ');

/** In order of their first packets. */
export async function ourSummaries(file: string): Promise<ConversationSummary[]> {
  const summaries: ConversationSummary[] = [];
  const sink = { connection: (summary: ConversationSummary) => void summaries.push(summary) };
  const pipeline = createPipeline({ protocols, sinks: [sink], bodyLimit: 0 });
  const source = openCaptureFile(file);
  await source.run(pipeline);
  await pipeline.finish(source.counters());
  return summaries.sort((a, b) => a.connection.id - b.connection.id);
}

export async function ourConnections(file: string): Promise<Connections> {
  const found: Connections = new Map();
  for (const s of await ourSummaries(file)) {
    if (!s.tcp) continue;
    const { client, server, serverHandshakeNs, clientHandshakeNs } = s.tcp;
    const sent = new Map<string, Sent>();
    const ends = [
      [s.connection.client, s.clientPackets, s.clientWireBytes, client],
      [s.connection.server, s.serverPackets, s.serverWireBytes, server],
    ] as const;
    for (const [{ address, port }, packets, wireBytes, side] of ends)
      sent.set(`${address}:${port}`, {
        packets,
        wireBytes,
        again: side.retransmitted + side.overtaken,
        zeroWindows: side.zeroWindows,
      });
    const [a, b] = [...sent.keys()] as [string, string];
    const known = serverHandshakeNs !== undefined && clientHandshakeNs !== undefined;
    const list = found.get(keyOf(a, b)) ?? [];
    list.push({ sent, handshakeNs: known ? serverHandshakeNs + clientHandshakeNs : undefined });
    found.set(keyOf(a, b), list);
  }
  return found;
}

const fields = [
  ...['tcp.stream', 'ip.src', 'ipv6.src', 'tcp.srcport', 'ip.dst', 'ipv6.dst', 'tcp.dstport', 'frame.len'],
  ...['tcp.analysis.retransmission', 'tcp.analysis.out_of_order', 'tcp.analysis.zero_window'],
  'tcp.analysis.initial_rtt',
];

export function tsharkConnections(file: string, options: readonly string[] = []): Connections {
  const streams = new Map<string, { key: string; figures: Figures }>();
  for (const row of tsharkFields(file, fields, ['-Y', 'tcp', ...options])) {
    const [stream, src, src6, srcPort, dst, dst6, dstPort, length, again, disorder, zero, rtt] = row;
    const from = `${src || src6}:${srcPort}`;
    const to = `${dst || dst6}:${dstPort}`;
    const known = streams.get(stream!) ?? {
      key: keyOf(from, to),
      figures: { sent: new Map(), handshakeNs: undefined },
    };
    streams.set(stream!, known);
    const { sent } = known.figures;
    for (const end of [from, to])
      if (!sent.has(end)) sent.set(end, { packets: 0, wireBytes: 0, again: 0, zeroWindows: 0 });
    const side = sent.get(from)!;
    side.packets++;
    side.wireBytes += Number(length);
    if (again || disorder) side.again++;
    if (zero) side.zeroWindows++;
    if (rtt) known.figures.handshakeNs = Math.round(Number(rtt) * 1e9);
  }
  const found: Connections = new Map();
  for (const { key, figures } of streams.values()) {
    const list = found.get(key) ?? [];
    list.push(figures);
    found.set(key, list);
  }
  return found;
}
