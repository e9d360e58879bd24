/** One direction of a connection: records told apart into what can be read and what is encrypted. */
import type { Side, Timestamp } from '../../model/index.ts';
import { u24 } from '../../util/bytes.ts';
import { Pending } from '../../util/pending.ts';
import { HandshakeReader, isHandshakeType, maxMessage } from './handshake.ts';
import { ContentType, headerLength, RecordReader } from './record.ts';

export interface SideEvents {
  /** A record of any kind begins. */
  begins(side: Side, at: Timestamp): void;
  message(
    side: Side,
    type: number,
    body: Uint8Array | undefined,
    startAt: Timestamp,
    endAt: Timestamp,
    isCut: boolean,
  ): void;
  sslv2(side: Side, message: Uint8Array, at: Timestamp): void;
  alert(side: Side, level: number, description: number, at: Timestamp): void;
  /** A record that cannot be read: application data, or what is encrypted under another type. */
  sealed(side: Side, type: number, length: number, at: Timestamp): void;
  /** A hole in what is kept: so many bytes are not there, or of no use. */
  sealedLost(side: Side, length: number, at: Timestamp): void;
  /** Such a record, whole, where they are kept: to be opened. */
  sealedRecord(side: Side, type: number, version: number, bytes: Uint8Array, at: Timestamp): void;
  weird(name: string): void;
  foreign(side: Side, bytes: Uint8Array): void;
  gaveUp(side: Side): void;
}

const nothing = new Uint8Array(0);

export class TlsSide {
  readonly #side: Side;
  readonly #events: SideEvents;
  readonly #records: RecordReader;
  /** While there is something to put together. */
  #handshake: HandshakeReader | undefined;
  #type = 0;
  #version = 0;
  #length = 0;
  #at: Timestamp = 0;
  /** Length of the hole that is being told of. */
  #hole = 0;
  /** Records that cannot be read are kept until they are whole. */
  keepsSealed = false;
  /** The one under way is such a record. */
  #isSealed = false;
  /** What was kept of an alert, an SSL 2.0 message or a sealed record. */
  #kept: Pending | undefined;
  /** Bytes were missed: a handshake record may begin inside a message or be encrypted. */
  #doubts = false;
  #speaksSslv2 = false;
  /** ChangeCipherSpec came: handshake records and alerts behind it are encrypted (up to TLS 1.2). */
  changedCipher = false;
  /** TLS 1.3 sends ChangeCipherSpec for show (RFC 8446 appendix D.4). */
  ignoresChange = false;
  /** Bytes of records, headers included. */
  wireBytes = 0;
  records = 0;
  firstAt: Timestamp = 0;
  lastAt: Timestamp = 0;
  lostBytes = 0;

  constructor(side: Side, events: SideEvents) {
    this.#side = side;
    this.#events = events;
    this.#records = new RecordReader(this);
  }

  get buffered(): number {
    return this.#records.buffered + (this.#handshake?.buffered ?? 0) + (this.#kept?.length ?? 0);
  }

  seek(): void {
    this.#doubts = true;
    this.#records.seek();
  }

  data(bytes: Uint8Array, at: Timestamp): void {
    this.lastAt = at;
    this.#records.data(bytes, at);
  }

  gap(length: number, at: Timestamp): void {
    this.lostBytes += length;
    this.#hole = length;
    this.#records.gap(length, at);
    this.#hole = 0;
  }

  finish(): void {
    this.#records.finish();
  }

  /** Both sides go on in SSL 2.0. */
  speakSslv2(): void {
    this.#speaksSslv2 = true;
    this.#records.speakSslv2();
  }

  /** The handshake is over: nothing is put together any more. */
  release(): void {
    this.#handshake = undefined;
  }

  // What the handshake reader says.

  message(type: number, body: Uint8Array | undefined, startAt: Timestamp, endAt: Timestamp): void {
    this.#events.message(this.#side, type, body, startAt, endAt, false);
  }

  tooLong(): void {
    this.#events.weird('tls_message_too_long');
  }

