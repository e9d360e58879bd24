/** What the room says of packets, one line an event: tests read as a trace. */
import { TcpFlag } from '../../model/index.ts';
import { createPacket, decode } from '../../wire/index.ts';
import { type Endpoints, ethernet, frame, ip, type Segment, tcp } from '../../wire/testing/build.ts';
import { createStreams, defaultLimits, type StreamLimits } from '../index.ts';

export const client: Endpoints = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 40_000, dstPort: 8000 };
export const server: Endpoints = { src: client.dst, dst: client.src, srcPort: 8000, dstPort: 40_000 };
const { syn, ack } = TcpFlag;

export interface Recording {
  readonly events: string[];
  readonly streams: ReturnType<typeof createStreams>;
  /** @param at nanoseconds; one millisecond after the last when not given @param keep bytes the snap length leaves */
  send(ends: Endpoints, segment: Segment, at?: number, keep?: number): void;
}

export function record(
  limits: Partial<StreamLimits> = {},
  isServerPort?: (port: number) => boolean,
  tellsForgotten = false,
): Recording {
  const events: string[] = [];
  const streams = createStreams(
    { limits: { ...defaultLimits, ...limits }, ...(isServerPort ? { isServerPort } : {}) },
    {
      open: (c) => void events.push(`open ${c.clientPort}>${c.serverPort}${c.joinedMidStream ? ' mid' : ''}`),
      data: (_c, side, buf, start, end) =>
        void events.push(`${side} ${JSON.stringify(String.fromCharCode(...buf.subarray(start, end)))}`),
      gap: (_c, side, length) => void events.push(`${side} gap ${length}`),
      end: (_c, side, reason) => void events.push(`${side} end ${reason}`),
      closed: (_c, ended) => void events.push(`closed ${ended}`),
      ...(tellsForgotten
        ? { forgotten: (c) => void events.push(`forgotten ${c.client.packets + c.server.packets} packets`) }
        : {}),
    },
  );
  const packet = createPacket();
  let now = 0;
  return {
    events,
    streams,
    send(ends, segment, at, keep) {
      now += 1e6;
      const atNs = at ?? now;
      decode(frame(ethernet(ip(ends, 6, tcp(ends, segment))), atNs, keep), packet);
      streams.packet(packet, atNs);
    },
  };
}

/** After it the client's next byte is `c` + 1 and the server's `s` + 1. */
export function handshake(r: Recording, c = 100, s = 500): void {
  r.send(client, { seq: c, flags: syn });
  r.send(server, { seq: s, ack: (c + 1) >>> 0, flags: syn | ack });
  r.send(client, { seq: (c + 1) >>> 0, ack: (s + 1) >>> 0, flags: ack });
}
