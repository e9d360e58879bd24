/**
 * Connections that iptables leads to a port of this machine (REDIRECT, as meshes' sidecars have it). On `lo` what the
 * client sends has the address it is led to, and what it is answered has the address that it asked: netfilter puts
 * that back before the packet is sent (NF_INET_LOCAL_OUT translates the one, NF_INET_POST_ROUTING the other). By their
 * addresses these are two connections of which each lacks a side; by sequence numbers they are one.
 */
import { type Packet, TcpFlag } from '../model/index.ts';
import type { Conn } from './connection.ts';
import type { ConnectionTable } from './table.ts';

/** One byte further, in 32 bits. */
const after = (seq: number) => (seq + 1) | 0;

export class Redirects {
  readonly #table: ConnectionTable;
  /** SYNs to loopback from elsewhere, by what acknowledges them. */
  readonly #asked = new Map<number, Conn>();
  /** By the hash of the answers' addresses. */
  readonly #answered = new Map<number, Conn>();

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  /** A connection was opened by this packet. */
  opened(conn: Conn, { tcpFlags, tcpSeq, transport }: Packet): void {
    if (transport !== 6 || (tcpFlags & (TcpFlag.syn | TcpFlag.ack)) !== TcpFlag.syn) return;
    if (isLoopback(conn.version, conn.s0, conn.s1, conn.s2, conn.s3) && !isFromLoopback(conn))
      this.#asked.set(after(tcpSeq), conn);
  }

  /** Whose answer a packet is that is none of a known connection's; the table's `fromClient` is then false. */
  find(p: Packet): Conn | undefined {
    if (this.#asked.size === 0 && this.#answered.size === 0) return undefined;
    const table = this.#table;
    const known = this.#answered.get(table.hash);
    if (known && table.isTo(known, p) && table.isFrom(known.answersFrom!, p)) {
      table.fromClient = false;
      return known;
    }
    // The first answer: taken, or refused.
    const { tcpFlags } = p;
    if (!(tcpFlags & TcpFlag.ack) || !(tcpFlags & (TcpFlag.syn | TcpFlag.rst))) return undefined;
    const conn = this.#asked.get(p.tcpAck | 0);
    if (!conn || conn.closed || !table.isTo(conn, p)) return undefined;
    this.#asked.delete(p.tcpAck | 0);
    conn.answersFrom = table.sourceOf(p);
    this.#answered.set(table.hash, conn);
    table.fromClient = false;
    return conn;
  }

  forget(conn: Conn): void {
    const asked = after(conn.client.isn);
    if (this.#asked.get(asked) === conn) this.#asked.delete(asked);
    const hash = conn.answersFrom?.hash;
    if (hash !== undefined && this.#answered.get(hash) === conn) this.#answered.delete(hash);
  }
}

const isFromLoopback = ({ version, c0, c1, c2, c3 }: Conn) => isLoopback(version, c0, c1, c2, c3);

function isLoopback(version: 4 | 6, w0: number, w1: number, w2: number, w3: number): boolean {
  return version === 4 ? w0 >>> 24 === 127 : w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1;
}
