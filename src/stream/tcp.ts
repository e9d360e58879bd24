/** TCP reassembly of one direction: bytes in order, once; holes as gaps. RFC 9293 section 3.4. */
import { type Packet, type Side, TcpFlag, type Timestamp } from '../model/index.ts';
import type { Conn, EarlySegment, Half } from './connection.ts';
import type { StreamLimits } from './limits.ts';

export interface TcpCounters {
  /** Payload bytes seen again and left out. */
  retransmitted: number;
  /** Bytes of streams that were never captured. */
  lost: number;
  /** Segments that came before an earlier one. */
  outOfOrder: number;
}

export interface SegmentOutput {
  data(conn: Conn, side: Side, buf: Uint8Array, start: number, end: number, at: Timestamp): void;
  gap(conn: Conn, side: Side, length: number, at: Timestamp): void;
  end(conn: Conn, side: Side, reason: 'fin', at: Timestamp): void;
}

export class Reassembler {
  readonly #limits: StreamLimits;
  readonly #out: SegmentOutput;
  readonly counters: TcpCounters = { retransmitted: 0, lost: 0, outOfOrder: 0 };
  /** Bytes held behind holes, all connections. */
  held = 0;

  constructor(limits: StreamLimits, out: SegmentOutput) {
    this.#limits = limits;
    this.#out = out;
  }

  /** A packet of `side`: first what it acknowledges of the other, then what it brings. */
  packet(conn: Conn, side: Side, p: Packet, at: Timestamp): void {
    const half = conn.half(side);
    const flags = p.tcpFlags;
    if (flags & TcpFlag.ack)
      this.#acknowledge(conn, side === 'client' ? 'server' : 'client', p.tcpAck | 0, at);
    let seq = p.tcpSeq | 0;
    if (flags & TcpFlag.syn) {
      half.isn = seq;
      half.synSeen = true;
      seq = (seq + 1) | 0;
      if (!half.known) {
        half.known = true;
        half.nextSeq = seq;
      }
    }
    if (half.ended) {
      this.counters.retransmitted += p.payloadLen;
      return;
    }
    // A RST's payload is a diagnostic text, not part of the stream (RFC 9293 section 3.5.3).
    if (p.payloadLen > 0 && !(flags & TcpFlag.rst)) this.#segment(conn, side, half, p, seq, at);
    if (flags & TcpFlag.fin && !half.finSeen) {
      half.finSeen = true;
      half.finSeq = (seq + p.payloadLen) | 0;
      if (!half.known) {
        half.known = true;
        half.nextSeq = half.finSeq;
      }
    }
    if (half.early) this.#release(conn, side, half, at);
    if (half.finSeen) this.#finish(conn, side, half, at);
  }

