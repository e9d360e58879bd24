/** Fixtures as frames, all the way through the pipeline: with frames left out, and ports that mislead. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Exchange, type Frame, type SourceCounters, TcpFlag } from '../../model/index.ts';
import { CaptureDecoder } from '../../pcap/index.ts';
import { createPipeline, type PipelineCounters } from '../../pipeline/index.ts';
import { createPacket, decode } from '../../wire/index.ts';
import { inners, protocols } from '../registry.ts';

/** A frame of a fixture, a copy of its own. */
export interface Shot {
  readonly frame: Frame;
  /** Of its connection, whoever sends: ports, the smaller first. */
  readonly key: string;
  /** Of its direction. */
  readonly way: string;
  readonly payload: number;
  readonly isFin: boolean;
  readonly isSyn: boolean;
  /** Nanoseconds since the second of the first frame, as the pipeline's times. */
  readonly at: number;
}

const counters: SourceCounters = {
  captured: 0,
  received: 0,
  dropped: 0,
  freezes: 0,
  snaplenCut: 0,
  duplicates: 0,
};
const packet = createPacket();

export function framesOf(folder: string, name: string): Shot[] {
  const shots: Shot[] = [];
  const decoder = new CaptureDecoder();
  let first: Frame | undefined;
  const out = {
    interface() {},
    frame(frame: Frame) {
      const buf = frame.buf.slice(frame.start, frame.start + frame.capLen);
      const own = { ...frame, buf, start: 0 };
      first ??= own;
      decode(own, packet);
      shots.push({
        frame: own,
        key: [packet.srcPort, packet.dstPort].sort((a, b) => a - b).join(' '),
        way: `${packet.srcPort} ${packet.dstPort}`,
        payload: packet.payloadLen,
        isFin: packet.transport === 6 && (packet.tcpFlags & TcpFlag.fin) !== 0,
        isSyn: packet.transport === 6 && (packet.tcpFlags & TcpFlag.syn) !== 0,
        at: (own.sec - first.sec) * 1e9 + own.nsec,
      });
    },
    loss() {},
  };
  decoder.feed(readFileSync(join(folder, `${name}.pcap`)), out);
  decoder.end(out);
  return shots;
}

/** The frame with other ports: checksums are not looked at. */
export function withPorts(shot: Shot, ports: ReadonlyMap<number, number>): Shot {
  const buf = shot.frame.buf.slice();
  const frame = { ...shot.frame, buf };
  decode(frame, packet);
  if (packet.transport !== 6 && packet.transport !== 17) return shot;
  const header = packet.ipPayloadOff;
  for (const [at, port] of [
    [header, packet.srcPort],
    [header + 2, packet.dstPort],
  ] as const) {
    const to = ports.get(port) ?? port;
    buf[at] = to >> 8;
    buf[at + 1] = to & 255;
  }
  return { ...shot, frame };
}

export interface Run {
  readonly exchanges: Exchange[];
  readonly counters: PipelineCounters;
}

export function runFrames(shots: readonly Shot[]): Run {
  const exchanges: Exchange[] = [];
  const sink = { exchange: (exchange: Exchange) => void exchanges.push(exchange) };
  const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit: 65_536 });
  for (const { frame } of shots) pipeline.frame(frame);
  void pipeline.finish(counters);
  return { exchanges, counters: pipeline.counters() };
}
