/**
 * Connections that failed, as exchanges. What nobody claimed and ended well stays a conversation; which is which:
 *
 * - refused (RST to a SYN), undeliverable (ICMP), SYNs without an answer, handshakes that nobody finished: failures.
 * - A RST is one, but for three: behind a FIN; by a client that had taken all it was sent; by a client before
 *   anybody spoke, which is how a port is probed. Clients close like that where nothing is wrong.
 * - What was asked and not answered when the connection ended: one, unless the client ended in order, or sent more
 *   than anybody sends who waits for an answer: data that goes one way.
 * - Nobody spoke, for a second or more: one. Less is a probe.
 * - Of a capture that ends, only what had its time: a second. What was not seen from its beginning is not judged.
 */
import type {
  Connection,
  Exchange,
  ExchangeError,
  FieldValue,
  Message,
  Side,
  Timestamp,
} from '../model/index.ts';
import type { Conn } from '../stream/index.ts';
import { icmpKind, icmpText } from './icmp-words.ts';
import type { Preview } from './preview.ts';
import { count, seconds } from './words.ts';

/** Nobody takes as long to greet, or to answer on a network in use: SYNs are repeated after it (RFC 6298). */
const patienceNs = 1e9;
/** What a sender sends without hearing anything: TCP's initial window (RFC 6928). More is not one question. */
const maxAsked = 10;

export interface Trouble {
  readonly outcome: 'failed' | 'unanswered';
  readonly error: ExchangeError;
  readonly isConnecting?: boolean;
}

type Sides = Pick<Conn, 'client' | 'server'>;

const failed = (kind: string, text = kind): Trouble => ({ outcome: 'failed', error: { kind, text } });
const unanswered = (kind: string, text = kind): Trouble => ({ outcome: 'unanswered', error: { kind, text } });
const connecting = (trouble: Trouble): Trouble => ({ ...trouble, isConnecting: true });

/** @param at of the end: of a capture's, how long it was waited for */
export function troubleOf(
  conn: Conn,
  { flipped, preview }: { readonly flipped: boolean; readonly preview: Preview | undefined },
  at: Timestamp,
): Trouble | undefined {
  // Forgotten for want of memory: nobody knows how it would have ended.
  if (conn.ended === 'evicted') return undefined;
  if (conn.transport !== 6) return udpTrouble(conn, preview, at);
  return handshakeTrouble(conn, at) ?? tcpTrouble(conn, flipped, at);
}

function udpTrouble(conn: Conn, preview: Preview | undefined, at: Timestamp): Trouble | undefined {
  const { client, server, ended, icmp } = conn;
  if (ended === 'unreachable') return failed(icmpKind(icmp!), icmpText(icmp!));
  if (server.packets > 0 || (ended === 'captureEnd' && at - conn.lastAt < patienceNs)) return undefined;
  // Logs and measures go one way; whoever sends the same again waits for an answer.
  if (client.packets < 2 || client.packets > maxAsked || !preview?.isRepetition || isGroup(conn))
    return undefined;
  const text = `no answer to ${count(client.packets, 'datagram')} in ${seconds(conn.lastAt - conn.openedAt)}`;
  return unanswered('no answer', text);
}

/** Multicast and the limited broadcast: asked of everybody, answered from somewhere else. */
function isGroup({ version, s0 }: Conn): boolean {
  const first = s0 >>> 24;
  return version === 6 ? first === 0xff : first >= 224;
}

/** SYNs and nothing else. */
function handshakeTrouble(conn: Conn, at: Timestamp): Trouble | undefined {
  const { client, server, ended, icmp } = conn;
  if (ended === 'refused') return connecting(failed('connection refused'));
  if (ended === 'unreachable') return connecting(failed(icmpKind(icmp!), icmpText(icmp!)));
  if (client.packets !== client.syns || server.packets !== server.syns) return undefined;
  const syns = Math.max(client.syns, server.syns);
  if (ended === 'captureEnd' && syns < 2 && at - conn.lastAt < patienceNs) return undefined;
  return connecting(server.packets === 0 ? noAnswer(conn) : unfinished(conn));
}

function noAnswer({ client, openedAt, lastAt }: Conn): Trouble {
  const { syns } = client;
  const within = syns > 1 ? ` in ${seconds(lastAt - openedAt)}` : '';
  return unanswered('no answer to SYN', `no answer to ${count(syns, 'SYN')}${within}`);
}

/** Half open: the client's last packet of three never came. */
function unfinished({ server }: Conn): Trouble {
  return unanswered(
    'handshake not finished',
    `handshake not finished: ${count(server.syns, 'SYN-ACK')} not taken`,
  );
}

/** Told while it goes on. */
export function stillWaiting(conn: Conn): Trouble {
  const { outcome, error } = noAnswer(conn);
  return { outcome, error: { kind: error.kind, text: `${error.text} so far` }, isConnecting: true };
}

function tcpTrouble(conn: Conn, flipped: boolean, at: Timestamp): Trouble | undefined {
  const sides: Sides = flipped ? { client: conn.server, server: conn.client } : conn;
  const { client, server } = sides;
  if (conn.ended === 'rst') return resetTrouble(conn, sides, flipped);
  if (conn.joinedMidStream || server.syns === 0 || client.packets === client.syns) return undefined;
  if (server.bytes > 0) return undefined;
  return client.bytes === 0 ? silence(conn) : unansweredData(conn, client, at);
}

