/** Reads one direction: heads and bodies, cut anywhere. Meaning is the analyzer's. */
import type { Side, Timestamp } from '../../model/index.ts';
import { Pending } from '../../util/pending.ts';
import { ChunkReader, type FramingResult } from './body.ts';
import { type Head, type Header, headEnd, headLimit, parseHead } from './head.ts';
import { HttpMessage, type MessageParts, makeBody } from './message.ts';

const nothing: Uint8Array = new Uint8Array(0);
const noHeaders: readonly Header[] = [];
const noParts: readonly Uint8Array[] = [];
/** A start line that is looked for behind a hole. */
const resyncLineLimit = 8 * 1024;
/** Bytes in which nearly every head ends; longer ones are looked through for their end first. */
const usualHead = 1024;
/** What a client sends ahead of the answer to its CONNECT or Upgrade. */
export const asideLimit = 64 * 1024;

/** What a side tells its analyzer: one for both, for closures of each connection would take more than its bytes. */
export interface SideListener {
  /** A head was read: how is its body framed? undefined = this is not HTTP. */
  head(side: Side, head: Head, at: Timestamp): FramingResult | undefined;
  message(side: Side, parts: MessageParts, at: Timestamp): void;
  /** Bytes between messages, or a message's head, were not captured. */
  lost(side: Side, bytes: number): void;
  /** What is set aside cannot wait any longer: too much, or a hole in it. Somebody must say whose it is. */
  asideFull(side: Side, at: Timestamp): void;
  violation(side: Side, reason: string, at: Timestamp): void;
}

/** Bytes of a body as they come: valid during the call. */
export interface BodyTap {
  data(bytes: Uint8Array, at: Timestamp): void;
  gap(length: number, at: Timestamp): void;
}

/** The rules of one direction that differ. */
export interface SideRules {
  readonly side: Side;
  /** What begins at `at` may be a message: tells nonsense early. */
  readonly mayBegin: (b: Uint8Array, at: number, end: number) => boolean;
  /** The same, strictly: tells where to begin anew behind a hole, among anything. */
  readonly mayResume: (b: Uint8Array, at: number, end: number) => boolean;
}

export class HttpSide {
  readonly #listener: SideListener;
  readonly #rules: SideRules;
  readonly #bodyLimit: number;
  #state: 'head' | 'length' | 'chunked' | 'close' | 'resync' | 'aside' | 'over';
  /** A head, or a line behind a hole, that is not whole yet. */
  readonly #pending = new Pending();
  /** How much of it has been looked through for the head's end. */
  #searched = 0;
  /** The start line is whole and is one. */
  #lineSeen = false;
  #started = false;
  #startAt: Timestamp = 0;
  #head: Head | undefined;
  #weird = '';
  #wireBytes = 0;
  #left = 0;
  #chunks: ChunkReader | undefined;
  #body: Uint8Array[] | undefined;
  #bodyKept = 0;
  #bodyTotal = 0;
  #lost = 0;
  /** Bytes behind a switch of protocols that is not agreed yet: who takes over gets them. */
  #aside: Pending | undefined;
  /** The request was not seen, and if it was HEAD no body follows. */
  #doubt = false;
  /** Bodies that others hold of what this side may keep. */
  reserved = 0;
  /** Gets the body of the message under way. */
  tap: BodyTap | undefined;

  constructor(listener: SideListener, rules: SideRules, bodyLimit: number, joinedMidStream: boolean) {
    this.#listener = listener;
    this.#rules = rules;
    this.#bodyLimit = bodyLimit;
    this.#state = joinedMidStream ? 'resync' : 'head';
  }

  get buffered(): number {
    const chunks = this.#chunks ? this.#chunks.buffered : 0;
    const aside = this.#aside ? this.#aside.length : 0;
    return this.#pending.length + aside + this.#bodyKept + chunks;
  }

