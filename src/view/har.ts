/** Exchanges as HAR 1.2, for browsers' tools and whoever else reads it. What is masked stays so. */
import type { Body, Clock, Exchange, Message, Platform } from '../model/index.ts';
import type { Redactor } from '../redact/index.ts';
import { encodeBase64 } from '../util/base64.ts';
import { isText, utf8FromBytes } from '../util/text.ts';
import { isCut, plainOf } from './bodies.ts';
import { httpRequestOf } from './copy.ts';
import type {
  Har,
  HarEntry,
  HarPair,
  HarRequest,
  HarResponse,
  HarSocketMessage,
  HarTimings,
} from './har-types.ts';
import type { Timing } from './ports.ts';

export interface HarSetting {
  readonly clock: Clock;
  readonly platform: Platform;
  readonly redactor: Redactor | undefined;
  readonly version: string;
}

export interface HarInput {
  /** Masked already, but for encoded bodies. */
  readonly exchange: Exchange;
  readonly timing: Timing;
  /** Of a WebSocket that it opened. */
  readonly messages: readonly Exchange[];
}

/** @returns undefined: it is no exchange of HTTP */
export function harEntry(
  { exchange, timing, messages }: HarInput,
  setting: HarSetting,
): HarEntry | undefined {
  const asked = httpRequestOf(exchange);
  if (!asked) return undefined;
  const { request, response, connection, startAt } = exchange;
  const timings = timingsOf(timing);
  const times = Object.entries(timings).filter(([name, ms]) => name !== 'ssl' && ms > 0);
  return {
    // Of all that is timed: the lookup and the handshakes come before the request's first byte.
    startedDateTime: new Date(
      setting.clock.baseSec * 1000 + startAt / 1e6 - Math.max(0, timings.dns) - Math.max(0, timings.connect),
    ).toISOString(),
    time: times.reduce((sum, [, ms]) => sum + ms, 0),
    request: harRequest(asked.method, asked.url, request!, setting),
    response: harResponse(exchange, response, setting),
    cache: {},
    timings,
    serverIPAddress: connection.server.address,
    connection: `${connection.id}`,
    ...(exchange.missing.length > 0 ? { comment: exchange.missing.map(({ kind }) => kind).join(', ') } : {}),
    ...(messages.length > 0
      ? { _resourceType: 'websocket', _webSocketMessages: messages.map((one) => socketMessage(one, setting)) }
      : {}),
    ...(exchange.error ? { _error: exchange.error.text } : {}),
  };
}

export function harOf(entries: readonly HarEntry[], setting: HarSetting): Har {
  return {
    log: {
      version: '1.2',
      creator: { name: 'porthole', version: setting.version },
      pages: [],
      entries,
      ...(setting.redactor ? { comment: 'secrets that were found are masked as ***' } : {}),
    },
  };
}

function harRequest(method: string, url: string, message: Message, setting: HarSetting): HarRequest {
  const { body } = message;
  const at = url.indexOf('?');
  const query = at < 0 ? '' : url.slice(at + 1).split('#')[0]!;
  return {
    method,
    url: utf8FromBytes(url),
    httpVersion: versionOf(message),
    cookies: cookiesOf(message, 'cookie'),
    headers: headersOf(message),
    queryString: pairsOf(query),
    ...(body && body.bytes.length > 0 ? { postData: postData(body, setting) } : {}),
    headersSize: headSize(message),
    bodySize: body?.totalLength ?? 0,
  };
}

function postData(body: Body, setting: HarSetting): HarRequest['postData'] {
  const bytes = shown(body, setting).bytes;
  const mimeType = utf8FromBytes(body.contentType);
  if (!isText(bytes)) return { mimeType, text: encodeBase64(bytes), encoding: 'base64' };
  const text = new TextDecoder().decode(bytes);
  const isForm = mimeType.toLowerCase().includes('form-urlencoded');
  return { mimeType, text, ...(isForm ? { params: pairsOf(text) } : {}) };
}

function harResponse(exchange: Exchange, message: Message | undefined, setting: HarSetting): HarResponse {
  const none = { status: 0, statusText: '', httpVersion: '', cookies: [], headers: [], redirectURL: '' };
  if (!message)
    return { ...none, content: { size: 0, mimeType: 'x-unknown' }, headersSize: -1, bodySize: -1 };
  const { fields } = exchange;
  const { body } = message;
  const size = body?.totalLength ?? 0;
  return {
    status: typeof fields['http.response.code'] === 'number' ? fields['http.response.code'] : 0,
    statusText: utf8FromBytes(`${fields['http.response.phrase'] ?? ''}`),
    httpVersion: versionOf(message),
    cookies: cookiesOf(message, 'set-cookie'),
    headers: headersOf(message),
    content: contentOf(body, headerValue(message, 'content-type'), setting, isCut(exchange, 'response')),
    redirectURL: utf8FromBytes(headerValue(message, 'location')),
    headersSize: headSize(message),
    bodySize: size,
    _transferSize: message.wireBytes,
  };
}

