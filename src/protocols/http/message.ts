/** A message as sinks see it, and what is known of how it came. */
import type { Body, Message, Timestamp } from '../../model/index.ts';
import { concatBytes } from '../../util/bytes.ts';
import type { Head, Header } from './head.ts';

const nothing: Uint8Array = new Uint8Array(0);
const noEncodings: readonly string[] = [];

export interface MessageParts {
  readonly message: Message;
  /** Bytes within the message that were not captured. */
  readonly lostBytes: number;
  /** It ended before its framing says so. */
  readonly cut: boolean;
  /** Bytes of the body kept when it is longer, else -1. */
  readonly bodyCutAt: number;
  readonly weirds: readonly string[];
  /** Memory it holds. */
  readonly held: number;
}

/** Its headers become texts when somebody looks. */
export class HttpMessage implements Message {
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  readonly wireBytes: number;
  readonly trailers: readonly Header[];
  readonly body: Body | undefined;
  readonly #head: Head;

  constructor(
    head: Head,
    startAt: Timestamp,
    endAt: Timestamp,
    wireBytes: number,
    trailers: readonly Header[],
    body: Body | undefined,
  ) {
    this.#head = head;
    this.startAt = startAt;
    this.endAt = endAt;
    this.wireBytes = wireBytes;
    this.trailers = trailers;
    this.body = body;
  }

  get startLine(): string {
    return this.#head.startLine;
  }

  get headers(): readonly Header[] {
    return this.#head.headers;
  }

  get rawHead(): string | undefined {
    return this.#head.raw;
  }
}

/** @param parts of what was kept @param totalLength of all of it */
export function makeBody(head: Head, parts: readonly Uint8Array[], totalLength: number): Body {
  const { contentType, contentEncoding } = head;
  return {
    bytes: parts.length > 1 ? concatBytes(parts) : (parts[0] ?? nothing),
    totalLength,
    contentType,
    encodings: contentEncoding === '' ? noEncodings : encodingsOf(contentEncoding),
  };
}

function encodingsOf(list: string): readonly string[] {
  return list
    .toLowerCase()
    .split(',')
    .map((e) => e.trim())
    .filter((e) => e !== '' && e !== 'identity');
}
