/** One direction of HTTP/1: heads, bodies without their chunks' framing, trailers; and what it becomes. RFC 9112. */
import { Spans } from '../redact/index.ts';
import { concatBytes, latin1 } from '../util/bytes.ts';
import { BlankUnit, EncodedUnit } from './encoded-unit.ts';
import { limits } from './limits.ts';
import { FirstReader, findHeaderLines, PlainReader } from './plain.ts';
import type { Reader, Tools, Track, Unit } from './reader.ts';
import { TextUnit } from './text-unit.ts';
import { WebSocketReader } from './websocket.ts';

type State = 'head' | 'body' | 'untilEnd' | 'chunkSize' | 'chunk' | 'chunkEnd' | 'trailers';

const spans = new Spans();
const nothing = new Uint8Array(0);
/** Extensions and all. */
const maxChunkLine = 4096;
const requestLine = /^([A-Z-]{2,32}) \S+(?: HTTP\/1\.[01])?$/;
const statusLine = /^HTTP\/1\.[01] (\d{3})/;

export class HttpReader implements Reader {
  readonly #track: Track;
  #state: State = 'head';
  /** Of heads and lines: what has come of them. */
  #bytes: Uint8Array = nothing;
  #from: number;
  /** Bytes of the body or chunk still to come. */
  #left = 0;
  #unit: Unit | undefined;
  /** Decided in haste, before the head or line was whole. */
  #settled: number;

  constructor(track: Track, pos: number) {
    this.#track = track;
    this.#from = pos;
    this.#settled = pos;
  }

