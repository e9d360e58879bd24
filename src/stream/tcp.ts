/** TCP reassembly of one direction: bytes in order, once; holes as gaps. RFC 9293 section 3.4. */
import { type Packet, type Side, TcpFlag, type Timestamp } from '../model/index.ts';
import { type Conn, type EarlySegment, endOf, type Half, later } from './connection.ts';
import type { StreamLimits } from './limits.ts';

export interface TcpCounters {
  /** Payload bytes seen again and left out. */
  retransmitted: number;
  /** Bytes of streams that were never captured. */
  lost: number;
  /** Segments that came before an earlier one. */
  outOfOrder: number;
  /** Segments far outside any window that nobody acknowledged: not part of the stream. */
  stray: number;
}

export interface SegmentOutput {
  data(conn: Conn, side: Side, buf: Uint8Array, start: number, end: number, at: Timestamp): void;
  gap(conn: Conn, side: Side, length: number, at: Timestamp): void;
  end(conn: Conn, side: Side, reason: 'fin', at: Timestamp): void;
}

/** What a held segment takes beside its bytes: many small ones must not take more than a few large ones. */
const segmentOverhead = 192;
/** No receiver's window in use reaches further (tcp_rmem ends at 6 to 32 MiB). */
const maxAhead = 32 * 1024 * 1024;

export class Reassembler {
  readonly #limits: StreamLimits;
  readonly #out: SegmentOutput;
  readonly #withHoles = new Set<Conn>();
  readonly counters: TcpCounters = { retransmitted: 0, lost: 0, outOfOrder: 0, stray: 0 };
  /** Bytes held behind holes, all connections, overhead included. */
  held = 0;

  constructor(limits: StreamLimits, out: SegmentOutput) {
    this.#limits = limits;
    this.#out = out;
  }

  /** A packet of `side`: first what it acknowledges of the other, then what it brings. */
  packet(conn: Conn, side: Side, p: Packet, at: Timestamp): void {
    const half = conn.half(side);
    const flags = p.tcpFlags;
    if (flags & TcpFlag.ack) {
      const peer = side === 'client' ? 'server' : 'client';
      this.#acknowledge(conn, peer, p.tcpAck | 0, at);
      if (p.payloadLen > 0 || flags & TcpFlag.rst) this.#loseUnseen(conn, peer, at);
    }
    let seq = p.tcpSeq | 0;
    if (flags & TcpFlag.syn) {
      this.#synchronize(conn, side, p);
      seq = (seq + 1) | 0;
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
    else if (flags & TcpFlag.rst) this.#loseBefore(conn, side, half, seq, at);
  }

  /**
   * A RST says where its sender was (RFC 9293 section 3.5.3): what it had sent before and was not captured is lost
   * now, or it would seem that it had never been sent.
   */
  #loseBefore(conn: Conn, side: Side, half: Half, seq: number, at: Timestamp): void {
    if (!half.known || half.early) return;
    const unseen = (seq - half.nextSeq) | 0;
    // One may be the place of a FIN.
    if (unseen <= 1 || unseen > maxAhead) return;
    half.nextSeq = seq;
    half.bytes += unseen;
    this.#lose(conn, side, half, unseen, at);
  }

  /** A SYN says where its direction begins, a SYN-ACK where the other does too, seen or not. */
  #synchronize(conn: Conn, side: Side, p: Packet): void {
    const half = conn.half(side);
    half.isn = p.tcpSeq | 0;
    half.synSeen = true;
    if (!half.known) {
      half.known = true;
      half.nextSeq = (half.isn + 1) | 0;
    }
    const peer = side === 'client' ? conn.server : conn.client;
    if (p.tcpFlags & TcpFlag.ack && !peer.known) {
      peer.known = true;
      peer.nextSeq = p.tcpAck | 0;
    }
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

  /** Behind a hole: copies of what is not held yet, sorted by sequence number, never overlapping. */
  #keep(conn: Conn, side: Side, half: Half, p: Packet, seq: number, at: Timestamp): void {
    this.counters.outOfOrder++;
    half.early ??= [];
    this.#withHoles.add(conn);
    const list = half.early;
    const end = (seq + p.payloadLen) | 0;
    let i = list.length;
    while (i > 0 && ((list[i - 1]!.seq - seq) | 0) > 0) i--;
    // The first copy of a byte wins: only what lies between those held is new.
    let from = i > 0 ? later(seq, endOf(list[i - 1]!)) : seq;
    let fresh = 0;
    while (((end - from) | 0) > 0) {
      const next = list[i];
      const to = next && ((end - next.seq) | 0) > 0 ? next.seq : end;
      const length = (to - from) | 0;
      if (length > 0) {
        list.splice(i++, 0, cutOut(p, (from - seq) | 0, from, length, at));
        this.#hold(half, list[i - 1]!, 1);
        fresh += length;
      }
      if (!next || to === end) break;
      from = endOf(next);
      i++;
    }
    this.counters.retransmitted += p.payloadLen - fresh;
    while (
      half.early &&
      (half.earlyBytes > this.#limits.pendingBytes || this.held > this.#limits.pendingTotal)
    )
      this.#skipHole(conn, side, half, at);
  }

