/** What a cipher suite's name says of how records are sealed. */
import type { AeadName, Hash } from '../../../model/index.ts';
import { cipherSuiteName } from '../../../util/tls/cipher-suites.ts';

export type Suite = AeadSuite | CbcSuite;

export interface AeadSuite {
  readonly kind: 'aead';
  readonly aead: AeadName;
  readonly keyLength: number;
  readonly tagLength: number;
  /** Of its key derivation; up to TLS 1.1 that is MD5 with SHA-1, whatever the suite. */
  readonly hash: 'sha256' | 'sha384';
  /** RFC 5288 section 3, RFC 6655 section 3: eight bytes of the nonce are in the record up to TLS 1.2; ChaCha has none. */
  readonly explicitNonce: boolean;
}

export interface CbcSuite {
  readonly kind: 'cbc';
  readonly cipher: 'aes-128-cbc' | 'aes-256-cbc';
  readonly keyLength: number;
  readonly mac: Hash;
  readonly macLength: number;
  readonly hash: 'sha256' | 'sha384';
}

const macLengths = { md5: 16, sha1: 20, sha256: 32, sha384: 48 } as const;

/** @returns undefined: it is none of those that can be undone here */
export function suiteOf(code: number): Suite | undefined {
  const name = cipherSuiteName(code);
  // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; of TLS 1.3 TLS_AES_128_GCM_SHA256.
  const text = name.slice(name.includes('WITH_') ? name.indexOf('WITH_') + 5 : 'TLS_'.length);
  const hash = text.endsWith('SHA384') ? 'sha384' : 'sha256';
  if (text.startsWith('CHACHA20_POLY1305'))
    return {
      kind: 'aead',
      aead: 'chacha20-poly1305',
      keyLength: 32,
      tagLength: 16,
      hash,
      explicitNonce: false,
    };
  const aes = /^AES_(128|256)_(GCM|CCM_8|CCM|CBC)(?:_(SHA|SHA256|SHA384))?$/.exec(text);
  if (!aes) return undefined;
  const bits = aes[1] === '128' ? '128' : '256';
  const keyLength = bits === '128' ? 16 : 32;
  const mode = aes[2]!;
  if (mode === 'CBC') {
    const mac = aes[3] === 'SHA384' ? 'sha384' : aes[3] === 'SHA256' ? 'sha256' : 'sha1';
    return { kind: 'cbc', cipher: `aes-${bits}-cbc`, keyLength, mac, macLength: macLengths[mac], hash };
  }
  const aead: AeadName = mode === 'GCM' ? `aes-${bits}-gcm` : `aes-${bits}-ccm`;
  const tagLength = mode === 'CCM_8' ? 8 : 16;
  return { kind: 'aead', aead, keyLength, tagLength, hash, explicitNonce: true };
}
