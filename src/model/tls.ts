/** What is needed to read encrypted streams; both come in from outside, as nothing here reads files or does ciphers. */

/** Secrets of TLS connections, named as in an SSLKEYLOGFILE (draft-ietf-tls-keylogfile). They may come to be known late. */
export interface TlsSecrets {
  /** Of the connection whose ClientHello had this random: label (`CLIENT_RANDOM`, ...) -> secret. undefined: none yet. */
  find(clientRandom: Uint8Array): ReadonlyMap<string, Uint8Array> | undefined;
  /** Calls `wake` whenever more of that connection comes to be known, until `forget`. */
  watch(clientRandom: Uint8Array, wake: () => void): void;
  forget(clientRandom: Uint8Array): void;
  /** All that will ever be known is known: nobody need wait. */
  readonly isWhole: boolean;
}

export type Hash = 'md5' | 'sha1' | 'sha256' | 'sha384';
export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305' | 'aes-128-ccm' | 'aes-256-ccm';

export interface Aead {
  /** @returns undefined: the tag is not that of these bytes. Valid until the next call at least. */
  open(
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
    tagLength: number,
  ): Uint8Array | undefined;
}

export interface Ciphers {
  hmac(hash: Hash, key: Uint8Array, data: Uint8Array): Uint8Array;
  aead(name: AeadName, key: Uint8Array): Aead;
  /** CBC without padding being looked at; `bytes` are whole blocks. */
  cbc(name: 'aes-128-cbc' | 'aes-256-cbc', key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array;
}

export interface Decryption {
  readonly secrets: TlsSecrets;
  readonly ciphers: Ciphers;
}
