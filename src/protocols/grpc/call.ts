/** One call: its messages as they come, its status at the end. */
import type {
  AnalyzerContext,
  Body,
  Exchange,
  FieldValue,
  InnerAnalyzer,
  InnerOutput,
  Message,
  Side,
  StreamMessage,
  Timestamp,
} from '../../model/index.ts';
import { Base64Stream, decodeBase64 } from '../../util/base64.ts';
import { latin1 } from '../../util/bytes.ts';
import { headerValue, valueNamed } from '../../util/headers.ts';
import { previewProtobuf } from '../../util/protobuf.ts';
import { unzip } from '../../util/unzip.ts';
import { Flag, FrameReader, type GrpcMessage, type MessageListener } from './frames.ts';
import { type Kind, kindNames, messageType } from './kind.ts';
import { outcomeOf, percentDecoded, statusName, statusOfWord, timeoutNs } from './status.ts';

/** Bytes of a message kept for the line that tells it, even when no bodies are wanted. */
const previewLimit = 512;
/** Characters of it. */
const previewText = 160;
/** Messages kept of one call; of endless streams the beginning. */
const maxMessages = 1000;
/** Timers are late rather than early, but what is counted down began before the request was sent. */
const deadlineShare = 0.95;
/** An error told as JSON, trailers of gRPC-Web. */
const errorLimit = 8 * 1024;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const nothing: Uint8Array = new Uint8Array(0);
const noHeaders: Message['headers'] = [];
const nothingMissing: Exchange['missing'] = [];
const noMessages: readonly StreamMessage[] = [];
const noWeirds: readonly string[] = [];
const noEncodings: readonly string[] = [];

export const bufferLimit = 2 * (previewLimit + errorLimit);

interface Direction {
  reader: FrameReader;
  text: Base64Stream | undefined;
  count: number;
  /** The first message, until a second shows that the call is a stream. */
  first: First | undefined;
  contentType: string;
  /** Of one message. */
  messageType: string;
  encoding: string | undefined;
  kept: number;
}

/** A message that is kept. Its beginning as a text, a byte a character: short ones cost less so than as bytes. */
interface First {
  readonly flags: number;
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  readonly length: number;
  readonly lost: number;
  /** Undefined when it is in `text`. */
  readonly bytes: Uint8Array | undefined;
  readonly text: string;
}

export class Call implements InnerAnalyzer, MessageListener {
  readonly #context: AnalyzerContext;
  readonly #kind: Kind;
  readonly #path: string | undefined;
  readonly #service: string | undefined;
  readonly #method: string | undefined;
  readonly #carried: Exchange;
  readonly #sides: Record<Side, Direction>;
  #messages = noMessages as StreamMessage[];
  /** Response of a unary call of Connect, when it may tell an error; trailers of gRPC-Web; Connect's last envelope. */
  #tail = '';
  #isAnswered = false;
  /** The response says that it is gRPC. */
  #isSure: boolean;
  #weirds = noWeirds;
  #out: InnerOutput | undefined;

  constructor(exchange: Exchange, context: AnalyzerContext, kind: Kind) {
    this.#context = context;
    this.#kind = kind;
    this.#carried = exchange;
    this.#isSure = kind !== 'guess';
    const uri = exchange.fields['http.request.uri'];
    const path = typeof uri === 'string' ? pathOf(uri) : undefined;
    const slash = path === undefined ? -1 : path.lastIndexOf('/');
    this.#path = path;
    this.#service = slash > 0 ? path!.slice(1, slash) : undefined;
    this.#method = slash >= 0 ? path!.slice(slash + 1) : undefined;
    this.#sides = { client: this.#direction('client'), server: this.#direction('server') };
    this.#read('client', exchange);
    if (exchange.response) this.answered(exchange);
  }

