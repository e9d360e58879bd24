/** Requests and responses of one connection, paired in order (RFC 9112 section 9.3.2). */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  EndReason,
  Exchange,
  Inner,
  Side,
  Timestamp,
} from '../../model/index.ts';
import { type FramingResult, requestFraming, responseFraming } from './body.ts';
import { type Answer, type Asked, makeExchange, makeHeads, makeLost, missingOf } from './exchange.ts';
import type { Head } from './head.ts';
import type { MessageParts } from './message.ts';
import { type BodyTap, HttpSide, type SideListener, type SideRules } from './side.ts';
import {
  mayBeRequest,
  mayBeStatus,
  mayBeStrictRequest,
  parseRequestLine,
  parseStatusLine,
} from './start-line.ts';
import { Waiting } from './waiting.ts';

/** Informational answers kept of one exchange. */
const maxInformational = 16;

/** Upgrade tokens of the IANA registry -> our protocol names; others are looked up by their own. */
const upgrades: Readonly<Record<string, string>> = { websocket: 'websocket', h2c: 'http2' };

const clientRules: SideRules = {
  side: 'client',
  mayBegin: mayBeRequest,
  mayResume: mayBeStrictRequest,
};
const serverRules: SideRules = { side: 'server', mayBegin: mayBeStatus, mayResume: mayBeStatus };

export class HttpAnalyzer implements Analyzer, SideListener {
  readonly #context: AnalyzerContext;
  readonly #client: HttpSide;
  readonly #server: HttpSide;
  readonly #waiting = new Waiting();
  #out!: AnalyzerOutput;
  #confirmed = false;
  /** Its end is still to come. Mostly the last that waits; not if it was answered already. */
  #sending: Asked | undefined;
  #answer: Answer | undefined;
  #serverSpoke = false;
  #serverEnded = false;
  #clientEnded = false;
  /** Nothing has been paired yet, and the beginning was not seen. */
  #joined: boolean;
  /** Bytes lost between messages: told with the next of that side. */
  readonly #lost = { client: 0, server: 0 };
  /** Agreed switch to another protocol, and the exchange that agreed. */
  #switchTo: string | undefined;
  #carrier: Exchange | undefined;

