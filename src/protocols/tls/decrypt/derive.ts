/** Keys from secrets: HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1), the PRF of what came before (RFC 5246 section 5). */
import type { Ciphers, Hash } from '../../../model/index.ts';
import { concatBytes } from '../../../util/bytes.ts';

const nothing = new Uint8Array(0);
const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** With an empty context. @param length bytes, at most 255 */
export function expandLabel(
  ciphers: Ciphers,
  hash: Hash,
  secret: Uint8Array,
  label: string,
  length: number,
): Uint8Array {
  const name = ascii(`tls13 ${label}`);
  const about = concatBytes([Uint8Array.of(0, length, name.length), name, Uint8Array.of(0)]);
  let block: Uint8Array = nothing;
  let all: Uint8Array = nothing;
  for (let i = 1; all.length < length; i++) {
    block = ciphers.hmac(hash, secret, concatBytes([block, about, Uint8Array.of(i)]));
    all = concatBytes([all, block]);
  }
  return all.subarray(0, length);
}

/** P_hash of RFC 5246 section 5. */
function expand(
  ciphers: Ciphers,
  hash: Hash,
  secret: Uint8Array,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  let a = seed;
  let all: Uint8Array = nothing;
  while (all.length < length) {
    a = ciphers.hmac(hash, secret, a);
    all = concatBytes([all, ciphers.hmac(hash, secret, concatBytes([a, seed]))]);
  }
  return all.subarray(0, length);
}

/** The key block. @param hash undefined: TLS 1.0 and 1.1, MD5 and SHA-1 on half of the secret each (RFC 2246 section 5) */
export function keyBlock(
  ciphers: Ciphers,
  hash: Hash | undefined,
  master: Uint8Array,
  serverRandom: Uint8Array,
  clientRandom: Uint8Array,
  length: number,
): Uint8Array {
  const seed = concatBytes([ascii('key expansion'), serverRandom, clientRandom]);
  if (hash) return expand(ciphers, hash, master, seed, length);
  const half = Math.ceil(master.length / 2);
  const md5 = expand(ciphers, 'md5', master.subarray(0, half), seed, length);
  const sha1 = expand(ciphers, 'sha1', master.subarray(master.length - half), seed, length);
  return md5.map((byte, i) => byte ^ sha1[i]!);
}