  #direction(side: Side): Direction {
    const { bodyLimit } = this.#context;
    const flags =
      this.#kind === 'connect'
        ? Flag.compressed | Flag.connectEnd
        : side === 'server' && this.#kind !== 'grpc' && this.#kind !== 'guess'
          ? Flag.compressed | Flag.webTrailers
          : Flag.compressed;
    return {
      reader: new FrameReader(side, flags, Math.max(bodyLimit, previewLimit), this),
      text: this.#kind === 'webText' ? new Base64Stream() : undefined,
      count: 0,
      first: undefined,
      contentType: '',
      messageType: '',
      encoding: undefined,
      kept: 0,
    };
  }

  #read(side: Side, exchange: Exchange): void {
    const message = side === 'client' ? exchange.request : exchange.response;
    const direction = this.#sides[side];
    direction.contentType = headerValue(message, 'content-type') ?? '';
    direction.messageType = '';
    const name = this.#kind === 'connect' ? 'connect-content-encoding' : 'grpc-encoding';
    direction.encoding = headerValue(message, name);
  }

  answered(exchange: Exchange): void {
    this.#isAnswered = true;
    this.#read('server', exchange);
    if (this.#sides.server.contentType.startsWith('application/grpc')) this.#isSure = true;
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: InnerOutput): void {
    this.#out = out;
    if (this.#kind === 'connectUnary') {
      if (side === 'server') this.#keepTail(bytes);
      return;
    }
    const { reader, text } = this.#sides[side];
    const before = reader.state;
    reader.data(text ? text.push(bytes) : bytes, at);
    if (reader.state === 'broken' && before !== 'broken' && this.#isSure) this.#weird('grpc_bad_frame');
  }

  gap(side: Side, length: number, at: Timestamp, out: InnerOutput): void {
    this.#out = out;
    const { reader, text } = this.#sides[side];
    // Where base64 goes on cannot be told.
    if (text) reader.state = 'broken';
    else reader.gap(length, at);
    if (reader.state !== 'reading') this.#weird('grpc_messages_lost');
  }

  buffered(): number {
    const { client, server } = this.#sides;
    const firsts = (client.first?.text.length ?? 0) + (server.first?.text.length ?? 0);
    return (
      client.kept + server.kept + client.reader.buffered + server.reader.buffered + firsts + this.#tail.length
    );
  }

  #weird(name: string): void {
    if (!this.#weirds.includes(name)) this.#weirds = [...this.#weirds, name];
    this.#out?.weird(name);
  }

  #keepTail(bytes: Uint8Array): void {
    const room = errorLimit - this.#tail.length;
    if (room > 0) this.#tail += latin1(bytes, 0, Math.min(bytes.length, room));
  }

  message(side: Side, message: GrpcMessage): void {
    if (message.flags & (Flag.webTrailers | Flag.connectEnd)) {
      this.#tail = '';
      this.#keepTail(message.kept);
      return;
    }
    const direction = this.#sides[side];
    direction.count++;
    const copy = this.#keep(side, direction, message);
    if (direction.count === 1) {
      direction.first = firstOf(message, copy);
      return;
    }
    // The second: it is a stream, and whoever watches it need not wait for its end.
    if (!this.#isSure) return;
    const { first } = direction;
    if (first) this.#tell(side, 1, first, first.bytes ?? bytesOf(first.text));
    direction.first = undefined;
    this.#tell(side, direction.count, message, message.kept);
  }

  /** The copy that is kept of it, undefined when none is. */
  #keep(side: Side, direction: Direction, message: GrpcMessage): Uint8Array | undefined {
    const { bodyLimit } = this.#context;
    if (bodyLimit === 0 || this.#messages.length >= maxMessages) return undefined;
    const bytes = message.kept.slice(0, Math.max(0, bodyLimit - direction.kept));
    direction.kept += bytes.length;
    if (this.#messages === noMessages) this.#messages = [];
    this.#messages.push({
      side: side === 'client' ? 'request' : 'response',
      at: message.endAt,
      wireBytes: message.length + 5,
      body: this.#body(direction, message.flags, message.length, message.kept, bytes),
    });
    return bytes;
  }

  #body(direction: Direction, flags: number, length: number, kept: Uint8Array, bytes: Uint8Array): Body {
    direction.messageType ||= messageType(direction.contentType || this.#sides.client.contentType);
    const body: Writable<Body> = {
      bytes,
      totalLength: length,
      contentType: direction.messageType,
      encodings: flags & Flag.compressed ? [direction.encoding ?? guessEncoding(kept)] : noEncodings,
    };
    if (this.#path !== undefined) body.method = this.#path;
    return body;
  }

  /** One message as an exchange of its own. */
  #tell(side: Side, number: number, message: GrpcMessage | First, kept: Uint8Array): void {
    const direction = this.#sides[side];
    const { connection, bodyLimit } = this.#context;
    const { startAt, endAt, length, lost, flags } = message;
    const streamId = this.#carried.fields['http2.streamid'];
    const bytes = bodyLimit === 0 ? nothing : kept.slice(0, bodyLimit);
    const body = this.#body(direction, flags, length, kept, bytes);
    const text = `#${number} ${this.#preview(body, kept)}`.trimEnd();
    const isRequest = side === 'client';
    const half: 'request' | 'response' = isRequest ? 'request' : 'response';
    let missing = nothingMissing;
    if (lost > 0) missing = [{ kind: 'bytesLost', side: half, bytes: lost }];
    if (bodyLimit > 0 && length - lost > bytes.length)
      missing = [...missing, { kind: 'bodyCut', side: half, bytes: bytes.length }];
    const part: Message = {
      startAt,
      endAt,
      wireBytes: length + 5,
      startLine: '',
      headers: noHeaders,
      trailers: noHeaders,
      body,
    };
    const fields: Record<string, FieldValue> = {
      'http.request.uri': this.#path,
      'grpc.service': this.#service,
      'grpc.method': this.#method,
      'grpc.protocol': kindNames[this.#kind],
      'grpc.sent': isRequest ? text : undefined,
      'grpc.received': isRequest ? undefined : text,
      'grpc.message_length': length,
      'grpc.compressed_flag': (flags & Flag.compressed) !== 0 || undefined,
    };
    if (streamId !== undefined) fields['http2.streamid'] = streamId;
    const told: Writable<Exchange> = {
      protocol: 'grpc',
      connection,
      startAt,
      endAt,
      fields,
      outcome: 'info',
      missing,
      weirds: noWeirds,
    };
    if (isRequest) told.request = part;
    else told.response = part;
    this.#out!.exchange(told);
  }

  #preview({ contentType, encodings, totalLength }: Body, kept: Uint8Array): string {
    const plain =
      encodings.length === 0
        ? { bytes: kept, complete: kept.length === totalLength }
        : unzip(kept, previewLimit);
    if (!plain || plain.bytes.length === 0) return '';
    const { bytes, complete } = plain;
    if (contentType !== 'application/protobuf') return latin1(bytes, 0, Math.min(bytes.length, previewText));
    return (
      previewProtobuf(bytes, { limit: previewText, mayBeCut: !complete })?.slice(0, 2 * previewText) ?? ''
    );
  }

  finish(exchange: Exchange, out: InnerOutput): Exchange {
    this.#out = out;
    const { client, server } = this.#sides;
    const status = this.#status(exchange);
    // A guess counts only when the end shows that it was right.
    if (!this.#isSure && status.name === undefined) return exchange;
    // All that was sent is there, and its last message says that it is longer.
    const isWhole = exchange.missing.length === 0 && exchange.fields['http2.end'] === undefined;
    if (isWhole && this.#isSure && (client.reader.isOpen || server.reader.isOpen))
      this.#weird('grpc_message_cut');
    const { request, response } = exchange;
    const isUnary = this.#kind === 'connectUnary';
    const timeout =
      timeoutNs(headerValue(request, 'grpc-timeout')) ??
      milliseconds(headerValue(request, 'connect-timeout-ms'));
    const hasStatus = status.name !== undefined;
    // One spread, and that first: the engine copies it whole.
    const fields: Record<string, FieldValue> = {
      ...exchange.fields,
      'http.request.uri': this.#path,
      'grpc.service': this.#service,
      'grpc.method': this.#method,
      'grpc.protocol': kindNames[this.#kind],
      'grpc.status_code': status.name,
      'grpc.status_message': status.message,
      'grpc.status_details': status.details,
      'grpc.end': hasStatus ? undefined : this.#endWithout(exchange, timeout),
      // What the status says need not be said twice.
      'http2.end': hasStatus && status.name !== 'OK' ? undefined : exchange.fields['http2.end'],
      'grpc.request.messages': isUnary ? undefined : client.count,
      'grpc.response.messages': isUnary ? undefined : server.count,
      'grpc.timeout': timeout,
    };
    const made: Writable<Exchange> = { ...exchange, protocol: 'grpc', fields };
    made.outcome = hasStatus
      ? outcomeOf(status.name!)
      : this.#isFailure(exchange)
        ? 'failed'
        : exchange.outcome;
    if (this.#weirds.length > 0) made.weirds = [...exchange.weirds, ...this.#weirds];
    if (isUnary) return made;
    if (this.#messages.length > 0) made.messages = this.#messages;
    if (request) made.request = withoutBody(request);
    if (response) made.response = withoutBody(response);
    return made;
  }

  /** An answer that ended in order, but said nothing of how the call went. */
  #isFailure({ response, missing, outcome }: Exchange): boolean {
    if (response === undefined || missing.length > 0 || (outcome !== 'ok' && outcome !== 'info'))
      return false;
    // Nor with trailers whose names a lost table held.
    return !response.trailers.some(([name]) => name.startsWith('<unknown'));
  }

  #endWithout(exchange: Exchange, timeout: number | undefined): string | undefined {
    const isCancelled = String(exchange.fields['http2.end']).startsWith('reset by client');
    const waited = exchange.endAt - exchange.startAt;
    // Who has set a deadline cancels when it has passed, and tells itself DEADLINE_EXCEEDED.
    if (isCancelled && timeout !== undefined && waited >= timeout * deadlineShare) return 'deadline passed,';
    const code = exchange.fields['http.response.code'];
    if (typeof code === 'number' && code !== 200) return `HTTP ${code}`;
    return this.#isFailure(exchange) ? 'no status' : undefined;
  }

  #status(exchange: Exchange): Status {
    if (this.#kind === 'connectUnary' || this.#kind === 'connect') return this.#connectStatus(exchange);
    const { response } = exchange;
    const sent = this.#tail === '' ? noHeaders : parseTrailers(this.#tail);
    const sentAs = (name: string) =>
      (response && valueNamed(response.trailers, name)) ??
      valueNamed(sent, name) ??
      (response && valueNamed(response.headers, name));
    const code = sentAs('grpc-status');
    const details = sentAs('grpc-status-details-bin');
    const name = code === undefined ? undefined : statusName(code.trim());
    const message = percentDecoded(sentAs('grpc-message') ?? '');
    return {
      name,
      // Some servers repeat the name.
      message: message === '' || message === name ? undefined : message,
      details: details && previewProtobuf(decodeBase64(details), { limit: 1000 }),
    };
  }

  #connectStatus(exchange: Exchange): Status {
    const code = exchange.fields['http.response.code'];
    if (!this.#isAnswered && code === undefined) return {};
    const isUnary = this.#kind === 'connectUnary';
    // Unary: 200, or an error as the body. A stream: the last envelope tells, always behind a 200.
    if (isUnary && code === 200) return { name: 'OK' };
    if (!isUnary && this.#tail === '') return {};
    const error = connectError(this.#tail, isUnary);
    if (error === 'none') return { name: 'OK' };
    return error ?? {};
  }
}

interface Status {
  readonly name?: string | undefined;
  readonly message?: string | undefined;
  readonly details?: string | undefined;
}

/** `{"code":"not_found","message":"..."}`, in a stream as `error` of the last envelope. */
function connectError(text: string, isUnary: boolean): Status | 'none' | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const error = isUnary ? value : (value as { error?: unknown } | null)?.error;
    if (!isUnary && typeof value === 'object' && value !== null && error === undefined) return 'none';
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (typeof code !== 'string') return undefined;
    return {
      name: statusOfWord(code.slice(0, 40)),
      message: typeof message === 'string' ? message : undefined,
    };
  } catch {
    return undefined;
  }
}

/** As HTTP/1 has them, one a line. */
function parseTrailers(text: string): Message['headers'] {
  return text
    .split('\n')
    .map((line): readonly [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, Math.max(0, colon)).trim(), line.slice(colon + 1).trim()];
    })
    .filter(([name]) => name !== '');
}

/** Without query and host: a proxy may be asked for a full URL. */
function pathOf(uri: string): string {
  if (uri.charCodeAt(0) === 47 && !uri.includes('?') && !uri.includes('#')) return uri;
  return uri.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*$/, '');
}

function milliseconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) * 1e6 : undefined;
}

/** By the first bytes, when the head that names it was not seen. */
function guessEncoding(b: Uint8Array): string {
  if (b[0] === 0x1f && b[1] === 0x8b) return 'gzip';
  if (b[0] === 0x28 && b[1] === 0xb5) return 'zstd';
  return (b[0]! & 15) === 8 ? 'deflate' : 'unknown';
}

function withoutBody({ startAt, endAt, wireBytes, startLine, headers, trailers }: Message): Message {
  return { startAt, endAt, wireBytes, startLine, headers, trailers };
}

/** @param copy what is kept of its bytes anyway */
function firstOf(
  { flags, startAt, endAt, length, lost, kept }: GrpcMessage,
  copy: Uint8Array | undefined,
): First {
  const bytes = copy?.length === kept.length ? copy : undefined;
  return { flags, startAt, endAt, length, lost, bytes, text: bytes ? '' : latin1(kept) };
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