  #segment(conn: Conn, side: Side, half: Half, p: Packet, seq: number, at: Timestamp): void {
    if (!half.known) {
      half.known = true;
      half.nextSeq = seq;
    }
    const ahead = (seq - half.nextSeq) | 0;
    if (ahead > 0) return this.#keep(conn, side, half, p, seq, at);
    this.#deliver(conn, side, half, p.buf, p.payloadOff, p.payloadCap, p.payloadLen, -ahead, at);
  }

  /** A segment of which the first `old` bytes are not new. */
  #deliver(
    conn: Conn,
    side: Side,
    half: Half,
    buf: Uint8Array,
    off: number,
    captured: number,
    length: number,
    old: number,
    at: Timestamp,
  ): void {
    if (old >= length) {
      this.counters.retransmitted += length;
      return;
    }
    this.counters.retransmitted += old;
    half.nextSeq = (half.nextSeq + length - old) | 0;
    half.bytes += length - old;
    if (captured > old) this.#out.data(conn, side, buf, off + old, off + captured, at);
    const missing = length - Math.max(captured, old);
    if (missing > 0) this.#lose(conn, side, half, missing, at);
  }

  #lose(conn: Conn, side: Side, half: Half, length: number, at: Timestamp): void {
    half.lost += length;
    this.counters.lost += length;
    this.#out.gap(conn, side, length, at);
  }

  /** Behind a hole: a copy, sorted by sequence number. */
  #keep(conn: Conn, side: Side, half: Half, p: Packet, seq: number, at: Timestamp): void {
    this.counters.outOfOrder++;
    half.early ??= [];
    const list = half.early;
    let i = list.length;
    while (i > 0 && ((list[i - 1]!.seq - seq) | 0) > 0) i--;
    const before = list[i - 1];
    if (before && before.seq === seq && before.length >= p.payloadLen) {
      this.counters.retransmitted += p.payloadLen;
      return;
    }
    const bytes = p.buf.slice(p.payloadOff, p.payloadOff + p.payloadCap);
    list.splice(i, 0, { seq, length: p.payloadLen, bytes, at });
    half.earlyBytes += bytes.length;
    this.held += bytes.length;
    while (
      half.early &&
      (half.earlyBytes > this.#limits.pendingBytes || this.held > this.#limits.pendingTotal)
    )
      this.#skipHole(conn, side, half, at);
  }

  /** Delivers what is no longer behind a hole, and gives up holes that will not be filled. */
  #release(conn: Conn, side: Side, half: Half, at: Timestamp): void {
    while (half.early) {
      const first = half.early[0]!;
      const ahead = (first.seq - half.nextSeq) | 0;
      if (ahead <= 0) this.#takeFirst(conn, side, half, at);
      // The receiver has it, so nobody sends it again; or we have waited long enough.
      else if ((half.ackSeen && ((half.acked - first.seq) | 0) >= 0) || at - first.at > this.#limits.holeNs)
        this.#skipHole(conn, side, half, at);
      else return;
    }
  }

  #takeFirst(conn: Conn, side: Side, half: Half, at: Timestamp): void {
    const early = half.early!;
    const segment = early.shift() as EarlySegment;
    if (early.length === 0) half.early = undefined;
    half.earlyBytes -= segment.bytes.length;
    this.held -= segment.bytes.length;
    const old = (half.nextSeq - segment.seq) | 0;
    this.#deliver(conn, side, half, segment.bytes, 0, segment.bytes.length, segment.length, old, at);
  }

  #skipHole(conn: Conn, side: Side, half: Half, at: Timestamp): void {
    const length = (half.early![0]!.seq - half.nextSeq) | 0;
    if (length > 0) {
      half.nextSeq = (half.nextSeq + length) | 0;
      half.bytes += length;
      this.#lose(conn, side, half, length, at);
    }
    this.#takeFirst(conn, side, half, at);
  }

  #acknowledge(conn: Conn, side: Side, ack: number, at: Timestamp): void {
    const half = conn.half(side);
    if (half.ackSeen && ((ack - half.acked) | 0) <= 0) return;
    half.ackSeen = true;
    half.acked = ack;
    if (half.early) this.#release(conn, side, half, at);
    if (half.finSeen) this.#finish(conn, side, half, at);
  }

  #finish(conn: Conn, side: Side, half: Half, at: Timestamp): void {
    if (half.ended || half.early) return;
    const missing = (half.finSeq - half.nextSeq) | 0;
    if (missing > 0) {
      // Bytes before the FIN may still come: lost only when the receiver has acknowledged the FIN itself.
      if (!half.ackSeen || ((half.acked - half.finSeq) | 0) <= 0) return;
      half.nextSeq = half.finSeq;
      half.bytes += missing;
      this.#lose(conn, side, half, missing, at);
    }
    half.ended = true;
    this.#out.end(conn, side, 'fin', at);
  }

  /** The connection ends here: everything held comes out, holes as gaps. */
  flush(conn: Conn, side: Side, at: Timestamp): void {
    const half = conn.half(side);
    while (half.early) this.#skipHole(conn, side, half, at);
    if (half.finSeen) {
      half.acked = (half.finSeq + 1) | 0;
      half.ackSeen = true;
      this.#finish(conn, side, half, at);
    }
  }
}
