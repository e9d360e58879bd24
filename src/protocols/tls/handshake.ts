/** Handshake messages of one direction, put together over records (RFC 8446 section 4, RFC 5246 section 7.4). */
import type { Timestamp } from '../../model/index.ts';
import { u24 } from '../../util/bytes.ts';
import { Cursor } from '../../util/cursor.ts';
import { Pending } from '../../util/pending.ts';

export const HandshakeType = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  certificateStatus: 22,
  clientKeyExchange: 16,
  certificateVerify: 15,
} as const;

/** Of the registry; hello_request and what was never in use left out. */
const types: ReadonlySet<number> = new Set([1, 2, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24]);

export function isHandshakeType(type: number): boolean {
  return types.has(type);
}

const headerLength = 4;
/**
 * A message put together: OpenSSL refuses certificate lists beyond 100 KB, and a ClientHello of 128 KB would
 * have to fill every list in it. What is longer is passed over and noted.
 */
export const maxMessage = 128 * 1024;

/** Types whose content tells something; of the others that they came is enough. */
const read: ReadonlySet<number> = new Set([
  HandshakeType.clientHello,
  HandshakeType.serverHello,
  HandshakeType.certificate,
  HandshakeType.serverKeyExchange,
  HandshakeType.certificateRequest,
]);

export interface HandshakeSink {
  /** @param body undefined when it was not kept (`tooLong`, or of no interest) */
  message(type: number, body: Uint8Array | undefined, startAt: Timestamp, endAt: Timestamp): void;
  tooLong(type: number, length: number): void;
}

export class HandshakeReader {
  readonly #sink: HandshakeSink;
  readonly #pending = new Pending();
  /** Bytes of a message that are passed over. */
  #skip = 0;
  #startAt: Timestamp = 0;

  constructor(sink: HandshakeSink) {
    this.#sink = sink;
  }

  get buffered(): number {
    return this.#pending.length;
  }

  data(bytes: Uint8Array, at: Timestamp): void {
    let i = Math.min(this.#skip, bytes.length);
    this.#skip -= i;
    if (i === bytes.length) return;
    let b = bytes;
    if (this.#pending.length > 0) {
      b = this.#pending.append(bytes.subarray(i));
      i = 0;
    } else this.#startAt = at;
    while (b.length - i >= headerLength) {
      const type = b[i]!;
      const length = u24(b, i + 1);
      const end = i + headerLength + length;
      if (!read.has(type) || length > maxMessage) {
        if (length > maxMessage) this.#sink.tooLong(type, length);
        this.#sink.message(type, undefined, this.#startAt, at);
        this.#skip = Math.max(0, end - b.length);
      } else if (end <= b.length)
        this.#sink.message(type, b.subarray(i + headerLength, end), this.#startAt, at);
      else break;
      this.#startAt = at;
      i = Math.min(end, b.length);
    }
    if (this.#pending.length > 0) this.#pending.keepFrom(i);
    else if (i < b.length) this.#pending.append(b.subarray(i));
  }

  /** The message under way, as far as it came, when it is one that is read; it is forgotten. */
  takeBegun(): { type: number; body: Uint8Array; startAt: Timestamp } | undefined {
    const b = this.#pending.take();
    this.#skip = 0;
    if (b.length <= headerLength || !read.has(b[0]!)) return undefined;
    return { type: b[0]!, body: b.subarray(headerLength), startAt: this.#startAt };
  }

  reset(): void {
    this.#pending.clear();
    this.#skip = 0;
  }
}

/** DER of the certificates in a Certificate message up to TLS 1.2: RFC 5246 section 7.4.2. */
export function certificateList(body: Uint8Array): { list: Uint8Array[]; malformed: boolean } {
  const c = new Cursor(body);
  const all = c.vector(3);
  const list: Uint8Array[] = [];
  while (all.left >= 3) {
    const one = all.vector(3);
    list.push(one.take(one.left));
  }
  return { list, malformed: c.cut || all.cut || all.left > 0 || c.left > 0 };
}

export interface CertificateRequest {
  readonly types: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** Distinguished names of the accepted issuers, DER; `authorityCount` of them. */
  readonly authorities: readonly Uint8Array[];
  readonly authorityCount: number;
}

/** Issuers kept of a request: servers that trust a whole system's store name more than a hundred. */
const maxAuthorities = 16;

/** RFC 5246 section 7.4.4. @param hasAlgorithms TLS 1.2 put a list between the two */
export function parseCertificateRequest(body: Uint8Array, hasAlgorithms: boolean): CertificateRequest {
  const c = new Cursor(body);
  const types = c.vector(1);
  const signatureAlgorithms: number[] = [];
  if (hasAlgorithms) {
    const list = c.vector(2);
    while (list.left >= 2) signatureAlgorithms.push(list.u16());
  }
  const names = c.vector(2);
  const authorities: Uint8Array[] = [];
  let authorityCount = 0;
  while (names.left >= 2) {
    const name = names.vector(2);
    authorityCount++;
    if (authorities.length < maxAuthorities) authorities.push(name.take(name.left).slice());
  }
  return { types: [...types.take(types.left)], signatureAlgorithms, authorities, authorityCount };
}

/** The named group of a ServerKeyExchange: RFC 8422 section 5.4. Undefined for other key exchanges. */
export function keyExchangeGroup(body: Uint8Array): number | undefined {
  const c = new Cursor(body);
  const namedCurve = 3;
  if (c.u8() !== namedCurve) return undefined;
  const group = c.u16();
  return c.cut ? undefined : group;
}
