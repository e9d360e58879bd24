/**
 * The encrypted records of a connection, opened with secrets that were learned elsewhere. Which keys a record was
 * sealed with is found by trying: a tag fits by chance never, and there are few keys (early, handshake, application,
 * the next behind a KeyUpdate). So no handshake message has to be read, and a hole costs no more than some tries.
 */
import type { Decryption, Side, Timestamp } from '../../../model/index.ts';
import { Cursor } from '../../../util/cursor.ts';
import { Extension, type ServerHello } from '../../../util/tls/hello.ts';
import { isTls13, Version } from '../../../util/tls/names.ts';
import { ContentType } from '../record.ts';
import { keyBlock } from './derive.ts';
import { type Keys12, lengthsOf, type Opener, opener12, opener13 } from './opener.ts';
import { type Suite, suiteOf } from './suite.ts';

export interface DecryptedSink {
  /** Application data of a record; early data when the server has taken it. */
  plain(side: Side, bytes: Uint8Array, at: Timestamp): void;
  /** An alert that was encrypted. */
  sealedAlert(side: Side, level: number, description: number, at: Timestamp): void;
  /** A record of application data that could not be opened: so many bytes are missing. */
  unopened(side: Side, length: number, at: Timestamp): void;
}

/** Records that wait for their secrets; a key log is written while the handshake goes on, before much is said. */
export const waitingLimit = 256 * 1024;
/** Behind a hole nobody knows how many records were in it: so many numbers are tried, */
const numbersMax = 4096;
/** and of a connection so many in all: each costs as much as opening a record. */
const triesMax = 50_000;
/** Header and tag: no record is shorter. */
const shortest = 5 + 17;

interface Waiting {
  readonly side: Side;
  readonly type: number;
  readonly version: number;
  readonly bytes: Uint8Array;
  readonly at: Timestamp;
}

interface Direction {
  /** The first is that of the last record; behind it, those that follow. */
  openers: Opener[];
  /** Not captured since a record was opened. */
  lost: number;
}

