/** Reads one direction: heads and bodies, cut anywhere. Meaning is the analyzer's. */
import type { Body, Message, Timestamp } from '../../model/index.ts';
import { concatBytes } from '../../util/bytes.ts';
import { ChunkReader, type Framing } from './body.ts';
import { type Head, type Header, headEnd, headLimit, parseHead } from './head.ts';

const nothing = new Uint8Array(0);
/** A start line that is waited for behind a hole. */
const resyncLineLimit = 8 * 1024;
/** What a client sends ahead of the answer to its CONNECT or Upgrade. */
const restLimit = 64 * 1024;
const noEncodings: readonly string[] = [];
const noHeaders: readonly Header[] = [];

/** What a side tells its analyzer. */
export interface SideListener {
  /** A head was read: how is its body framed? undefined = this is not HTTP. `passThrough` ends HTTP here. */
  head(head: Head, at: Timestamp): Framing | undefined;
  /** The message is over. `rest` starts behind it. */
  message(parts: MessageParts, at: Timestamp): void;
  violation(reason: string): void;
  weird(name: string): void;
}

/** The head's list of headers is made when it is asked for. */
export class HttpMessage implements Message {
  readonly head: Head;
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  readonly wireBytes: number;
  readonly trailers: readonly Header[];
  readonly body?: Body | undefined;

  constructor(
    head: Head,
    startAt: Timestamp,
    endAt: Timestamp,
    wireBytes: number,
    trailers: readonly Header[],
    body: Body | undefined,
  ) {
    this.head = head;
    this.startAt = startAt;
    this.endAt = endAt;
    this.wireBytes = wireBytes;
    this.trailers = trailers;
    this.body = body;
  }

  get startLine(): string {
    return this.head.startLine;
  }

  get headers(): readonly Header[] {
    return this.head.headers;
  }
}

export interface MessageParts {
  readonly message: HttpMessage;
  readonly lostBytes: number;
  readonly cut: boolean;
  /** The body ended with the connection, as it should (true) or early. */
  readonly bodyCutAt: number;
}

export class HttpSide {
  readonly #listener: SideListener;
  readonly #bodyLimit: number;
  /** What begins a head: tells a place to begin anew behind a hole. */
  readonly #looksLikeHead: (b: Uint8Array, at: number, end: number) => boolean;
  #state: 'head' | 'length' | 'chunked' | 'close' | 'resync' | 'stopped' = 'head';
  /** Bytes of a head that was cut. */
  #held: Uint8Array = nothing;
  #startAt: Timestamp = 0;
  #started = false;
  #head: Head | undefined;
  #wireBytes = 0;
  #left = 0;
  #chunks: ChunkReader | undefined;
  #body: Uint8Array[] = [];
  #bodyKept = 0;
  #bodyTotal = 0;
  #lost = 0;
  /** Behind a hole: a line whose beginning was passed over goes on. */
  #midLine = false;

  constructor(
    listener: SideListener,
    bodyLimit: number,
    looksLikeHead: (b: Uint8Array, at: number, end: number) => boolean,
    joinedMidStream: boolean,
  ) {
    this.#listener = listener;
    this.#bodyLimit = bodyLimit;
    this.#looksLikeHead = looksLikeHead;
    if (joinedMidStream) this.#state = 'resync';
  }

  get buffered(): number {
    return this.#held.length + this.#rest.length + this.#bodyKept + (this.#chunks?.buffered ?? 0);
  }

  /** A message has begun and is not over. */
  get busy(): boolean {
    return this.#head !== undefined || this.#held.length > 0;
  }

  /** Bytes behind a switch of protocols: who takes over gets them. */
  #rest: Uint8Array = nothing;

  takeRest(): Uint8Array {
    const rest = this.#rest;
    this.#rest = nothing;
    return rest;
  }

  /** No HTTP from here on; may be called from within the listener. */
  stop(): void {
    this.#state = 'stopped';
  }

