/** Messages of one direction: a byte of flags, a length of four, the message. Cut anywhere. */
import type { Timestamp } from '../../model/index.ts';
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
  readonly kept: Uint8Array;
  /** Bytes of it that were not captured. */
  readonly lost: number;
}

export class FrameReader {
  readonly #flagsAllowed: number;
  readonly #tell: (message: GrpcMessage) => void;
  readonly #keep: number;
  readonly #prefix = new Uint8Array(prefixLength);
  #have = 0;
  #startAt: Timestamp = 0;
  #left = 0;
  #length = 0;
  #lost = 0;
  #parts: Uint8Array[] = [];
  #kept = 0;
  /** No message begins so, or where the next one begins is not known. */
  state: 'reading' | 'broken' | 'lost' = 'reading';

  /** @param keep bytes of each message at most */
  constructor(flagsAllowed: number, keep: number, tell: (message: GrpcMessage) => void) {
    this.#flagsAllowed = flagsAllowed;
    this.#keep = keep;
    this.#tell = tell;
  }

  get buffered(): number {
    return this.#kept;
  }

  /** Within a message: it has not ended. */
  get isOpen(): boolean {
    return this.#have > 0;
  }

  data(b: Uint8Array, at: Timestamp): void {
    let i = 0;
    if (this.state === 'lost') {
      // A frame of data mostly holds one message.
      if (b.length < prefixLength || (b[0]! & ~this.#flagsAllowed) !== 0) return;
      if (u32(b, 1) !== b.length - prefixLength) return;
      this.state = 'reading';
    }
    while (i < b.length && this.state === 'reading') {
      if (this.#have < prefixLength) {
        if (this.#have === 0) this.#startAt = at;
        this.#prefix[this.#have++] = b[i++]!;
        if (this.#have === prefixLength) this.#begins(at);
        continue;
      }
      const take = Math.min(this.#left, b.length - i);
      const room = Math.min(take, this.#keep - this.#kept);
      if (room > 0) {
        this.#parts.push(b.slice(i, i + room));
        this.#kept += room;
      }
      i += take;
      this.#left -= take;
      if (this.#left === 0) this.#ends(at);
    }
  }

  #begins(at: Timestamp): void {
    if ((this.#prefix[0]! & ~this.#flagsAllowed) !== 0) {
      this.state = 'broken';
      return;
    }
    this.#length = this.#left = u32(this.#prefix, 1);
    this.#lost = 0;
    if (this.#left === 0) this.#ends(at);
  }

  #ends(at: Timestamp): void {
    const parts = this.#parts;
    const kept = parts.length > 1 ? concatBytes(parts) : (parts[0] ?? nothing);
    const message = {
      flags: this.#prefix[0]!,
      startAt: this.#startAt,
      endAt: at,
      length: this.#length,
      kept,
      lost: this.#lost,
    };
    this.#reset();
    this.#tell(message);
  }

  #reset(): void {
    this.#have = 0;
    this.#parts = [];
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
      if (this.#left === 0) this.#ends(at);
    }
    if (left === 0) return;
    this.#reset();
    this.state = 'lost';
  }
}
