/** A connection in figures, for sinks. Client and server by content where ports were guessed wrong. */
import type { ConnectionState, ConversationSummary, Side, TcpMeasures, TcpSide } from '../model/index.ts';
import type { Conn } from '../stream/index.ts';
import type { Tree } from './tree.ts';

export function summarize<E extends ConnectionState['ended']>(
  conn: Conn,
  tree: Tree,
  ended: E,
): Omit<ConversationSummary, 'ended'> & { readonly ended: E } {
  const { flipped } = tree;
  const [client, server] = flipped ? [conn.server, conn.client] : [conn.client, conn.server];
  const by = conn.resetBy;
  return {
    connection: tree.describe(),
    protocol: tree.title || (conn.transport === 6 ? 'tcp' : 'udp'),
    startAt: conn.openedAt,
    endAt: conn.lastAt,
    clientBytes: client.bytes,
    serverBytes: server.bytes,
    clientPackets: client.packets,
    serverPackets: server.packets,
    clientWireBytes: client.wireBytes,
    serverWireBytes: server.wireBytes,
    lostBytes: client.lost + server.lost,
    exchanges: tree.exchanges,
    ended,
    ...(by === undefined ? {} : { resetBy: (by === 'client') === flipped ? 'server' : 'client' }),
    ...(conn.icmp ? { icmp: flipped ? { ...conn.icmp, about: otherSide(conn.icmp.about) } : conn.icmp } : {}),
    ...(conn.transport === 6 ? { tcp: measuresOf(conn, client, server) } : {}),
    ...startsOf(tree),
    ...(tree.weirds ? { weirds: tree.weirds } : {}),
  };
}

const otherSide = (side: Side): Side => (side === 'client' ? 'server' : 'client');

function startsOf({ preview, flipped }: Tree): Pick<ConversationSummary, 'clientStart' | 'serverStart'> {
  if (!preview) return {};
  const [client, server] = flipped ? [preview.server, preview.client] : [preview.client, preview.server];
  return {
    ...(client.length > 0 ? { clientStart: client } : {}),
    ...(server.length > 0 ? { serverStart: server } : {}),
  };
}

function measuresOf(conn: Conn, client: Conn['client'], server: Conn['server']): TcpMeasures {
  const { serverHandshakeNs, clientHandshakeNs } = conn;
  return {
    client: sideOf(client, conn.lastAt),
    server: sideOf(server, conn.lastAt),
    // Seen SYNs leave nothing to be guessed: never of a flipped connection.
    ...(serverHandshakeNs < 0 ? {} : { serverHandshakeNs }),
    ...(clientHandshakeNs < 0 ? {} : { clientHandshakeNs }),
  };
}

function sideOf(half: Conn['client'], lastAt: number): TcpSide {
  const repeatedSyns = Math.max(0, half.syns - 1);
  return {
    segments: half.segments,
    retransmitted: half.repeated + half.lateFills + repeatedSyns,
    lateFills: half.lateFills,
    repeatedSyns,
    overtaken: half.overtaken,
    zeroWindows: half.zeroWindows,
    shutNs: half.shutNs + (half.isShut ? Math.max(0, lastAt - half.shutAt) : 0),
    ...(half.rttCount === 0
      ? {}
      : { rtt: { count: half.rttCount, sumNs: half.rttSum, minNs: half.rttMin, maxNs: half.rttMax } }),
  };
}
