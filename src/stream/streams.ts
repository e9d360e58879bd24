/** The connection table with its rules of opening, closing and forgetting. */
import {
  type EndReason,
  type IcmpError,
  type Packet,
  type Side,
  TcpFlag,
  type Timestamp,
} from '../model/index.ts';
import { type Conn, type Ended, Queue } from './connection.ts';
import { isPortUnreachable, isUndeliverable, mayBeAbout } from './icmp.ts';
import { defaultLimits, type StreamLimits } from './limits.ts';
import { measure } from './measure.ts';
import { Redirects } from './redirects.ts';
import { ConnectionTable } from './table.ts';
import { Reassembler } from './tcp.ts';

/** Where streams go. `buf` is valid during the call only. */
export interface StreamCollector {
  open(conn: Conn): void;
  /** TCP: the next bytes of the stream. UDP: one datagram. */
  data(conn: Conn, side: Side, buf: Uint8Array, start: number, end: number, at: Timestamp): void;
  gap(conn: Conn, side: Side, length: number, at: Timestamp): void;
  end(conn: Conn, side: Side, reason: EndReason, at: Timestamp): void;
  /** Both sides have ended; nothing comes any more. */
  closed(conn: Conn, ended: Ended, at: Timestamp): void;
  /** A third SYN has gone without an answer. */
  waiting?(conn: Conn, at: Timestamp): void;
  /** One of that many SYNs was answered after all. */
  answered?(conn: Conn, at: Timestamp): void;
  /** The entry of a closed connection is given up: stragglers are counted no more. */
  forgotten?(conn: Conn): void;
}

export interface StreamCounters {
  connections: number;
  /** Open connections forgotten because the table was full. */
  evicted: number;
  retransmitted: number;
  lost: number;
  outOfOrder: number;
  stray: number;
}

export interface StreamsOptions {
  readonly limits?: StreamLimits;
  /** Is this a port that servers listen on? For connections whose beginning was not seen. */
  readonly isServerPort?: (port: number, transport: number) => boolean;
}

export interface Streams {
  /** A TCP or UDP packet, not a fragment. */
  packet(p: Packet, at: Timestamp): void;
  /**
   * An ICMP error. Whoever sent it may lie (RFC 5927): it ends only what is being opened, or asked over UDP.
   * @param quoted the packet it is about: addresses, transport, ports, of TCP the sequence number
   */
  icmp(quoted: Packet, error: Omit<IcmpError, 'about'>, at: Timestamp): void;
  /** Time passes without packets: forgets what is idle. */
  tick(at: Timestamp): void;
  /** End of the capture: every connection ends. */
  finish(): void;
  /** Every connection that is not forgotten, closed ones included. */
  each(visit: (conn: Conn) => void): void;
  counters(): StreamCounters;
  readonly size: number;
  /** Bytes behind holes. */
  readonly held: number;
}

/** Packets of either side in a question and its answer, one of them repeated. */
const briefPackets = 2;

function isAnswered({ client, server }: Conn): boolean {
  return (
    client.packets > 0 &&
    server.packets > 0 &&
    client.packets <= briefPackets &&
    server.packets <= briefPackets
  );
}

/** Who is forgotten is looked for no more often than this: the shortest time is a thousand times as long. */
const expiryStepNs = 10e6;
/** SYNs after which it is told that nobody answers: one may be lost, and its repetition too. */
const manySyns = 3;
/** Packets of a handshake after which the wait for the next one grows no more. */
const mostRepetitions = 7;

/** Neither side has sent anything but SYNs: nobody has answered, or nobody has taken the answer. */
function isOpening({ client, server }: Conn): boolean {
  return client.packets === client.syns && server.packets === server.syns;
}

/** First port of the ranges systems give to clients: Linux 32768 (ip_local_port_range), IANA 49152. */
const ephemeralFrom = 32_768;