  constructor(context: AnalyzerContext) {
    this.#context = context;
    const { bodyLimit, connection } = context;
    const joinedMidStream = context.midMessage ?? connection.joinedMidStream;
    this.#joined = joinedMidStream;
    this.#client = new HttpSide(this, clientRules, bodyLimit, joinedMidStream);
    this.#server = new HttpSide(this, serverRules, bodyLimit, joinedMidStream);
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    if (side === 'client') this.#client.data(bytes, at);
    else {
      this.#serverSpoke = true;
      this.#server.data(bytes, at);
    }
    if (this.#switchTo !== undefined) this.#handOver(at);
  }

  gap(side: Side, length: number, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    (side === 'client' ? this.#client : this.#server).gap(length, at);
    if (this.#switchTo !== undefined) this.#handOver(at);
  }

  end(side: Side, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    const clean = reason === 'fin';
    if (side === 'client') {
      // Behind an Upgrade that nobody answered requests may have come; behind a CONNECT, anything.
      if (this.#waiting.last?.method !== 'CONNECT') this.#client.resume(at);
      this.#client.end(at, clean);
      this.#clientEnded = true;
      // Half-closed: answers may still come.
      if (this.#serverEnded) this.#flush(this.#waiting.length);
    } else {
      this.#server.end(at, clean);
      this.#serverEnded = true;
      // One that is still being sent ends with its own side.
      this.#flush(clean ? this.#sentCount() : this.#waiting.length);
    }
    if (this.#clientEnded && this.#serverEnded) this.#tellLost(at);
  }

  /** What no message behind it could tell. */
  #tellLost(at: Timestamp): void {
    const { client, server } = this.#lost;
    if (client + server > 0) this.#out.exchange(makeLost(this.#context.connection, this.#lost, at));
    this.#lost.client = 0;
    this.#lost.server = 0;
  }

  buffered(): number {
    return this.#client.buffered + this.#server.buffered + this.#waiting.bytes + this.#server.reserved;
  }

  #mayRide(kind: 'request' | 'response', { contentType }: Head, target: string): boolean {
    const { wantsInner, mayRide } = this.#context;
    return wantsInner !== false && (mayRide?.(kind, contentType, target) ?? true);
  }

  // What a side says.

  head(side: Side, head: Head, at: Timestamp): FramingResult | undefined {
    return side === 'client' ? this.#requestHead(head, at) : this.#responseHead(head, at);
  }

  message(side: Side, parts: MessageParts, at: Timestamp): void {
    if (side === 'client') this.#requestEnds(parts, at);
    else this.#responseEnds(parts, at);
  }

  lost(side: Side, bytes: number): void {
    if (side === 'client') this.#lost.client += bytes;
    else this.#responsesLost(bytes);
  }

  asideFull(side: Side, at: Timestamp): void {
    if (side === 'client') this.#answerOverdue(at);
  }

  violation(side: Side, reason: string, at: Timestamp): void {
    // What either side is in the middle of is as whole as it will get.
    this.#client.end(at, false);
    this.#server.end(at, false);
    this.#flush(this.#waiting.length);
    this.#out.violation(`${side}: ${reason}`);
  }

  #requestHead(head: Head, at: Timestamp): FramingResult | undefined {
    const line = parseRequestLine(head.startLine);
    if (!line) return undefined;
    this.#confirm();
    const asked: Asked = {
      method: line.method,
      target: line.target,
      version: line.version,
      head,
      startAt: at,
      lostBefore: this.#lost.client,
      request: undefined,
      answer: undefined,
      informational: undefined,
      inner: undefined,
    };
    this.#lost.client = 0;
    this.#sending = asked;
    this.#waiting.push(asked);
    while (this.#waiting.isFull || this.#isUnheard()) this.#flush(1);
    const { connection, wantsOpened } = this.#context;
    const mayRide = this.#mayRide('request', head, line.target);
    if (mayRide || wantsOpened !== false) {
      const exchange = makeHeads(connection, asked, undefined, at);
      if (mayRide) asked.inner = this.#out.inner(exchange);
      if (asked.inner) this.#client.tap = tapOf(asked.inner, 'client');
      this.#out.opened(exchange);
    }
    return requestFraming(head);
  }

  /** A capture of one side holds no answers: there the bodies kept must not run short for them. */
  #isUnheard(): boolean {
    const { length, bodyBytes } = this.#waiting;
    return !this.#serverSpoke && length > 1 && bodyBytes > this.#context.bodyLimit / 2;
  }

  #requestEnds(parts: MessageParts, at: Timestamp): void {
    this.#tellWeirds(parts);
    const asked = this.#sending;
    // Nobody waits for its answer any more.
    if (!asked) return;
    this.#sending = undefined;
    if (asked.answer) {
      asked.request = parts;
      this.#server.reserved = 0;
      this.#emit(asked, asked.answer, 0, at);
      return;
    }
    this.#waiting.ended(asked, parts);
    this.#client.reserved = this.#waiting.bodyBytes;
    // What follows is the new protocol's if the answer agrees (RFC 9110 sections 7.8 and 9.3.6).
    if (asked.method === 'CONNECT' || asked.head.upgrade !== '') this.#client.setAside();
  }

  #responseHead(head: Head, at: Timestamp): FramingResult | undefined {
    const status = parseStatusLine(head.startLine);
    if (!status) return undefined;
    this.#confirm();
    const asked = this.#waiting.first;
    const answer: Answer = { status, head, startAt: at, parts: undefined, lostBefore: this.#lost.server };
    this.#answer = answer;
    this.#lost.server = 0;
    if (!asked) this.#server.doubtBody();
    if (asked && !isInterim(status.code) && (asked.inner || this.#mayRide('response', head, ''))) {
      const { connection } = this.#context;
      const exchange = makeHeads(connection, asked, answer, at);
      asked.inner = this.#out.inner(exchange, asked.inner);
      if (asked.inner) this.#server.tap = tapOf(asked.inner, 'server');
      if (asked.inner && asked === this.#sending) this.#client.tap = tapOf(asked.inner, 'client');
    }
    return responseFraming(head, asked?.method ?? '', status.code);
  }

  #responseEnds(parts: MessageParts, at: Timestamp): void {
    this.#tellWeirds(parts);
    const answer = this.#answer!;
    // Not to be held until the next one comes.
    this.#answer = undefined;
    const { status } = answer;
    // A long answer to a request that was lost is over behind the next request.
    const first = this.#waiting.first;
    const asked = first && first.startAt <= answer.startAt ? first : undefined;
    answer.parts = parts;
    if (isInterim(status.code)) {
      // What was lost there may have been the answer: told with the next.
      this.#lost.server += answer.lostBefore + parts.lostBytes;
      if (!asked) return;
      asked.informational ??= [];
      if (asked.informational.length < maxInformational)
        asked.informational.push(`${status.code} ${status.reason}`.trim());
      return;
    }
    if (asked) this.#forgetFirst();
    if (asked && asked === this.#sending) {
      // Answered before it was whole: told when it is.
      asked.answer = answer;
      this.#server.reserved = parts.message.body?.bytes.length ?? 0;
      return;
    }
    const exchange = this.#emit(asked, answer, 0, at);
    const isTunnel = asked?.method === 'CONNECT' && status.code < 300;
    if (status.code === 101 || isTunnel) this.#switch(isTunnel, asked, answer, exchange);
    else if (asked) this.#client.resume(at);
  }

  #switch(isTunnel: boolean, asked: Asked | undefined, answer: Answer, exchange: Exchange): void {
    const token = answer.head.upgrade || asked?.head.upgrade || '';
    const name = token.split(/[,/\s]/)[0]!.toLowerCase();
    this.#switchTo = isTunnel ? '' : (upgrades[name] ?? name);
    this.#carrier = exchange;
    this.#client.setAside();
    this.#server.setAside();
  }

  /** What is behind a CONNECT or an Upgrade can wait for the answer no longer. */
  #answerOverdue(at: Timestamp): void {
    if (this.#waiting.last?.method !== 'CONNECT') return this.#client.resume(at);
    this.#flush(this.#waiting.length);
    this.#switchTo = '';
    this.#server.setAside();
  }

  #handOver(at: Timestamp): void {
    const protocol = this.#switchTo!;
    this.#switchTo = undefined;
    const rest = { client: this.#client.takeAside(), server: this.#server.takeAside() };
    this.#out.child(protocol, rest, at, this.#carrier);
  }

  #responsesLost(bytes: number): void {
    this.#lost.server += bytes;
    // Answers may be among what was lost: which request the next one is for, nobody can tell.
    this.#flush(this.#sentCount());
  }

  /** Waiting requests that are whole. */
  #sentCount(): number {
    const isLastSending = this.#sending !== undefined && this.#waiting.last === this.#sending;
    return this.#waiting.length - (isLastSending ? 1 : 0);
  }