  #hold(half: Half, segment: EarlySegment, sign: 1 | -1): void {
    const size = sign * (segment.bytes.length + segmentOverhead);
    half.earlyBytes += size;
    this.held += size;
  }

  /** Delivers what is no longer behind a hole, and gives up holes that will not be filled. */
  #release(conn: Conn, side: Side, half: Half, at: Timestamp): void {
    while (half.early) {
      const first = half.early[0]!;
      const ahead = (first.seq - half.nextSeq) | 0;
      if (ahead <= 0) this.#takeFirst(conn, side, half, at);
      // The receiver has it, so nobody sends it again.
      else if (half.ackSeen && ((half.acked - first.seq) | 0) >= 0) this.#skipHole(conn, side, half, at);
      // Or nobody says anything of it: a capture of one side. A receiver that answers waits for it itself.
      else if (at - Math.max(first.at, half.ackedAt) > this.#limits.holeNs)
        this.#skipHole(conn, side, half, at);
      else return;
    }
  }

  #takeFirst(conn: Conn, side: Side, half: Half, at: Timestamp): void {
    const segment = this.#dropFirst(half);
    const old = (half.nextSeq - segment.seq) | 0;
    this.#deliver(conn, side, half, segment.bytes, 0, segment.bytes.length, segment.length, old, at);
  }

  #dropFirst(half: Half): EarlySegment {
    const early = half.early!;
    const segment = early.shift() as EarlySegment;
    if (early.length === 0) half.early = undefined;
    this.#hold(half, segment, -1);
    return segment;
  }

  #skipHole(conn: Conn, side: Side, half: Half, at: Timestamp): void {
    const first = half.early![0]!;
    const length = (first.seq - half.nextSeq) | 0;
    if (length > maxAhead && half.ackSeen && ((half.acked - first.seq) | 0) < 0) {
      this.#dropFirst(half);
      this.counters.stray++;
      return;
    }
    if (length > 0) {
      half.nextSeq = (half.nextSeq + length) | 0;
      half.bytes += length;
      this.#lose(conn, side, half, length, at);
    }
    this.#takeFirst(conn, side, half, at);
  }

  #acknowledge(conn: Conn, side: Side, ack: number, at: Timestamp): void {
    const half = conn.half(side);
    half.ackedAt = at;
    if (half.ackSeen && ((ack - half.acked) | 0) <= 0) return;
    half.ackSeen = true;
    half.acked = ack;
    if (half.early) this.#release(conn, side, half, at);
    if (half.finSeen) this.#finish(conn, side, half, at);
  }

  /**
   * Whoever answers has read what it acknowledges: what we have not seen of that is lost now, and not when
   * the other side speaks again. A single byte may be the FIN's place in the numbers.
   */
  #loseUnseen(conn: Conn, side: Side, at: Timestamp): void {
    const half = conn.half(side);
    if (!half.known || half.ended || half.finSeen) return;
    const unseen = (half.acked - half.nextSeq) | 0;
    if (unseen <= 1 || unseen > maxAhead) return;
    // Held segments behind `acked` have been released; one before it cannot be there.
    half.nextSeq = half.acked;
    half.bytes += unseen;
    this.#lose(conn, side, half, unseen, at);
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

  /** Time passes without packets: holes that nobody speaks of any more are given up. */
  tick(at: Timestamp): void {
    for (const conn of this.#withHoles) {
      if (conn.client.early) this.#release(conn, 'client', conn.client, at);
      if (conn.server.early) this.#release(conn, 'server', conn.server, at);
      if (!conn.client.early && !conn.server.early) this.#withHoles.delete(conn);
    }
  }

  /** The connection ends here: everything held comes out, holes as gaps. */
  flush(conn: Conn, side: Side, at: Timestamp): void {
    const half = conn.half(side);
    this.#withHoles.delete(conn);
    while (half.early) this.#skipHole(conn, side, half, at);
    if (half.finSeen) {
      half.acked = (half.finSeq + 1) | 0;
      half.ackSeen = true;
      this.#finish(conn, side, half, at);
    }
  }
}

/** Bytes of the packet's payload from `skip` on, as far as they were captured. */
function cutOut(p: Packet, skip: number, seq: number, length: number, at: Timestamp): EarlySegment {
  const start = p.payloadOff + Math.min(skip, p.payloadCap);
  const end = p.payloadOff + Math.min(skip + length, p.payloadCap);
  return { seq, length, bytes: p.buf.slice(start, end), at };
}
