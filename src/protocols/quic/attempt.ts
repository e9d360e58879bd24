/** One QUIC connection within a UDP conversation, as far as it can be read: its Initial packets. */
import type { Side, Timestamp } from '../../model/index.ts';
import { u24 } from '../../util/bytes.ts';
import { Pieces } from '../../util/pieces.ts';
import {
  type ClientHello,
  parseClientHello,
  parseServerHello,
  type ServerHello,
} from '../../util/tls/hello.ts';
import { clientHelloFields, type Fields } from '../../util/tls/show.ts';
import { closeText } from './error-codes.ts';
import { readFrames } from './frames.ts';
import { type InitialKeys, initialKeys, openPacket } from './keys.ts';
import type { LongPacket } from './packet.ts';
import { versionOf } from './versions.ts';

const clientHello = 1;
const serverHello = 2;
const maxWeirds = 16;
/** RFC 9000 section 7.5 asks for 4096 at least; a hello with post-quantum shares and a large ECH has some KB. */
export const cryptoLimit = 32 * 1024;
/** Browsers cut a hello into pieces and shuffle them on purpose; Chrome makes a dozen. */
const maxHoles = 64;
/** Initial packets opened of one connection: a handshake has some ten, resent ones included. */
const maxOpened = 128;

export interface Close {
  readonly side: Side;
  readonly text: string;
  readonly reason: string;
}

export class Attempt {
  readonly startAt: Timestamp;
  lastAt: Timestamp;
  /** The latest spoken by either side. */
  version: number;
  /** Of the client's first packet, which the keys come from, and the client's own. */
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** What the server calls itself; undefined before it has answered. */
  serverSource: Uint8Array | undefined;
  client: ClientHello | undefined;
  /** Of the client's hello, made once. */
  clientFields: Fields = {};
  clientAt: Timestamp = 0;
  server: ServerHello | undefined;
  serverAt: Timestamp = 0;
  retryRequest: ServerHello | undefined;
  hasToken = false;
  retried = false;
  offeredVersions: readonly number[] = [];
  close: Close | undefined;
  earlyData = false;
  /** Handshake packets came from: they prove the keys of the handshake. */
  readonly handshake = { client: false, server: false };
  readonly wireBytes = { client: 0, server: 0 };
  readonly weirds: string[] = [];
  readonly #crypto = { client: new Pieces(cryptoLimit, maxHoles), server: new Pieces(cryptoLimit, maxHoles) };
  readonly #largest = { client: -1, server: -1 };
  /** By version: a server may answer in another (RFC 9369 section 4). The id the keys come from changes by a Retry. */
  readonly #keys = new Map<number, readonly InitialKeys[]>();
  #keyId: Uint8Array;
  #opened = 0;

  constructor(packet: LongPacket, at: Timestamp) {
    this.startAt = at;
    this.lastAt = at;
    this.version = packet.version;
    this.destination = packet.destination;
    this.source = packet.source;
    this.#keyId = packet.destination;
  }

  get buffered(): number {
    return this.#crypto.client.buffered + this.#crypto.server.buffered;
  }

  weird(name: string): void {
    if (!this.weirds.includes(name) && this.weirds.length < maxWeirds) this.weirds.push(name);
  }

  /** A Retry: the client begins anew with the id it is given (RFC 9001 section 5.2). */
  retry(source: Uint8Array): void {
    this.retried = true;
    this.#setKeyId(source);
  }

  #setKeyId(id: Uint8Array): void {
    this.#keyId = id;
    this.#keys.clear();
  }

  #keysFor(version: number): readonly InitialKeys[] {
    let keys = this.#keys.get(version);
    if (keys) return keys;
    const known = versionOf(version);
    // A connection has one version, two at a change: more are never tried.
    if (!known || this.#keys.size >= 4) return [];
    keys = known.salts.map((salt) => initialKeys(known, salt, this.#keyId));
    this.#keys.set(version, keys);
    return keys;
  }

  /**
   * An Initial packet of either side.
   * @param id where the keys come from, if not from this connection's first packet
   * @returns whether it could be opened
   */
  initial(side: Side, packet: LongPacket, at: Timestamp, id?: Uint8Array): boolean {
    if (this.#opened >= maxOpened) return true;
    const before = this.#keyId;
    if (id) this.#setKeyId(id);
    let opened: ReturnType<typeof openPacket>;
    for (const keys of this.#keysFor(packet.version))
      opened ??= openPacket(keys[side], packet, this.#largest[side]);
    if (!opened) {
      if (id) this.#setKeyId(before);
      return false;
    }
    this.#opened++;
    this.#largest[side] = Math.max(this.#largest[side], opened.number);
    this.version = packet.version;
    if (packet.token.length > 0) this.hasToken = true;
    if (side === 'server') this.serverSource ??= packet.source;
    const isRead = readFrames(opened.frames, {
      crypto: (offset, bytes) => {
        if (!this.#crypto[side].add(offset, bytes)) this.weird('quic_crypto_beyond_limit');
      },
      close: (isApplication, code, reason) => {
        this.close ??= { side, reason, text: isApplication ? `application error ${code}` : closeText(code) };
      },
    });
    if (!isRead) this.weird('quic_frame_malformed');
    this.#readHellos(side, at);
    return true;
  }

  #readHellos(side: Side, at: Timestamp): void {
    const b = this.#crypto[side].whole;
    for (let i = 0; i + 4 <= b.length; ) {
      const type = b[i]!;
      const end = i + 4 + u24(b, i + 1);
      if (end > b.length) break;
      const body = b.subarray(i + 4, end);
      if (side === 'client' && type === clientHello && !this.client) {
        this.client = parseClientHello(body);
        this.clientFields = clientHelloFields(this.client, 'q');
        this.clientAt = at;
        if (this.client.malformed) this.weird('tls_hello_malformed');
      } else if (side === 'server' && type === serverHello && !this.server) {
        const hello = parseServerHello(body);
        if (hello.malformed) this.weird('tls_hello_malformed');
        if (hello.isRetryRequest) this.retryRequest = hello;
        else {
          this.server = hello;
          this.serverAt = at;
        }
      }
      i = end;
    }
  }

  release(): void {
    this.#crypto.client.clear();
    this.#crypto.server.clear();
    this.#keys.clear();
  }
}
