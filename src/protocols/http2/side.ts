/** Reads one direction: frames, cut anywhere, and the header blocks in them. Meaning is the analyzer's. */
import type { Side, Timestamp } from '../../model/index.ts';
import { latin1, u24, u32 } from '../../util/bytes.ts';
import { Pending } from '../../util/pending.ts';
import { type Block, Blocks, blockLimit } from './blocks.ts';
import {
  defaultMaxFrame,
  Flag,
  FrameType,
  headerLength,
  isLawful,
  isUsual,
  mayBegin,
  plausibleFrame,
  preface,
} from './frame.ts';
import { HpackDecoder } from './hpack.ts';

/** Longest frame of another kind that is read: SETTINGS, GOAWAY with its text. */
const controlLimit = 4096;
/** Where frames begin is looked for in so many bytes at once: a frame of usual length and what follows it. */
export const resyncLimit = 64 * 1024;
/** Frames in a row after which a guess is no longer one. */
const trustedFrames = 8;

export interface SideListener {
  headers(side: Side, block: Block, at: Timestamp): void;
  /** A DATA frame begins: `flow` bytes of flow control, padding included. */
  dataBegins(side: Side, streamId: number, flow: number, at: Timestamp): void;
  /** Its content, as it comes. Valid during the call. */
  content(side: Side, streamId: number, b: Uint8Array, from: number, to: number, at: Timestamp): void;
  contentLost(side: Side, streamId: number, length: number, at: Timestamp): void;
  dataEnds(side: Side, streamId: number, endStream: boolean, at: Timestamp): void;
  /** Any other whole frame that has a meaning; cut to `controlLimit`. */
  control(
    side: Side,
    type: number,
    flags: number,
    streamId: number,
    payload: Uint8Array,
    at: Timestamp,
  ): void;
  /** Frames were not captured. */
  framesLost(side: Side, bytes: number): void;
  /** Is the stream open on this side? */
  knows(side: Side, streamId: number): boolean;
  weird(name: string): void;
  violation(side: Side, reason: string): void;
}

/** The rules of one direction that differ. */
export interface SideOptions {
  /** The client's direction begins with the preface (section 3.4). */
  readonly side: Side;
  readonly joinedMidStream: boolean;
}

const statusLine = 'HTTP/1.';
export const http1Answer = 'HTTP/1 answer';

const prefaceBytes = Uint8Array.from(preface, (c) => c.charCodeAt(0));

export class Http2Side {
  readonly #listener: SideListener;
  readonly #side: Side;
  /** Nobody has told that this is HTTP/2 but frames that look like it. */
  readonly #isGuess: boolean;
  /** In a row since the place was guessed. */
  #goodFrames = trustedFrames;
  readonly blocks: Blocks;
  /** Bytes of the stream, in all. */
  #seen = 0;
  #state: 'preface' | 'settings' | 'header' | 'frame' | 'data' | 'skip' | 'resync' | 'over';
  readonly #pending = new Pending();
  #started = false;
  #startAt: Timestamp = 0;
  // The frame under way.
  #type = 0;
  #flags = 0;
  #streamId = 0;
  #length = 0;
  /** Bytes of it still to come: of content, then of padding. */
  #left = 0;
  #padding = 0;
  #hasPadLength = false;
  /** Bytes of it that were not captured. */
  #frameLost = 0;
  /** SETTINGS_MAX_FRAME_SIZE of who receives this; larger ones are an error. */
  maxFrame = defaultMaxFrame;

  constructor(listener: SideListener, { side, joinedMidStream }: SideOptions) {
    this.#listener = listener;
    this.#side = side;
    this.blocks = new Blocks(side, listener);
    this.#isGuess = joinedMidStream;
    this.#state = joinedMidStream ? 'resync' : side === 'client' ? 'preface' : 'settings';
    if (joinedMidStream) {
      this.blocks.hpack.lose();
      // What was agreed on was not seen.
      this.maxFrame = 0xffffff;
    }
  }

  get buffered(): number {
    return this.#pending.length + this.blocks.buffered;
  }