/** @param type said by the header: without a body (HEAD) there is no other */
function contentOf(
  body: Body | undefined,
  type: string,
  setting: HarSetting,
  wasCut: boolean,
): HarResponse['content'] {
  const mimeType = utf8FromBytes(body?.contentType || type) || 'x-unknown';
  if (!body) return { size: 0, mimeType };
  const { bytes, isWhole } = shown(body, setting, wasCut);
  const isEncoded = body.encodings.length > 0;
  const about = {
    size: isWhole ? bytes.length : Math.max(bytes.length, isEncoded ? 0 : body.totalLength),
    mimeType,
    ...(isEncoded && isWhole ? { compression: bytes.length - body.totalLength } : {}),
    ...(isWhole ? {} : { comment: `only the first ${bytes.length} bytes were kept` }),
  };
  if (bytes.length === 0) return about;
  if (!isText(bytes)) return { ...about, text: encodeBase64(bytes), encoding: 'base64' };
  return { ...about, text: new TextDecoder().decode(bytes) };
}

/** Encodings undone; what was encoded nobody has looked into yet. */
function shown(
  body: Body,
  { platform, redactor }: HarSetting,
  wasCut?: boolean,
): { bytes: Uint8Array; isWhole: boolean } {
  const { bytes, isWhole } = plainOf(body, platform, wasCut);
  const isClean = !redactor || body.encodings.length === 0;
  return { bytes: isClean ? bytes : redactor.bytes(body.contentType, bytes), isWhole };
}

const ms = (ns: number | undefined) => (ns === undefined ? -1 : ns / 1e6);

function timingsOf({ dnsNs, connectNs, tlsNs, sendNs, waitNs, receiveNs }: Timing): HarTimings {
  return {
    blocked: -1,
    dns: ms(dnsNs),
    connect: ms(connectNs === undefined ? undefined : connectNs + (tlsNs ?? 0)),
    // These three must be there: what was not seen took no time.
    send: ms(sendNs ?? 0),
    wait: ms(waitNs ?? 0),
    receive: ms(receiveNs ?? 0),
    ssl: ms(tlsNs),
  };
}

const opcodes: Readonly<Record<string, number>> = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

function socketMessage(exchange: Exchange, setting: HarSetting): HarSocketMessage {
  const side = exchange.request ? 'send' : 'receive';
  const body = (exchange.request ?? exchange.response)?.body;
  const bytes = body ? shown(body, setting).bytes : new Uint8Array(0);
  const kind = String(exchange.fields['websocket.opcode'] ?? '');
  const isData = isText(bytes);
  return {
    type: side,
    time: setting.clock.baseSec + exchange.startAt / 1e9,
    opcode: opcodes[kind] ?? (isData ? 1 : 2),
    data: isData ? new TextDecoder().decode(bytes) : encodeBase64(bytes),
  };
}

const headersOf = ({ headers }: Message): HarPair[] =>
  headers.map(([name, value]) => ({ name: utf8FromBytes(name), value: utf8FromBytes(value) }));

const headerValue = ({ headers }: Message, wanted: string) =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';

function cookiesOf({ headers }: Message, wanted: 'cookie' | 'set-cookie'): HarPair[] {
  const values = headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  // Of Set-Cookie only the first pair is the cookie.
  const pairs = values.flatMap((value) => (wanted === 'cookie' ? value.split(';') : [value.split(';')[0]!]));
  return pairs.map((pair) => {
    const [name, ...rest] = pair.trim().split('=');
    return { name: utf8FromBytes(name!), value: utf8FromBytes(rest.join('=')) };
  });
}

function pairsOf(query: string): HarPair[] {
  if (query === '') return [];
  return query.split('&').map((pair) => {
    const [name, ...rest] = pair.split('=');
    return { name: decoded(name!), value: decoded(rest.join('=')) };
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return utf8FromBytes(text);
  }
}

/** `HTTP/1.1`, as the first line has it; later versions have none. */
function versionOf({ startLine, headers }: Message): string {
  const version = /HTTP\/\d(?:\.\d)?/.exec(startLine)?.[0];
  return version ?? (headers.some(([name]) => name.startsWith(':')) ? 'HTTP/2' : '');
}

/** Up to the empty line; -1 where heads are compressed. */
function headSize({ startLine, headers }: Message): number {
  if (startLine === '') return -1;
  return headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, startLine.length + 4);
}
