/** gzip (RFC 1952) and zlib (RFC 1950) wrappers undone, told apart by their first bytes. */
import { concatBytes, u16le } from './bytes.ts';
import { Inflater } from './inflate.ts';

export interface Unzipped {
  readonly bytes: Uint8Array;
  /** false: cut, damaged, or longer than the limit. Check sums are not looked at. */
  readonly complete: boolean;
}

/** At most `limit` bytes; undefined when it is neither. */
export function unzip(b: Uint8Array, limit: number): Unzipped | undefined {
  const from = deflateStart(b);
  // Ten bytes are the least that is gzip.
  if (from === undefined || (from > b.length && b.length < 10)) return undefined;
  const parts: Uint8Array[] = [];
  let room = limit;
  const inflater = new Inflater();
  inflater.budget = limit + 1;
  const result = inflater.push(b, from, b.length, (window, start, end) => {
    const take = Math.min(room, end - start);
    if (take > 0) parts.push(window.slice(start, start + take));
    room -= end - start;
  });
  return { bytes: concatBytes(parts), complete: result === 'done' && room >= 0 };
}

/** Where the compressed data begin, beyond the end when the header is cut; undefined: it is neither. */
export function deflateStart(b: Uint8Array): number | undefined {
  const isGzip =
    (b.length < 1 || b[0] === 0x1f) && (b.length < 2 || b[1] === 0x8b) && (b.length < 3 || b[2] === 8);
  if (isGzip) return b.length < 10 ? 10 : gzipHeader(b);
  if (b.length === 1 && (b[0]! & 0x0f) === 8) return 2;
  return isZlib(b) ? 2 : undefined;
}

function isZlib(b: Uint8Array): boolean {
  return b.length >= 2 && (b[0]! & 0x0f) === 8 && ((b[0]! << 8) | b[1]!) % 31 === 0 && (b[1]! & 0x20) === 0;
}

const flag = { hcrc: 2, extra: 4, name: 8, comment: 16 } as const;

/** RFC 1952 section 2.3: where the compressed data begin; beyond the end when the header is cut. */
function gzipHeader(b: Uint8Array): number {
  const flags = b[3]!;
  let at = 10;
  if (flags & flag.extra) at += 2 + (at + 2 <= b.length ? u16le(b, at) : 0);
  for (const text of [flag.name, flag.comment]) {
    if (!(flags & text)) continue;
    const end = b.indexOf(0, at);
    at = end < 0 ? b.length + 1 : end + 1;
  }
  return at + (flags & flag.hcrc ? 2 : 0);
}
