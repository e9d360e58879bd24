/** node:zlib as the core's port for content encodings. */
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { Platform } from '../model/index.ts';

type Undo = (bytes: Uint8Array, limit: number) => Uint8Array;

const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = constants;

/** RFC 9110 section 8.4.1: "deflate" is the zlib format, but some servers send it raw. */
function inflate(bytes: Uint8Array, limit: number): Uint8Array {
  const options = { maxOutputLength: limit, finishFlush: Z_SYNC_FLUSH };
  const isZlib = bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && ((bytes[0]! << 8) | bytes[1]!) % 31 === 0;
  return isZlib ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
}

const gunzip: Undo = (bytes, limit) =>
  gunzipSync(bytes, { maxOutputLength: limit, finishFlush: Z_SYNC_FLUSH });

const undo: Record<string, Undo> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br: (bytes, limit) =>
    brotliDecompressSync(bytes, { maxOutputLength: limit, finishFlush: BROTLI_OPERATION_FLUSH }),
  zstd: (bytes, limit) => zstdDecompressSync(bytes, { maxOutputLength: limit, finishFlush: ZSTD_e_flush }),
};

export const platform: Platform = {
  decompress(encoding, bytes, limit) {
    const one = Object.hasOwn(undo, encoding) ? undo[encoding] : undefined;
    if (!one) return undefined;
    try {
      return { bytes: one(bytes, limit), complete: true };
    } catch {
      return { bytes: longestPrefix(one, bytes, limit), complete: false };
    }
  },
};

/** Tries before a damaged body is given up. */
const prefixTries = 12;

/** Damaged or larger than the limit: what its beginning gives. zlib's one-call form gives all or nothing. */
function longestPrefix(one: Undo, bytes: Uint8Array, limit: number): Uint8Array {
  let best: Uint8Array = new Uint8Array(0);
  let good = 0;
  let bad = bytes.length;
  for (let i = 0; i < prefixTries && bad - good > 1; i++) {
    const middle = (good + bad) >> 1;
    try {
      best = one(bytes.subarray(0, middle), limit);
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return best;
}
