/** One direction of a WebSocket: frames, their masking undone and done again. RFC 6455 section 5.2. */
import { concatBytes, u16, u32 } from '../util/bytes.ts';
import { BlankUnit } from './encoded-unit.ts';
import { findAnything } from './plain.ts';
import type { Reader, Track, Unit } from './reader.ts';
import { TextUnit } from './text-unit.ts';

const nothing = new Uint8Array(0);
const maxHead = 14;

export class WebSocketReader implements Reader {
  readonly #track: Track;
  #bytes: Uint8Array = nothing;
  #from: number;
  #left = 0;
  #key: Uint8Array | undefined;
  #phase = 0;
  #isEnd = false;
  /** Of the message under way; of a control frame, which may come within one. */
  #message: Unit | undefined;
  #control: Unit | undefined;
  #settled: number;

  constructor(track: Track, pos: number) {
    this.#track = track;
    this.#from = pos;
    this.#settled = pos;
  }

  get decided(): number {
    const pending = Math.min(
      this.#message?.pendingFrom ?? Number.POSITIVE_INFINITY,
      this.#control?.pendingFrom ?? Number.POSITIVE_INFINITY,
    );
    return Math.min(pending, Math.max(this.#from, this.#settled));
  }

  data(bytes: Uint8Array, pos: number): void {
    if (this.#bytes.length === 0) this.#from = pos;
    this.#bytes = this.#bytes.length === 0 ? bytes : concatBytes([this.#bytes, bytes]);
    while (this.#bytes.length > 0 && this.#step());
    this.#bytes = this.#bytes.slice();
  }

  /** Where the next frame begins is known only when the hole lies within one. */
  gap(pos: number, length: number): void {
    this.#message?.gap();
    this.#bytes = nothing;
    this.#from = pos + length;
    if (this.#left > length) {
      this.#left -= length;
      this.#phase += length;
    } else this.#left = Number.POSITIVE_INFINITY;
    if (this.#left === Number.POSITIVE_INFINITY) this.#message = new BlankUnit(this.#track, 'not in order');
  }

  settle(): void {
    this.#message?.settle();
    this.#control?.settle();
    this.#settled = this.#from + this.#bytes.length;
  }

  end(): void {
    this.settle();
  }

  #step(): boolean {
    if (this.#left > 0) {
      const take = Math.min(this.#left, this.#bytes.length);
      const unit = this.#control ?? this.#message;
      unit?.add(this.#bytes.subarray(0, take), this.#from, this.#key, this.#phase);
      this.#phase += take;
      this.#left -= take;
      this.#skip(take);
      if (this.#left === 0) this.#frameEnds();
      return true;
    }
    const b = this.#bytes;
    if (b.length < 2) return false;
    const small = b[1]! & 0x7f;
    const lengthBytes = small === 126 ? 2 : small === 127 ? 8 : 0;
    const hasKey = (b[1]! & 0x80) !== 0;
    const head = 2 + lengthBytes + (hasKey ? 4 : 0);
    if (b.length < Math.min(head, maxHead)) return false;
    this.#left = lengthBytes === 0 ? small : lengthBytes === 2 ? u16(b, 2) : u32(b, 2) * 2 ** 32 + u32(b, 6);
    this.#key = hasKey ? b.slice(head - 4, head) : undefined;
    this.#phase = 0;
    this.#isEnd = (b[0]! & 0x80) !== 0;
    const opcode = b[0]! & 0x0f;
    if (opcode >= 8) this.#control = new TextUnit(this.#track, findAnything);
    else if (opcode !== 0 || !this.#message) {
      this.#message?.finish();
      // Compressed with a window that may reach over messages: it is not unfolded here.
      this.#message =
        (b[0]! & 0x40) !== 0
          ? new BlankUnit(this.#track, 'encoded')
          : new TextUnit(this.#track, ({ finders }, text, spans) => finders.text('', text, spans));
    }
    this.#skip(head);
    if (this.#left === 0) this.#frameEnds();
    return true;
  }

  #frameEnds(): void {
    if (this.#control) {
      this.#control.finish();
      this.#control = undefined;
    } else if (this.#isEnd) {
      this.#message?.finish();
      this.#message = undefined;
    }
  }

  #skip(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.#from += count;
  }
}
