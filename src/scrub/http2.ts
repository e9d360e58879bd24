/** One direction of HTTP/2: header blocks with their values masked, bodies by stream. RFC 9113. */
import { Spans } from '../redact/index.ts';
import { concatBytes, u24, u32 } from '../util/bytes.ts';
import { GrpcUnit } from './grpc-unit.ts';
import { HpackWalker, type Literal, unknownName } from './hpack.ts';
import { unitFor } from './http.ts';
import { allMasked, maskedHuffman } from './huffman-mask.ts';
import { limits } from './limits.ts';
import { BlankReader, findAnything } from './plain.ts';
import type { Reader, Track, Unit } from './reader.ts';
import { TextUnit } from './text-unit.ts';

const FrameType = { data: 0, headers: 1, reset: 3, pushPromise: 5, goAway: 7, continuation: 9 } as const;
const Flag = { endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;
const frameHead = 9;
const prefaceLength = 24;
const nothing = new Uint8Array(0);
const spans = new Spans();

/** A piece of a header block, and where it lies. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly pos: number;
}

export class Http2Reader implements Reader {
  readonly #track: Track;
  readonly #hpack: HpackWalker;
  #bytes: Uint8Array = nothing;
  #from: number;
  #settled: number;
  /** Bytes of the client's preface still to come. */
  #preface: number;
  /** Of DATA and of what is not looked into: bytes still to come, and to whom. */
  #left = 0;
  #padding = 0;
  #unit: Unit | undefined;
  #endsStream = 0;
  readonly #streams = new Map<number, Unit>();
  #block: Piece[] = [];
  #blockLength = 0;
  #blockStream = 0;
  #blockEnds = false;

  /**
   * @param hasPreface the client's side begins with it (section 3.4)
   * @param lost what the header table holds is not known: we came later
   */
  constructor(track: Track, pos: number, hasPreface: boolean, lost: boolean) {
    this.#track = track;
    this.#from = pos;
    this.#settled = pos;
    this.#preface = hasPreface ? prefaceLength : 0;
    this.#hpack = new HpackWalker(lost);
  }

  get decided(): number {
    let pending = this.#block[0]?.pos ?? Number.POSITIVE_INFINITY;
    for (const unit of this.#streams.values()) pending = Math.min(pending, unit.pendingFrom);
    if (this.#unit) pending = Math.min(pending, this.#unit.pendingFrom);
    if (pending < this.#settled) pending = Math.max(pending, this.#settled);
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

  /** Blocks may be lost: what an index means is known no more. Within a body nothing but that body is. */
  gap(pos: number, length: number): void {
    if (this.#left > length && this.#bytes.length === 0 && this.#preface === 0) {
      this.#unit?.gap();
      this.#left -= length;
      this.#from = pos + length;
      return;
    }
    this.settle();
    for (const unit of this.#streams.values()) unit.finish();
    this.#track.become(new BlankReader(this.#track, pos + length), nothing, pos + length);
  }

  settle(): void {
    this.#unit?.settle();
    for (const unit of this.#streams.values()) unit.settle();
    // Blocks that are not whole cannot be read: masked, but for the frame's own head.
    for (const { bytes, pos } of this.#block) this.#blank(Math.max(pos, this.#settled), pos + bytes.length);
    const end = this.#from + this.#bytes.length;
    this.#blank(Math.max(this.#from + frameHead, this.#settled), end);
    this.#settled = Math.max(this.#settled, end);
  }

  end(): void {
    this.settle();
    for (const unit of this.#streams.values()) unit.finish();
    this.#streams.clear();
  }

  #blank(from: number, to: number): void {
    if (to <= from) return;
    this.#track.tools.blank('late', to - from);
    this.#track.mark(from, to);
  }

  #step(): boolean {
    const b = this.#bytes;
    if (this.#preface > 0) {
      const take = Math.min(this.#preface, b.length);
      this.#preface -= take;
      this.#skip(take);
      return true;
    }
    if (this.#left > 0) {
      const take = Math.min(this.#left, b.length);
      const content = Math.min(take, this.#left - this.#padding);
      if (content > 0) this.#unit?.add(b.subarray(0, content), this.#from);
      this.#left -= take;
      this.#skip(take);
      if (this.#left === 0) this.#frameEnds();
      return true;
    }
    if (b.length < frameHead) return false;
    const length = u24(b, 0);
    const type = b[3]!;
    const flags = b[4]!;
    const stream = u32(b, 5) & 0x7fffffff;
    const isBlock =
      type === FrameType.headers || type === FrameType.pushPromise || type === FrameType.continuation;
    if (isBlock) {
      if (length > limits.block) return this.#lost();
      if (b.length < frameHead + length) return false;
      return this.#blockFrame(type, flags, stream, length);
    }
    let head = frameHead;
    this.#padding = 0;
    this.#endsStream = 0;
    this.#unit = undefined;
    if (type === FrameType.data) {
      if (flags & Flag.padded && length > 0) {
        if (b.length < frameHead + 1) return false;
        this.#padding = Math.min(b[frameHead]!, length - 1);
        head++;
      }
      this.#unit = this.#unitOf(stream);
      if (flags & Flag.endStream) this.#endsStream = stream;
    } else if (type === FrameType.goAway && length > 8) this.#unit = new TextUnit(this.#track, findAnything);
    else if (type === FrameType.reset) this.#endsStream = stream;
    this.#left = frameHead + length - head;
    this.#skip(head);
    if (this.#left === 0) this.#frameEnds();
    return true;
  }

  #frameEnds(): void {
    // Debug data of GOAWAY is nobody's stream.
    if (this.#unit && ![...this.#streams.values()].includes(this.#unit)) this.#unit.finish();
    this.#unit = undefined;
    if (this.#endsStream > 0) this.#endStream(this.#endsStream);
    this.#endsStream = 0;
  }

  #endStream(stream: number): void {
    this.#streams.get(stream)?.finish();
    this.#streams.delete(stream);
  }

  /** A stream whose head was not seen holds what it may. */
  #unitOf(stream: number): Unit {
    return this.#streams.get(stream) ?? this.#open(stream, unitFor(this.#track, '', []));
  }

  #open(stream: number, unit: Unit): Unit {
    if (this.#streams.size >= limits.streams) this.#endStream(this.#streams.keys().next().value!);
    this.#streams.set(stream, unit);
    return unit;
  }

  /** HEADERS, PUSH_PROMISE, CONTINUATION: sections 6.2, 6.6, 6.10. */
  #blockFrame(type: number, flags: number, stream: number, length: number): boolean {
    const b = this.#bytes;
    let from = frameHead;
    let to = frameHead + length;
    if (type !== FrameType.continuation) {
      if (flags & Flag.padded) to -= b[from++] ?? 0;
      if (type === FrameType.headers && flags & Flag.priority) from += 5;
      if (type === FrameType.pushPromise) from += 4;
      this.#block = [];
      this.#blockLength = 0;
      this.#blockStream = type === FrameType.headers ? stream : 0;
      this.#blockEnds = type === FrameType.headers && (flags & Flag.endStream) !== 0;
    }
    if (to < from || this.#blockLength + to - from > limits.block) return this.#lost();
    this.#block.push({ bytes: b.slice(from, to), pos: this.#from + from });
    this.#blockLength += to - from;
    this.#skip(frameHead + length);
    return flags & Flag.endHeaders ? this.#judgeBlock() : true;
  }

  #judgeBlock(): boolean {
    const pieces = this.#block;
    const headers = new Map<string, string>();
    const block = pieces.length === 1 ? pieces[0]!.bytes : concatBytes(pieces.map((piece) => piece.bytes));
    const isBlock = this.#hpack.walk(
      block,
      (literal) => this.#literal(literal, pieces),
      (name, value) => void headers.set(name, value),
    );
    if (!isBlock) {
      for (const { bytes, pos } of pieces) {
        this.#track.tools.blank('header table lost', bytes.length);
        this.#track.mark(pos, pos + bytes.length);
      }
      this.#block = [];
      return this.#lost();
    }
    this.#block = [];
    if (this.#blockStream > 0) this.#headersOf(this.#blockStream, headers);
    return true;
  }

  #headersOf(stream: number, headers: ReadonlyMap<string, string>): void {
    // A first block; trailers come when there is a body already, or end the stream.
    if (!this.#streams.has(stream) && !this.#blockEnds) {
      const type = headers.get('content-type') ?? '';
      const encodings = (headers.get('content-encoding') ?? '')
        .toLowerCase()
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '' && one !== 'identity');
      const grpc = (headers.get('grpc-encoding') ?? 'identity').toLowerCase();
      const unit = type.startsWith('application/grpc')
        ? new GrpcUnit(this.#track, type, grpc)
        : unitFor(this.#track, type, encodings);
      this.#open(stream, unit);
    }
    if (this.#blockEnds) this.#endStream(stream);
  }

  #literal({ from, to, isHuffman, name, value }: Literal, pieces: readonly Piece[]): void {
    const { tools } = this.#track;
    const { finders, tally } = tools;
    spans.clear();
    if (name === unknownName) {
      tools.blank('header table lost', to - from);
      spans.add(0, value.length, '');
    } else if (name === ':path') finders.url(value, spans);
    else finders.header(name, value, spans);
    const found: [number, number][] = [];
    spans.each((start, end, what) => {
      if (finders.isAllowed(value.slice(start, end))) return;
      if (what !== '') tally.add(what);
      found.push([start, end]);
    });
    if (found.length === 0) return;
    let instead: Uint8Array;
    if (!isHuffman) {
      instead = Uint8Array.from(value, (c) => c.charCodeAt(0));
      for (const [start, end] of found) instead.fill(0x2a, start, end);
    } else if (name === unknownName) instead = allMasked(to - from);
    else instead = maskedHuffman(value, to - from, found);
    this.#markBlock(from, instead, pieces);
  }

  /** @param from within the block */
  #markBlock(from: number, instead: Uint8Array, pieces: readonly Piece[]): void {
    let start = 0;
    for (const { bytes, pos } of pieces) {
      const a = Math.max(from, start);
      const z = Math.min(from + instead.length, start + bytes.length);
      if (z > a) this.#track.mark(pos + a - start, pos + z - start, instead.slice(a - from, z - from));
      start += bytes.length;
    }
  }

  /** It is no HTTP/2 (any more): nothing that follows can be read. */
  #lost(): false {
    for (const unit of this.#streams.values()) unit.finish();
    this.#streams.clear();
    const { bytes, from } = { bytes: this.#bytes, from: this.#from };
    this.#track.become(new BlankReader(this.#track, from), bytes, from);
    return false;
  }

  #skip(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.#from += count;
  }
}
