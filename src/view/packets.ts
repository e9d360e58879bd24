/** Packets and streams of an exchange, and files of them: what is masked in exchanges is masked in them too. */
import type { Connection, Frame, Platform } from '../model/index.ts';
import { PcapngWriter } from '../pcap/index.ts';
import type { Rules } from '../redact/index.ts';
import { createScrubber } from '../scrub/index.ts';
import { createPrinter } from '../sinks/tcpdump/index.ts';
import { createStreams } from '../stream/index.ts';
import { createPacket, decode } from '../wire/index.ts';
import { isFromClient } from './frames.ts';
import type { PacketRow, StreamPiece } from './ports.ts';

/** As they may be shown. */
export function cleanFrames(frames: readonly Frame[], rules: Rules | undefined, platform: Platform): Frame[] {
  if (!rules) return [...frames];
  const clean: Frame[] = [];
  const scrubber = createScrubber({ rules, platform }, (frame) => {
    const buf = frame.buf.slice(frame.start, frame.start + frame.capLen);
    clean.push({ ...frame, buf, start: 0 });
  });
  for (const frame of frames) scrubber.frame(frame);
  scrubber.finish();
  return clean;
}

export function packetRows(frames: readonly Frame[], connection: Connection): PacketRow[] {
  const none = { ascii: 0, hex: 0, hexAscii: 0 } as const;
  const printer = createPrinter({
    ...none,
    ...{ noNames: 2, verbose: 0, quiet: false, linkHeader: false, absoluteSeq: false, number: false },
    // The row has the time.
    time: 1,
    nano: false,
  });
  return frames.map((frame) => ({
    number: frame.number,
    at: frame.sec * 1000 + frame.nsec / 1e6,
    from: isFromClient(frame, connection) ? 'client' : 'server',
    length: frame.origLen,
    text: printer.print(frame).trimEnd(),
    bytes: frame.buf,
  }));
}

export function streamPieces(
  frames: readonly Frame[],
  connection: Connection,
  limit: number,
): { pieces: StreamPiece[]; isCut: boolean } {
  const pieces: { side: 'client' | 'server'; at: number; bytes: Uint8Array; gap: number }[] = [];
  const gaps = { client: 0, server: 0 };
  let bytes = 0;
  let isCut = false;
  const base = frames[0]?.sec ?? 0;
  const isTurned = new Map<object, boolean>();
  const sideOf = (conn: object, side: 'client' | 'server') =>
    isTurned.get(conn) ? (side === 'client' ? 'server' : 'client') : side;
  const streams = createStreams(
    {},
    {
      open(conn) {
        // Without a handshake who asks may be guessed wrongly: the exchange knows.
        isTurned.set(conn, conn.clientPort !== connection.client.port);
      },
      data(conn, given, buf, start, end, at) {
        const side = sideOf(conn, given);
        const room = Math.min(end - start, limit - bytes);
        isCut ||= room < end - start;
        if (room <= 0) return;
        bytes += room;
        const piece = {
          side,
          at: base * 1000 + at / 1e6,
          bytes: buf.slice(start, start + room),
          gap: gaps[side],
        };
        gaps[side] = 0;
        pieces.push(piece);
      },
      gap(conn, side, length) {
        gaps[sideOf(conn, side)] += length;
      },
      end() {},
      closed() {},
    },
  );
  const packet = createPacket();
  for (const frame of frames) {
    decode(frame, packet);
    streams.packet(packet, (frame.sec - base) * 1e9 + frame.nsec);
  }
  streams.finish();
  return { pieces, isCut };
}

/** @param frames of any conversations, in order of time */
export function captureFile(frames: readonly Frame[]): Uint8Array {
  const writer = new PcapngWriter();
  writer.section({ application: 'porthole' });
  const ifaces = [...new Set(frames.map(({ iface }) => iface))];
  for (const iface of ifaces) writer.interface(iface);
  for (const frame of frames) writer.frame(frame, ifaces.indexOf(frame.iface));
  return writer.chunk.bytes.slice(0, writer.chunk.length);
}
