/** The connection as protocols and sinks see it, made when a protocol or a summary asks for it. */
import type { Connection, Endpoint } from '../model/index.ts';
import type { Conn } from '../stream/index.ts';
import { formatIpv6 } from '../util/address.ts';
import type { Names } from './names.ts';

/** Address texts kept for reuse; all are dropped when it is full. */
const maxTexts = 65_536;
const texts = new Map<number, string>();

function ipv4(word: number): string {
  let text = texts.get(word);
  if (text === undefined) {
    if (texts.size >= maxTexts) texts.clear();
    text = `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
    texts.set(word, text);
  }
  return text;
}

const scratch = new Uint8Array(16);

function ipv6(w0: number, w1: number, w2: number, w3: number): string {
  const words = [w0, w1, w2, w3];
  for (let i = 0; i < 16; i++) scratch[i] = words[i >> 2]! >>> (24 - 8 * (i & 3));
  return formatIpv6(scratch, 0);
}

export function nameEnds(
  client: Endpoint,
  server: Endpoint,
  names: Names,
): { client: Endpoint; server: Endpoint } {
  let clientName = names.of(client.address);
  let serverName = names.of(server.address);
  // Both ends in one container: its name tells them apart no more, what DNS said may.
  if (clientName === serverName) {
    clientName = names.learned(client.address);
    serverName = names.learned(server.address);
  }
  return { client: named(client, clientName), server: named(server, serverName) };
}

const named = (end: Endpoint, name: string | undefined): Endpoint =>
  name === undefined ? end : { ...end, name };

const zero = { w0: 0, w1: 0, w2: 0, w3: 0, port: 0 };

/** @param flipped content showed that the server was taken for the client */
export function describe(conn: Conn, flipped: boolean, names: Names): Connection {
  const v4 = conn.version === 4;
  const from = v4 ? ipv4(conn.c0) : ipv6(conn.c0, conn.c1, conn.c2, conn.c3);
  const to = v4 ? ipv4(conn.s0) : ipv6(conn.s0, conn.s1, conn.s2, conn.s3);
  const one = { address: from, port: conn.clientPort };
  const led = { address: to, port: conn.serverPort };
  const asked = conn.answersFrom;
  const { w0, w1, w2, w3, port } = asked ?? zero;
  const other = asked ? { address: v4 ? ipv4(w0) : ipv6(w0, w1, w2, w3), port } : led;
  const { client: a, server: b } = nameEnds(one, other, names);
  return {
    id: conn.id,
    transport: conn.transport === 6 ? 'tcp' : 'udp',
    netns: conn.netns,
    target: conn.target,
    client: flipped ? b : a,
    server: flipped ? a : b,
    openedAt: conn.openedAt,
    joinedMidStream: conn.joinedMidStream,
    ...handshakeOf(conn),
    ...(asked ? { redirectedTo: led } : {}),
  };
}

/** Seen SYNs leave nothing to be guessed: never of a flipped connection. */
function handshakeOf({ transport, client, server }: Conn): Pick<Connection, 'handshake'> {
  if (transport !== 6 || !client.synSeen) return {};
  const isn = client.isn >>> 0;
  return { handshake: server.synSeen ? { client: isn, server: server.isn >>> 0 } : { client: isn } };
}
