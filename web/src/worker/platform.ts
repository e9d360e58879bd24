/**
 * Content encodings in a browser, whose own DecompressionStream cannot be asked at once: gzip and deflate by our own
 * inflater. Brotli and Zstandard stay as they are, and the page says so.
 */
import type { Platform } from '../../../src/model/index.ts';
import { concatBytes } from '../../../src/util/bytes.ts';
import { Inflater } from '../../../src/util/inflate.ts';
import { unzip } from '../../../src/util/unzip.ts';

export const platform: Platform = {
  decompress(encoding, bytes, limit) {
    switch (encoding) {
      case 'gzip':
      case 'x-gzip':
        return unzip(bytes, limit);
      case 'deflate':
        // RFC 9110 section 8.4.1: zlib's format is meant, and some servers send it raw.
        return unzip(bytes, limit) ?? raw(bytes, limit);
      default:
        return undefined;
    }
  },
};

function raw(bytes: Uint8Array, limit: number): { bytes: Uint8Array; complete: boolean } {
  const parts: Uint8Array[] = [];
  let room = limit;
  const inflater = new Inflater();
  inflater.budget = limit + 1;
  const result = inflater.push(bytes, 0, bytes.length, (window, start, end) => {
    const take = Math.min(room, end - start);
    if (take > 0) parts.push(window.slice(start, start + take));
    room -= end - start;
  });
  return { bytes: concatBytes(parts), complete: result === 'done' && room >= 0 };
}
