/** Where bodies end: RFC 9112 sections 6 and 7. */
import { parseHeaders } from '../../util/header-lines.ts';
import type { Head, Header } from './head.ts';

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

export interface FramingResult {
  readonly framing: Framing;
  /** '' = as it should be. */
  readonly weird: string;
}

const none: FramingResult = { framing: { kind: 'none' }, weird: '' };
const chunked: FramingResult = { framing: { kind: 'chunked' }, weird: '' };
const untilClose: FramingResult = { framing: { kind: 'close' }, weird: '' };

/** Section 6.3, in its order. `method` is that of the request this answers, '' when it was not seen. */
export function responseFraming(head: Head, method: string, code: number): FramingResult {
  if (method === 'HEAD' || code < 200 || code === 204 || code === 304) return none;
  if (method === 'CONNECT' && code < 300) return none;
  return framing(head, untilClose);
}

export function requestFraming(head: Head): FramingResult {
  return framing(head, none);
}

/** @param otherwise when the head does not say */
function framing(head: Head, otherwise: FramingResult): FramingResult {
  const coding = head.transferEncoding;
  if (coding === '' && head.contentLength === '') return otherwise;
  const length = contentLength(head.contentLength);
  if (coding !== '') {
    const isChunked = /(^|[\s,])chunked\s*$/i.test(coding);
    if (isChunked && length === undefined) return chunked;
    // Both: the transfer coding wins, and somebody may be smuggling (section 6.3, point 3).
    const weird =
      length === undefined ? 'http_transfer_encoding_not_chunked' : 'http_length_and_transfer_encoding';
    return { framing: (isChunked ? chunked : otherwise).framing, weird };
  }
  if (length === undefined) return otherwise;
  if (length < 0) return { framing: otherwise.framing, weird: 'http_bad_content_length' };
  return length === 0 ? none : { framing: { kind: 'length', length }, weird: '' };
}

/** More would not be exact in a double. */
const digits = /^\d{1,15}$/;

/** undefined: none; -1: not a number, or several that differ. */
function contentLength(text: string): number | undefined {
  if (text === '') return undefined;
  if (digits.test(text)) return Number(text);
  // Several that agree are one (section 6.3, point 5).
  const values = text.split(',').map((v) => v.trim());
  return digits.test(values[0]!) && values.every((v) => v === values[0]) ? Number(values[0]) : -1;
}

/** A chunk-size line is hex digits and extensions. */
const chunkLineLimit = 4096;
export const trailerLimit = 16 * 1024;

/** Reads the chunked coding; what it needs of a line that was cut is kept here. */
export class ChunkReader {
  #state: 'size' | 'data' | 'dataEnd' | 'trailers' | 'done' = 'size';
  #left = 0;
  #line: number[] = [];
  trailers: readonly Header[] = [];
  broken = false;

  get done(): boolean {
    return this.#state === 'done';
  }

  get buffered(): number {
    return this.#line.length;
  }

  /** Body bytes that a gap may pass over without losing the place. */
  get dataLeft(): number {
    return this.#state === 'data' ? this.#left : 0;
  }

  /** `count` bytes of chunk data have passed. */
  skip(count: number): void {
    this.#left -= count;
    if (this.#left === 0) this.#state = 'dataEnd';
  }

  /** Consumes from [at, end); returns the offset behind what was read. Body bytes go to `body`. */
  read(b: Uint8Array, at: number, end: number, body: (from: number, to: number) => void): number {
    while (at < end && !this.done && !this.broken) {
      if (this.#state === 'data') {
        const take = Math.min(this.#left, end - at);
        body(at, at + take);
        at += take;
        this.skip(take);
        continue;
      }
      const c = b[at++]!;
      this.#line.push(c);
      if (c === 10) this.#lineEnds();
      else if (this.#line.length > (this.#state === 'trailers' ? trailerLimit : chunkLineLimit))
        this.broken = true;
    }
    return at;
  }

  #lineEnds(): void {
    switch (this.#state) {
      case 'size':
        return this.#sizeEnds();
      case 'dataEnd':
        this.broken = this.#line.length > 2 || (this.#line.length === 2 && this.#line[0] !== 13);
        this.#state = 'size';
        this.#line = [];
        return;
      case 'trailers':
        return this.#trailerEnds();
    }
  }

  #sizeEnds(): void {
    const text = String.fromCharCode(...this.#line);
    this.#line = [];
    const size = /^[ \t]*([0-9a-f]{1,12})[ \t]*(;|\r?\n)/i.exec(text)?.[1];
    if (size === undefined) {
      this.broken = true;
      return;
    }
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'data';
  }

  /** The lines are kept until the empty one. */
  #trailerEnds(): void {
    const line = this.#line;
    const last = line.length;
    const isEmpty = last === 1 || (last === 2 && line[0] === 13);
    const endsEmpty = line[last - 2] === 10 || (line[last - 2] === 13 && line[last - 3] === 10);
    if (!isEmpty && !endsEmpty) return;
    if (!isEmpty) {
      let text = '';
      for (const c of line) text += String.fromCharCode(c);
      this.trailers = parseHeaders(text);
    }
    this.#line = [];
    this.#state = 'done';
  }
}