function resetTrouble(conn: Conn, { client, server }: Sides, flipped: boolean): Trouble | undefined {
  const by = resetBy(conn, flipped);
  const lasted = conn.lastAt - server.synAt;
  if (client.bytes === 0 && server.bytes === 0) {
    if (conn.joinedMidStream) return undefined;
    if (by === 'server') return failed('reset by server', 'reset by server before anything was sent');
    return lasted < patienceNs
      ? undefined
      : nothingSent(`nothing sent in ${seconds(lasted)}, reset by client`);
  }
  if (client.finSeen || server.finSeen) return undefined;
  const hasTakenAll =
    server.dataAt >= client.dataAt && server.ackSeen && ((server.acked - server.maxSeq) | 0) >= 0;
  if (by === 'client' && hasTakenAll) return undefined;
  return failed(`reset by ${by}`, `reset by ${by} after ${client.bytes} B up, ${server.bytes} B down`);
}

export function resetBy(conn: Conn, flipped: boolean): Side {
  return (conn.resetBy === 'client') === flipped ? 'server' : 'client';
}

const nothingSent = (text: string) => unanswered('nothing sent', text);

function silence(conn: Conn): Trouble | undefined {
  const lasted = conn.lastAt - conn.server.synAt;
  switch (conn.ended) {
    case 'fin':
      if (lasted < patienceNs) return undefined;
      return nothingSent(`nothing sent in ${seconds(lasted)}, closed by ${conn.endedFirst ?? 'client'}`);
    case 'idle':
      return nothingSent(`nothing sent until it was forgotten`);
    default:
      // Kept open for what may come: a pool's spare one.
      return undefined;
  }
}

/** The client has asked something, and the server has not said a word. */
function unansweredData(conn: Conn, client: Conn['client'], at: Timestamp): Trouble | undefined {
  const asked = count(client.bytes, 'byte');
  if (conn.ended === 'fin')
    return conn.endedFirst === 'server'
      ? unanswered('closed by server', `closed by server without an answer to ${asked}`)
      : undefined;
  if (client.segments > maxAsked) return undefined;
  if (conn.ended === 'captureEnd' && at - client.dataAt < patienceNs) return undefined;
  return (
    notTaken(client) ?? unanswered('no answer', `no answer to ${asked} in ${seconds(at - client.dataAt)}`)
  );
}

/** Sent again and never acknowledged: the other side is gone. */
export function notTaken({
  acked,
  ackSeen,
  maxSeq,
  repeated,
  lateFills,
}: Conn['client']): Trouble | undefined {
  const again = repeated + lateFills;
  if (again === 0 || (ackSeen && ((acked - maxSeq) | 0) >= 0)) return undefined;
  return unanswered(
    'no acknowledgement',
    `no acknowledgement, sent again ${again === 1 ? 'once' : `${again} times`}`,
  );
}

/** A connection's failure as the exchange it did not become. */
export function failedExchange(
  conn: Conn,
  connection: Connection,
  trouble: Trouble,
  flipped: boolean,
  preview: Preview | undefined,
): Exchange {
  const sides: Sides = flipped ? { client: conn.server, server: conn.client } : conn;
  const isTcp = conn.transport === 6;
  const message = (side: Side) => messageOf(conn, sides[side], preview?.[side], preview?.startedAt[side]);
  const request = message('client');
  const response = message('server');
  return {
    protocol: isTcp ? 'tcp' : 'udp',
    connection,
    ...(request ? { request } : {}),
    ...(response ? { response } : {}),
    startAt: conn.openedAt,
    endAt: conn.lastAt,
    fields: {
      ...(trouble.isConnecting ? { 'tcp.phase': 'connect' } : {}),
      ...transportFields(conn, flipped),
      ...(isTcp ? {} : { 'udp.datagrams': sides.client.packets }),
    },
    outcome: trouble.outcome,
    error: trouble.error,
    missing: [],
    weirds: [],
  };
}

/** What that side sent, with its beginning for a body. */
function messageOf(
  conn: Conn,
  half: Conn['client'],
  start: Uint8Array | undefined,
  startAt = conn.openedAt,
): Message | undefined {
  if (half.bytes === 0) return undefined;
  return {
    startAt,
    endAt: conn.transport === 6 ? half.dataAt : conn.lastAt,
    wireBytes: half.bytes,
    startLine: '',
    headers: [],
    trailers: [],
    ...(start && start.length > 0
      ? { body: { bytes: start, totalLength: half.bytes, contentType: '', encodings: [] } }
      : {}),
  };
}

/** Declared in protocols/transport. */
export function transportFields(conn: Conn, flipped: boolean): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  if (conn.ended === 'rst' || conn.ended === 'refused') {
    fields['tcp.flags.reset'] = true;
    fields['tcp.reset_by'] = resetBy(conn, flipped);
  }
  if (conn.transport === 6) {
    const { client, server } = conn;
    const again = (half: typeof client) => half.repeated + half.lateFills + Math.max(0, half.syns - 1);
    if (client.syns > 0) fields['tcp.syns'] = client.syns;
    if (again(client) + again(server) > 0)
      fields['tcp.analysis.retransmission'] = again(client) + again(server);
  }
  return conn.icmp ? Object.assign(fields, icmpFields(conn.icmp)) : fields;
}

export function icmpFields(icmp: NonNullable<Conn['icmp']>): Record<string, FieldValue> {
  const name = icmp.version === 4 ? 'icmp' : 'icmpv6';
  return {
    'icmp.error': icmpText(icmp),
    'icmp.from': icmp.from,
    [`${name}.type`]: icmp.type,
    [`${name}.code`]: icmp.code,
    ...(icmp.mtu > 0 ? { [`${name}.mtu`]: icmp.mtu } : {}),
  };
}
