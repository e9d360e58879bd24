/** What the sinks see of a stream, and what of it is missing. */
import type {
  Connection,
  Exchange,
  FieldValue,
  Incompleteness,
  Message,
  Timestamp,
} from '../../model/index.ts';
import { Code, errorName } from './frame.ts';
import type { Abort, Half, Stream } from './stream.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const noWeirds: readonly string[] = [];
const noTrailers: Message['trailers'] = [];
export const nothingMissing: readonly Incompleteness[] = [];

export function makeExchange(
  connection: Connection,
  stream: Stream,
  missing: readonly Incompleteness[],
): Exchange {
  const { request, response, abort } = stream;
  const stalled = request.stalled + response.stalled;
  const fields: Record<string, FieldValue> = {
    'http.request.method': stream.method,
    'http.request.uri': stream.target,
    'http.response.code': stream.status,
    'http2.end': abort && abortText(abort),
    'http.host': stream.authority,
    'http.request.version': request.state === 'none' ? undefined : 'HTTP/2',
    'http.response.version': response.state === 'none' ? undefined : 'HTTP/2',
    'http.user_agent': stream.userAgent,
    'http.content_type': response.contentType || request.contentType || undefined,
    'http.time': request.headAt >= 0 && response.headAt >= 0 ? response.headAt - request.headAt : undefined,
    'http.informational': stream.informational,
    'http2.streamid': stream.id,
    'http2.headers.scheme': stream.scheme,
    'http2.protocol': stream.connectProtocol,
    'http2.pushed': stream.isPushed || undefined,
    'http2.rst_stream.error': abort?.kind === 'reset' ? errorName(abort.code) : undefined,
    'http2.goaway.error':
      abort?.kind === 'refused' || abort?.kind === 'ended' ? errorName(abort.code) : undefined,
    'http2.stalled': stalled > 0 ? stalled : undefined,
  };
  const startAt = request.state === 'none' ? response.startAt : request.startAt;
  const asked = request.message();
  const answer = response.message();
  const exchange: Writable<Exchange> = {
    protocol: 'http2',
    connection,
    startAt,
    endAt: Math.max(startAt, request.endAt, response.endAt),
    fields,
    outcome: outcomeOf(stream),
    missing,
    weirds: stream.weirds ?? noWeirds,
  };
  if (asked) exchange.request = asked;
  if (answer) exchange.response = answer;
  return exchange;
}

/** The heads that are known, with what tells what rides inside: asked for twice a stream, so no more than that. */
export function makeHeads(connection: Connection, stream: Stream): Exchange {
  const { request, response } = stream;
  const fields: Record<string, FieldValue> = {
    'http.request.method': stream.method,
    'http.request.uri': stream.target,
    'http.response.code': stream.status,
    'http.host': stream.authority,
    'http.content_type': response.contentType || request.contentType || undefined,
    'http2.streamid': stream.id,
    'http2.protocol': stream.connectProtocol,
  };
  const isAnswered = response.state !== 'none';
  const exchange: Writable<Exchange> = {
    protocol: 'http2',
    connection,
    startAt: request.state === 'none' ? response.startAt : request.startAt,
    endAt: isAnswered ? response.endAt : request.endAt,
    fields,
    outcome: outcomeOf(stream),
    missing: nothingMissing,
    weirds: stream.weirds ?? noWeirds,
  };
  if (request.state !== 'none') exchange.request = request.given ?? headAlone(request);
  if (isAnswered) exchange.response = headAlone(response);
  return exchange;
}

function headAlone({ startAt, endAt, wireBytes, headers }: Half): Message {
  return { startAt, endAt, wireBytes, startLine: '', headers, trailers: noTrailers };
}

function abortText({ kind, by, code }: Abort): string {
  switch (kind) {
    case 'reset':
      return `reset by ${by}: ${errorName(code)}`;
    case 'refused':
      return `refused by GOAWAY: ${errorName(code)}`;
    case 'ended':
      return `ended by GOAWAY: ${errorName(code)}`;
    case 'http1':
      return 'the server answers in HTTP/1';
  }
}

