/** The events of one response, each an exchange of its own. */
import type {
  AnalyzerContext,
  Exchange,
  InnerAnalyzer,
  InnerOutput,
  Message,
  Side,
  Timestamp,
} from '../../model/index.ts';
import { headerValue } from '../../util/headers.ts';
import { UnzipStream } from '../../util/unzip-stream.ts';
import { type SseEvent, SseParser } from './parser.ts';

/** Characters of an event kept for the line that tells it, even when no bodies are wanted. */
const previewLimit = 256;
/** Decompressed bytes of one stream: some run for days, but a bomb is given up. */
const unfoldLimit = 1024 ** 3;

const noHeaders: Message['headers'] = [];

export const bufferLimit = 2 * previewLimit + 512 + 64 * 1024;

export class EventStream implements InnerAnalyzer {
  readonly #context: AnalyzerContext;
  readonly #carrier: Exchange;
  readonly #parser: SseParser;
  readonly #unzip: UnzipStream | undefined;
  /** An encoding that is not undone here. */
  readonly #isOpaque: boolean;
  #count = 0;
  #out!: InnerOutput;

  constructor(exchange: Exchange, context: AnalyzerContext) {
    this.#context = context;
    this.#carrier = exchange;
    this.#parser = new SseParser(Math.max(context.bodyLimit, previewLimit), (event) => this.#tell(event));
    const encoding = (headerValue(exchange.response, 'content-encoding') ?? '').toLowerCase();
    const isZipped = encoding === 'gzip' || encoding === 'deflate';
    this.#unzip = isZipped ? new UnzipStream(unfoldLimit) : undefined;
    this.#isOpaque = !isZipped && encoding !== '' && encoding !== 'identity';
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: InnerOutput): void {
    if (side === 'client' || this.#isOpaque) return;
    this.#out = out;
    if (this.#unzip) this.#unzip.push(bytes, (plain) => this.#parser.data(plain, at));
    else this.#parser.data(bytes, at);
  }

  gap(side: Side, length: number, at: Timestamp, out: InnerOutput): void {
    if (side === 'client') return;
    this.#out = out;
    if (this.#unzip) this.#unzip.broken = true;
    else this.#parser.gap(length, at);
  }

  finish(exchange: Exchange, out: InnerOutput): Exchange {
    this.#out = out;
    this.#parser.end(exchange.endAt);
    return { ...exchange, fields: { ...exchange.fields, 'sse.events': this.#count } };
  }

  buffered(): number {
    return this.#parser.buffered + (this.#unzip?.size ?? 0);
  }

  #tell(event: SseEvent): void {
    const { connection, bodyLimit } = this.#context;
    const { fields } = this.#carrier;
    const { startAt, endAt, wireBytes, data, dataLength, lost, cut } = event;
    const kept = data.slice(0, bodyLimit);
    const missing: Exchange['missing'][number][] = [];
    if (lost > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: lost });
    if (bodyLimit > 0 && dataLength > kept.length)
      missing.push({ kind: 'bodyCut', side: 'response', bytes: kept.length });
    if (cut) missing.push({ kind: 'messageCut', side: 'response' });
    const message: Message = {
      startAt,
      endAt,
      wireBytes,
      startLine: '',
      headers: noHeaders,
      trailers: noHeaders,
    };
    const body = {
      bytes: Uint8Array.from(kept, (c) => c.charCodeAt(0)),
      totalLength: dataLength,
      contentType: /^\s*[{[]/.test(data) ? 'application/json' : 'text/plain',
      encodings: [],
    };
    this.#out.exchange({
      protocol: 'sse',
      connection,
      startAt,
      endAt,
      fields: {
        'http.request.uri': fields['http.request.uri'],
        // What a browser calls an event without a name.
        'sse.event': event.event || 'message',
        'sse.data': data.slice(0, previewLimit),
        'sse.id': event.id,
        'sse.retry': event.retry === undefined ? undefined : Number(event.retry) * 1e6,
        'sse.number': ++this.#count,
      },
      outcome: 'info',
      missing,
      weirds: [],
      response: dataLength > 0 ? { ...message, body } : message,
    });
  }
}
