/** Finds the connection of a packet: chained hash over both endpoints, the same for either direction. */
import type { Packet } from '../model/index.ts';
import { type AnswersFrom, Conn } from './connection.ts';

function word(b: Uint8Array, o: number): number {
  return (b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!;
}

/** murmur3's finalizer: spreads neighbouring addresses and ports. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

export class ConnectionTable {
  readonly #buckets: (Conn | undefined)[];
  /** Of the hash: the number of buckets is a power of two. */
  readonly #mask: number;
  size = 0;

  // The packet's endpoints, read once by find().
  #a0 = 0;
  #a1 = 0;
  #a2 = 0;
  #a3 = 0;
  #b0 = 0;
  #b1 = 0;
  #b2 = 0;
  #b3 = 0;
  #hash = 0;
  /** After find(): whether the packet was sent by the connection's client. */
  fromClient = false;

  /** @param expected connections at most: as many buckets, so that chains stay at about one */
  constructor(expected: number) {
    const count = 2 ** Math.ceil(Math.log2(Math.max(2, expected)));
    this.#buckets = new Array(count).fill(undefined);
    this.#mask = count - 1;
  }

  find(p: Packet): Conn | undefined {
    const { buf, srcOff, dstOff, srcPort, dstPort } = p;
    this.#a0 = word(buf, srcOff);
    this.#b0 = word(buf, dstOff);
    if (p.ipVersion === 6) {
      this.#a1 = word(buf, srcOff + 4);
      this.#a2 = word(buf, srcOff + 8);
      this.#a3 = word(buf, srcOff + 12);
      this.#b1 = word(buf, dstOff + 4);
      this.#b2 = word(buf, dstOff + 8);
      this.#b3 = word(buf, dstOff + 12);
    } else this.#a1 = this.#a2 = this.#a3 = this.#b1 = this.#b2 = this.#b3 = 0;
    const a = mix(this.#a0 ^ this.#a1 ^ this.#a2 ^ this.#a3 ^ Math.imul(srcPort, 0x9e3779b1));
    const b = mix(this.#b0 ^ this.#b1 ^ this.#b2 ^ this.#b3 ^ Math.imul(dstPort, 0x9e3779b1));
    const { netns } = p.frame.iface;
    this.#hash = (a + b + netns + p.transport) | 0;
    for (let c = this.#buckets[this.#hash & this.#mask]; c; c = c.nextInBucket) {
      if (c.hash !== this.#hash || c.transport !== p.transport || c.netns !== netns) continue;
      if (c.version !== p.ipVersion) continue;
      if (c.clientPort === srcPort && c.serverPort === dstPort && this.#isFromClient(c)) {
        this.fromClient = true;
        return c;
      }
      if (c.clientPort === dstPort && c.serverPort === srcPort && this.#isFromServer(c)) {
        this.fromClient = false;
        return c;
      }
    }
    return undefined;
  }

  /** After find(): of the packet's addresses and ports. */
  get hash(): number {
    return this.#hash;
  }

  /** After find(): the packet goes to the connection's client. */
  isTo(c: Conn, p: Packet): boolean {
    return (
      c.clientPort === p.dstPort &&
      c.netns === p.frame.iface.netns &&
      c.version === p.ipVersion &&
      c.c0 === this.#b0 &&
      c.c1 === this.#b1 &&
      c.c2 === this.#b2 &&
      c.c3 === this.#b3
    );
  }

  /** After find(): it comes from there. */
  isFrom(from: AnswersFrom, p: Packet): boolean {
    const { port, w0, w1, w2, w3 } = from;
    return port === p.srcPort && w0 === this.#a0 && w1 === this.#a1 && w2 === this.#a2 && w3 === this.#a3;
  }

  /** After find(). */
  sourceOf(p: Packet): AnswersFrom {
    return {
      ...{ w0: this.#a0, w1: this.#a1, w2: this.#a2, w3: this.#a3 },
      port: p.srcPort,
      hash: this.#hash,
    };
  }

  #isFromClient(c: Conn): boolean {
    return (
      c.c0 === this.#a0 &&
      c.s0 === this.#b0 &&
      c.c1 === this.#a1 &&
      c.s1 === this.#b1 &&
      c.c2 === this.#a2 &&
      c.s2 === this.#b2 &&
      c.c3 === this.#a3 &&
      c.s3 === this.#b3
    );
  }

  #isFromServer(c: Conn): boolean {
    return (
      c.c0 === this.#b0 &&
      c.s0 === this.#a0 &&
      c.c1 === this.#b1 &&
      c.s1 === this.#a1 &&
      c.c2 === this.#b2 &&
      c.s2 === this.#a2 &&
      c.c3 === this.#b3 &&
      c.s3 === this.#a3
    );
  }

  /** A connection for the packet find() has just not found. @param fromClient who sent it */
  add(p: Packet, fromClient: boolean): Conn {
    const { iface } = p.frame;
    const conn = new Conn(p.transport, iface.netns, iface.target, p.ipVersion === 6 ? 6 : 4);
    conn.c0 = this.#a0;
    conn.c1 = this.#a1;
    conn.c2 = this.#a2;
    conn.c3 = this.#a3;
    conn.s0 = this.#b0;
    conn.s1 = this.#b1;
    conn.s2 = this.#b2;
    conn.s3 = this.#b3;
    conn.clientPort = p.srcPort;
    conn.serverPort = p.dstPort;
    if (!fromClient) conn.swapAddresses();
    this.fromClient = fromClient;
    conn.hash = this.#hash;
    const bucket = this.#hash & this.#mask;
    conn.nextInBucket = this.#buckets[bucket];
    this.#buckets[bucket] = conn;
    this.size++;
    return conn;
  }

  remove(conn: Conn): void {
    const bucket = conn.hash & this.#mask;
    let at = this.#buckets[bucket];
    if (at === conn) this.#buckets[bucket] = conn.nextInBucket;
    else {
      while (at && at.nextInBucket !== conn) at = at.nextInBucket;
      if (!at) return;
      at.nextInBucket = conn.nextInBucket;
    }
    conn.nextInBucket = undefined;
    this.size--;
  }
}
