/** Capture files as what analyzers are fed with. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Connection, EndReason, Exchange, Side } from '../../model/index.ts';
import { CaptureDecoder } from '../../pcap/index.ts';
import { createStreams } from '../../stream/index.ts';
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { createPacket, decode } from '../../wire/index.ts';

export type Event =
  | { readonly kind: 'data'; readonly side: Side; readonly bytes: Uint8Array; readonly at: number }
  | { readonly kind: 'gap'; readonly side: Side; readonly length: number; readonly at: number }
  | { readonly kind: 'end'; readonly side: Side; readonly reason: EndReason; readonly at: number };

export interface Conversation {
  readonly connection: Connection;
  readonly events: Event[];
  /** Of a protocol that begins inside another: what agreed on it. */
  readonly carrier?: Exchange;
  /** Of the file's first frame, from which times count. */
  readonly clock?: Clock;
}

/** Fixtures of a protocol, by name. */
export function fixtureNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.pcap'))
    .map((file) => file.slice(0, -5))
    .sort();
}

/** The connections of a file, in order. Times count from the file's first frame. */
export function readConversations(folder: string, name: string): Conversation[] {
  const conversations: Conversation[] = [];
  const clock = { baseSec: 0 };
  const packet = createPacket();
  const add = (conn: { user: unknown }, event: Event) => void (conn.user as Conversation).events.push(event);
  const streams = createStreams(
    {},
    {
      open(conn) {
        const address = (w0: number, w1: number, w2: number, w3: number) => {
          const bytes = Uint8Array.from(
            [w0, w1, w2, w3].flatMap((w) => [w >>> 24, (w >>> 16) & 255, (w >>> 8) & 255, w & 255]),
          );
          return conn.version === 4 ? formatIpv4(bytes, 0) : formatIpv6(bytes, 0);
        };
        const connection: Connection = {
          id: conn.id,
          transport: conn.transport === 6 ? 'tcp' : 'udp',
          netns: 0,
          target: '',
          client: { address: address(conn.c0, conn.c1, conn.c2, conn.c3), port: conn.clientPort },
          server: { address: address(conn.s0, conn.s1, conn.s2, conn.s3), port: conn.serverPort },
          openedAt: conn.openedAt,
          joinedMidStream: conn.joinedMidStream,
        };
        const conversation = { connection, events: [], clock };
        conn.user = conversation;
        conversations.push(conversation);
      },
      data(conn, side, buf, start, end, at) {
        add(conn, { kind: 'data', side, bytes: buf.slice(start, end), at });
      },
      gap(conn, side, length, at) {
        add(conn, { kind: 'gap', side, length, at });
      },
      end(conn, side, reason, at) {
        add(conn, { kind: 'end', side, reason, at });
      },
      closed() {},
    },
  );
  const decoder = new CaptureDecoder();
  const out = {
    interface() {},
    frame(frame: Parameters<typeof decode>[0]) {
      clock.baseSec ||= frame.sec;
      decode(frame, packet);
      if (packet.transport !== 0) streams.packet(packet, (frame.sec - clock.baseSec) * 1e9 + frame.nsec);
    },
    loss({ detail }: { readonly detail?: string }) {
      throw new Error(`${name}: ${detail}`);
    },
  };
  decoder.feed(readFileSync(join(folder, `${name}.pcap`)), out);
  decoder.end(out);
  streams.finish();
  return conversations;
}