  data(bytes: Uint8Array, at: Timestamp): void {
    let b = bytes;
    let i = 0;
    if (this.#held.length > 0) {
      b = concatBytes([this.#held, bytes]);
      this.#held = nothing;
    }
    const end = b.length;
    while (i < end || this.#state === 'stopped') {
      switch (this.#state) {
        case 'head':
          i = this.#readHead(b, i, end, at);
          if (i < 0) return;
          break;
        case 'length': {
          const take = Math.min(this.#left, end - i);
          this.#keep(b, i, i + take);
          this.#left -= take;
          i += take;
          if (this.#left === 0) this.#finish(at);
          break;
        }
        case 'chunked': {
          const chunks = this.#chunks!;
          const next = chunks.read(b, i, end, (from, to) => this.#keep(b, from, to));
          this.#wireBytes += next - i - this.#keptNow;
          this.#keptNow = 0;
          i = next;
          if (chunks.broken) {
            this.#listener.weird('http_bad_chunk');
            this.#finish(at, true);
            this.#state = 'resync';
          } else if (chunks.done) this.#finish(at);
          break;
        }
        case 'close':
          this.#keep(b, i, end);
          i = end;
          break;
        case 'resync':
          i = this.#resync(b, i, end);
          if (i < 0) return;
          break;
        case 'stopped':
          if (this.#rest.length + end - i > restLimit) this.#listener.weird('http_much_before_switch');
          else if (i < end) this.#rest = concatBytes([this.#rest, b.subarray(i, end)]);
          return;
      }
    }
  }

  #readHead(b: Uint8Array, from: number, end: number, at: Timestamp): number {
    let i = from;
    if (!this.#started) {
      // Empty lines before a request: RFC 9112 section 2.2.
      while (i < end && (b[i] === 13 || b[i] === 10)) i++;
      if (i === end) return -1;
      this.#startAt = at;
      this.#started = true;
    }
    const behind = headEnd(b, i, end);
    if (behind < 0) {
      if (end - i > headLimit) {
        this.#fail('http_head_too_long');
        return -1;
      }
      if (!this.#looksLikeHead(b, i, end)) {
        this.#fail('no start line');
        return -1;
      }
      this.#held = b.slice(i, end);
      return -1;
    }
    const head = parseHead(b, i, behind);
    const framing = this.#listener.head(head, this.#startAt);
    if (!framing) {
      this.#fail('no start line');
      return -1;
    }
    if (head.bareLf) this.#listener.weird('http_bare_lf');
    if (head.folded) this.#listener.weird('http_folded_header');
    if (head.badLine) this.#listener.weird('http_header_without_colon');
    this.#head = head;
    this.#wireBytes = behind - i;
    switch (framing.kind) {
      case 'none':
        this.#finish(at);
        break;
      case 'length':
        this.#left = framing.length;
        this.#state = 'length';
        break;
      case 'chunked':
        this.#chunks = new ChunkReader();
        this.#state = 'chunked';
        break;
      case 'close':
        this.#state = 'close';
        break;
    }
    return behind;
  }

  #fail(reason: string): void {
    this.#started = false;
    this.#state = 'stopped';
    this.#listener.violation(reason);
  }

  /** Behind a hole: the next line that begins a message. -1 when there is none in these bytes. */
  #resync(b: Uint8Array, from: number, end: number): number {
    let i = from;
    for (;;) {
      const lf = b.indexOf(10, i);
      const isWhole = lf >= 0 && lf < end;
      if (!this.#midLine && this.#looksLikeHead(b, i, isWhole ? lf + 1 : end)) {
        if (isWhole) {
          this.#state = 'head';
          this.#started = false;
          return i;
        }
        if (end - i < resyncLineLimit) {
          this.#held = b.slice(i, end);
          return -1;
        }
      }
      this.#midLine = !isWhole;
      if (!isWhole || lf + 1 >= end) return -1;
      i = lf + 1;
    }
  }

  /** A switch was offered and refused: what was set aside is HTTP after all. */
  resume(at: Timestamp): void {
    this.#state = 'head';
    const rest = this.takeRest();
    if (rest.length > 0) this.data(rest, at);
  }

  /** Looking for the next message behind a hole. */
  get resyncing(): boolean {
    return this.#state === 'resync';
  }

  #keptNow = 0;

  #keep(b: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.#bodyTotal += length;
    this.#wireBytes += length;
    this.#keptNow += length;
    const room = this.#bodyLimit - this.#bodyKept;
    if (room <= 0 || length === 0) return;
    const part = b.slice(from, Math.min(to, from + room));
    this.#body.push(part);
    this.#bodyKept += part.length;
  }

  /** @param cut the message is over before its framing says so */
  #finish(at: Timestamp, cut = false): void {
    this.#keptNow = 0;
    const head = this.#head!;
    const body = this.#bodyTotal > 0 ? this.#makeBody(head) : undefined;
    const trailers = this.#chunks ? this.#chunks.trailers : noHeaders;
    const message = new HttpMessage(head, this.#startAt, at, this.#wireBytes, trailers, body);
    const lostBytes = this.#lost;
    const bodyCutAt = this.#bodyTotal > this.#bodyKept + this.#lost ? this.#bodyKept : 0;
    this.#state = 'head';
    this.#started = false;
    this.#head = undefined;
    this.#chunks = undefined;
    if (this.#body.length > 0) this.#body = [];
    this.#bodyKept = 0;
    this.#bodyTotal = 0;
    this.#lost = 0;
    this.#wireBytes = 0;
    this.#listener.message({ message, lostBytes, cut, bodyCutAt }, at);
  }

  #makeBody(head: Head): Body {
    const encodings = head.list('content-encoding').toLowerCase();
    return {
      bytes: this.#body.length > 1 ? concatBytes(this.#body) : (this.#body[0] ?? nothing),
      totalLength: this.#bodyTotal,
      contentType: head.value('content-type'),
      encodings:
        encodings === ''
          ? noEncodings
          : encodings
              .split(',')
              .map((e) => e.trim())
              .filter((e) => e !== '' && e !== 'identity'),
    };
  }

  /** `length` bytes were not captured. Inside a body of known length the place is still known. */
  gap(length: number, at: Timestamp): void {
    if (this.#state === 'stopped' || this.#state === 'resync') return;
    let left = length;
    if (this.#state === 'length') {
      const inBody = Math.min(left, this.#left);
      this.#loseBody(inBody);
      this.#left -= inBody;
      left -= inBody;
      if (this.#left === 0) this.#finish(at);
      if (left === 0) return;
    } else if (this.#state === 'chunked') {
      const inChunk = Math.min(left, this.#chunks!.dataLeft);
      if (inChunk > 0) {
        this.#loseBody(inChunk);
        this.#chunks!.skip(inChunk);
        left -= inChunk;
      }
      if (left === 0) return;
      this.#lost += left;
      this.#finish(at, true);
    } else if (this.#state === 'close') {
      this.#loseBody(left);
      return;
    }
    // In a head, or between messages: wherever the next one begins.
    this.#held = nothing;
    this.#started = false;
    this.#midLine = false;
    this.#state = 'resync';
  }

  #loseBody(count: number): void {
    this.#bodyTotal += count;
    this.#wireBytes += count;
    this.#lost += count;
  }

  /** The direction is over. */
  end(at: Timestamp): void {
    if (this.#state === 'stopped') return;
    if (this.#state === 'close') this.#finish(at);
    else if (this.#head) this.#finish(at, true);
    this.#held = nothing;
    this.#state = 'stopped';
  }
}
