/** Requests and responses of one connection, paired in order (RFC 9112 section 9.3.2). */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  EndReason,
  Exchange,
  FieldValue,
  Incompleteness,
  Message,
  Side,
  Timestamp,
} from '../../model/index.ts';
import { type Framing, framingOf } from './body.ts';
import { type Head, parseRequestLine, parseStatusLine, type StatusLine } from './head.ts';
import { HttpSide, type MessageParts } from './side.ts';

/** Requests waiting for their answers; browsers pipeline none, load generators some dozens. */
const maxWaiting = 1024;

interface Pending {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly host: string;
  readonly agent: string;
  readonly contentType: string;
  readonly startAt: Timestamp;
  /** Wants another protocol (Upgrade header). */
  readonly upgrade: string;
  request: MessageParts | undefined;
  informational: string[] | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const noMissing: readonly Incompleteness[] = [];
const noWeirds: readonly string[] = [];

/** Upgrade tokens of the IANA registry -> our protocol names; '' is looked for anew. */
const upgrades: Readonly<Record<string, string>> = { websocket: 'websocket', h2c: 'http2' };

export class HttpAnalyzer implements Analyzer {
  readonly #context: AnalyzerContext;
  readonly #client: HttpSide;
  readonly #server: HttpSide;
  readonly #waiting: Pending[] = [];
  #out!: AnalyzerOutput;
  #confirmed = false;
  #weirds: string[] = [];
  /** Begun within the client's message. */
  #request: Pending | undefined;
  #status: StatusLine | undefined;
  #responseStartAt: Timestamp = 0;
  /** Agreed switch to another protocol: given over when both sides stand behind it. */
  #switchTo: string | undefined;
  #joined: boolean;

  constructor(context: AnalyzerContext) {
    this.#context = context;
    const { bodyLimit, connection } = context;
    this.#joined = connection.joinedMidStream;
    this.#client = new HttpSide(
      {
        head: (head, at) => this.#requestHead(head, at),
        message: (parts) => this.#requestEnds(parts),
        violation: (reason) => this.#violation(`client: ${reason}`),
        weird: (name) => this.#weird(name),
      },
      bodyLimit,
      looksLikeRequest,
      this.#joined,
    );
    this.#server = new HttpSide(
      {
        head: (head, at) => this.#responseHead(head, at),
        message: (parts, at) => this.#responseEnds(parts, at),
        violation: (reason) => this.#violation(`server: ${reason}`),
        weird: (name) => this.#weird(name),
      },
      bodyLimit,
      looksLikeResponse,
      this.#joined,
    );
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    (side === 'client' ? this.#client : this.#server).data(bytes, at);
    if (this.#switchTo !== undefined) this.#handOver(at);
  }

  gap(side: Side, length: number, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    if (side === 'client') this.#client.gap(length, at);
    else {
      this.#server.gap(length, at);
      // Answers may be among what was lost: none of the waiting requests can be told to be answered next.
      if (this.#server.resyncing) this.#flushWaiting(this.#waiting.length, length);
    }
  }

  end(side: Side, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    if (side === 'client') {
      this.#client.end(at);
      if (reason === 'fin') return; // half-closed: answers may still come
    } else this.#server.end(at);
    if (side === 'server') this.#flushWaiting(this.#waiting.length, 0);
  }

  buffered(): number {
    return this.#client.buffered + this.#server.buffered;
  }

  #weird(name: string): void {
    if (!this.#weirds.includes(name)) this.#weirds.push(name);
    this.#out.weird(name);
  }

  #violation(reason: string): void {
    this.#flushWaiting(this.#waiting.length, 0);
    this.#out.violation(reason);
  }

  #confirm(): void {
    if (this.#confirmed) return;
    this.#confirmed = true;
    this.#out.confirmed();
  }

  #requestHead(head: Head, at: Timestamp): Framing | undefined {
    const line = parseRequestLine(head.startLine);
    if (!line) return undefined;
    this.#confirm();
    const pending: Pending = {
      method: line.method,
      target: line.target,
      version: line.version,
      host: head.value('host'),
      agent: head.value('user-agent'),
      contentType: head.value('content-type'),
      startAt: at,
      upgrade: head.list('upgrade'),
      request: undefined,
      informational: undefined,
    };
    this.#request = pending;
    if (this.#waiting.length >= maxWaiting) this.#flushWaiting(1, 0);
    this.#waiting.push(pending);
    const { framing, weird } = framingOf(head, true, line.method, 0);
    if (weird) this.#weird(weird);
    if (this.#context.wantsOpened !== false)
      this.#out.opened(this.#exchange(pending, undefined, undefined, 'unanswered', at));
    return framing;
  }

  #requestEnds(parts: MessageParts): void {
    const pending = this.#request;
    if (!pending) return;
    pending.request = parts;
    this.#request = undefined;
    // What follows CONNECT is the tunnel's, whatever the answer will be (RFC 9110 section 9.3.6).
    if (pending.method === 'CONNECT') this.#client.stop();
  }

  #responseHead(head: Head, at: Timestamp): Framing | undefined {
    const status = parseStatusLine(head.startLine);
    if (!status) return undefined;
    this.#confirm();
    this.#status = status;
    this.#responseStartAt = at;
    const asked = this.#waiting[0];
    const { framing, weird } = framingOf(head, false, asked?.method ?? '', status.code);
    if (weird) this.#weird(weird);
    return framing;
  }

