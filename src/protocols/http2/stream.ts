/** One stream: a request, its response, and what is known of each so far. */
import type { Body, Inner, Message, Timestamp } from '../../model/index.ts';
import { concatBytes } from '../../util/bytes.ts';
import { isUnknownName, unknownValue } from './hpack.ts';
import type { Header } from './hpack-static.ts';

const nothing = new Uint8Array(0);
const noHeaders: readonly Header[] = [];
const noEncodings: readonly string[] = [];

/** One direction of a stream. */
export class Half {
  /** none: nothing seen of it. */
  state: 'none' | 'open' | 'ended' = 'none';
  headers: readonly Header[] = noHeaders;
  trailers: readonly Header[] = noHeaders;
  startAt: Timestamp = 0;
  endAt: Timestamp = 0;
  /** When its first header block began. */
  headAt: Timestamp = -1;
  wireBytes = 0;
  /** Bytes of it, or of its direction while it was open, that were not captured. */
  lost = 0;
  /** Its end may be among what was lost. */
  mayHaveEnded = false;
  contentType = '';
  contentEncoding = '';
  /** What Upgrade: h2c has brought over from HTTP/1. */
  given: Message | undefined;
  bodyKept = 0;
  bodyTotal = 0;
  /** Of the total, what was not captured. */
  bodyLost = 0;
  #parts: Uint8Array[] | undefined;
  /** Flow control: bytes its sender may still send (RFC 9113 section 5.2). */
  window = 0;
  /** When the window was last used up, -1 = it is not; when it was last opened. */
  stalledAt: Timestamp = -1;
  openedAt: Timestamp = 0;
  /** Waited for windows in all. */
  stalled = 0;

  touch(startAt: Timestamp, at: Timestamp): void {
    if (this.state === 'none') {
      this.state = 'open';
      this.startAt = startAt;
    }
    this.endAt = at;
  }

  keep(part: Uint8Array): void {
    this.#parts ??= [];
    this.#parts.push(part);
    this.bodyKept += part.length;
  }

  message(): Message | undefined {
    if (this.given) return this.given;
    if (this.state === 'none') return undefined;
    const { startAt, endAt, wireBytes, headers, trailers } = this;
    const message = { startAt, endAt, wireBytes, startLine: '', headers, trailers };
    return this.bodyTotal > 0 ? { ...message, body: this.#body() } : message;
  }

  #body(): Body {
    const parts = this.#parts ?? [];
    return {
      bytes: parts.length > 1 ? concatBytes(parts) : (parts[0] ?? nothing),
      totalLength: this.bodyTotal,
      contentType: this.contentType,
      encodings: this.contentEncoding === '' ? noEncodings : encodingsOf(this.contentEncoding),
    };
  }
}

/** How a stream ended before its time. */
export interface Abort {
  /** RST_STREAM; GOAWAY before it was looked at; GOAWAY while it was; the server knows no HTTP/2. */
  readonly kind: 'reset' | 'refused' | 'ended' | 'http1';
  readonly by: 'client' | 'server';
  readonly code: number;
}

export class Stream {
  readonly id: number;
  readonly request = new Half();
  readonly response = new Half();
  readonly isPushed: boolean;
  method: string | undefined;
  target: string | undefined;
  authority: string | undefined;
  scheme: string | undefined;
  /** RFC 8441: what CONNECT asks for. */
  connectProtocol: string | undefined;
  userAgent: string | undefined;
  status: number | undefined;
  informational: string[] | undefined;
  inner: Inner | undefined;
  abort: Abort | undefined;
  weirds: string[] | undefined;
  /** Memory of its header lists. */
  headBytes = 0;

  constructor(id: number, isPushed: boolean) {
    this.id = id;
    this.isPushed = isPushed;
  }

  get held(): number {
    return this.request.bodyKept + this.response.bodyKept;
  }

  weird(name: string): void {
    this.weirds ??= [];
    if (!this.weirds.includes(name)) this.weirds.push(name);
  }

  asked(headers: readonly Header[]): void {
    const { request } = this;
    request.headers = headers;
    for (let i = 0; i < headers.length; i++) {
      const [name, value] = headers[i]!;
      switch (name) {
        case ':method':
          this.method = value;
          break;
        case ':path':
          this.target = value;
          break;
        case ':authority':
          this.authority = value;
          break;
        case ':scheme':
          this.scheme = value;
          break;
        case ':protocol':
          this.connectProtocol = value;
          break;
        case 'host':
          this.authority ??= value;
          break;
        case 'user-agent':
          this.userAgent = value;
          break;
        default:
          this.#content(request, name, value);
      }
    }
    // Section 8.5: CONNECT has no path, it has a place.
    if (this.method === 'CONNECT') this.target ??= this.authority;
  }

  answered(headers: readonly Header[]): void {
    const { response } = this;
    response.headers = headers;
    this.status = statusOf(headers);
    for (let i = 0; i < headers.length; i++) {
      const [name, value] = headers[i]!;
      this.#content(response, name, value);
    }
  }

  trailed(half: Half, headers: readonly Header[]): void {
    half.trailers = headers;
    for (let i = 0; i < headers.length; i++) this.#check(headers[i]![0], headers[i]![1]);
  }

  #content(half: Half, name: string, value: string): void {
    if (name === 'content-type') half.contentType = value;
    else if (name === 'content-encoding') half.contentEncoding = value;
    else this.#check(name, value);
  }

  #check(name: string, value: string): void {
    if (value === unknownValue || isUnknownName(name)) this.weird('http2_unknown_header');
  }
}

/** Of a response; undefined when it has none that is known. */
export function statusOf(headers: readonly Header[]): number | undefined {
  for (let i = 0; i < headers.length; i++) {
    const [name, value] = headers[i]!;
    if (name === ':status') return /^\d{3}$/.test(value) ? Number(value) : undefined;
  }
  return undefined;
}

function encodingsOf(list: string): readonly string[] {
  return list
    .toLowerCase()
    .split(',')
    .map((e) => e.trim())
    .filter((e) => e !== '' && e !== 'identity');
}