  data(bytes: Uint8Array, at: Timestamp): void {
    this.#seen += bytes.length;
    const waited = this.#pending.length > 0;
    const b = waited ? this.#pending.append(bytes) : bytes;
    const end = b.length;
    let i = 0;
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
    switch (this.#state) {
      case 'header':
      case 'settings':
        return this.#readHeader(b, i, end, at);
      case 'frame': {
        if (end - i < this.#left) return i;
        const behind = i + this.#left;
        this.#frameEnds(b, i, behind, at);
        return behind;
      }
      case 'data':
        return this.#readData(b, i, end, at);
      case 'skip': {
        const take = Math.min(this.#left, end - i);
        this.#left -= take;
        if (this.#left === 0) this.#skipEnds(at);
        return i + take;
      }
      case 'preface':
        return this.#readPreface(b, i, end);
      case 'resync':
        return this.#resync(b, i, end, at);
      case 'over':
        return end;
    }
  }

  #readPreface(b: Uint8Array, i: number, end: number): number {
    const have = Math.min(end - i, prefaceBytes.length);
    for (let n = 0; n < have; n++)
      if (b[i + n] !== prefaceBytes[n]) return this.#fail('no connection preface', end);
    if (have < prefaceBytes.length) return i;
    this.#state = 'settings';
    return i + have;
  }

  #readHeader(b: Uint8Array, i: number, end: number, at: Timestamp): number {
    if (!this.#started) {
      this.#started = true;
      this.#startAt = at;
    }
    if (this.#state === 'settings' && b[i]! > 0) {
      // No frame: a server that knows HTTP/1 alone answers the preface in words.
      const words = latin1(b, i, Math.min(end, i + statusLine.length));
      if (words === statusLine) return this.#fail(http1Answer, end);
      return statusLine.startsWith(words) ? i : this.#fail('SETTINGS expected', end);
    }
    if (end - i < headerLength) return i;
    this.#length = u24(b, i);
    this.#type = b[i + 3]!;
    this.#flags = b[i + 4]!;
    this.#streamId = u32(b, i + 5) & 0x7fffffff;
    if (this.#state === 'settings') {
      const isFirst = this.#type === FrameType.settings && (this.#flags & Flag.ack) === 0;
      if (!isFirst || !isLawful(this.#type, this.#length, this.#streamId))
        return this.#fail('SETTINGS expected', end);
      this.#state = 'header';
    }
    if (this.#length > this.maxFrame) {
      this.#listener.weird('http2_frame_too_large');
      return this.#desync(i, end);
    }
    const isDoubtful = this.#goodFrames < trustedFrames && !isUsual(this.#type, this.#flags, this.#length);
    if (isDoubtful || !isLawful(this.#type, this.#length, this.#streamId)) {
      this.#listener.weird('http2_bad_frame');
      return this.#desync(i, end);
    }
    this.#goodFrames++;
    this.#frameBegins(at);
    return i + headerLength;
  }

  #frameBegins(at: Timestamp): void {
    const type = this.#type;
    this.#left = this.#length;
    this.#frameLost = 0;
    if (this.blocks.isOpen) this.blocks.expect(type, this.#streamId, at);
    if (type === FrameType.data) {
      this.#listener.dataBegins(this.#side, this.#streamId, this.#length, this.#startAt);
      this.#hasPadLength = (this.#flags & Flag.padded) !== 0;
      this.#padding = 0;
      this.#state = 'data';
      if (this.#length === 0) this.#dataEnds(at);
      return;
    }
    const isBlock =
      type === FrameType.headers || type === FrameType.pushPromise || type === FrameType.continuation;
    const limit = isBlock ? blockLimit : controlLimit;
    const isKnown = isBlock || type <= FrameType.windowUpdate;
    if (isKnown && this.#length <= limit) {
      this.#state = 'frame';
      if (this.#length === 0) this.#frameEnds(empty, 0, 0, at);
      return;
    }
    if (isKnown) this.#listener.weird(isBlock ? 'http2_header_block_too_long' : 'http2_frame_cut');
    this.#state = 'skip';
    if (this.#left === 0) this.#skipEnds(at);
  }

  #readData(b: Uint8Array, from: number, end: number, at: Timestamp): number {
    let i = from;
    if (this.#hasPadLength) {
      this.#hasPadLength = false;
      this.#left--;
      this.#padding = b[i++]!;
      // Section 6.1: padding as long as the frame is an error; what is content nobody knows.
      if (this.#padding > this.#left) {
        this.#listener.weird('http2_bad_padding');
        this.#padding = this.#left;
      }
    }
    const content = this.#left - this.#padding;
    const take = Math.min(content, end - i);
    if (take > 0) {
      this.#listener.content(this.#side, this.#streamId, b, i, i + take, at);
      i += take;
      this.#left -= take;
    }
    const pad = Math.min(this.#left, end - i);
    if (this.#left === this.#padding && pad > 0) {
      this.#left -= pad;
      this.#padding -= pad;
      i += pad;
    }
    if (this.#left === 0) this.#dataEnds(at);
    return i;
  }

  #dataEnds(at: Timestamp): void {
    this.#next();
    this.#listener.dataEnds(this.#side, this.#streamId, (this.#flags & Flag.endStream) !== 0, at);
  }

  #next(): void {
    if (this.#state !== 'over') this.#state = 'header';
    this.#started = false;
  }

  /** The frame's payload is [from, to). */
  #frameEnds(b: Uint8Array, from: number, to: number, at: Timestamp): void {
    this.#next();
    const type = this.#type;
    const flags = this.#flags;
    if (type === FrameType.headers || type === FrameType.pushPromise) {
      const isPromise = type === FrameType.pushPromise;
      let start = from;
      let stop = to;
      if (flags & Flag.padded) stop -= b[start++]!;
      if (!isPromise && flags & Flag.priority) start += 5;
      const promised = isPromise && start + 4 <= stop ? u32(b, start) & 0x7fffffff : 0;
      if (isPromise) start += 4;
      if (start > stop) {
        this.#listener.weird('http2_bad_padding');
        start = stop = from;
      }
      this.#beginBlock(promised, !isPromise && (flags & Flag.endStream) !== 0);
      this.blocks.first(b, start, stop, (flags & Flag.endHeaders) !== 0, at);
    } else if (type === FrameType.continuation)
      this.blocks.next(b, from, to, this.#length, (flags & Flag.endHeaders) !== 0, at);
    else this.#listener.control(this.#side, type, flags, this.#streamId, b.subarray(from, to), at);
  }

  #beginBlock(promised: number, endStream: boolean): void {
    this.blocks.begin(this.#streamId, promised, endStream, headerLength + this.#length, this.#startAt);
  }

  /** A frame has passed unread. */
  #skipEnds(at: Timestamp): void {
    this.#next();
    const type = this.#type;
    if (type !== FrameType.headers && type !== FrameType.pushPromise && type !== FrameType.continuation) {
      if (this.#frameLost > 0) this.#listener.weird('http2_frame_lost');
      return;
    }
    if (type !== FrameType.continuation) {
      const isPromise = type === FrameType.pushPromise;
      this.#beginBlock(isPromise ? -1 : 0, !isPromise && (this.#flags & Flag.endStream) !== 0);
    } else if (!this.blocks.isOpen) return;
    const isLast = (this.#flags & Flag.endHeaders) !== 0;
    this.blocks.miss(
      type === FrameType.continuation ? headerLength + this.#length : 0,
      this.#frameLost,
      isLast,
      at,
    );
  }

  #fail(reason: string, end: number): number {
    this.#state = 'over';
    this.#listener.violation(this.#side, reason);
    return end;
  }

  #desync(i: number, end: number): number {
    // Found among other bytes, and at once wrong: then it was no HTTP/2.
    if (this.#isGuess && this.#goodFrames < trustedFrames) return this.#fail('no frames', end);
    this.#loseSync(Number.POSITIVE_INFINITY);
    this.#listener.framesLost(this.#side, end - i);
    return end;
  }

  #loseSync(bytes: number): void {
    this.#pending.clear();
    this.blocks.lose(bytes, this.#seen);
    this.#started = false;
    this.#state = 'resync';
  }

  /** Behind a hole: wherever frames follow one another. */
  #resync(b: Uint8Array, from: number, end: number, at: Timestamp): number {
    // Joined at the very beginning after all.
    if (this.#side === 'client' && startsWithPreface(b, from, end)) {
      if (end - from < prefaceBytes.length) return from;
      this.blocks.hpack = new HpackDecoder();
      this.#state = 'settings';
      return from + prefaceBytes.length;
    }
    const last = Math.max(from, end - resyncLimit);
    const maxFrame = Math.min(this.maxFrame, plausibleFrame);
    const knows = (streamId: number) => this.#listener.knows(this.#side, streamId);
    for (let i = from; i < end; i++) {
      const verdict = mayBegin(b, i, end, true, maxFrame, knows);
      if (verdict === 'no') continue;
      if (verdict === 'more' && i < last) continue;
      if (verdict === 'more') return i;
      this.#state = 'header';
      this.#goodFrames = 0;
      return this.#readHeader(b, i, end, at);
    }
    return end;
  }

  /** `length` bytes were not captured. Within a frame the place is still known. */
  gap(length: number, at: Timestamp): void {
    let left = length;
    switch (this.#state) {
      case 'over':
        return;
      case 'data': {
        if (this.#hasPadLength) {
          // How much of it is padding is not known; it all counts as content.
          this.#hasPadLength = false;
          this.#left--;
          left--;
        }
        const content = Math.min(left, this.#left - this.#padding);
        if (content > 0) this.#listener.contentLost(this.#side, this.#streamId, content, at);
        const pad = Math.min(left - content, this.#padding);
        if (content === 0) this.#listener.weird('http2_frame_lost');
        this.#padding -= pad;
        this.#left -= content + pad;
        left -= content + pad;
        if (this.#left === 0) this.#dataEnds(at);
        break;
      }
      case 'frame':
      case 'skip': {
        const have = this.#state === 'frame' ? this.#pending.length : 0;
        const inFrame = Math.min(left, this.#left - have);
        this.#pending.clear();
        this.#left -= have + inFrame;
        this.#frameLost += inFrame;
        left -= inFrame;
        this.#state = 'skip';
        if (this.#left === 0) this.#skipEnds(at);
        break;
      }
    }
    if (left === 0) return;
    const held = this.#pending.length;
    this.#loseSync(held + left);
    this.#listener.framesLost(this.#side, held + left);
  }

  end(): void {
    this.#pending.clear();
    this.blocks.end();
    this.#state = 'over';
  }
}

const empty = new Uint8Array(0);

function startsWithPreface(b: Uint8Array, from: number, end: number): boolean {
  const have = Math.min(end - from, prefaceBytes.length);
  for (let n = 0; n < have; n++) if (b[from + n] !== prefaceBytes[n]) return false;
  return true;
}