  #responseEnds(parts: MessageParts, at: Timestamp): void {
    const status = this.#status!;
    const asked = this.#waiting[0];
    // RFC 9110 section 15.2: 1xx come before the final answer; 101 is final for HTTP.
    if (status.code < 200 && status.code !== 101) {
      if (asked) {
        asked.informational ??= [];
        if (asked.informational.length < 16)
          asked.informational.push(`${status.code} ${status.reason}`.trim());
      }
      return;
    }
    this.#waiting.shift();
    this.#out.exchange(this.#exchange(asked, status, parts, outcomeOf(status.code), at));
    const tunnel = asked?.method === 'CONNECT' && status.code >= 200 && status.code < 300;
    if (status.code === 101 || tunnel) {
      const token = parts.message.head.list('upgrade') || asked?.upgrade || '';
      const name = token.split(/[,/\s]/)[0]!.toLowerCase();
      this.#switchTo = tunnel ? '' : (upgrades[name] ?? name);
      this.#client.stop();
      this.#server.stop();
    } else if (asked?.method === 'CONNECT') this.#client.resume(at);
  }

  #handOver(at: Timestamp): void {
    const protocol = this.#switchTo!;
    this.#switchTo = undefined;
    this.#out.child(protocol, { client: this.#client.takeRest(), server: this.#server.takeRest() }, at);
  }

  /** The first `count` waiting requests get no answer any more. */
  #flushWaiting(count: number, lostBytes: number): void {
    for (let i = 0; i < count; i++) {
      const pending = this.#waiting.shift()!;
      if (pending === this.#request) this.#request = undefined;
      const at = pending.request?.message.endAt ?? pending.startAt;
      this.#out.exchange(this.#exchange(pending, undefined, undefined, 'unanswered', at, lostBytes));
    }
  }

  #exchange(
    asked: Pending | undefined,
    status: StatusLine | undefined,
    answer: MessageParts | undefined,
    outcome: Exchange['outcome'],
    at: Timestamp,
    responseLost = 0,
  ): Exchange {
    const request: Message | undefined = asked?.request?.message;
    const response = answer?.message;
    const fields: Record<string, FieldValue> = {
      'http.request.method': asked?.method,
      'http.request.uri': asked?.target,
      'http.response.code': status?.code,
      'http.response.phrase': status?.reason || undefined,
      'http.host': asked?.host || undefined,
      'http.request.version': asked?.version,
      'http.response.version': status?.version,
      'http.user_agent': asked?.agent || undefined,
      'http.content_type': response?.body?.contentType || asked?.contentType || undefined,
      'http.time': asked && response ? response.startAt - asked.startAt : undefined,
      'http.informational': asked?.informational,
    };
    const weirds = this.#weirds.length > 0 ? this.#weirds : noWeirds;
    if (this.#weirds.length > 0) this.#weirds = [];
    const startAt = asked?.startAt ?? this.#responseStartAt;
    const exchange: Writable<Exchange> = {
      protocol: 'http',
      connection: this.#context.connection,
      startAt,
      endAt: Math.max(at, startAt),
      fields,
      outcome,
      missing: this.#missing(asked, answer, responseLost),
      weirds,
    };
    // Not spread into the literal: that costs more than all the rest of this function.
    if (request) exchange.request = request;
    if (response) exchange.response = response;
    return exchange;
  }

  #missing(
    asked: Pending | undefined,
    answer: MessageParts | undefined,
    responseLost: number,
  ): readonly Incompleteness[] {
    const asking = asked?.request;
    const isWhole = (parts: MessageParts) => parts.lostBytes === 0 && !parts.cut && parts.bodyCutAt === 0;
    if (asking && answer && isWhole(asking) && isWhole(answer)) return noMissing;
    const missing: Incompleteness[] = [];
    const add = (parts: MessageParts, side: 'request' | 'response') => {
      if (parts.lostBytes > 0) missing.push({ kind: 'bytesLost', side, bytes: parts.lostBytes });
      if (parts.bodyCutAt > 0) missing.push({ kind: 'bodyCut', side, bytes: parts.bodyCutAt });
      if (parts.cut) missing.push({ kind: 'messageCut', side });
    };
    if (!asked) missing.push(this.#joined ? { kind: 'joinedMidStream' } : { kind: 'noRequest' });
    else if (asking) add(asking, 'request');
    else if (answer) missing.push({ kind: 'messageCut', side: 'request' });
    if (answer) add(answer, 'response');
    else missing.push({ kind: 'noResponse' });
    if (responseLost > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: responseLost });
    return missing;
  }
}

function outcomeOf(code: number): Exchange['outcome'] {
  if (code < 200) return 'info';
  if (code < 400) return 'ok';
  return code < 500 ? 'clientError' : 'serverError';
}

/** A line that begins like a request; its end may not be there yet. */
function looksLikeRequest(b: Uint8Array, at: number, end: number): boolean {
  let i = at;
  while (i < end && i - at < 24 && isTokenByte(b[i]!)) i++;
  if (i === end) return i > at;
  if (i === at || b[i] !== 32) return false;
  const lf = b.indexOf(10, i);
  const lineEnd = lf < 0 || lf >= end ? end : b[lf - 1] === 13 ? lf - 1 : lf;
  for (let j = i; j < lineEnd; j++) if (b[j]! < 32 && b[j] !== 13) return false;
  if (lineEnd === end) return true;
  return lineEnd - 9 >= i && b[lineEnd - 9] === 32 && startsWithHttp(b, lineEnd - 8, lineEnd);
}

function looksLikeResponse(b: Uint8Array, at: number, end: number): boolean {
  return startsWithHttp(b, at, end);
}

function startsWithHttp(b: Uint8Array, at: number, end: number): boolean {
  const text = 'HTTP/1.';
  for (let i = 0; i < text.length && at + i < end; i++) if (b[at + i] !== text.charCodeAt(i)) return false;
  return end > at;
}

function isTokenByte(c: number): boolean {
  return (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x2d || c === 0x5f;
}
