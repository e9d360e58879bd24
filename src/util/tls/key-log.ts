/** SSLKEYLOGFILE: https://datatracker.ietf.org/doc/draft-ietf-tls-keylogfile/ and NSS's format before it. */
import type { TlsSecrets } from '../../model/index.ts';
import { bytesOfHex, latin1 } from '../bytes.ts';
import { hex } from './fingerprint.ts';

/** `LABEL client-random secret`; EXPORTER and RSA lines open no record. */
const line = /^([A-Z][A-Z0-9_]{2,63}) ([0-9a-fA-F]{64}) ([0-9a-fA-F]{2,256})$/;
/** A line is some 250 characters; one without an end is no key log. */
const lineMax = 1024;
/** Connections whose secrets are kept, some 500 bytes each: the oldest go first. */
const connectionsMax = 100_000;
/** Of one connection: TLS 1.3 has six. */
const labelsMax = 16;

export interface KeyLogCounters {
  /** Lines with a secret. */
  secrets: number;
  /** Lines that are neither, nor empty, nor a comment. */
  strange: number;
  /** Connections forgotten because there were too many. */
  forgotten: number;
}

export class KeyLog implements TlsSecrets {
  readonly #known = new Map<string, Map<string, Uint8Array>>();
  readonly #watching = new Map<string, () => void>();
  #rest = '';
  isWhole = false;
  readonly counters: KeyLogCounters = { secrets: 0, strange: 0, forgotten: 0 };

  /** Nothing was learned, so far. */
  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  find(clientRandom: Uint8Array): ReadonlyMap<string, Uint8Array> | undefined {
    return this.#known.get(hex(clientRandom));
  }

  watch(clientRandom: Uint8Array, wake: () => void): void {
    this.#watching.set(hex(clientRandom), wake);
  }

  forget(clientRandom: Uint8Array): void {
    this.#watching.delete(hex(clientRandom));
  }

  /** More of the file, cut anywhere. */
  feed(bytes: Uint8Array): void {
    const lines = (this.#rest + latin1(bytes)).split('\n');
    this.#rest = lines.pop()!;
    if (this.#rest.length > lineMax) this.#rest = this.#rest.slice(0, lineMax);
    const news = new Set<string>();
    for (const text of lines) this.#line(text, news);
    // When all that came at once is known: of a connection some lines follow each other.
    for (const random of news) this.#watching.get(random)?.();
  }

  /** The last line need not end. */
  end(): void {
    if (this.#rest !== '') this.feed(Uint8Array.of(10));
  }

  #line(given: string, news: Set<string>): void {
    const text = given.trim();
    if (text === '' || text.startsWith('#')) return;
    const [, label, random, secret] = line.exec(text) ?? [];
    if (label === undefined) {
      this.counters.strange++;
      return;
    }
    const key = random!.toLowerCase();
    let secrets = this.#known.get(key);
    if (!secrets) {
      secrets = new Map();
      this.#known.set(key, secrets);
      if (this.#known.size > connectionsMax) {
        this.#known.delete(this.#known.keys().next().value!);
        this.counters.forgotten++;
      }
    }
    if (secrets.size >= labelsMax) return;
    secrets.set(label, bytesOfHex(secret!));
    this.counters.secrets++;
    news.add(key);
  }
}
