/** Messages of gRPC within a body: five bytes before each say whether it is compressed, and how long it is. */
import { u32 } from '../util/bytes.ts';
import { unitFor } from './http.ts';
import type { Track, Unit } from './reader.ts';

const headLength = 5;

export class GrpcUnit implements Unit {
  readonly #track: Track;
  readonly #contentType: string;
  readonly #encoding: string;
  readonly #head = new Uint8Array(headLength);
  #headFilled = 0;
  #left = 0;
  #message: Unit | undefined;

  constructor(track: Track, contentType: string, encoding: string) {
    this.#track = track;
    this.#contentType = contentType;
    this.#encoding = encoding;
  }

  get pendingFrom(): number {
    return this.#message?.pendingFrom ?? Number.POSITIVE_INFINITY;
  }

  add(bytes: Uint8Array, pos: number): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left === 0) {
        this.#head[this.#headFilled++] = bytes[at++]!;
        if (this.#headFilled === headLength) this.#begin();
        continue;
      }
      const take = Math.min(this.#left, bytes.length - at);
      this.#message!.add(bytes.subarray(at, at + take), pos + at);
      this.#left -= take;
      at += take;
      if (this.#left === 0) this.finish();
    }
  }

  #begin(): void {
    this.#headFilled = 0;
    this.#left = u32(this.#head, 1);
    if (this.#left === 0) return;
    const isCompressed = this.#head[0] === 1 && this.#encoding !== 'identity';
    this.#message = unitFor(this.#track, this.#contentType, isCompressed ? [this.#encoding] : []);
  }

  /** Where the next message begins is not known: all that follows is text of some kind. */
  gap(): void {
    this.#message?.gap();
    this.#left = Number.POSITIVE_INFINITY;
    this.#message ??= unitFor(
      this.#track,
      this.#contentType,
      this.#encoding === 'identity' ? [] : ['unknown'],
    );
  }

  settle(): void {
    this.#message?.settle();
  }

  finish(): void {
    this.#message?.finish();
    this.#message = undefined;
  }
}