export function createStreams(options: StreamsOptions, out: StreamCollector): Streams {
  const limits = options.limits ?? defaultLimits;
  const isServerPort = options.isServerPort ?? (() => false);
  const table = new ConnectionTable(limits.connections);
  const redirects = new Redirects(table);
  const reassembler = new Reassembler(limits, out);
  const opening = Array.from(
    { length: mostRepetitions - manySyns + 1 },
    (_, more) => new Queue(limits.openingNs * 2 ** more),
  );
  const tcpIdle = new Queue(limits.tcpIdleNs);
  const udpIdle = new Queue(limits.udpIdleNs);
  const answered = new Queue(limits.answeredNs);
  const lingering = new Queue(limits.lingerNs);
  const closing = new Queue(limits.closingNs);
  // In the order in which they make room: a flood of SYNs must not cost those that speak.
  const queues = [lingering, answered, ...opening, udpIdle, closing, tcpIdle];
  let connections = 0;
  let evicted = 0;
  let now: Timestamp = 0;
  let expiredAt: Timestamp = Number.NEGATIVE_INFINITY;

  /** Was the packet sent by the client? SYN tells; else ports are a guess. */
  function sentByClient(p: Packet): boolean {
    if (p.transport === 6 && p.tcpFlags & TcpFlag.syn) return (p.tcpFlags & TcpFlag.ack) === 0;
    const sourceServes = isServerPort(p.srcPort, p.transport);
    const targetServes = isServerPort(p.dstPort, p.transport);
    if (sourceServes !== targetServes) return targetServes;
    // UDP has no beginning to miss: the first to speak asks.
    if (p.transport === 17) return true;
    const sourceHigh = p.srcPort >= ephemeralFrom;
    if (sourceHigh !== p.dstPort >= ephemeralFrom) return sourceHigh;
    return p.srcPort >= p.dstPort;
  }

  function open(p: Packet, at: Timestamp): Conn {
    if (table.size >= limits.connections) evictOne();
    const conn = table.add(p, sentByClient(p));
    conn.id = ++connections;
    conn.openedAt = at;
    // Seen from the SYN-ACK on, nothing of the streams is missing either.
    conn.joinedMidStream = p.transport === 6 && (p.tcpFlags & TcpFlag.syn) === 0;
    redirects.opened(conn, p);
    out.open(conn);
    return conn;
  }

  function evictOne(): void {
    for (const queue of queues) {
      const conn = queue.oldest;
      if (!conn) continue;
      // One that was answered loses nothing by being forgotten a little early.
      const isLoss = !conn.closed && queue !== answered;
      if (isLoss) evicted++;
      close(conn, isLoss ? 'evicted' : 'idle', now);
      forget(conn);
      return;
    }
  }

  function forget(conn: Conn): void {
    conn.queue?.remove(conn);
    table.remove(conn);
    redirects.forget(conn);
    out.forgotten?.(conn);
    conn.user = undefined;
  }

  /** Ends both sides; the entry lingers in the table until it is forgotten. */
  function close(conn: Conn, ended: Ended, at: Timestamp): void {
    if (conn.closed) return;
    if (conn.transport === 6) {
      reassembler.flush(conn, 'client', at);
      reassembler.flush(conn, 'server', at);
    }
    conn.closed = true;
    conn.ended = ended;
    const reason: EndReason = ended === 'refused' || ended === 'unreachable' ? 'rst' : ended;
    if (!conn.client.ended) out.end(conn, 'client', reason, at);
    if (!conn.server.ended) out.end(conn, 'server', reason, at);
    conn.client.ended = true;
    conn.server.ended = true;
    out.closed(conn, ended, at);
    lingering.push(conn);
  }

  function expire(at: Timestamp): void {
    if (at - expiredAt < expiryStepNs && at >= expiredAt) return;
    expiredAt = at;
    for (const queue of queues) {
      for (let conn = queue.oldest; conn && at - conn.lastAt > queue.timeoutNs; conn = queue.oldest) {
        if (!conn.closed) close(conn, 'idle', at);
        forget(conn);
      }
    }
  }

  function tcp(conn: Conn | undefined, p: Packet, at: Timestamp): void {
    const { tcpFlags } = p;
    const startsAnew = (tcpFlags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn;
    if (conn && (startsAnew ? isNewConnection(conn, p) : isRevived(conn, tcpFlags))) {
      close(conn, 'idle', at);
      forget(conn);
      conn = undefined;
      table.find(p);
    }
    if (!conn) {
      // A lone RST says nothing of a connection worth an entry.
      if (tcpFlags & TcpFlag.rst) return;
      conn = open(p, at);
    }
    const fromClient = table.fromClient;
    measure(conn, fromClient, p, at);
    // Its time stays what it was: whatever goes on there is soon looked at as a connection of its own.
    if (conn.closed) return;
    conn.lastAt = at;
    reassembler.packet(conn, fromClient ? 'client' : 'server', p, at);
    if (tcpFlags & TcpFlag.rst) {
      const refused = !fromClient && conn.client.synSeen && !conn.server.synSeen && conn.client.bytes === 0;
      conn.resetBy = fromClient ? 'client' : 'server';
      close(conn, refused ? 'refused' : 'rst', at);
    } else if (conn.client.ended && conn.server.ended) close(conn, 'fin', at);
    else if (conn.client.ended || conn.server.ended) {
      conn.endedFirst ??= conn.client.ended ? 'client' : 'server';
      closing.push(conn);
    } else if (isOpening(conn)) opens(conn, at);
    else tcpIdle.push(conn);
  }

  /** The last packet was a SYN, or its answer. */
  function opens(conn: Conn, at: Timestamp): void {
    const { syns } = conn.client;
    const repetitions = Math.max(syns, conn.server.syns);
    opening[Math.min(Math.max(repetitions, manySyns), mostRepetitions) - manySyns]!.push(conn);
    if (conn.server.packets === 0) {
      if (syns === manySyns) out.waiting?.(conn, at);
    } else if (syns >= manySyns && conn.server.packets === 1 && table.fromClient === false)
      out.answered?.(conn, at);
  }

  /** An ICMP error had ended it, and it is answered nevertheless. */
  function isRevived(conn: Conn, tcpFlags: number): boolean {
    return conn.ended === 'unreachable' && (tcpFlags & TcpFlag.syn) !== 0 && !table.fromClient;
  }

  /** The tuple is used again: another initial sequence number, or the old connection is over. */
  function isNewConnection(conn: Conn, p: Packet): boolean {
    const half = table.fromClient ? conn.client : conn.server;
    if (conn.closed) return !(half.synSeen && half.isn === (p.tcpSeq | 0));
    if (!half.synSeen) return conn.joinedMidStream;
    return half.isn !== (p.tcpSeq | 0);
  }

  function udp(conn: Conn | undefined, p: Packet, at: Timestamp): void {
    conn ??= open(p, at);
    const side: Side = table.fromClient ? 'client' : 'server';
    const half = conn.half(side);
    conn.lastAt = at;
    half.packets++;
    half.wireBytes += p.frame.origLen;
    half.bytes += p.payloadLen;
    (isAnswered(conn) ? answered : udpIdle).push(conn);
    if (p.payloadCap > 0) out.data(conn, side, p.buf, p.payloadOff, p.payloadOff + p.payloadCap, at);
    if (p.payloadCap < p.payloadLen) {
      half.lost += p.payloadLen - p.payloadCap;
      out.gap(conn, side, p.payloadLen - p.payloadCap, at);
    }
  }

  return {
    packet(p, at) {
      // As the packets have it, even where their clock steps back: files are joined in any order.
      now = at;
      expire(at);
      const conn = table.find(p);
      if (p.transport === 6) tcp(conn ?? redirects.find(p), p, at);
      else if (p.transport === 17) udp(conn, p, at);
    },
    icmp(quoted, error, at) {
      now = at;
      expire(at);
      const conn = table.find(quoted);
      if (!conn || conn.closed) return;
      const about: Side = table.fromClient ? 'client' : 'server';
      if (conn.transport === 6 && !mayBeAbout(conn.half(about), quoted.tcpSeq | 0)) return;
      conn.icmp = { ...error, about };
      if (about === 'server' || !isUndeliverable(error)) return;
      if (conn.transport === 6) {
        // Linux gives up at once as well (tcp_v4_err, tcp_v6_err); once opened it is a hint and no more.
        if (!isOpening(conn) || conn.server.packets > 0) return;
        conn.lastAt = at;
        close(conn, 'unreachable', at);
      } else if (conn.server.packets === 0 || isPortUnreachable(error)) {
        conn.lastAt = at;
        // The next datagram is a new attempt.
        close(conn, 'unreachable', at);
        forget(conn);
      }
    },
    tick(at) {
      if (at < now) return;
      now = at;
      reassembler.tick(at);
      expire(at);
    },
    finish() {
      for (const queue of queues)
        for (let conn = queue.oldest; conn; conn = queue.oldest) {
          close(conn, 'captureEnd', now);
          forget(conn);
        }
    },
    each(visit) {
      for (const queue of queues) for (let conn = queue.oldest; conn; conn = conn.newer) visit(conn);
    },
    counters: () => ({ connections, evicted, ...reassembler.counters }),
    get size() {
      return table.size;
    },
    get held() {
      return reassembler.held;
    },
  };
}
