/** What connections sum up to: who talks to whom, in which protocol, and how TCP fares. */
import type { ConnectionState } from '../../model/index.ts';
import { nobody, type Party, partyOf, serverKey } from './party.ts';
import { type Row, Rows } from './rows.ts';
import { ServerRow } from './tcp.ts';

/** Pairs of addresses: more than a cluster's busiest services have peers; a scan of a network ends here. */
const maxTalkers = 4096;
/** With two histograms each: some megabytes. A container seldom has more than a hundred servers. */
const maxServers = 512;
/** Some dozens are known; the rest are names that an Upgrade made up. */
const maxProtocols = 128;

/** Bytes are of whole frames. */
export class Volume {
  connections = 0;
  clientPackets = 0;
  serverPackets = 0;
  clientBytes = 0;
  serverBytes = 0;

  add(state: ConnectionState): void {
    this.connections++;
    this.clientPackets += state.clientPackets;
    this.serverPackets += state.serverPackets;
    this.clientBytes += state.clientWireBytes;
    this.serverBytes += state.serverWireBytes;
  }

  merge(other: Volume): void {
    this.connections += other.connections;
    this.clientPackets += other.clientPackets;
    this.serverPackets += other.serverPackets;
    this.clientBytes += other.clientBytes;
    this.serverBytes += other.serverBytes;
  }

  get bytes(): number {
    return this.clientBytes + this.serverBytes;
  }

  get packets(): number {
    return this.clientPackets + this.serverPackets;
  }
}

/** A client and what it speaks to. */
export class Talker implements Row<Talker> {
  client: Party = nobody;
  server: Party = nobody;
  port = 0;
  transport: 'tcp' | 'udp' = 'tcp';
  readonly volume = new Volume();

  add(state: ConnectionState): void {
    const { client, server, transport } = state.connection;
    this.client = partyOf(client, this.client);
    this.server = partyOf(server, this.server);
    this.port = server.port;
    this.transport = transport;
    this.volume.add(state);
  }

  merge(other: Talker): void {
    if (this.client === nobody) {
      this.client = other.client;
      this.server = other.server;
      this.port = other.port;
      this.transport = other.transport;
    }
    this.volume.merge(other.volume);
  }

  get weight(): number {
    return this.volume.bytes;
  }
}

/** Connections by the protocol that was found on them. */
export class Carried implements Row<Carried> {
  readonly protocol: string;
  readonly volume = new Volume();

  constructor(protocol = '') {
    this.protocol = protocol;
  }

  merge(other: Carried): void {
    this.volume.merge(other.volume);
  }

  get weight(): number {
    return this.volume.bytes;
  }
}

export class Traffic {
  readonly talkers = new Rows(maxTalkers, () => new Talker());
  readonly protocols = new Rows(maxProtocols, (protocol) => new Carried(protocol));
  readonly servers = new Rows(maxServers, () => new ServerRow());
  readonly total = new Volume();
  /** Stream bytes that were never captured. */
  lostBytes = 0;

  add(state: ConnectionState): void {
    const { client, server, transport } = state.connection;
    this.total.add(state);
    this.lostBytes += state.lostBytes;
    this.talkers.at(`${client.address}>${server.address}:${server.port}/${transport}`).add(state);
    this.protocols.at(state.protocol).volume.add(state);
    if (state.tcp) this.servers.at(serverKey(server)).add(state, state.tcp);
  }

  /** Adds another's sums, which stay what they are. */
  merge(other: Traffic): void {
    this.talkers.merge(other.talkers);
    this.protocols.merge(other.protocols);
    this.servers.merge(other.servers);
    this.total.merge(other.total);
    this.lostBytes += other.lostBytes;
  }
}
