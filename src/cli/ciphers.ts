/** node:crypto as the core's port for ciphers. */
import { type CipherGCMTypes, createDecipheriv, createHmac } from 'node:crypto';
import type { AeadName, Ciphers } from '../model/index.ts';

/** OpenSSL's names. */
const names: Readonly<Record<AeadName, string>> = {
  'aes-128-gcm': 'aes-128-gcm',
  'aes-256-gcm': 'aes-256-gcm',
  'aes-128-ccm': 'aes-128-ccm',
  'aes-256-ccm': 'aes-256-ccm',
  'chacha20-poly1305': 'chacha20-poly1305',
};

export const ciphers: Ciphers = {
  hmac: (hash, key, data) => plain(createHmac(hash, key).update(data).digest()),
  aead(name, key) {
    const isCcm = name.endsWith('ccm');
    return {
      open(nonce, associated, sealed, tagLength) {
        const end = sealed.length - tagLength;
        const options = { authTagLength: tagLength };
        const decipher = createDecipheriv(names[name] as CipherGCMTypes, key, nonce, options);
        decipher.setAuthTag(sealed.subarray(end));
        decipher.setAAD(associated, ...(isCcm ? [{ plaintextLength: end }] : []));
        try {
          const content = decipher.update(sealed.subarray(0, end));
          decipher.final();
          return plain(content);
        } catch {
          return undefined;
        }
      },
    };
  },
  cbc(name, key, iv, bytes) {
    const decipher = createDecipheriv(name, key, iv);
    decipher.setAutoPadding(false);
    return plain(decipher.update(bytes));
  },
};

/** A Buffer's methods share memory where a Uint8Array's copy. */
const plain = ({ buffer, byteOffset, length }: Buffer): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