function outcomeOf({ abort, status, response }: Stream): Exchange['outcome'] {
  if (abort) return 'failed';
  if (status === undefined) return response.state === 'none' ? 'unanswered' : 'info';
  if (status < 200) return 'info';
  if (status < 400) return 'ok';
  return status < 500 ? 'clientError' : 'serverError';
}

/** GOAWAY with an error is told even when no stream suffers from it. */
export function makeGoaway(
  connection: Connection,
  by: 'client' | 'server',
  code: number,
  text: string,
  wireBytes: number,
  at: Timestamp,
): Exchange {
  const message = { startAt: at, endAt: at, wireBytes, startLine: '', headers: [], trailers: [] };
  return {
    protocol: 'http2',
    connection,
    startAt: at,
    endAt: at,
    fields: {
      'http2.end': `GOAWAY by ${by}: ${errorName(code)}${text === '' ? '' : ` (${text})`}`,
      'http2.goaway.error': errorName(code),
      'http2.streamid': 0,
    },
    outcome: 'failed',
    missing: nothingMissing,
    weirds: noWeirds,
    ...(by === 'client' ? { request: message } : { response: message }),
  };
}

/** Bytes lost that no stream could be told to miss: what was among them, nobody knows. */
export function makeLost(
  connection: Connection,
  lost: { readonly client: number; readonly server: number },
  at: Timestamp,
): Exchange {
  const missing: Incompleteness[] = [];
  if (lost.client > 0) missing.push({ kind: 'bytesLost', side: 'request', bytes: lost.client });
  if (lost.server > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: lost.server });
  return {
    ...{ protocol: 'http2', connection, startAt: at, endAt: at, fields: {}, outcome: 'unanswered' },
    missing,
    weirds: noWeirds,
  };
}

/**
 * @param joined the connection's beginning was not seen
 * @param bodyLimit 0: bodies are not wanted, none is missing then
 */
export function missingOf(stream: Stream, joined: boolean, bodyLimit: number): readonly Incompleteness[] {
  const { request, response, abort } = stream;
  if (isWhole(request, bodyLimit) && isWhole(response, bodyLimit)) return nothingMissing;
  const missing: Incompleteness[] = [];
  if (request.state === 'none') missing.push({ kind: joined ? 'joinedMidStream' : 'noRequest' });
  else if (!request.given) addParts(missing, 'request', request, abort, bodyLimit);
  // What was reset was not to be answered any more: the end says so.
  if (response.state !== 'none') addParts(missing, 'response', response, abort, bodyLimit);
  else {
    if (!abort) missing.push({ kind: 'noResponse' });
    if (response.lost > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: response.lost });
  }
  return missing;
}

function isWhole(half: Half, bodyLimit: number): boolean {
  return half.state === 'ended' && half.lost === 0 && !isBodyCut(half, bodyLimit);
}

function isBodyCut(half: Half, bodyLimit: number): boolean {
  return bodyLimit > 0 && half.bodyTotal > half.bodyKept + half.bodyLost;
}

function addParts(
  missing: Incompleteness[],
  side: 'request' | 'response',
  half: Half,
  abort: Abort | undefined,
  bodyLimit: number,
): void {
  if (half.lost > 0) missing.push({ kind: 'bytesLost', side, bytes: half.lost });
  if (isBodyCut(half, bodyLimit)) missing.push({ kind: 'bodyCut', side, bytes: half.bodyKept });
  if (half.state === 'open' && !abort) missing.push({ kind: 'messageCut', side });
}

/** A reset that takes nothing from anybody: the answer was whole, the rest of the request not wanted. */
export function isHarmless(stream: Stream, code: number): boolean {
  return stream.response.state === 'ended' && (code === Code.noError || code === Code.cancel);
}
