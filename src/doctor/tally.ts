/** Counts a sample: a sink that sums up what came, frame by frame and connection by connection. */
import type { ConnectionState, Frame, Packet } from '../model/index.ts';
import { Direction } from '../model/index.ts';
import { createPacket, decode } from '../wire/index.ts';
import type { ConnectionFacts, PacketFacts } from './facts.ts';

/** Different servers and VLANs told apart; what comes on top is summed up under the last one's port 0. */
const maxRows = 1024;
const maxVlans = 16;
const maxClients = 4;

type Row = { -readonly [K in keyof ConnectionFacts]: ConnectionFacts[K] } & { readonly clients: string[] };
type Counts = { -readonly [K in keyof PacketFacts]: PacketFacts[K] };

export class Tally {
  readonly #packet: Packet = createPacket();
  readonly #interfaces = new Map<string, number>();
  readonly #speech = new Map<string, number>();
  readonly #vlans = new Set<number>();
  readonly #rows = new Map<string, Row>();
  readonly #counts: Counts = {
    ...{ packets: 0, bytes: 0, byInterface: {}, chatter: 0, speechByInterface: {} },
    ...{
      loopback: 0,
      incoming: 0,
      outgoing: 0,
      ip4: 0,
      ip6: 0,
      tagged: 0,
      doubleTagged: 0,
      vlans: [],
      tcp: 0,
      udp: 0,
    },
  };

  /** @param loopback names of the interfaces that are loopback */
  readonly #loopback: ReadonlySet<string>;
  constructor(loopback: ReadonlySet<string>) {
    this.#loopback = loopback;
  }

  /** @returns whether somebody has said it */
  frame(frame: Frame): boolean {
    const p = this.#packet;
    const c = this.#counts;
    decode(frame, p);
    const { name } = frame.iface;
    c.packets++;
    c.bytes += frame.origLen;
    this.#interfaces.set(name, (this.#interfaces.get(name) ?? 0) + 1);
    if (isChatter(p)) {
      c.chatter++;
      return false;
    }
    this.#speech.set(name, (this.#speech.get(name) ?? 0) + 1);
    if (this.#loopback.has(name)) c.loopback++;
    if (frame.direction === Direction.out) c.outgoing++;
    else c.incoming++;
    if (p.ipVersion === 4) c.ip4++;
    else c.ip6++;
    if (p.vlanDepth > 0) {
      c.tagged++;
      if (this.#vlans.size < maxVlans) this.#vlans.add(p.vlanId);
    }
    if (p.vlanDepth > 1) c.doubleTagged++;
    if (p.transport === 6) c.tcp++;
    else if (p.transport === 17) c.udp++;
    return true;
  }

  connection(state: ConnectionState): void {
    const { connection, protocol, ended, clientPackets, serverPackets, exchanges } = state;
    const { transport, server, client } = connection;
    const found = protocol === 'tcp' || protocol === 'udp' ? '' : protocol;
    let key = `${transport} ${server.address} ${server.port} ${found}`;
    let { port } = server;
    if (!this.#rows.has(key) && this.#rows.size >= maxRows) [key, port] = [transport, 0];
    let row = this.#rows.get(key);
    if (!row) {
      row = {
        ...{ transport, server: server.address, port, protocol: found, connections: 0, packets: 0, bytes: 0 },
        ...{ refused: 0, reset: 0, unanswered: 0, pending: 0, joined: 0, exchanges: 0 },
        clients: [],
        loopback: server.address === client.address || /^127\.|^::1$/.test(server.address),
      };
      this.#rows.set(key, row);
    }
    row.connections++;
    if (row.clients.length < maxClients && !row.clients.includes(client.address))
      row.clients.push(client.address);
    row.packets += clientPackets + serverPackets;
    row.bytes += state.clientBytes + state.serverBytes;
    row.exchanges += exchanges;
    if (ended === 'refused') row.refused++;
    else if (ended === 'rst') row.reset++;
    if (transport === 'tcp' && serverPackets === 0 && !connection.joinedMidStream) {
      if (clientPackets > 1) row.unanswered++;
      else row.pending++;
    }
    if (connection.joinedMidStream && transport === 'tcp') row.joined++;
  }

  packets(): PacketFacts {
    return {
      ...this.#counts,
      byInterface: Object.fromEntries(this.#interfaces),
      speechByInterface: Object.fromEntries(this.#speech),
      vlans: [...this.#vlans].sort((a, b) => a - b),
    };
  }

  /** Busiest first. */
  connections(): ConnectionFacts[] {
    return [...this.#rows.values()].sort((a, b) => b.packets - a.packets);
  }
}

const IGMP = 2;
const ICMP6 = 58;

/**
 * What machines say of themselves: no IP at all (ARP, STP, LLDP), IGMP, and of ICMPv6 router and neighbour
 * discovery and multicast listeners (RFC 4861, RFC 2710, RFC 3810).
 */
export function isChatter(p: Packet): boolean {
  if (p.ipVersion === 0) return true;
  if (p.ipProto === IGMP) return true;
  if (p.ipProto !== ICMP6 || p.ipPayloadOff < 0 || p.ipPayloadOff >= p.end) return false;
  const type = p.buf[p.ipPayloadOff]!;
  return (type >= 130 && type <= 137) || type === 143;
}