  // What the record layer says.

  begin(type: number, version: number, length: number, at: Timestamp): void {
    if (this.records++ === 0) this.firstAt = at;
    this.wireBytes += (type === ContentType.sslv2 ? 2 : headerLength) + length;
    this.#type = type;
    this.#version = version;
    this.#length = length;
    this.#at = at;
    this.#isSealed = false;
    this.#events.begins(this.#side, at);
    const isSealed = this.changedCipher && !this.ignoresChange;
    switch (type) {
      case ContentType.handshake:
        this.#records.wants = !isSealed;
        break;
      case ContentType.alert:
        // Encrypted ones are longer by a tag or a MAC, of eight bytes at least.
        this.#records.wants = length < 10;
        break;
      case ContentType.sslv2:
        this.#records.wants = !this.#speaksSslv2;
        break;
      case ContentType.changeCipherSpec:
        this.changedCipher = true;
        return;
      case ContentType.heartbeat:
        // RFC 6520 section 4 has none before the handshake is over: they are how memory is read from afar.
        if (!isSealed) this.#events.weird('tls_heartbeat_in_clear');
        break;
    }
    if (!this.#records.wants) this.#seal();
  }

  /** It cannot be read as it is. */
  #seal(): void {
    this.#isSealed = true;
    // First it counts: what it means for the handshake is known by its kind and length.
    this.#events.sealed(this.#side, this.#type, this.#length, this.#at);
    this.#records.wants = this.keepsSealed;
  }

  piece(bytes: Uint8Array, at: Timestamp): void {
    if (this.#type === ContentType.handshake && !this.#isSealed) {
      if (this.#doubts && !this.#looksReadable(bytes)) {
        this.#seal();
        if (this.#records.wants) this.piece(bytes, at);
      } else {
        this.#doubts = false;
        this.#handshake ??= new HandshakeReader(this);
        this.#handshake.data(bytes, at);
      }
    } else {
      this.#kept ??= new Pending();
      this.#kept.append(bytes);
    }
  }

  end(at: Timestamp, lost: number): void {
    const kept = this.#kept?.take();
    this.#kept = undefined;
    if (this.#isSealed) {
      if (this.keepsSealed && lost === 0)
        this.#events.sealedRecord(this.#side, this.#type, this.#version, kept ?? nothing, at);
      else if (this.keepsSealed) this.#events.sealedLost(this.#side, this.#length, at);
    } else if (lost > 0) {
      if (this.#type === ContentType.handshake) this.#salvage(at);
    } else if (this.#type === ContentType.alert && this.#records.wants && kept && kept.length >= 2)
      this.#events.alert(this.#side, kept[0]!, kept[1]!, at);
    else if (this.#type === ContentType.sslv2 && kept) this.#events.sslv2(this.#side, kept, at);
  }

  lostTrack(): void {
    if (this.keepsSealed)
      this.#events.sealedLost(this.#side, this.#hole + (this.#kept?.length ?? 0), this.lastAt);
    this.#kept = undefined;
    this.#events.weird(this.lostBytes === 0 ? 'tls_record_malformed' : 'tls_record_lost');
    this.#salvage(this.lastAt);
  }

  foreign(bytes: Uint8Array): void {
    this.#events.foreign(this.#side, bytes);
  }

  gaveUp(): void {
    this.#events.gaveUp(this.#side);
  }

  /** A message with a hole in it still tells what stands before the hole. */
  #salvage(at: Timestamp): void {
    this.#doubts = true;
    const begun = this.#handshake?.takeBegun();
    if (begun) this.#events.message(this.#side, begun.type, begun.body, begun.startAt, at, true);
  }

  /** Encrypted, or the inside of a message: either begins with a known type and a sane length by chance only. */
  #looksReadable(b: Uint8Array): boolean {
    if (b.length < 4) return false;
    const type = b[0]!;
    const length = u24(b, 1);
    return (
      isHandshakeType(type) && length <= maxMessage && (length + 4 <= this.#length || this.#length >= 4096)
    );
  }
}
