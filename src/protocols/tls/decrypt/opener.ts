/** Records of one direction opened with one set of keys: RFC 8446 section 5.2, RFC 5246 section 6.2.3. */
import type { Aead, Ciphers } from '../../../model/index.ts';
import { concatBytes } from '../../../util/bytes.ts';
import { Version } from '../../../util/tls/names.ts';
import { expandLabel } from './derive.ts';
import type { AeadSuite, CbcSuite, Suite } from './suite.ts';

/** What was in a record. */
export interface Opened {
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface Opener {
  /** Number of the next record. */
  sequence: number;
  /** @returns undefined: not with these keys, or not with this number */
  open(type: number, version: number, bytes: Uint8Array): Opened | undefined;
  /** A record went by that could not be opened. */
  passed?(bytes: Uint8Array): void;
  /** Keys behind a KeyUpdate; of TLS 1.3 alone. */
  next?(): Opener;
}

function numbered(iv: Uint8Array, sequence: number): Uint8Array {
  const nonce = iv.slice();
  for (let i = nonce.length - 1, rest = sequence; rest > 0; i--, rest = Math.floor(rest / 256))
    nonce[i]! ^= rest % 256;
  return nonce;
}

/** TLS 1.3. @param secret of one direction's traffic */
export function opener13(ciphers: Ciphers, suite: AeadSuite, secret: Uint8Array): Opener {
  const { aead, hash, keyLength, tagLength } = suite;
  const cipher = ciphers.aead(aead, expandLabel(ciphers, hash, secret, 'key', keyLength));
  const iv = expandLabel(ciphers, hash, secret, 'iv', 12);
  return {
    sequence: 0,
    open(type, version, bytes) {
      if (bytes.length <= tagLength) return undefined;
      const head = Uint8Array.of(type, version >> 8, version & 255, bytes.length >> 8, bytes.length & 255);
      const inner = cipher.open(numbered(iv, this.sequence), head, bytes, tagLength);
      if (!inner) return undefined;
      this.sequence++;
      // Padding is zeros behind the type (section 5.4).
      let end = inner.length - 1;
      while (end > 0 && inner[end] === 0) end--;
      return { type: inner[end] ?? 0, bytes: inner.subarray(0, Math.max(0, end)) };
    },
    next: () => opener13(ciphers, suite, expandLabel(ciphers, hash, secret, 'traffic upd', secret.length)),
  };
}

/** Of one direction: cut out of the key block. */
export interface Keys12 {
  readonly mac: Uint8Array;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** How long the parts of the key block are: RFC 5246 section 6.3. */
export function lengthsOf(suite: Suite): { readonly mac: number; readonly key: number; readonly iv: number } {
  if (suite.kind === 'cbc') return { mac: suite.macLength, key: suite.keyLength, iv: 16 };
  return { mac: 0, key: suite.keyLength, iv: suite.explicitNonce ? 4 : 12 };
}

/** @param encryptThenMac RFC 7366 was agreed on */
export function opener12(
  ciphers: Ciphers,
  suite: Suite,
  keys: Keys12,
  version: number,
  encryptThenMac: boolean,
): Opener {
  if (suite.kind === 'aead') return aead12(ciphers.aead(suite.aead, keys.key), suite, keys);
  return cbc(ciphers, suite, keys, version, encryptThenMac);
}

/** Sequence number, type, version, length: what MACs and tags are over beside the content. */
function associated(sequence: number, type: number, version: number, length: number): Uint8Array {
  const head = new Uint8Array(13);
  for (let i = 7, rest = sequence; rest > 0; i--, rest = Math.floor(rest / 256)) head[i] = rest % 256;
  head.set([type, version >> 8, version & 255, length >> 8, length & 255], 8);
  return head;
}

function aead12(cipher: Aead, { explicitNonce, tagLength }: AeadSuite, { iv }: Keys12): Opener {
  const explicit = explicitNonce ? 8 : 0;
  return {
    sequence: 0,
    open(type, version, bytes) {
      const length = bytes.length - explicit - tagLength;
      if (length < 0) return undefined;
      const nonce = explicitNonce
        ? concatBytes([iv, bytes.subarray(0, explicit)])
        : numbered(iv, this.sequence);
      const about = associated(this.sequence, type, version, length);
      const content = cipher.open(nonce, about, bytes.subarray(explicit), tagLength);
      if (!content) return undefined;
      this.sequence++;
      return { type, bytes: content };
    },
  };
}

const block = 16;

function cbc(
  ciphers: Ciphers,
  { cipher, mac, macLength }: CbcSuite,
  keys: Keys12,
  tls: number,
  encryptThenMac: boolean,
): Opener {
  // TLS 1.0 takes the last block of the record before as the next one's IV (RFC 2246 section 6.2.3.2).
  const isChained = tls <= Version.tls10;
  let last = keys.iv;
  const isSealedBy = (
    sequence: number,
    type: number,
    version: number,
    content: Uint8Array,
    tag: Uint8Array,
  ) => {
    const about = associated(sequence, type, version, content.length);
    return equal(ciphers.hmac(mac, keys.mac, concatBytes([about, content])), tag);
  };
  return {
    sequence: 0,
    passed(bytes) {
      if (isChained && bytes.length >= block) last = bytes.slice(-block);
    },
    open(type, version, bytes) {
      let sealed = bytes;
      if (encryptThenMac) {
        const end = bytes.length - macLength;
        if (end < block) return undefined;
        sealed = bytes.subarray(0, end);
        if (!isSealedBy(this.sequence, type, version, sealed, bytes.subarray(end))) return undefined;
      }
      const iv = isChained ? last : sealed.subarray(0, block);
      const blocks = isChained ? sealed : sealed.subarray(block);
      if (blocks.length === 0 || blocks.length % block !== 0) return undefined;
      const plain = ciphers.cbc(cipher, keys.key, iv, blocks);
      const padding = plain[plain.length - 1]! + 1;
      if (padding > plain.length) return undefined;
      let content = plain.subarray(0, plain.length - padding);
      if (!encryptThenMac) {
        const end = content.length - macLength;
        if (end < 0) return undefined;
        const tag = content.subarray(end);
        content = content.subarray(0, end);
        if (!isSealedBy(this.sequence, type, version, content, tag)) return undefined;
      }
      if (isChained) last = sealed.slice(-block);
      this.sequence++;
      return { type, bytes: content };
    },
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