  get decided(): number {
    const pending = this.#unit?.pendingFrom ?? Number.POSITIVE_INFINITY;
    return Math.min(pending, Math.max(this.#from, this.#settled));
  }

  data(bytes: Uint8Array, pos: number): void {
    if (this.#bytes.length === 0) {
      this.#bytes = bytes;
      this.#from = pos;
    } else this.#bytes = concatBytes([this.#bytes, bytes]);
    while (this.#bytes.length > 0 && this.#track.reader === this && this.#step());
    if (this.#track.reader === this) this.#bytes = this.#bytes.slice();
  }

  gap(pos: number, length: number): void {
    const isKnown = (this.#state === 'body' || this.#state === 'chunk') && this.#left > length;
    this.#unit?.gap();
    if (this.#state === 'untilEnd' || isKnown) {
      this.#left -= length;
      this.#from = pos + length;
      return;
    }
    this.settle();
    this.#unit?.finish();
    // What comes next may be anything, the next head too.
    this.#track.become(new PlainReader(this.#track, pos + length), nothing, pos + length);
  }

  settle(): void {
    this.#unit?.settle();
    if (this.#bytes.length === 0) return;
    if (this.#state === 'head' || this.#state === 'trailers') judgeHead(this.#track, this.#bytes, this.#from);
    this.#settled = this.#from + this.#bytes.length;
  }

  end(): void {
    this.settle();
    this.#unit?.finish();
    this.#unit = undefined;
    // What comes all the same is looked at as if something began.
    this.#state = 'head';
    this.#left = 0;
  }

  /** Takes what it can of what has come; false: it needs more. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#head();
      case 'body':
      case 'chunk':
      case 'untilEnd': {
        const take =
          this.#state === 'untilEnd' ? this.#bytes.length : Math.min(this.#left, this.#bytes.length);
        this.#unit!.add(this.#bytes.subarray(0, take), this.#from);
        this.#skip(take);
        this.#left -= take;
        if (this.#left > 0 || this.#state === 'untilEnd') return true;
        if (this.#state === 'chunk') this.#state = 'chunkEnd';
        else this.#endOfMessage();
        return true;
      }
      case 'chunkSize': {
        const end = this.#bytes.indexOf(0x0a);
        if (end < 0) return this.#bytes.length > maxChunkLine ? this.#lost() : false;
        const size = /^\s*([0-9a-fA-F]{1,12})/.exec(latin1(this.#bytes, 0, end))?.[1];
        if (size === undefined) return this.#lost();
        this.#skip(end + 1);
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left === 0 ? 'trailers' : 'chunk';
        return true;
      }
      case 'chunkEnd': {
        const end = this.#bytes.indexOf(0x0a);
        if (end < 0) return this.#bytes.length > 2 ? this.#lost() : false;
        this.#skip(end + 1);
        this.#state = 'chunkSize';
        return true;
      }
      case 'trailers': {
        const isEmpty = this.#bytes[0] === 0x0a || (this.#bytes[0] === 0x0d && this.#bytes[1] === 0x0a);
        const end = isEmpty ? this.#bytes.indexOf(0x0a) + 1 : endOfHead(this.#bytes);
        if (end < 0) return this.#bytes.length > limits.head ? this.#lost() : false;
        if (!isEmpty) judgeHead(this.#track, this.#bytes.subarray(0, end), this.#from);
        this.#skip(end);
        this.#endOfMessage();
        return true;
      }
    }
  }

  #skip(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.#from += count;
  }

  /** Not what it was taken for. */
  #lost(): false {
    this.#unit?.finish();
    const { track, bytes, from } = { track: this.#track, bytes: this.#bytes, from: this.#from };
    track.become(new PlainReader(track, from), bytes, from);
    return false;
  }

  #endOfMessage(): void {
    this.#unit?.finish();
    this.#unit = undefined;
    this.#state = 'head';
  }

  #head(): boolean {
    // Empty lines before a head are passed over (RFC 9112 section 2.2).
    if (this.#bytes[0] === 0x0d || this.#bytes[0] === 0x0a) {
      this.#skip(1);
      return true;
    }
    const end = endOfHead(this.#bytes);
    if (end < 0) return this.#bytes.length > limits.head ? this.#lost() : false;
    const text = latin1(this.#bytes, 0, end);
    const line = text.slice(0, text.search(/\r?\n/));
    const method = requestLine.exec(line)?.[1];
    const status = statusLine.exec(line)?.[1];
    if (method === undefined && status === undefined) return this.#lost();
    judgeHead(this.#track, this.#bytes.subarray(0, end), this.#from);
    this.#skip(end);
    const { talk } = this.#track;
    if (status === undefined) {
      if (talk.methods.length < limits.streams) talk.methods.push(method!);
      talk.upgrade = headerOf(text, 'upgrade').toLowerCase();
      this.#frame(text, true);
      return true;
    }
    const code = Number(status);
    if (code === 101) {
      talk.methods.shift();
      const next = talk.upgrade;
      this.#switchTo((track, pos) =>
        next.includes('websocket') ? new WebSocketReader(track, pos) : new FirstReader(track, pos),
      );
      return false;
    }
    // Interim answers are followed by the one that counts.
    if (code < 200) return true;
    const asked = talk.methods.shift();
    if (asked === 'CONNECT' && code < 300) {
      this.#switchTo((track, pos) => new FirstReader(track, pos));
      return false;
    }
    if (asked === 'HEAD' || code === 204 || code === 304) return true;
    this.#frame(text, false);
    return true;
  }

  /** Both directions are something else from here on. */
  #switchTo(next: (track: Track, pos: number) => Reader): void {
    const { peer } = this.#track;
    const other = peer.reader;
    if (other instanceof HttpReader) other.#handOver(next);
    this.#handOver(next);
  }

  #handOver(next: (track: Track, pos: number) => Reader): void {
    this.#unit?.finish();
    const { bytes, from } = { bytes: this.#bytes, from: this.#from };
    this.#bytes = nothing;
    this.#track.become(next(this.#track, from), bytes, from);
  }

  /** RFC 9112 section 6.3. */
  #frame(head: string, isRequest: boolean): void {
    const contentType = headerOf(head, 'content-type');
    const encodings = [...listOf(head, 'content-encoding'), ...listOf(head, 'transfer-encoding')].filter(
      (one) => one !== 'chunked' && one !== 'identity',
    );
    const unit = () => unitFor(this.#track, contentType, encodings);
    if (listOf(head, 'transfer-encoding').at(-1) === 'chunked') {
      this.#unit = unit();
      this.#state = 'chunkSize';
      return;
    }
    const length = headerOf(head, 'content-length');
    if (/^\d{1,15}$/.test(length)) {
      this.#left = Number(length);
      if (this.#left === 0) return;
      this.#unit = unit();
      this.#state = 'body';
    } else if (!isRequest) {
      this.#unit = unit();
      this.#state = 'untilEnd';
    }
  }
}

const decodable = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd']);

export function unitFor(track: Track, contentType: string, encodings: readonly string[]): Unit {
  if (encodings.length === 0)
    return new TextUnit(track, ({ finders }, text, found) => finders.text(contentType, text, found));
  return encodings.every((one) => decodable.has(one))
    ? new EncodedUnit(track, contentType, encodings)
    : new BlankUnit(track, 'encoded');
}

/** Behind the empty line; -1: it has not come. */
function endOfHead(b: Uint8Array): number {
  for (let at = b.indexOf(0x0a); at >= 0; at = b.indexOf(0x0a, at + 1)) {
    if (b[at + 1] === 0x0a) return at + 2;
    if (b[at + 1] === 0x0d && b[at + 2] === 0x0a) return at + 3;
  }
  return -1;
}

type Framing = 'content-type' | 'content-encoding' | 'content-length' | 'transfer-encoding' | 'upgrade';

const framing: Readonly<Record<Framing, RegExp>> = {
  'content-type': /^content-type:[ \t]*([^\r\n]*)/im,
  'content-encoding': /^content-encoding:[ \t]*([^\r\n]*)/im,
  'content-length': /^content-length:[ \t]*([^\r\n]*)/im,
  'transfer-encoding': /^transfer-encoding:[ \t]*([^\r\n]*)/im,
  upgrade: /^upgrade:[ \t]*([^\r\n]*)/im,
};

function headerOf(head: string, name: Framing): string {
  return framing[name].exec(head)?.[1]?.trim() ?? '';
}

function listOf(head: string, name: Framing): string[] {
  const text = headerOf(head, name);
  if (text === '') return [];
  return text
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** The first line as a URL, the others as headers. */
function judgeHead(track: Track, bytes: Uint8Array, pos: number): void {
  const { tools } = track;
  const text = latin1(bytes);
  spans.clear();
  const end = text.search(/\r?\n/);
  tools.finders.url(end < 0 ? text : text.slice(0, end), spans);
  findHeaderLines(tools, text, spans);
  markAll(tools, track, text, pos, spans);
}

export function markAll(tools: Tools, track: Track, text: string, pos: number, found: Spans): void {
  found.each((from, to, what) => {
    if (tools.finders.isAllowed(text.slice(from, to))) return;
    tools.tally.add(what);
    track.mark(pos + from, pos + to);
  });
}
