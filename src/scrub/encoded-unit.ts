/** Compressed bodies: decided about when they are whole, and masked whole when there is a secret within. */
import { Spans } from '../redact/index.ts';
import { concatBytes, latin1 } from '../util/bytes.ts';
import { filler } from './filler.ts';
import { limits } from './limits.ts';
import type { Reason, Track, Unit } from './reader.ts';

const spans = new Spans();
const star = 0x2a;

/** Masks all it is given. */
export class BlankUnit implements Unit {
  readonly #track: Track;
  readonly #reason: Reason;
  readonly pendingFrom = Number.POSITIVE_INFINITY;

  constructor(track: Track, reason: Reason) {
    this.#track = track;
    this.#reason = reason;
  }

  add(bytes: Uint8Array, pos: number, key?: Uint8Array, phase = 0): void {
    this.#track.tools.blank(this.#reason, bytes.length);
    const instead = key ? bytes.map((_, i) => star ^ key[(phase + i) & 3]!) : undefined;
    this.#track.mark(pos, pos + bytes.length, instead);
  }

  gap(): void {}
  settle(): void {}
  finish(): void {}
}

export class EncodedUnit implements Unit {
  readonly #track: Track;
  readonly #contentType: string;
  /** In the order in which they were applied. */
  readonly #encodings: readonly string[];
  #parts: { readonly bytes: Uint8Array; readonly pos: number }[] = [];
  #length = 0;
  #blank: BlankUnit | undefined;

  constructor(track: Track, contentType: string, encodings: readonly string[]) {
    this.#track = track;
    this.#contentType = contentType;
    this.#encodings = encodings;
  }

  get pendingFrom(): number {
    return this.#parts[0]?.pos ?? Number.POSITIVE_INFINITY;
  }

  add(bytes: Uint8Array, pos: number): void {
    if (this.#blank) return this.#blank.add(bytes, pos);
    this.#parts.push({ bytes: bytes.slice(), pos });
    this.#length += bytes.length;
    if (this.#length > limits.encoded) this.#giveUp('encoded');
  }

  gap(): void {
    this.#giveUp('encoded');
  }

  settle(): void {
    if (this.#parts.length > 0) this.#giveUp('late');
  }

  finish(): void {
    if (this.#parts.length > 0) this.#judge();
    this.#parts = [];
    this.#length = 0;
    this.#blank = undefined;
  }

  #judge(): void {
    const { finders, platform, tally } = this.#track.tools;
    let bytes = concatBytes(this.#parts.map((part) => part.bytes));
    for (const encoding of [...this.#encodings].reverse()) {
      const undone = platform.decompress(encoding, bytes, limits.decoded);
      if (!undone?.complete) return this.#giveUp('encoded');
      bytes = undone.bytes;
    }
    spans.clear();
    const text = latin1(bytes);
    finders.text(this.#contentType, text, spans);
    let found = 0;
    spans.each((from, to, what) => {
      if (finders.isAllowed(text.slice(from, to))) return;
      tally.add(what);
      found++;
    });
    if (found > 0) this.#mask();
  }

  /** One filler over all parts, so that it still unfolds. */
  #mask(): void {
    const whole = this.#encodings.length === 1 ? filler(this.#encodings[0]!, this.#length) : undefined;
    let done = 0;
    for (const { bytes, pos } of this.#parts) {
      this.#track.mark(pos, pos + bytes.length, whole?.slice(done, done + bytes.length));
      done += bytes.length;
    }
  }

  #giveUp(reason: Reason): void {
    this.#blank ??= new BlankUnit(this.#track, reason);
    for (const { bytes, pos } of this.#parts) this.#blank.add(bytes, pos);
    this.#parts = [];
  }
}
