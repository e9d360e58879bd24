/** All streams of a connection: what both directions' frames make of them. */
import type { AnalyzerContext, AnalyzerOutput, Exchange, Side, Timestamp } from '../../model/index.ts';
import { decodeBase64 } from '../../util/base64.ts';
import { latin1, u16, u32 } from '../../util/bytes.ts';
import { type Block, blockLimit } from './blocks.ts';
import {
  isHarmless,
  makeExchange,
  makeGoaway,
  makeHeads,
  makeLost,
  missingOf,
  nothingMissing,
} from './exchange.ts';
import { Code, defaultWindow, Flag, FrameType, headerLength, Setting } from './frame.ts';
import { tableCap } from './hpack.ts';
import { type Http2Side, http1Answer, resyncLimit, type SideListener } from './side.ts';
import { type Abort, type Half, Stream, statusOf } from './stream.ts';

/** Streams open at once: servers allow 100 to 250, some do not say. The oldest is told as it is. */
const maxStreams = 2048;
/** Memory of the header lists of open streams, as HPACK counts. */
const headsLimit = 1024 * 1024;
/** Bodies of parallel streams kept beyond what one exchange may keep. */
const bodiesLimit = 1024 * 1024;
/** Informational answers kept of one exchange. */
const maxInformational = 16;
/** Streams that are over, but of which frames may still be on their way (section 5.1). */
const maxClosed = 128;
/** Characters shown of GOAWAY's text. */
const debugText = 200;

/** In each direction a block, or the search for the next frame; the tables; heads and bodies of streams. */
export const bufferLimit = 2 * (2 * blockLimit + resyncLimit + 2 * tableCap) + headsLimit + bodiesLimit;

/** Flow control of one direction's connection window. */
interface Window {
  left: number;
  /** What a new stream begins with. */
  initial: number;
  openedAt: Timestamp;
}

export class Streams implements SideListener {
  readonly #context: AnalyzerContext;
  /** In the order in which they were opened. */
  readonly #streams = new Map<number, Stream>();
  readonly #closed = new Set<number>();
  readonly #windows: Record<Side, Window>;
  /** The beginning was not seen. */
  readonly #joined: boolean;
  /** Whether every frame was seen: else windows are not known. */
  #isWhole: boolean;
  /** Bytes lost while no stream was open on that side: told with the next. */
  readonly #lost = { client: 0, server: 0 };
  #headBytes = 0;
  #bodyBytes = 0;
  #confirmed = false;
  /** An error that ends whatever is still open. */
  #goneAway: Abort | undefined;
  /** Both directions, which settings bind. */
  sides!: Readonly<Record<Side, Http2Side>>;
  out!: AnalyzerOutput;

  constructor(context: AnalyzerContext, joined: boolean) {
    this.#context = context;
    this.#joined = joined;
    this.#isWhole = !joined;
    const window = () => ({ left: defaultWindow, initial: defaultWindow, openedAt: 0 });
    this.#windows = { client: window(), server: window() };
  }

  /** Memory of heads and bodies. */
  get held(): number {
    return this.#headBytes + this.#bodyBytes;
  }

  headers(side: Side, block: Block, at: Timestamp): void {
    if (side === 'client') this.#requestBlock(block, at);
    else this.#responseBlock(block, at);
  }

  knows(side: Side, streamId: number): boolean {
    const stream = this.#streams.get(streamId);
    return stream !== undefined && halfOf(stream, side).state === 'open';
  }

  weird(name: string): void {
    this.out.weird(name);
  }

  violation(side: Side, reason: string): void {
    this.sides.client.end();
    this.sides.server.end();
    if (reason === http1Answer) this.#goneAway = { kind: 'http1', by: side, code: 0 };
    this.flush();
    this.out.violation(`${side}: ${reason}`);
  }

