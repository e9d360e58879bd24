/** What the sinks see of a request and its response, and what of them is missing. */
import type {
  Connection,
  Exchange,
  FieldValue,
  Incompleteness,
  Inner,
  Message,
  Timestamp,
} from '../../model/index.ts';
import type { Head } from './head.ts';
import { HttpMessage, type MessageParts } from './message.ts';
import type { StatusLine } from './start-line.ts';

/** A request, from its head on. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly head: Head;
  readonly startAt: Timestamp;
  /** Bytes before it that were not captured. */
  readonly lostBefore: number;
  /** Set when it is over. */
  request: MessageParts | undefined;
  /** Set when it was answered before it was over. */
  answer: Answer | undefined;
  informational: string[] | undefined;
  inner: Inner | undefined;
}

/** A response, from its head on. */
export interface Answer {
  readonly status: StatusLine;
  readonly head: Head;
  readonly startAt: Timestamp;
  readonly lostBefore: number;
  parts: MessageParts | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const noWeirds: readonly string[] = [];
export const nothingMissing: readonly Incompleteness[] = [];

/** @param endAt of the last byte seen of either */
export function makeExchange(
  connection: Connection,
  asked: Asked | undefined,
  answer: Answer | undefined,
  missing: readonly Incompleteness[],
  endAt: Timestamp,
): Exchange {
  const request = asked?.request;
  const response = answer?.parts;
  const fields: Record<string, FieldValue> = {
    'http.request.method': asked?.method,
    'http.request.uri': asked?.target,
    'http.response.code': answer?.status.code,
    'http.response.phrase': answer?.status.reason || undefined,
    'http.host': asked?.head.host || undefined,
    'http.request.version': asked?.version,
    'http.response.version': answer?.status.version,
    'http.user_agent': asked?.head.userAgent || undefined,
    'http.content_type': answer?.head.contentType || asked?.head.contentType || undefined,
    'http.time': asked && answer ? answer.startAt - asked.startAt : undefined,
    'http.informational': asked?.informational,
  };
  const startAt = (asked ?? answer)!.startAt;
  const exchange: Writable<Exchange> = {
    protocol: 'http',
    connection,
    startAt,
    endAt: Math.max(endAt, startAt),
    fields,
    outcome: answer ? outcomeOf(answer.status.code) : 'unanswered',
    missing,
    weirds: weirdsOf(request, response),
  };
  // Not spread into the literal: that costs more than all the rest of this function.
  if (request) exchange.request = request.message;
  if (response) exchange.response = response.message;
  return exchange;
}

/** Bytes that were lost behind the last message that could be told: what was among them, nobody knows. */
export function makeLost(
  connection: Connection,
  lost: { readonly client: number; readonly server: number },
  at: Timestamp,
): Exchange {
  const missing: Incompleteness[] = [];
  if (lost.client > 0) missing.push({ kind: 'bytesLost', side: 'request', bytes: lost.client });
  if (lost.server > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: lost.server });
  return {
    ...{ protocol: 'http', connection, startAt: at, endAt: at, fields: {}, outcome: 'unanswered' },
    missing,
    weirds: noWeirds,
  };
}

/** With heads alone where the messages are not over yet. */
export function makeHeads(
  connection: Connection,
  asked: Asked | undefined,
  answer: Answer | undefined,
  at: Timestamp,
): Exchange {
  const exchange: Writable<Exchange> = makeExchange(connection, asked, answer, nothingMissing, at);
  if (asked) exchange.request ??= headAlone(asked);
  if (answer) exchange.response ??= headAlone(answer);
  return exchange;
}

const noTrailers: Message['trailers'] = [];

function headAlone({ head, startAt }: Asked | Answer): Message {
  return new HttpMessage(head, startAt, startAt, head.length, noTrailers, undefined);
}

function weirdsOf(request: MessageParts | undefined, response: MessageParts | undefined): readonly string[] {
  const a = request?.weirds ?? noWeirds;
  const b = response?.weirds ?? noWeirds;
  return b.length === 0 ? a : a.length === 0 ? b : [...new Set([...a, ...b])];
}

function outcomeOf(code: number): Exchange['outcome'] {
  if (code < 200) return 'info';
  if (code < 400) return 'ok';
  return code < 500 ? 'clientError' : 'serverError';
}

/**
 * @param joined nothing of this connection has been paired yet, and its beginning was not seen
 * @param lost bytes of the server's stream after which no answer can be told to be this one's
 */
export function missingOf(
  asked: Asked | undefined,
  answer: Answer | undefined,
  joined: boolean,
  lost: number,
): readonly Incompleteness[] {
  if (asked?.request && answer?.parts && asked.lostBefore + answer.lostBefore + lost === 0)
    if (isWhole(asked.request) && isWhole(answer.parts)) return nothingMissing;
  const missing: Incompleteness[] = [];
  if (!asked) missing.push({ kind: joined ? 'joinedMidStream' : 'noRequest' });
  else addParts(missing, 'request', asked.request, asked.lostBefore);
  if (answer) addParts(missing, 'response', answer.parts, answer.lostBefore);
  else {
    missing.push({ kind: 'noResponse' });
    if (lost > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: lost });
  }
  return missing;
}

function isWhole(parts: MessageParts): boolean {
  return parts.lostBytes === 0 && !parts.cut && parts.bodyCutAt < 0;
}

function addParts(
  missing: Incompleteness[],
  side: 'request' | 'response',
  parts: MessageParts | undefined,
  lostBefore: number,
): void {
  const bytes = lostBefore + (parts?.lostBytes ?? 0);
  if (bytes > 0) missing.push({ kind: 'bytesLost', side, bytes });
  if (parts && parts.bodyCutAt >= 0) missing.push({ kind: 'bodyCut', side, bytes: parts.bodyCutAt });
  if (!parts || parts.cut) missing.push({ kind: 'messageCut', side });
}