  /** Asked after calls that may change it. */
  get #isAside(): boolean {
    return this.#state === 'aside';
  }

  /** Of the head that is being told: what follows decides whether it has its body. */
  doubtBody(): void {
    this.#doubt = true;
  }

  data(bytes: Uint8Array, at: Timestamp): void {
    const waited = this.#pending.length > 0;
    const b = waited ? this.#pending.append(bytes) : bytes;
    const end = b.length;
    let i = 0;
    // Behind a hole each segment may be a beginning, not only what is behind a line's end.
    if (waited && this.#state === 'resync' && !this.#mayResume(b, 0, end)) i = end - bytes.length;
    while (i < end) {
      const next = this.#step(b, i, end, at);
      if (next === i) break;
      i = next;
    }
    if (waited) this.#pending.keepFrom(i);
    else if (i < end) this.#pending.append(b.subarray(i, end));
  }

  /** Returns the offset behind what it has read; `i` when it needs more. */
  #step(b: Uint8Array, i: number, end: number, at: Timestamp): number {
    if (this.#doubt && this.#head) {
      if (this.#mayResume(b, i, end)) {
        const lf = b.indexOf(10, i);
        if (lf < 0 || lf >= end) return i;
        this.#finish(at, false);
        return this.#readHead(b, i, end, at);
      }
      this.#doubt = false;
    }
    switch (this.#state) {
      case 'head':
        return this.#readHead(b, i, end, at);
      case 'length': {
        const take = Math.min(this.#left, end - i);
        this.#keep(b, i, i + take, at);
        this.#wireBytes += take;
        this.#left -= take;
        if (this.#left === 0) this.#finish(at, false);
        return i + take;
      }
      case 'chunked':
        return this.#readChunks(b, i, end, at);
      case 'close':
        this.#keep(b, i, end, at);
        this.#wireBytes += end - i;
        return end;
      case 'resync':
        return this.#resync(b, i, end, at);
      case 'aside':
        this.#aside ??= new Pending();
        if (this.#aside.length + end - i > asideLimit) {
          this.#listener.asideFull(this.#rules.side, at);
          return this.#isAside ? end : i;
        }
        this.#aside.append(b.subarray(i, end));
        return end;
      case 'over':
        return end;
    }
  }

  #readHead(b: Uint8Array, from: number, end: number, at: Timestamp): number {
    if (!this.#started) {
      // Empty lines before a request: section 2.2.
      if (b[from] === 13 || b[from] === 10) return from + 1;
      this.#startAt = at;
      this.#started = true;
      this.#searched = 0;
      this.#lineSeen = false;
    }
    // Most heads lie whole at the beginning of a segment: read at once, without looking for the end before.
    const whole = this.#searched === 0 ? parseHead(b, from, Math.min(end, from + usualHead)) : undefined;
    if (whole) return this.#headRead(whole, from, end, at);
    const behind = headEnd(b, from + Math.max(0, this.#searched - 3), end);
    const length = (behind < 0 ? end : behind) - from;
    if (length > headLimit) return this.#fail('http_head_too_long', at, end);
    if (behind < 0) {
      if (!this.#lineSeen) {
        if (!this.#rules.mayBegin(b, from, end)) return this.#fail('no start line', at, end);
        const lf = b.indexOf(10, from);
        this.#lineSeen = lf >= 0 && lf < end;
      }
      this.#searched = length;
      return from;
    }
    return this.#headRead(parseHead(b, from, behind)!, from, end, at);
  }

  #headRead(head: Head, from: number, end: number, at: Timestamp): number {
    const framed = this.#listener.head(this.#rules.side, head, this.#startAt);
    if (!framed) return this.#fail('no start line', at, end);
    this.#begin(head, framed);
    if (framed.framing.kind === 'none') this.#finish(at, false);
    return from + head.length;
  }

  #begin(head: Head, { framing, weird }: FramingResult): void {
    this.#head = head;
    this.#weird = weird;
    this.#wireBytes = head.length;
    this.#searched = 0;
    if (framing.kind === 'none' || framing.kind === 'close') this.#doubt = false;
    if (framing.kind === 'none') return;
    this.#state = framing.kind;
    if (framing.kind === 'length') this.#left = framing.length;
    else if (framing.kind === 'chunked') this.#chunks = new ChunkReader();
  }

  #readChunks(b: Uint8Array, i: number, end: number, at: Timestamp): number {
    const chunks = this.#chunks!;
    const next = chunks.read(b, i, end, (from, to) => this.#keep(b, from, to, at));
    this.#wireBytes += next - i;
    if (chunks.broken) {
      this.#weird ||= 'http_bad_chunk';
      this.#finish(at, true);
      if (!this.#isAside) this.#loseSync();
    } else if (chunks.done) this.#finish(at, false);
    return next;
  }

  #fail(reason: string, at: Timestamp, end: number): number {
    this.#state = 'over';
    this.#listener.violation(this.#rules.side, reason, at);
    return end;
  }

  #loseSync(): void {
    this.#pending.clear();
    this.#started = false;
    this.#searched = 0;
    this.#doubt = false;
    this.#state = 'resync';
  }

  /** No more comes that could tell: it is the body. */
  #settle(at: Timestamp): void {
    if (!this.#doubt) return;
    this.#doubt = false;
    if (this.#pending.length > 0) this.data(this.#pending.take(), at);
  }

  /** Behind a hole: the next line that begins a message. */
  #resync(b: Uint8Array, i: number, end: number, at: Timestamp): number {
    const lf = b.indexOf(10, i);
    const isWhole = lf >= 0 && lf < end;
    if (!this.#mayResume(b, i, end)) return isWhole ? lf + 1 : end;
    if (!isWhole) return i;
    this.#state = 'head';
    return this.#readHead(b, i, end, at);
  }

  #mayResume(b: Uint8Array, i: number, end: number): boolean {
    const lf = b.indexOf(10, i);
    const lineEnd = lf >= 0 && lf < end ? lf + 1 : end;
    return lineEnd - i <= resyncLineLimit && this.#rules.mayResume(b, i, lineEnd);
  }

  /** No HTTP from here on until somebody says what it is; may be called from within the listener. */
  setAside(): void {
    this.#state = 'aside';
  }

  /** A switch was offered and refused: what was set aside is HTTP after all. */
  resume(at: Timestamp): void {
    if (this.#state !== 'aside') return;
    this.#state = 'head';
    const aside = this.takeAside();
    if (aside.length > 0) this.data(aside, at);
  }

  takeAside(): Uint8Array {
    return this.#aside ? this.#aside.take() : nothing;
  }

  #keep(b: Uint8Array, from: number, to: number, at: Timestamp): void {
    const length = to - from;
    this.#bodyTotal += length;
    if (this.tap) this.tap.data(b.subarray(from, to), at);
    const room = this.#bodyLimit - this.#bodyKept - this.reserved;
    if (room <= 0) return;
    const part = b.slice(from, Math.min(to, from + room));
    this.#body ??= [];
    this.#body.push(part);
    this.#bodyKept += part.length;
  }

  /** @param cut the message is over before its framing says so */
  #finish(at: Timestamp, cut: boolean): void {
    const head = this.#head!;
    const trailers = this.#chunks ? this.#chunks.trailers : noHeaders;
    const body = this.#bodyTotal > 0 ? makeBody(head, this.#body ?? noParts, this.#bodyTotal) : undefined;
    const message = new HttpMessage(head, this.#startAt, at, this.#wireBytes, trailers, body);
    // With no limit given no body is wanted: none is missing then.
    const isBodyCut = this.#bodyLimit > 0 && this.#bodyTotal > this.#bodyKept + this.#lost;
    const parts: MessageParts = {
      message,
      lostBytes: this.#lost,
      cut,
      bodyCutAt: isBodyCut ? this.#bodyKept : -1,
      weirds: this.#weird === '' ? head.weirds : [...head.weirds, this.#weird],
      held: head.held + this.#bodyKept,
    };
    this.#state = 'head';
    this.#started = false;
    this.#head = undefined;
    this.#chunks = undefined;
    this.#body = undefined;
    this.#bodyKept = 0;
    this.#bodyTotal = 0;
    this.#lost = 0;
    this.#doubt = false;
    this.tap = undefined;
    this.#listener.message(this.#rules.side, parts, at);
  }

  /** `length` bytes were not captured. Inside a body of known length the place is still known. */
  gap(length: number, at: Timestamp): void {
    this.#settle(at);
    let left = length;
    switch (this.#state) {
      case 'over':
        return;
      case 'aside':
        this.#listener.asideFull(this.#rules.side, at);
        if (!this.#isAside) this.gap(length, at);
        return;
      case 'length': {
        const inBody = Math.min(left, this.#left);
        this.#loseBody(inBody, at);
        this.#left -= inBody;
        left -= inBody;
        if (this.#left === 0) this.#finish(at, false);
        break;
      }
      case 'chunked': {
        const inChunk = Math.min(left, this.#chunks!.dataLeft);
        if (inChunk > 0) {
          this.#loseBody(inChunk, at);
          this.#chunks!.skip(inChunk);
          left -= inChunk;
        }
        if (left === 0) return;
        // Sizes of further chunks, or the end and what follows: nobody can tell.
        this.#lost += left;
        this.#finish(at, true);
        if (!this.#isAside) this.#loseSync();
        return;
      }
      case 'close':
        this.#loseBody(left, at);
        return;
    }
    if (left === 0 || this.#isAside) return;
    // In a head, or between messages: wherever the next one begins.
    const held = this.#pending.length;
    this.#loseSync();
    this.#listener.lost(this.#rules.side, held + left);
  }

  #loseBody(count: number, at: Timestamp): void {
    if (count === 0) return;
    this.#bodyTotal += count;
    this.#wireBytes += count;
    this.#lost += count;
    this.tap?.gap(count, at);
  }

  /** The direction is over. @param clean by FIN, which is how a body without length ends */
  end(at: Timestamp, clean: boolean): void {
    this.#settle(at);
    if (this.#head) this.#finish(at, this.#state !== 'close' || !clean);
    this.#pending.clear();
    this.#aside = undefined;
    this.#state = 'over';
  }
}
