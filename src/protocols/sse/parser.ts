/** The event stream format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
import type { Timestamp } from '../../model/index.ts';
import { latin1 } from '../../util/bytes.ts';

/** Names and values but data: identifiers, numbers. */
const shortLimit = 256;

export interface SseEvent {
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  /** On the stream, with field names and line ends. */
  readonly wireBytes: number;
  /** '' where it names none. */
  readonly event: string;
  readonly id: string | undefined;
  readonly retry: string | undefined;
  /** The beginning of the data, one byte a character. */
  readonly data: string;
  readonly dataLength: number;
  readonly lost: number;
  /** The stream ended before the event did. */
  readonly cut: boolean;
}

export class SseParser {
  readonly #keep: number;
  readonly #tell: (event: SseEvent) => void;
  /** The line under way, as much of it as can matter. */
  #line = '';
  #lineLength = 0;
  #afterCr = false;
  #isFirst = true;
  #started = false;
  #startAt: Timestamp = 0;
  #wireBytes = 0;
  #event = '';
  #id: string | undefined;
  #retry: string | undefined;
  #data = '';
  #dataLength = 0;
  #hasData = false;
  #lost = 0;

  /** @param keep characters of data at most */
  constructor(keep: number, tell: (event: SseEvent) => void) {
    this.#keep = keep;
    this.#tell = tell;
  }

  get buffered(): number {
    return this.#line.length + this.#data.length + this.#event.length;
  }

  data(b: Uint8Array, at: Timestamp): void {
    let from = 0;
    for (let i = 0; i < b.length; i++) {
      const c = b[i]!;
      if (c !== 10 && c !== 13) {
        this.#afterCr = false;
        continue;
      }
      // CR LF is one end.
      if (c === 10 && this.#afterCr) {
        this.#afterCr = false;
        if (this.#started) this.#wireBytes++;
        from = i + 1;
        continue;
      }
      this.#append(b, from, i, at);
      this.#afterCr = c === 13;
      if (this.#started || this.#lineLength > 0) this.#wireBytes++;
      this.#lineEnds(at);
      from = i + 1;
    }
    this.#append(b, from, b.length, at);
  }

  #append(b: Uint8Array, from: number, to: number, at: Timestamp): void {
    if (from >= to) return;
    if (!this.#started) {
      this.#started = true;
      this.#startAt = at;
    }
    this.#wireBytes += to - from;
    this.#lineLength += to - from;
    const room = this.#keep + shortLimit - this.#line.length;
    if (room > 0) this.#line += latin1(b, from, Math.min(to, from + room));
  }

  #lineEnds(at: Timestamp): void {
    let line = this.#line;
    const length = this.#lineLength;
    this.#line = '';
    this.#lineLength = 0;
    if (this.#isFirst) {
      this.#isFirst = false;
      if (line.startsWith('\xef\xbb\xbf')) line = line.slice(3);
    }
    if (length === 0) return this.#dispatch(at, false);
    const colon = line.indexOf(':');
    // A comment keeps the connection open, and says nothing.
    if (colon === 0) {
      if (!this.#hasData && this.#event === '' && this.#id === undefined) this.#forget();
      return;
    }
    const name = colon < 0 ? line : line.slice(0, colon);
    const skip = colon < 0 ? line.length : line[colon + 1] === ' ' ? colon + 2 : colon + 1;
    this.#field(name, line.slice(skip), length - skip);
  }

  #field(name: string, value: string, length: number): void {
    switch (name) {
      case 'data': {
        const lead = this.#hasData ? '\n' : '';
        this.#hasData = true;
        this.#dataLength += lead.length + Math.max(0, length);
        if (this.#data.length < this.#keep) this.#data = (this.#data + lead + value).slice(0, this.#keep);
        break;
      }
      case 'event':
        this.#event = value.slice(0, shortLimit);
        break;
      case 'id':
        this.#id = value.slice(0, shortLimit);
        break;
      case 'retry':
        if (/^\d+$/.test(value)) this.#retry = value.slice(0, 20);
        break;
    }
  }

  #dispatch(at: Timestamp, cut: boolean): void {
    if (this.#hasData || this.#lost > 0) {
      this.#tell({
        startAt: this.#startAt,
        endAt: at,
        wireBytes: this.#wireBytes,
        event: this.#event,
        id: this.#id,
        retry: this.#retry,
        data: this.#data,
        dataLength: this.#dataLength,
        lost: this.#lost,
        cut,
      });
    }
    this.#forget();
  }

  #forget(): void {
    this.#started = false;
    this.#wireBytes = 0;
    this.#event = '';
    this.#id = undefined;
    this.#retry = undefined;
    this.#data = '';
    this.#dataLength = 0;
    this.#hasData = false;
    this.#lost = 0;
  }

  /** Somewhere in the event under way. */
  gap(length: number, at: Timestamp): void {
    if (!this.#started) {
      this.#started = true;
      this.#startAt = at;
    }
    this.#wireBytes += length;
    this.#lost += length;
  }

  /** An event that was not ended is none for a browser; here it is told as cut. */
  end(at: Timestamp): void {
    if (this.#lineLength > 0) this.#lineEnds(at);
    if (this.#started) this.#dispatch(at, true);
  }
}