  /** The first `count` waiting requests get no answer any more. */
  #flush(count: number): void {
    for (let i = 0; i < count; i++) {
      const asked = this.#forgetFirst();
      if (asked === this.#sending) this.#sending = undefined;
      const lost = this.#lost.server;
      this.#lost.server = 0;
      this.#emit(asked, undefined, lost, asked.request?.message.endAt ?? asked.startAt);
    }
  }

  #forgetFirst(): Asked {
    const asked = this.#waiting.shift();
    this.#client.reserved = this.#waiting.bodyBytes;
    return asked;
  }

  /** @param lost bytes of the server's stream where the answer may have been */
  #emit(asked: Asked | undefined, answer: Answer | undefined, lost: number, at: Timestamp): Exchange {
    let lostBefore = 0;
    // An answer to a request that was lost: what was lost of the client belongs to it.
    if (!asked) {
      lostBefore = this.#lost.client;
      this.#lost.client = 0;
    }
    let missing = missingOf(asked, answer, this.#joined, lost);
    if (lostBefore > 0) missing = [...missing, { kind: 'bytesLost', side: 'request', bytes: lostBefore }];
    if (asked && answer) this.#joined = false;
    const made = makeExchange(this.#context.connection, asked, answer, missing, at);
    const exchange = asked?.inner ? asked.inner.finish(made) : made;
    this.#out.exchange(exchange);
    return exchange;
  }

  #tellWeirds({ weirds }: MessageParts): void {
    for (const name of weirds) this.#out.weird(name);
  }

  #confirm(): void {
    if (this.#confirmed) return;
    this.#confirmed = true;
    this.#out.confirmed();
  }
}

/** RFC 9110 section 15.2: these come before the final answer; 101 is final for HTTP. */
function isInterim(code: number): boolean {
  return code < 200 && code !== 101;
}

function tapOf(inner: Inner, side: Side): BodyTap {
  return {
    data: (bytes, at) => inner.data(side, bytes, at),
    gap: (length, at) => inner.gap(side, length, at),
  };
}