const labels13 = {
  client: ['CLIENT_EARLY_TRAFFIC_SECRET', 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0'],
  server: ['SERVER_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_TRAFFIC_SECRET_0'],
} as const;
const encryptThenMacExtension = 22;

export class Decryptor {
  readonly #with: Decryption;
  readonly #sink: DecryptedSink;
  readonly #clientRandom: Uint8Array;
  #hello: ServerHello | undefined;
  #suite: Suite | undefined;
  #directions: { readonly client: Direction; readonly server: Direction } | undefined;
  readonly #lost = { client: 0, server: 0 };
  /** Keys of early data, and what was sent with them before the server said whether it takes it. */
  #early: Opener | undefined;
  #earlyData: Waiting[] | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isWatching = false;
  #tries = 0;
  /** Records opened and not. */
  opened = 0;
  unopened = 0;

  constructor(decryption: Decryption, clientRandom: Uint8Array, sink: DecryptedSink) {
    this.#with = decryption;
    this.#clientRandom = clientRandom.slice();
    this.#sink = sink;
  }

  get buffered(): number {
    return this.#waitingBytes;
  }

  /** Why nothing is read, for people; '' when something is. */
  get why(): string {
    if (this.opened > 0) return '';
    if (!this.#hello) return 'the answer to the hello was not seen';
    if (!this.#suite) return 'its cipher suite cannot be undone here';
    if (this.#directions) return 'the secrets of the key log do not fit';
    return 'no secrets in the key log';
  }

  /** What was agreed on. */
  agreed(hello: ServerHello): void {
    if (this.#hello) return;
    this.#hello = hello;
    this.#suite = suiteOf(hello.cipherSuite);
  }

  lost(side: Side, length: number): void {
    this.#lost[side] += length;
    if (this.#directions) this.#directions[side].lost += length;
  }

  /** @param bytes are kept */
  record(side: Side, type: number, version: number, bytes: Uint8Array, at: Timestamp): void {
    const record = { side, type, version, bytes, at };
    if (this.#hello && !this.#isWatching) this.#watch();
    if (this.#directions) return this.#open(record);
    this.#waiting.push(record);
    this.#waitingBytes += bytes.length;
    while (this.#waitingBytes > waitingLimit) this.#giveUp(this.#waiting.shift()!);
  }

  #watch(): void {
    const { secrets } = this.#with;
    this.#isWatching = true;
    if (!secrets.isWhole) secrets.watch(this.#clientRandom, () => this.#learn(false));
    this.#learn(false);
  }

  /** Nothing more comes: what waits is opened with what is known. */
  end(): void {
    this.#learn(true);
    if (this.#isWatching) this.#with.secrets.forget(this.#clientRandom);
    this.#isWatching = false;
    for (const record of this.#waiting.splice(0)) this.#giveUp(record);
    this.#earlyVerdict(true);
  }

  /** Looks whether the secrets are there; what has waited is opened then. */
  #learn(isOver: boolean): void {
    const { secrets } = this.#with;
    if (!this.#hello || !this.#suite || this.#directions) return;
    const known = secrets.find(this.#clientRandom);
    if (!known) return;
    const is13 = isTls13(this.#hello.version);
    const needed = is13 ? ['CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0'] : ['CLIENT_RANDOM'];
    const isAll = needed.every((label) => known.has(label));
    // Some come earlier than the others: records are not to be given up for that.
    if (!isAll && (!is13 || !(isOver || secrets.isWhole))) return;
    const openers = is13 ? this.#openers13(known) : this.#openers12(known);
    this.#directions = {
      client: { openers: openers.client, lost: this.#lost.client },
      server: { openers: openers.server, lost: this.#lost.server },
    };
    this.#waitingBytes = 0;
    for (const record of this.#waiting.splice(0)) this.#open(record);
  }

  #openers13(known: ReadonlyMap<string, Uint8Array>): Record<Side, Opener[]> {
    const suite = this.#suite!;
    const of = (side: Side) =>
      labels13[side]
        .map((label) => known.get(label))
        .filter((secret) => secret !== undefined)
        .map((secret) => (suite.kind === 'aead' ? opener13(this.#with.ciphers, suite, secret) : undefined))
        .filter((opener) => opener !== undefined);
    const openers = { client: of('client'), server: of('server') };
    // Without a key of the earlier session it is refused (RFC 8446 section 4.2.10).
    if (known.has(labels13.client[0])) {
      if (this.#hello!.pskAccepted) this.#early = openers.client[0];
      else openers.client.shift();
    }
    if (this.#early) this.#earlyData = [];
    return openers;
  }

  #openers12(known: ReadonlyMap<string, Uint8Array>): Record<Side, Opener[]> {
    const { ciphers } = this.#with;
    const suite = this.#suite!;
    const { version, random, extensions } = this.#hello!;
    const { mac, key, iv } = lengthsOf(suite);
    const hash = version >= Version.tls12 ? suite.hash : undefined;
    const master = known.get('CLIENT_RANDOM')!;
    const block = keyBlock(ciphers, hash, master, random, this.#clientRandom, 2 * (mac + key + iv));
    const part = (at: number, length: number) => block.subarray(at, at + length);
    const encryptThenMac = extensions.includes(encryptThenMacExtension);
    const opener = (n: 0 | 1) => {
      const keys: Keys12 = {
        mac: part(n * mac, mac),
        key: part(2 * mac + n * key, key),
        iv: part(2 * (mac + key) + n * iv, iv),
      };
      return opener12(ciphers, suite, keys, version, encryptThenMac);
    };
    return { client: [opener(0)], server: [opener(1)] };
  }

  #open({ side, type, version, bytes, at }: Waiting): void {
    const direction = this.#directions![side];
    const found = this.#try(direction, type, version, bytes);
    if (!found) {
      this.unopened++;
      direction.lost += bytes.length + 5;
      direction.openers[0]?.passed?.(bytes);
      if (type === ContentType.applicationData) this.#sink.unopened(side, bytes.length, at);
      return;
    }
    this.opened++;
    direction.lost = 0;
    if (found.type === ContentType.handshake && side === 'server' && this.#earlyData)
      this.#earlyVerdict(takesEarlyData(found.bytes));
    if (found.type === ContentType.applicationData) {
      if (found.bytes.length === 0) return;
      if (side === 'client' && this.#earlyData && direction.openers[0] === this.#early)
        this.#holdEarly({ side, type, version, bytes: found.bytes.slice(), at });
      else this.#sink.plain(side, found.bytes, at);
    } else if (found.type === ContentType.alert && found.bytes.length >= 2)
      this.#sink.sealedAlert(side, found.bytes[0]!, found.bytes[1]!, at);
  }

  #try(direction: Direction, type: number, version: number, bytes: Uint8Array) {
    const numbers = direction.lost === 0 ? 1 : Math.min(numbersMax, 2 + Math.ceil(direction.lost / shortest));
    const { openers } = direction;
    for (let i = 0; i <= openers.length; i++) {
      // Behind the last, the keys that would follow a KeyUpdate.
      const opener = i < openers.length ? openers[i] : openers.at(-1)?.next?.();
      if (!opener) continue;
      const from = opener.sequence;
      for (let n = 0; n < numbers; n++) {
        if (++this.#tries > triesMax && (n > 0 || i > 0)) break;
        opener.sequence = from + n;
        const opened = opener.open(type, version, bytes);
        if (!opened) continue;
        // Only what leads astray counts.
        this.#tries -= n === 0 && i === 0 ? 1 : 0;
        direction.openers = i < openers.length ? openers.slice(i) : [opener];
        return opened;
      }
      opener.sequence = from;
    }
    return undefined;
  }

  #holdEarly(record: Waiting): void {
    if (this.#waitingBytes + record.bytes.length > waitingLimit) return this.#earlyVerdict(true);
    this.#waitingBytes += record.bytes.length;
    this.#earlyData!.push(record);
  }

  /** What is refused the client sends again. */
  #earlyVerdict(isTaken: boolean): void {
    const held = this.#earlyData;
    if (!held) return;
    this.#earlyData = undefined;
    for (const { side, bytes, at } of held) {
      this.#waitingBytes -= bytes.length;
      if (isTaken) this.#sink.plain(side, bytes, at);
    }
  }

  #giveUp({ side, type, bytes, at }: Waiting): void {
    this.#waitingBytes = Math.max(0, this.#waitingBytes - bytes.length);
    this.unopened++;
    this.lost(side, bytes.length + 5);
    if (type === ContentType.applicationData) this.#sink.unopened(side, bytes.length, at);
  }
}

/** EncryptedExtensions, the server's first encrypted message: RFC 8446 sections 4.3.1 and 4.2.10. */
function takesEarlyData(messages: Uint8Array): boolean {
  const c = new Cursor(messages);
  const encryptedExtensions = 8;
  // Something else: it was seen too late to be told.
  if (c.u8() !== encryptedExtensions) return true;
  const extensions = c.vector(3).vector(2);
  while (extensions.left >= 4) {
    if (extensions.u16() === Extension.earlyData) return true;
    extensions.vector(2);
  }
  return false;
}
