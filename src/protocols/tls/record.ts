/**
 * The record layer of one direction (RFC 8446 section 5.1, RFC 5246 section 6.2): finds where records begin,
 * hands their bytes on, and after a hole looks for the next record.
 */
import type { Timestamp } from '../../model/index.ts';
import { concatBytes, u16 } from '../../util/bytes.ts';

export const ContentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
  heartbeat: 24,
  /** Not of the registry: a record in the form of SSL 2.0. */
  sslv2: 0,
} as const;

export const headerLength = 5;
/** RFC 5246 section 6.2.3: 2^14 and what encryption may add. */
export const maxRecord = 16_384 + 2048;
/** Bytes in a row in which some record must have begun; without one this is no TLS. */
const seekLimit = 2 * maxRecord;

/** Of what is no TLS, shown: a line of an error. */
const maxForeign = 60;

const nothing = new Uint8Array(0);

/** A header that TLS could have sent. Version: all that SSL 3.0 to TLS 1.3 write there. */
export function isRecordHeader(b: Uint8Array, at: number): boolean {
  const type = b[at]!;
  if (type < ContentType.changeCipherSpec || type > ContentType.heartbeat) return false;
  if (b[at + 1] !== 3 || b[at + 2]! > 4) return false;
  const length = u16(b, at + 3);
  // Only application data may be empty (RFC 5246 section 6.2.1).
  return length <= maxRecord && (length > 0 || type === ContentType.applicationData);
}

/** RFC 5246 appendix E.2: a hello in the form of SSL 2.0, of a client or a server. At least five bytes. */
export function isSslv2Hello(b: Uint8Array, at: number): boolean {
  if (!(b[at]! & 0x80)) return false;
  if (b[at + 2] === 4) return true;
  const isVersion = (b[at + 3] === 0 && b[at + 4] === 2) || (b[at + 3] === 3 && b[at + 4]! <= 4);
  return b[at + 2] === 1 && isVersion;
}

export interface RecordSink {
  begin(type: number, version: number, length: number, at: Timestamp): void;
  /** Payload, cut anywhere; only while `begin` was answered by asking for it (`wants`). */
  piece(bytes: Uint8Array, at: Timestamp): void;
  /** @param lost bytes of it that were not captured */
  end(at: Timestamp, lost: number): void;
  /** Where the next record is, is not known: what was under way has no end. */
  lostTrack(): void;
  /** The stream does not begin with a record. What it begins with: a line, or as much of it as is shown. */
  foreign(bytes: Uint8Array): void;
  /** No record for longer than any record is. */
  gaveUp(): void;
}

export class RecordReader {
  readonly #sink: RecordSink;
  #state: 'start' | 'header' | 'payload' | 'seeking' | 'foreign' | 'off' = 'start';
  /** A header cut by the end of a segment; while seeking, the last bytes that may begin one. */
  #held: Uint8Array = nothing;
  #left = 0;
  #lost = 0;
  #sought = 0;
  #isSslv2 = false;
  /** Set in `begin`: the record's bytes are wanted. */
  wants = false;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  get buffered(): number {
    return this.#held.length;
  }

  /** Joined inside the stream: a record may begin anywhere. */
  seek(): void {
    this.#state = 'seeking';
    this.#sought = 0;
  }

  /** From here on every record has SSL 2.0's form. */
  speakSslv2(): void {
    this.#isSslv2 = true;
  }

