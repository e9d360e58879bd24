/** A connection: 5-tuple within a namespace, and the state of its two directions. */
import type { IcmpError, Side, Timestamp } from '../model/index.ts';

/** What came too early: a copy, `length` counts what was not captured of it too. */
export interface EarlySegment {
  seq: number;
  length: number;
  bytes: Uint8Array;
  at: Timestamp;
}

/** Sequence numbers wrap: which of two is further on. */
export function later(a: number, b: number): number {
  return ((a - b) | 0) >= 0 ? a : b;
}

/** Sequence number behind the segment. */
export function endOf(segment: EarlySegment): number {
  return (segment.seq + segment.length) | 0;
}

/** One direction of a connection: all there is to know of UDP, of which there may be very many. */
export class Flow {
  ended = false;
  packets = 0;
  /** Of its packets, link layer included. */
  wireBytes = 0;
  /** Payload delivered or known lost. */
  bytes = 0;
  lost = 0;
}

/** One direction of a TCP connection. Sequence numbers are int32: compare by (a - b) | 0. */
export class Half extends Flow {
  /** Next byte expected; meaningless until `known`. */
  nextSeq = 0;
  known = false;
  /** Sequence number of the SYN, for telling a retransmitted SYN from a new connection. */
  isn = 0;
  synSeen = false;
  finSeen = false;
  finSeq = 0;
  /** Highest acknowledgement of this direction by the other side. */
  acked = 0;
  ackSeen = false;
  /** When the other side last acknowledged anything, new or not. */
  ackedAt: Timestamp = 0;
  early: EarlySegment[] | undefined = undefined;
  earlyBytes = 0;

  // What headers tell of this direction; see measure.ts. Numbers, so that a packet costs no object.
  /** Sequence number behind the furthest byte sent. */
  maxSeq = 0;
  maxSeen = false;
  /** Segments with payload, and when the last one was sent. */
  segments = 0;
  dataAt: Timestamp = 0;
  /** SYNs, and when the last one was sent. */
  syns = 0;
  synAt: Timestamp = 0;
  /** Segments that bring what was seen before. */
  repeated = 0;
  /** Segments that fill a hole: later than a round trip (sent again), or sooner (overtaken). */
  lateFills = 0;
  overtaken = 0;
  /** Packets that advertise no room, and the time from the first of them to one that does. */
  zeroWindows = 0;
  isShut = false;
  shutAt: Timestamp = 0;
  shutNs = 0;
  /** The one segment whose acknowledgement is waited for. */
  isTiming = false;
  timedSeq = 0;
  timedAt: Timestamp = 0;
  /** Round trips: from here to the receiver and back. */
  rttCount = 0;
  rttSum = 0;
  rttMin = 0;
  rttMax = 0;
}

export type Ended = 'fin' | 'rst' | 'refused' | 'unreachable' | 'idle' | 'evicted' | 'captureEnd';

export class Conn {
  id = 0;
  /** IP protocol number: 6 TCP, 17 UDP. */
  readonly transport: number;
  readonly netns: number;
  readonly target: string;
  readonly version: 4 | 6;
  /** Addresses as int32 words, IPv4 in the first; client's and server's port. */
  c0 = 0;
  c1 = 0;
  c2 = 0;
  c3 = 0;
  s0 = 0;
  s1 = 0;
  s2 = 0;
  s3 = 0;
  clientPort = 0;
  serverPort = 0;
  /** The client was led to the server, whose packets have the address that was asked; see redirects.ts. */
  answersFrom: AnswersFrom | undefined = undefined;
  openedAt: Timestamp = 0;
  lastAt: Timestamp = 0;
  joinedMidStream = false;
  closed = false;
  /** How it was closed. */
  ended: Ended | undefined = undefined;
  resetBy: Side | undefined = undefined;
  /** Whose FIN came first. */
  endedFirst: Side | undefined = undefined;
  /** The last ICMP error about one of its packets. */
  icmp: IcmpError | undefined = undefined;
  /** SYN to SYN-ACK, SYN-ACK to its acknowledgement: the handshake's halves as seen here; -1 unseen. */
  serverHandshakeNs = -1;
  clientHandshakeNs = -1;
  /** Of a UDP connection nothing but what a Flow has. */
  readonly client: Half;
  readonly server: Half;
  /** For who listens to the streams; this room never looks at it. */
  user: unknown = undefined;

  // Links of the table; see table.ts.
  hash = 0;
  nextInBucket: Conn | undefined = undefined;
  queue: Queue | undefined = undefined;
  newer: Conn | undefined = undefined;
  older: Conn | undefined = undefined;

  constructor(transport: number, netns: number, target: string, version: 4 | 6) {
    this.transport = transport;
    this.netns = netns;
    this.target = target;
    this.version = version;
    const half = () => (transport === 6 ? new Half() : (new Flow() as Half));
    this.client = half();
    this.server = half();
  }

  half(side: Side): Half {
    return side === 'client' ? this.client : this.server;
  }

  /** Names the other endpoint the client. Only when the entry is made: no byte has been counted yet. */
  swapAddresses(): void {
    [this.c0, this.s0] = [this.s0, this.c0];
    [this.c1, this.s1] = [this.s1, this.c1];
    [this.c2, this.s2] = [this.s2, this.c2];
    [this.c3, this.s3] = [this.s3, this.c3];
    [this.clientPort, this.serverPort] = [this.serverPort, this.clientPort];
  }
}

/** An address in words of 32 bits, IPv4's in the first. */
export interface AnswersFrom {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly port: number;
  /** Of the table. */
  readonly hash: number;
}

/** Connections by last packet, newest first, with the time after which the oldest is forgotten. */
export class Queue {
  readonly timeoutNs: number;
  newest: Conn | undefined = undefined;
  oldest: Conn | undefined = undefined;

  constructor(timeoutNs: number) {
    this.timeoutNs = timeoutNs;
  }

  /** Puts `conn` at the newest end, taking it out of the queue it was in. */
  push(conn: Conn): void {
    if (this.newest === conn) return;
    conn.queue?.remove(conn);
    conn.queue = this;
    conn.older = this.newest;
    if (this.newest) this.newest.newer = conn;
    else this.oldest = conn;
    this.newest = conn;
  }

  remove(conn: Conn): void {
    if (conn.newer) conn.newer.older = conn.older;
    else this.newest = conn.older;
    if (conn.older) conn.older.newer = conn.newer;
    else this.oldest = conn.newer;
    conn.newer = undefined;
    conn.older = undefined;
    conn.queue = undefined;
  }
}
