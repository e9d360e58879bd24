/** Messages of one direction: a byte of flags, a length of four, the message. Cut anywhere. */
import type { Side, Timestamp } from '../../model/index.ts';
import { concatBytes, u32 } from '../../util/bytes.ts';

export const Flag = { compressed: 1, connectEnd: 2, webTrailers: 0x80 } as const;
const prefixLength = 5;
const nothing: Uint8Array = new Uint8Array(0);

export interface GrpcMessage {
  readonly flags: number;
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  /** Of the message; more than is kept when it is long. */
  readonly length: number;
  /** Its beginning: valid during the call, a copy costs more than all the rest. */
  readonly kept: Uint8Array;
  /** Bytes of it that were not captured. */
  readonly lost: number;
}

export interface MessageListener {
  message(side: Side, message: GrpcMessage): void;
}

export class FrameReader {
  readonly #side: Side;
  readonly #flagsAllowed: number;
  readonly #listener: MessageListener;
  readonly #keep: number;
  /** Bytes of the prefix read, and what they say. */
  #have = 0;
  #flags = 0;
  #length = 0;
  #startAt: Timestamp = 0;
  #left = 0;
  #lost = 0;
  #parts: Uint8Array[] | undefined;
  #kept = 0;
  /** No message begins so, or where the next one begins is not known. */
  state: 'reading' | 'broken' | 'lost' = 'reading';

  /** @param keep bytes of each message at most */
  constructor(side: Side, flagsAllowed: number, keep: number, listener: MessageListener) {
    this.#side = side;
    this.#flagsAllowed = flagsAllowed;
    this.#keep = keep;
    this.#listener = listener;
  }

  get buffered(): number {
    return this.#kept;
  }

  /** Within a message: it has not ended. */
  get isOpen(): boolean {
    return this.#have > 0 && this.state === 'reading';
  }

  data(b: Uint8Array, at: Timestamp): void {
    const end = b.length;
    let i = 0;
    if (this.state === 'lost') {
      // A frame of data mostly holds one message.
      if (end < prefixLength || (b[0]! & ~this.#flagsAllowed) !== 0) return;
      if (u32(b, 1) !== end - prefixLength) return;
      this.state = 'reading';
    }
    while (i < end && this.state === 'reading') {
      if (this.#have < prefixLength) {
        if (this.#have === 0) this.#startAt = at;
        i = this.#readPrefix(b, i, end);
        if (this.#have === prefixLength) this.#begins(at);
        continue;
      }
      const take = Math.min(this.#left, end - i);
      // Whole in one piece, as most are: nothing is copied.
      if (take === this.#length) {
        this.#left = 0;
        this.#ends(b.subarray(i, i + Math.min(take, this.#keep)), at);
        i += take;
        continue;
      }
      const room = Math.min(take, this.#keep - this.#kept);
      if (room > 0) {
        this.#parts ??= [];
        this.#parts.push(b.slice(i, i + room));
        this.#kept += room;
      }
      i += take;
      this.#left -= take;
      if (this.#left === 0) this.#ends(this.#together(), at);
    }
  }

  #readPrefix(b: Uint8Array, from: number, end: number): number {
    if (this.#have === 0 && end - from >= prefixLength) {
      this.#flags = b[from]!;
      this.#length = u32(b, from + 1);
      this.#have = prefixLength;
      return from + prefixLength;
    }
    let i = from;
    for (; i < end && this.#have < prefixLength; i++) {
      if (this.#have++ === 0) {
        this.#flags = b[i]!;
        this.#length = 0;
      } else this.#length = this.#length * 256 + b[i]!;
    }
    return i;
  }

  #begins(at: Timestamp): void {
    if ((this.#flags & ~this.#flagsAllowed) !== 0) {
      this.state = 'broken';
      return;
    }
    this.#left = this.#length;
    this.#lost = 0;
    if (this.#left === 0) this.#ends(nothing, at);
  }

  #together(): Uint8Array {
    const parts = this.#parts;
    return !parts ? nothing : parts.length > 1 ? concatBytes(parts) : parts[0]!;
  }

  #ends(kept: Uint8Array, at: Timestamp): void {
    const message = {
      flags: this.#flags,
      startAt: this.#startAt,
      endAt: at,
      length: this.#length,
      kept,
      lost: this.#lost,
    };
    this.#reset();
    this.#listener.message(this.#side, message);
  }

  #reset(): void {
    this.#have = 0;
    this.#parts = undefined;
    this.#kept = 0;
  }

  /** Within a message the place is still known. */
  gap(length: number, at: Timestamp): void {
    if (this.state !== 'reading') return;
    let left = length;
    if (this.#have === prefixLength) {
      const inside = Math.min(left, this.#left);
      this.#lost += inside;
      this.#left -= inside;
      left -= inside;
      if (this.#left === 0) this.#ends(this.#together(), at);
    }
    if (left === 0) return;
    this.#reset();
    this.state = 'lost';
  }
}