  /** Upgrade: h2c (RFC 7540 section 3.2): the request that asked for it is stream 1's. */
  carriedOver({ request, fields, startAt, endAt }: Exchange): void {
    const message = request!;
    const stream = new Stream(1, false);
    const half = stream.request;
    half.given = message;
    half.state = 'ended';
    half.startAt = half.headAt = startAt;
    half.endAt = message.endAt;
    const text = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : undefined);
    stream.method = text('http.request.method');
    stream.target = text('http.request.uri');
    stream.authority = text('http.host');
    stream.userAgent = text('http.user_agent');
    stream.scheme = 'http';
    this.#streams.set(1, stream);
    const settings = message.headers.find(([name]) => name.toLowerCase() === 'http2-settings')?.[1];
    if (settings) this.#settings('client', decodeBase64(settings), endAt);
  }

  #open(id: number, isPushed: boolean): Stream {
    const stream = new Stream(id, isPushed);
    stream.request.window = this.#windows.client.initial;
    stream.response.window = this.#windows.server.initial;
    this.#streams.set(id, stream);
    if (this.#streams.size > maxStreams) this.#forgetOldest(stream);
    return stream;
  }

  #forgetOldest(but: Stream): void {
    for (const stream of this.#streams.values()) {
      if (stream === but) return;
      stream.weird('http2_stream_forgotten');
      this.out.weird('http2_stream_forgotten');
      this.#emit(stream);
      return;
    }
  }

  #hold(stream: Stream, size: number): void {
    stream.headBytes += size;
    this.#headBytes += size;
    while (this.#headBytes > headsLimit && this.#streams.size > 1) this.#forgetOldest(stream);
  }

  #confirm(): void {
    if (this.#confirmed) return;
    this.#confirmed = true;
    this.out.confirmed();
  }

  #requestBlock(block: Block, at: Timestamp): void {
    this.#confirm();
    const { streamId, list } = block;
    if (block.promisedId !== 0) return this.out.weird('http2_client_pushes');
    let stream = this.#streams.get(streamId);
    if (!stream) {
      if (this.#closed.has(streamId)) return;
      stream = this.#open(streamId, false);
    }
    const half = stream.request;
    const isHead = half.headAt < 0;
    this.#blockOf(stream, 'client', block, at);
    if (!isHead) {
      if (list) stream.trailed(half, list.headers);
    } else {
      half.headAt = block.startAt;
      if (list) stream.asked(list.headers);
      this.#headKnown(stream, true);
    }
    if (block.endStream) this.#halfEnds(stream, half);
  }

  #responseBlock(block: Block, at: Timestamp): void {
    this.#confirm();
    const { streamId, promisedId, list } = block;
    if (promisedId !== 0) return this.#promised(block, at);
    let stream = this.#streams.get(streamId);
    if (!stream) {
      if (this.#closed.has(streamId)) return;
      stream = this.#open(streamId, false);
    }
    const half = stream.response;
    const status = list && half.headAt < 0 ? statusOf(list.headers) : undefined;
    this.#blockOf(stream, 'server', block, at);
    if (status !== undefined && status < 200 && !block.endStream) {
      stream.informational ??= [];
      if (stream.informational.length < maxInformational) stream.informational.push(String(status));
      return;
    }
    if (half.headAt >= 0) {
      if (list) stream.trailed(half, list.headers);
    } else {
      half.headAt = block.startAt;
      if (list) stream.answered(list.headers);
      this.#headKnown(stream, false);
    }
    if (block.endStream) this.#halfEnds(stream, half);
  }

  /** Section 8.4: the server sends a request it would have liked to get. */
  #promised(block: Block, at: Timestamp): void {
    if (block.promisedId < 0 || this.#streams.has(block.promisedId)) return;
    const stream = this.#open(block.promisedId, true);
    const half = stream.request;
    this.#blockOf(stream, 'client', block, at);
    half.headAt = block.startAt;
    if (block.list) stream.asked(block.list.headers);
    half.state = 'ended';
    this.#headKnown(stream, true);
  }

  #blockOf(stream: Stream, side: Side, block: Block, at: Timestamp): void {
    const half = halfOf(stream, side);
    half.touch(block.startAt, at);
    half.wireBytes += block.wireBytes;
    half.lost += block.lostBytes + this.#takeLost(side);
    if (block.list) {
      if (block.list.cut) stream.weird('http2_header_list_too_long');
      this.#hold(stream, block.list.size);
    } else stream.weird('http2_header_block_lost');
  }

  #headKnown(stream: Stream, isRequest: boolean): void {
    const { wantsInner, wantsOpened } = this.#context;
    const { connection } = this.#context;
    if (wantsInner !== false) stream.inner = this.out.inner(makeHeads(connection, stream), stream.inner);
    if (isRequest && wantsOpened !== false) this.out.opened(makeExchange(connection, stream, nothingMissing));
  }

  dataBegins(side: Side, id: number, flow: number, at: Timestamp): void {
    const window = this.#windows[side];
    window.left -= flow;
    let stream = this.#streams.get(id);
    if (!stream) {
      // The head was lost, or we came later.
      if (this.#isWhole || this.#closed.has(id)) return;
      stream = this.#open(id, false);
    }
    const half = halfOf(stream, side);
    if (half.state === 'none') half.lost += this.#takeLost(side);
    half.touch(at, at);
    half.wireBytes += headerLength + flow;
    half.window -= flow;
    if (half.stalledAt >= 0) this.#stallEnds(half, window);
    if (this.#isWhole && flow > 0 && Math.min(half.window, window.left) <= 0) half.stalledAt = at;
  }

  /** The sender waited from when the window was used up until it was opened, not until it had more to send. */
  #stallEnds(half: Half, window: Window): void {
    const until = Math.max(half.openedAt, window.openedAt);
    if (until > half.stalledAt) half.stalled += until - half.stalledAt;
    half.stalledAt = -1;
  }

  content(side: Side, id: number, b: Uint8Array, from: number, to: number, at: Timestamp): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    const half = halfOf(stream, side);
    half.bodyTotal += to - from;
    half.endAt = at;
    if (stream.inner) stream.inner.data(side, b.subarray(from, to), at);
    const { bodyLimit } = this.#context;
    if (bodyLimit === 0) return;
    const room = Math.min(bodyLimit - half.bodyKept, 2 * bodyLimit + bodiesLimit - this.#bodyBytes);
    if (room <= 0) return;
    const part = b.slice(from, Math.min(to, from + room));
    half.keep(part);
    this.#bodyBytes += part.length;
  }

  contentLost(side: Side, id: number, length: number, at: Timestamp): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    const half = halfOf(stream, side);
    half.bodyTotal += length;
    half.bodyLost += length;
    half.lost += length;
    half.endAt = at;
    stream.inner?.gap(side, length, at);
  }

  dataEnds(side: Side, id: number, endStream: boolean, at: Timestamp): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    const half = halfOf(stream, side);
    half.endAt = at;
    if (endStream) this.#halfEnds(stream, half);
  }

  #halfEnds(stream: Stream, half: Half): void {
    half.state = 'ended';
    half.stalledAt = -1;
    const { request, response } = stream;
    if (response.state !== 'ended') return;
    if (request.state === 'open' && !request.mayHaveEnded) return;
    this.#emit(stream);
  }

  control(side: Side, type: number, flags: number, id: number, payload: Uint8Array, at: Timestamp): void {
    switch (type) {
      case FrameType.rstStream:
        return this.#reset(side, id, u32(payload, 0), at);
      case FrameType.settings:
        if ((flags & Flag.ack) === 0) this.#settings(side, payload, at);
        return this.#confirm();
      case FrameType.goaway:
        return this.#goaway(side, payload, at);
      case FrameType.windowUpdate:
        return this.#windowOpens(side, id, u32(payload, 0) & 0x7fffffff, at);
    }
  }

  #reset(side: Side, id: number, code: number, at: Timestamp): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    halfOf(stream, side).endAt = at;
    // After a whole answer the client need not go on: that is no failure (section 8.1).
    if (isHarmless(stream, code)) stream.request.mayHaveEnded = true;
    else stream.abort = { kind: 'reset', by: side, code };
    this.#emit(stream);
  }

  #goaway(side: Side, payload: Uint8Array, at: Timestamp): void {
    const last = u32(payload, 0) & 0x7fffffff;
    const code = u32(payload, 4);
    // Section 6.8: streams of the other side's above `last` were not and will not be looked at.
    const parity = side === 'server' ? 1 : 0;
    for (const stream of [...this.#streams.values()]) {
      if (stream.id <= last || stream.id % 2 !== parity || stream.response.state !== 'none') continue;
      stream.abort = { kind: 'refused', by: side, code };
      stream.response.endAt = at;
      stream.response.lost += this.#takeLost(side);
      this.#emit(stream);
    }
    if (code === Code.noError) return;
    this.#goneAway = { kind: 'ended', by: side, code };
    const text = latin1(payload, 8, Math.min(payload.length, 8 + debugText));
    const { connection } = this.#context;
    this.out.exchange(makeGoaway(connection, side, code, text, headerLength + payload.length, at));
  }

  /** They bind the other side. */
  #settings(side: Side, payload: Uint8Array, at: Timestamp): void {
    const bound = this.sides[other(side)];
    const window = this.#windows[other(side)];
    for (let i = 0; i + 6 <= payload.length; i += 6) {
      const value = u32(payload, i + 2);
      switch (u16(payload, i)) {
        case Setting.headerTableSize:
          bound.blocks.hpack.allow(value);
          break;
        case Setting.maxFrameSize:
          bound.maxFrame = Math.max(bound.maxFrame, Math.min(value, 0xffffff));
          break;
        case Setting.initialWindowSize: {
          // Section 6.9.2: open streams' windows move along.
          const by = value - window.initial;
          window.initial = value;
          window.openedAt = at;
          for (const stream of this.#streams.values()) halfOf(stream, other(side)).window += by;
          break;
        }
      }
    }
  }

  /** `side` takes more of what the other sends. */
  #windowOpens(side: Side, id: number, increment: number, at: Timestamp): void {
    const window = this.#windows[other(side)];
    if (id === 0) {
      window.left += increment;
      window.openedAt = at;
      return;
    }
    const stream = this.#streams.get(id);
    if (!stream) return;
    const half = halfOf(stream, other(side));
    half.window += increment;
    half.openedAt = at;
  }

  /** Which streams they were of, nobody can tell: all that are open have lost something. */
  framesLost(side: Side, bytes: number): void {
    this.#isWhole = false;
    this.out.weird('http2_frames_lost');
    let told = false;
    for (const stream of this.#streams.values()) {
      const half = halfOf(stream, side);
      if (half.state === 'ended' || (side === 'client' && half.state === 'none')) continue;
      if (half.state === 'open') {
        half.lost += bytes;
        half.mayHaveEnded = true;
        stream.inner?.gap(side, bytes, half.endAt);
        told = true;
      }
    }
    if (!told) this.#lost[side] += bytes;
  }

  #takeLost(side: Side): number {
    const lost = this.#lost[side];
    this.#lost[side] = 0;
    return lost;
  }

  flush(): void {
    for (const stream of [...this.#streams.values()]) {
      if (stream.request.state === 'open' || stream.response.state !== 'ended')
        stream.abort ??= this.#goneAway;
      // What was lost of the server may have been its answer, or more of it.
      if (stream.response.state !== 'ended') stream.response.lost += this.#takeLost('server');
      this.#emit(stream);
    }
  }

  /** Both sides are over: what was lost behind the last streams. */
  tellLost(at: Timestamp): void {
    const { client, server } = this.#lost;
    if (client + server > 0) this.out.exchange(makeLost(this.#context.connection, this.#lost, at));
    this.#lost.client = 0;
    this.#lost.server = 0;
  }

  #emit(stream: Stream): void {
    this.#streams.delete(stream.id);
    this.#headBytes -= stream.headBytes;
    this.#bodyBytes -= stream.held;
    this.#closed.add(stream.id);
    if (this.#closed.size > maxClosed) for (const id of this.#closed) if (this.#closed.delete(id)) break;
    if (stream.request.mayHaveEnded && stream.response.state === 'ended')
      stream.request.state = endOf(stream);
    const { connection, bodyLimit } = this.#context;
    const missing = missingOf(stream, this.#joined, bodyLimit);
    const made = makeExchange(connection, stream, missing);
    this.out.exchange(stream.inner ? stream.inner.finish(made) : made);
  }
}

/** An end that was lost, or not waited for, is one. */
function endOf({ request }: Stream): Half['state'] {
  return request.state === 'open' ? 'ended' : request.state;
}

function halfOf(stream: Stream, side: Side): Half {
  return side === 'client' ? stream.request : stream.response;
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}
