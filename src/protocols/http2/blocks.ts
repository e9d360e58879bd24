/** Header blocks of one direction, in however many frames they come: RFC 9113 sections 4.3 and 6.10. */
import type { Side, Timestamp } from '../../model/index.ts';
import { Pending } from '../../util/pending.ts';
import { FrameType, headerLength } from './frame.ts';
import { type HeaderList, HpackDecoder } from './hpack.ts';

/** Longest header block that is read, in all its frames: servers refuse above 8 to 64 KiB. */
export const blockLimit = 128 * 1024;
/** Frames that one block may come in without a word. */
const maxContinuations = 64;

/** A header block, whole or as far as it was captured. */
export interface Block {
  readonly streamId: number;
  /** PUSH_PROMISE: the stream that is promised, -1 when the number was lost; else 0. */
  readonly promisedId: number;
  /** undefined: bytes of it are missing, or it is too long or broken. */
  readonly list: HeaderList | undefined;
  readonly endStream: boolean;
  readonly startAt: Timestamp;
  /** Frame headers and padding included. */
  readonly wireBytes: number;
  readonly lostBytes: number;
}

export interface BlockListener {
  headers(side: Side, block: Block, at: Timestamp): void;
  weird(name: string): void;
}

export class Blocks {
  readonly #side: Side;
  readonly #listener: BlockListener;
  hpack = new HpackDecoder();
  /** Frames of a block that goes on. */
  #pending: Pending | undefined;
  /** What it was meant to become is too long or not whole: read on without keeping. */
  #isDamaged = false;
  #streamId = 0;
  #promisedId = 0;
  #endStream = false;
  #startAt: Timestamp = 0;
  #wireBytes = 0;
  #lostBytes = 0;
  #frames = 0;

  constructor(side: Side, listener: BlockListener) {
    this.#side = side;
    this.#listener = listener;
  }

  get buffered(): number {
    return (this.#pending ? this.#pending.length : 0) + this.hpack.size;
  }

  /** CONTINUATION is still to come. */
  get isOpen(): boolean {
    return this.#pending !== undefined || this.#isDamaged;
  }

  /** Nothing else may come in between. */
  expect(type: number, streamId: number, at: Timestamp): void {
    if (type === FrameType.continuation && streamId === this.#streamId) return;
    this.#listener.weird('http2_continuation_missing');
    this.#drop(at);
  }

  begin(
    streamId: number,
    promisedId: number,
    endStream: boolean,
    wireBytes: number,
    startAt: Timestamp,
  ): void {
    this.#streamId = streamId;
    this.#promisedId = promisedId;
    this.#endStream = endStream;
    this.#startAt = startAt;
    this.#wireBytes = wireBytes;
    this.#lostBytes = 0;
    this.#frames = 1;
  }

  /** The content of HEADERS or PUSH_PROMISE. */
  first(b: Uint8Array, from: number, to: number, isLast: boolean, at: Timestamp): void {
    if (isLast) return this.#ends(b, from, to, at);
    this.#pending = new Pending();
    this.#pending.append(b.subarray(from, to));
  }

  /** The content of CONTINUATION. */
  next(b: Uint8Array, from: number, to: number, length: number, isLast: boolean, at: Timestamp): void {
    this.#wireBytes += headerLength + length;
    if (++this.#frames === maxContinuations) this.#listener.weird('http2_many_continuations');
    if (this.#isDamaged) {
      if (isLast) this.#drop(at);
      return;
    }
    // Its beginning was lost, and with it the block.
    if (!this.#pending) return;
    if (this.#pending.length + to - from > blockLimit) {
      this.#listener.weird('http2_header_block_too_long');
      this.#damage();
      if (isLast) this.#drop(at);
      return;
    }
    const whole = this.#pending.append(b.subarray(from, to));
    if (isLast) this.#ends(whole, 0, whole.length, at);
  }

  /** A frame of the block under way has passed unread. */
  miss(wireBytes: number, lostBytes: number, isLast: boolean, at: Timestamp): void {
    this.#wireBytes += wireBytes;
    this.#lostBytes += lostBytes;
    this.#damage();
    if (isLast) this.#drop(at);
  }

  /** Where the next block begins is not known: `bytes` of the stream were lost, `seen` came before. */
  lose(bytes: number, seen: number): void {
    this.end();
    this.hpack.lose(bytes, seen);
  }

  end(): void {
    this.#pending = undefined;
    this.#isDamaged = false;
  }

  #ends(b: Uint8Array, from: number, to: number, at: Timestamp): void {
    const { hpack } = this;
    const list = hpack.decode(b, from, to);
    this.#pending = undefined;
    if (hpack.weirds) for (const name of hpack.weirds) this.#listener.weird(name);
    this.#tell(list, at);
  }

  /** What it would have added to the table, nobody knows. */
  #damage(): void {
    this.#pending = undefined;
    this.#isDamaged = true;
    this.hpack.lose(this.#wireBytes);
  }

  /** The block is over, unread. */
  #drop(at: Timestamp): void {
    // It is as long as its frames were, whoever has seen them.
    this.lose(this.#wireBytes, 0);
    this.#tell(undefined, at);
  }

  #tell(list: HeaderList | undefined, at: Timestamp): void {
    this.#listener.headers(
      this.#side,
      {
        streamId: this.#streamId,
        promisedId: this.#promisedId,
        list,
        endStream: this.#endStream,
        startAt: this.#startAt,
        wireBytes: this.#wireBytes,
        lostBytes: this.#lostBytes,
      },
      at,
    );
  }
}
