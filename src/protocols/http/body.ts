/** Where bodies end: RFC 9112 section 6 and 7. */
import { type Head, type Header, parseHead } from './head.ts';

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

const none: Framing = { kind: 'none' };

export interface FramingResult {
  readonly framing: Framing;
  readonly weird: string;
}

/** Section 6.3, in its order. `request` tells the two apart; `method` is the request's a response answers. */
export function framingOf(head: Head, request: boolean, method: string, code: number): FramingResult {
  if (!request && (method === 'HEAD' || code < 200 || code === 204 || code === 304))
    return { framing: none, weird: '' };
  if (!request && method === 'CONNECT' && code < 300) return { framing: none, weird: '' };
  const coding = head.list('transfer-encoding').toLowerCase();
  const length = contentLength(head);
  if (coding !== '') {
    const chunked = /(^|[\s,])chunked\s*$/.test(coding);
    const weird = length === undefined ? '' : 'http_length_and_transfer_encoding';
    if (chunked) return { framing: { kind: 'chunked' }, weird };
    return {
      framing: request ? none : { kind: 'close' },
      weird: weird || 'http_transfer_encoding_not_chunked',
    };
  }
  if (length === -1) return { framing: request ? none : { kind: 'close' }, weird: 'http_bad_content_length' };
  if (length !== undefined) return { framing: length === 0 ? none : { kind: 'length', length }, weird: '' };
  return { framing: request ? none : { kind: 'close' }, weird: '' };
}

/** More would not be exact in a double. */
const digits = /^\d{1,15}$/;

/** undefined: none; -1: not a number, or several that differ. */
function contentLength(head: Head): number | undefined {
  const text = head.value('content-length');
  if (text === '') return undefined;
  const list = head.list('content-length');
  if (list === text && digits.test(text)) return Number(text);
  const values = list.split(',').map((v) => v.trim());
  if (values.some((v) => v !== values[0]) || !digits.test(values[0]!)) return -1;
  return Number(values[0]);
}

/** A chunk-size line is hex digits and extensions. */
const chunkLineLimit = 4096;
const trailerLimit = 16 * 1024;

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

  /** Body bytes the next part of a gap may pass over. */
  get dataLeft(): number {
    return this.#state === 'data' ? this.#left : 0;
  }

  /** `count` bytes of chunk data were lost. */
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
    const line = this.#line;
    const isEmpty = line.length === 1 || (line.length === 2 && line[0] === 13);
    if (this.#state === 'dataEnd') {
      if (!isEmpty) this.broken = true;
      this.#state = 'size';
      this.#line = [];
      return;
    }
    if (this.#state === 'size') {
      const text = String.fromCharCode(...line);
      const digits = /^\s*([0-9a-fA-F]{1,12})\s*(;|\r?\n)/.exec(text)?.[1];
      this.#line = [];
      if (digits === undefined) {
        this.broken = true;
        return;
      }
      this.#left = Number.parseInt(digits, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'data';
      return;
    }
    // trailers: the lines are kept until the empty one
    const last = line.length;
    const endsEmpty =
      isEmpty ||
      (line[last - 2] === 10 && line[last - 1] === 10) ||
      (line[last - 3] === 10 && line[last - 2] === 13);
    if (!endsEmpty) return;
    if (!isEmpty)
      this.trailers = parseHead(Uint8Array.from([88, 13, 10, ...line]), 0, line.length + 3).headers;
    this.#line = [];
    this.#state = 'done';
  }
}