  data(bytes: Uint8Array, at: Timestamp): void {
    let b = bytes;
    if (this.#held.length > 0) {
      b = concatBytes([this.#held, bytes]);
      this.#held = nothing;
    }
    if (this.#state === 'foreign') return this.#gatherForeign(b, false);
    let i = 0;
    while (i < b.length && this.#state !== 'off')
      if (this.#state === 'payload') {
        const take = Math.min(this.#left, b.length - i);
        if (this.wants) this.#sink.piece(take === b.length ? b : b.subarray(i, i + take), at);
        i += take;
        this.#left -= take;
        if (this.#left === 0) this.#endRecord(at);
      } else {
        const next = this.#state === 'seeking' ? this.#seek(b, i, at) : this.#header(b, i, at);
        if (next < 0) return;
        i = next;
      }
  }

  gap(length: number, at: Timestamp): void {
    if (this.#state === 'foreign') this.finish();
    if (this.#state === 'off') return;
    if (this.#state === 'payload' && length <= this.#left) {
      this.#lost += length;
      this.#left -= length;
      if (this.#left === 0) this.#endRecord(at);
      return;
    }
    this.#held = nothing;
    this.#sink.lostTrack();
    this.seek();
  }

  #endRecord(at: Timestamp): void {
    const lost = this.#lost;
    this.#state = 'header';
    this.#lost = 0;
    this.#sink.end(at, lost);
  }

  /** @returns where to go on; -1 when more is needed */
  #header(b: Uint8Array, i: number, at: Timestamp): number {
    if (this.#isSslv2) return this.#sslv2(b, i, at);
    const isStart = this.#state === 'start';
    if (b.length - i < headerLength) {
      // A first byte that cannot be a record's says so at once.
      if (isStart && (b[i]! < 20 || b[i]! > 24) && b[i]! < 0x80) return this.#refuse(b, i);
      this.#held = b.slice(i);
      return -1;
    }
    if (isStart && isSslv2Hello(b, i)) return this.#sslv2(b, i, at);
    if (!isRecordHeader(b, i)) return this.#refuse(b, i);
    this.#begin(b[i]!, u16(b, i + 1), u16(b, i + 3), at);
    return i + headerLength;
  }

  #begin(type: number, version: number, length: number, at: Timestamp): void {
    this.#state = 'payload';
    this.#left = length;
    this.wants = false;
    this.#sink.begin(type, version, length, at);
    if (length === 0) this.#endRecord(at);
  }

  #refuse(b: Uint8Array, i: number): number {
    if (this.#state === 'start') {
      this.#state = 'foreign';
      this.#gatherForeign(b.subarray(i), false);
      return -1;
    }
    this.#sink.lostTrack();
    this.seek();
    return i;
  }

  /** The stream is over. */
  finish(): void {
    if (this.#state === 'foreign') this.#gatherForeign(this.#held, true);
  }

  #gatherForeign(b: Uint8Array, isAll: boolean): void {
    if (isAll || b.length >= maxForeign || b.some((c) => c < 32)) {
      this.#state = 'off';
      this.#held = nothing;
      this.#sink.foreign(b.subarray(0, maxForeign));
    } else this.#held = b.slice();
  }

  /**
   * RFC 5246 appendix E.2: fifteen bits of length, then the message. SSL 2.0 itself had a form with padding
   * too: the first bit clear, fourteen bits of length, a third byte.
   */
  #sslv2(b: Uint8Array, i: number, at: Timestamp): number {
    const size = b[i]! & 0x80 ? 2 : 3;
    if (b.length - i < size) {
      this.#held = b.slice(i);
      return -1;
    }
    this.#begin(ContentType.sslv2, 2, u16(b, i) & (size === 2 ? 0x7fff : 0x3fff), at);
    return i + size;
  }

  /** A header is believed when what follows its record, as far as it is here, is one too. */
  #seek(b: Uint8Array, from: number, at: Timestamp): number {
    for (let i = from; i + headerLength <= b.length; i++) {
      if (!isRecordHeader(b, i)) continue;
      const next = i + headerLength + u16(b, i + 3);
      if (next + headerLength <= b.length && !isRecordHeader(b, next)) continue;
      this.#begin(b[i]!, u16(b, i + 1), u16(b, i + 3), at);
      return i + headerLength;
    }
    this.#sought += b.length - from;
    if (this.#sought > seekLimit) {
      this.#state = 'off';
      this.#sink.gaveUp();
    } else this.#held = b.slice(Math.max(from, b.length - headerLength + 1));
    return -1;
  }
}
