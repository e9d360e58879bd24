/**
 * What TCP's headers alone tell of a connection: what was sent again, came out of order, found no room, and
 * how long the way is. Looked at before reassembly, for its holes are what a late segment fills.
 */
import { type Packet, TcpFlag, type Timestamp } from '../model/index.ts';
import { type Conn, type EarlySegment, endOf, type Half } from './connection.ts';

/** The way's length where the handshake was not seen: Wireshark's choice for the same question. */
const defaultRttNs = 3e6;
/** Held segments looked at for their time: a window in use holds fewer behind a hole, a hostile one many more. */
const maxLookedAt = 256;
const control = TcpFlag.syn | TcpFlag.fin | TcpFlag.rst;

export function measure(conn: Conn, fromClient: boolean, p: Packet, at: Timestamp): void {
  const half = fromClient ? conn.client : conn.server;
  const peer = fromClient ? conn.server : conn.client;
  const flags = p.tcpFlags;
  half.packets++;
  half.wireBytes += p.frame.origLen;
  if (peer.isTiming && flags & TcpFlag.ack && ((p.tcpAck - peer.timedSeq) | 0) >= 0) takeSample(peer, at);
  if (flags & control) opensOrEnds(conn, fromClient, half, p, at);
  else {
    // The window of a SYN or RST says nothing of a buffer that is full.
    if (p.tcpWindow === 0) shut(half, at);
    else if (half.isShut) reopen(half, at);
    if (fromClient && conn.clientHandshakeNs < 0) completes(conn, p, at);
  }
  if (p.payloadLen > 0 && !(flags & TcpFlag.rst)) {
    half.segments++;
    half.dataAt = at;
    const seq = (flags & TcpFlag.syn ? p.tcpSeq + 1 : p.tcpSeq) | 0;
    const end = (seq + p.payloadLen) | 0;
    if (half.maxSeen && ((seq - half.maxSeq) | 0) < 0) again(conn, half, seq, end, at);
    else advance(half, end, at, true);
  }
}

function advance(half: Half, end: number, at: Timestamp, mayTime: boolean): void {
  half.maxSeen = true;
  half.maxSeq = end;
  // One segment at a time, as kernels without timestamps do (RFC 6298 section 3).
  if (!mayTime || half.isTiming) return;
  half.isTiming = true;
  half.timedSeq = end;
  half.timedAt = at;
}

function takeSample(half: Half, at: Timestamp): void {
  half.isTiming = false;
  const ns = at - half.timedAt;
  if (ns < 0) return;
  if (half.rttCount === 0 || ns < half.rttMin) half.rttMin = ns;
  if (ns > half.rttMax) half.rttMax = ns;
  half.rttCount++;
  half.rttSum += ns;
}

/** A segment that begins before the furthest byte. */
function again(conn: Conn, half: Half, seq: number, end: number, at: Timestamp): void {
  const before = (half.maxSeq - seq) | 0;
  // A keep-alive or the probe of a window that is shut: one byte, the last one (RFC 9293 sections 3.8.4,
  // 3.8.6.1). Data that begins with the byte of a probe is new too.
  if (before === 1) {
    if (end !== half.maxSeq) advance(half, end, at, true);
    return;
  }
  const holeAt = holeSince(half, seq, end);
  if (holeAt < 0) half.repeated++;
  // No sender hears of a loss sooner than a round trip after the segment behind it.
  else if (at - holeAt > rttOf(conn)) half.lateFills++;
  else half.overtaken++;
  // Karn: an acknowledgement no longer tells which of them it is for (RFC 6298 section 3).
  half.isTiming = false;
  if (((end - half.maxSeq) | 0) > 0) advance(half, end, at, false);
}

function rttOf({ serverHandshakeNs, clientHandshakeNs }: Conn): number {
  return serverHandshakeNs >= 0 && clientHandshakeNs >= 0
    ? serverHandshakeNs + clientHandshakeNs
    : defaultRttNs;
}

/**
 * Since when a byte that it brings is known to be missing: since the first of what lies behind it came. -1: all
 * were seen. Holes are before held segments, which are sorted and do not overlap.
 */
function holeSince({ early, nextSeq }: Half, seq: number, end: number): Timestamp {
  if (early === undefined) return -1;
  let low = 0;
  for (let high = early.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (((early[middle]!.seq - seq) | 0) > 0) high = middle;
    else low = middle + 1;
  }
  // From the first that begins behind `seq` on: is there room before it that the segment reaches?
  for (let i = low; i < early.length; i++) {
    const holeAt = i === 0 ? nextSeq : endOf(early[i - 1]!);
    if (((end - holeAt) | 0) <= 0) return -1;
    if (((early[i]!.seq - holeAt) | 0) > 0) return firstSeen(early, i);
  }
  return -1;
}

function firstSeen(early: readonly EarlySegment[], from: number): Timestamp {
  let at = early[from]!.at;
  for (let i = from + 1; i < early.length && i < from + maxLookedAt; i++)
    if (early[i]!.at < at) at = early[i]!.at;
  return at;
}

function opensOrEnds(conn: Conn, fromClient: boolean, half: Half, p: Packet, at: Timestamp): void {
  const flags = p.tcpFlags;
  if (flags & TcpFlag.syn) {
    const isAnswer = !fromClient && (flags & TcpFlag.ack) !== 0;
    // Of repeated SYNs the last before the answer: they are a second apart, ways seldom are.
    if (isAnswer && half.syns === 0 && conn.client.syns > 0) conn.serverHandshakeNs = at - conn.client.synAt;
    half.syns++;
    half.synAt = at;
    return;
  }
  if (flags & TcpFlag.fin && p.payloadLen === 0 && half.finSeen && half.finSeq === (p.tcpSeq | 0))
    half.repeated++;
}

/** The handshake's third packet: acknowledges the server's SYN and nothing more. Karn again: sent once only. */
function completes(conn: Conn, p: Packet, at: Timestamp): void {
  const { server } = conn;
  if (server.syns !== 1 || !(p.tcpFlags & TcpFlag.ack) || (p.tcpAck | 0) !== ((server.isn + 1) | 0)) return;
  conn.clientHandshakeNs = at - server.synAt;
}

function shut(half: Half, at: Timestamp): void {
  half.zeroWindows++;
  if (half.isShut) return;
  half.isShut = true;
  half.shutAt = at;
}

function reopen(half: Half, at: Timestamp): void {
  half.isShut = false;
  half.shutNs += Math.max(0, at - half.shutAt);
}
