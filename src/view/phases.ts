/** What came before a connection's first exchange: its lookup, its handshakes. Later ones found the connection there. */
import type { Connection, Exchange, Frame } from '../model/index.ts';
import { TcpFlag } from '../model/index.ts';
import { createPacket, decode } from '../wire/index.ts';
import type { Timing } from './ports.ts';

/** A lookup is used at once; what was asked longer before is another's. */
export const lookupNs = 5e9;

const packet = createPacket();

/**
 * @param frames of the connection from its first to the exchange's begin
 * @param baseSec what the exchange's times count from
 */
export function handshakesOf(
  frames: readonly Frame[],
  exchange: Exchange,
  baseSec: number,
): Pick<Timing, 'connectNs' | 'tlsNs'> {
  const { connection, startAt } = exchange;
  let [syn, answered, done, hello] = [Number.NaN, false, Number.NaN, Number.NaN];
  for (const frame of frames) {
    decode(frame, packet);
    if (packet.transport !== 6) continue;
    const at = (frame.sec - baseSec) * 1e9 + frame.nsec;
    if (at > startAt) break;
    const isSyn = (packet.tcpFlags & TcpFlag.syn) !== 0;
    const isAck = (packet.tcpFlags & TcpFlag.ack) !== 0;
    // A SYN that was sent again is waited for as well: the first counts.
    if (isSyn && !isAck && Number.isNaN(syn)) syn = at;
    else if (isSyn && isAck) answered = true;
    else if (answered && isAck && Number.isNaN(done) && packet.srcPort === connection.client.port) done = at;
    if (packet.payloadLen > 0 && Number.isNaN(hello) && packet.srcPort === connection.client.port) hello = at;
  }
  const connect = done - syn;
  const tls = connection.secured ? startAt - hello : Number.NaN;
  return {
    ...(connect >= 0 ? { connectNs: connect } : {}),
    ...(tls > 0 ? { tlsNs: tls } : {}),
  };
}

/** Whether an exchange told the client the address of the server that it then connects to. */
export function isLookupFor(connection: Connection, found: Exchange): boolean {
  const { client, server, openedAt } = connection;
  if (found.endAt > openedAt || openedAt - found.endAt > lookupNs) return false;
  if (found.connection.client.address !== client.address) return false;
  for (const name in found.fields) {
    const value = found.fields[name];
    // Several answers are one text.
    const texts = typeof value === 'string' ? value.split(/[,\s]+/) : value;
    if (Array.isArray(texts) && texts.includes(server.address)) return true;
  }
  return false;
}
