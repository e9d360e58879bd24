/** How TCP fares towards one server, over all connections. */
import type { ConnectionState, TcpMeasures, TcpSide } from '../../model/index.ts';
import { Histogram } from './histogram.ts';
import { nobody, type Party, partyOf } from './party.ts';
import type { Row } from './rows.ts';

const counts = [
  'segments',
  'retransmitted',
  'lateFills',
  'repeatedSyns',
  'overtaken',
  'zeroWindows',
  'shutNs',
] as const;

/** What one side sent. */
export class Sent {
  segments = 0;
  retransmitted = 0;
  lateFills = 0;
  repeatedSyns = 0;
  overtaken = 0;
  zeroWindows = 0;
  shutNs = 0;
  /** Round trips of its data, from here to the other side. */
  rttCount = 0;
  rttSumNs = 0;
  rttMinNs = 0;
  rttMaxNs = 0;

  add(side: TcpSide): void {
    for (const count of counts) this[count] += side[count];
    if (side.rtt) this.#addRtt(side.rtt.count, side.rtt.sumNs, side.rtt.minNs, side.rtt.maxNs);
  }

  merge(other: Sent): void {
    for (const count of counts) this[count] += other[count];
    this.#addRtt(other.rttCount, other.rttSumNs, other.rttMinNs, other.rttMaxNs);
  }

  #addRtt(count: number, sum: number, min: number, max: number): void {
    if (count === 0) return;
    if (this.rttCount === 0 || min < this.rttMinNs) this.rttMinNs = min;
    if (max > this.rttMaxNs) this.rttMaxNs = max;
    this.rttCount += count;
    this.rttSumNs += sum;
  }
}

const fates = ['connections', 'refused', 'unanswered', 'resetByClient', 'resetByServer'] as const;

export class ServerRow implements Row<ServerRow> {
  party: Party = nobody;
  port = 0;
  connections = 0;
  refused = 0;
  unanswered = 0;
  resetByClient = 0;
  resetByServer = 0;
  readonly client = new Sent();
  readonly server = new Sent();
  /** SYN to SYN-ACK, SYN-ACK to its acknowledgement. */
  readonly serverHandshake = new Histogram();
  readonly clientHandshake = new Histogram();

  add(state: ConnectionState, tcp: TcpMeasures): void {
    this.party = partyOf(state.connection.server, this.party);
    this.port = state.connection.server.port;
    this.connections++;
    if (state.ended === 'refused') this.refused++;
    else if (state.ended === 'unreachable' || isUnanswered(state, tcp.client)) this.unanswered++;
    else if (state.ended === 'rst') this[state.resetBy === 'client' ? 'resetByClient' : 'resetByServer']++;
    this.client.add(tcp.client);
    this.server.add(tcp.server);
    if (tcp.serverHandshakeNs !== undefined) this.serverHandshake.add(tcp.serverHandshakeNs);
    if (tcp.clientHandshakeNs !== undefined) this.clientHandshake.add(tcp.clientHandshakeNs);
  }

  merge(other: ServerRow): void {
    if (this.party === nobody) {
      this.party = other.party;
      this.port = other.port;
    }
    for (const fate of fates) this[fate] += other[fate];
    this.client.merge(other.client);
    this.server.merge(other.server);
    this.serverHandshake.merge(other.serverHandshake);
    this.clientHandshake.merge(other.clientHandshake);
  }

  get reset(): number {
    return this.resetByClient + this.resetByServer;
  }

  /** Where there is trouble is to be seen, however few the connections. */
  get weight(): number {
    return this.connections + this.refused + this.unanswered + this.reset;
  }
}

/**
 * Nothing came back, and it was waited for: the SYN was sent again, or the connection forgotten. A capture of
 * one side shows more of the client than its SYNs.
 */
function isUnanswered(state: ConnectionState, client: TcpSide): boolean {
  if (state.connection.joinedMidStream || state.serverPackets > 0) return false;
  if (state.clientPackets > 1 + client.repeatedSyns) return false;
  return client.repeatedSyns > 0 || state.ended === 'idle' || state.ended === 'evicted';
}
