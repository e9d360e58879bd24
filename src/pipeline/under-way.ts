/**
 * Exchanges that were under way when their connection failed: they get the reason, for a protocol knows only that
 * no more came. A reset behind the last answer is none of theirs: clients (curl, Go) close with it at times.
 */
import type { EndReason, Exchange, ExchangeError, FieldValue, Side } from '../model/index.ts';
import type { Conn } from '../stream/index.ts';
import { icmpFields, notTaken, resetBy, transportFields } from './failure.ts';
import { icmpKind, icmpText } from './icmp-words.ts';

/** What ends just now; undefined: nothing, an exchange is simply done. */
export interface Ending {
  /** By content. */
  readonly side: Side;
  readonly reason: EndReason;
}

export function withReason(
  exchange: Exchange,
  conn: Conn,
  flipped: boolean,
  ending: Ending | undefined,
): Exchange {
  const error = exchange.error ?? reasonOf(exchange, conn, flipped, ending);
  const fields = fieldsOf(conn, flipped, ending);
  if (!error && !fields) return exchange;
  const told: { -readonly [K in keyof Exchange]: Exchange[K] } = { ...exchange };
  if (fields) told.fields = { ...exchange.fields, ...fields };
  if (!error) return told;
  told.error = error;
  // What a status code says is more than that something was cut off behind it.
  const isUndecided = exchange.outcome === 'ok' || exchange.outcome === 'info';
  const isBroken = conn.ended === 'rst' || conn.ended === 'unreachable';
  if (isUndecided || (exchange.outcome === 'unanswered' && isBroken)) told.outcome = 'failed';
  return told;
}

/** A reset is told of whatever ends with it, an ICMP error of the next exchange behind it. */
function fieldsOf(
  conn: Conn,
  flipped: boolean,
  ending: Ending | undefined,
): Record<string, FieldValue> | undefined {
  if (ending && ending.reason === 'rst') return transportFields(conn, flipped);
  return conn.icmp && icmpFields(conn.icmp);
}

function reasonOf(
  { outcome, missing, response, request }: Exchange,
  conn: Conn,
  flipped: boolean,
  ending: Ending | undefined,
): ExchangeError | undefined {
  const cut = missing.find(({ kind }) => kind === 'messageCut');
  const isUnanswered = outcome === 'unanswered' || missing.some(({ kind }) => kind === 'noResponse');
  if (!ending || (!cut && !isUnanswered)) return undefined;
  // What was not captured may have been all there was to it.
  if (missing.some(({ kind }) => kind === 'bytesLost' || kind === 'joinedMidStream')) return undefined;
  const where = !isUnanswered && cut?.side ? ` in the middle of the ${cut.side}` : ' without an answer';
  switch (ending.reason) {
    case 'rst': {
      if (conn.ended === 'unreachable') return { kind: icmpKind(conn.icmp!), text: icmpText(conn.icmp!) };
      const kind = `reset by ${resetBy(conn, flipped)}`;
      const bytes = response && cut?.side === 'response' ? ` after ${response.wireBytes} B` : '';
      return { kind, text: `${kind}${isUnanswered ? ' without an answer' : `${where}${bytes}`}` };
    }
    case 'fin': {
      // A request that its client cuts off is not the server's doing.
      const by = cut?.side === 'request' && request && !isUnanswered ? 'client' : ending.side;
      return by === 'client' && isUnanswered
        ? undefined
        : { kind: `closed by ${by}`, text: `closed by ${by}${where}` };
    }
    case 'evicted':
      return undefined;
    default: {
      const gone = conn.transport === 6 ? notTaken(flipped ? conn.server : conn.client)?.error : undefined;
      return gone ?? (conn.icmp && { kind: icmpKind(conn.icmp), text: icmpText(conn.icmp) });
    }
  }
}
