/**
 * Connections, reassembly and defragmentation: any packets give each byte once and in order, hold no more
 * than the limits, and end what they open. The input is read as a list of packets of a few connections.
 */
import { TcpFlag } from '../src/model/index.ts';
import { createStreams, Defragmenter, defaultLimits } from '../src/stream/index.ts';
import { createPacket, decode, decodeTransport } from '../src/wire/index.ts';
import { ethernet, frame, ip, tcp, udp } from '../src/wire/testing/build.ts';
import type { Target } from './lib/target.ts';

const limits = {
  ...defaultLimits,
  connections: 8,
  pendingBytes: 1500,
  pendingTotal: 2500,
  holeNs: 1e9,
  tcpIdleNs: 20e9,
};
/** What one packet may add before it is noticed. */
const slack = 400;
const recordLength = 8;
const packet = createPacket();

export const target: Target = {
  name: 'stream',
  maxLength: 640,
  seeds: () =>
    [0, 1, 2].map((seed) =>
      // A handshake, then data in order, with repeats, holes and ends.
      Uint8Array.from({ length: 40 * recordLength }, (_, i) => (i * 37 + seed * 11 + (i >> 3)) & 255),
    ),
  run(input) {
    const open = new Map<object, { ended: Set<string>; closed: boolean }>();
    const state = (conn: object) => {
      const found = open.get(conn);
      if (!found || found.closed) throw new Error('of a connection that is not open');
      return found;
    };
    const streams = createStreams(
      { limits },
      {
        open: (conn) => void open.set(conn, { ended: new Set(), closed: false }),
        data(conn, side, _buf, start, end) {
          if (end <= start) throw new Error('no bytes');
          if (state(conn).ended.has(side)) throw new Error('data behind the end');
        },
        gap(conn, side, length) {
          if (length <= 0) throw new Error(`a gap of ${length}`);
          if (state(conn).ended.has(side)) throw new Error('a gap behind the end');
        },
        end(conn, side) {
          if (state(conn).ended.has(side)) throw new Error('ended twice');
          state(conn).ended.add(side);
        },
        closed(conn) {
          if (state(conn).ended.size !== 2) throw new Error('closed with a side open');
          state(conn).closed = true;
        },
      },
    );
    const defragmenter = new Defragmenter();
    let at = 0;
    for (let i = 0; i + recordLength <= input.length; i += recordLength) {
      at += packetOf(input.subarray(i, i + recordLength), at, i / recordLength);
      if (packet.isFragment) {
        if (!defragmenter.add(packet, at)) continue;
        decodeTransport(packet);
      }
      if (packet.transport === 0) continue;
      streams.packet(packet, at);
      if (input[i]! === 0xff) streams.tick(at);
      if (streams.held > limits.pendingTotal + slack) throw new Error(`${streams.held} bytes held`);
      if (streams.size > limits.connections) throw new Error(`${streams.size} connections`);
    }
    streams.finish();
    defragmenter.finish();
    if (streams.held !== 0 || streams.size !== 0) throw new Error(`${streams.held} bytes held at the end`);
    for (const { closed } of open.values()) if (!closed) throw new Error('left open');
  },
};

/** Fills `packet` from a record; returns how much later it comes. */
function packetOf(record: Uint8Array, at: number, number: number): number {
  const [who = 0, seq = 0, ack = 0, flags = 0, length = 0, keep = 0, wait = 0, odd = 0] = record;
  const ends = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 1000 + (who & 15), dstPort: 80 };
  const sides = who & 16 ? { src: ends.dst, dst: ends.src, srcPort: 80, dstPort: ends.srcPort } : ends;
  const far = odd === 1 ? 2 ** 31 : odd === 2 ? 2 ** 32 - 20 : odd === 3 ? 50e6 : 0;
  const payload = 'x'.repeat(length >> 2);
  const segment = { seq: (far + 3 * seq) >>> 0, ack: (far + 3 * ack) >>> 0, flags: flags & 0x3f, payload };
  const transport = who & 32 ? udp(sides, payload) : tcp(sides, segment);
  const fragment = odd > 250 ? { id: odd, fragment: (flags << 8) | seq } : {};
  const bytes = ethernet(ip(sides, who & 32 ? 17 : 6, transport, fragment));
  // Now and then cut by the snap length, or late by seconds.
  const later = wait > 240 ? (wait - 240) * 1e9 : wait * 1e6;
  const f = frame(bytes, 0, keep > 200 ? 14 + 20 + 20 + (keep - 200) : bytes.length);
  f.number = number;
  f.sec += Math.floor((at + later) / 1e9);
  decode(f, packet);
  if (odd === 4) packet.tcpFlags |= TcpFlag.syn;
  return later;
}
