/**
 * Checksums after a change of payload, by RFC 1624: the difference is added to what was there. So a right one
 * stays right, also when the snap length has cut the packet, and a wrong one stays wrong by as much as it was.
 */
import { u16 } from '../util/bytes.ts';

/** One's complement sum of [from, to), as if `base` were at an even offset. */
export function sumOf(b: Uint8Array, from: number, to: number, base: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += ((i - base) & 1) === 0 ? b[i]! << 8 : b[i]!;
  return sum;
}

/** @param before sum of what was there @param after of what is there now */
export function updated(checksum: number, before: number, after: number): number {
  const sum = ((((~checksum & 0xffff) - before + after) % 0xffff) + 0xffff) % 0xffff;
  return ~sum & 0xffff;
}

/**
 * Whether it is only the sum of the pseudo header, which hardware was to complete (Linux: CHECKSUM_PARTIAL): it
 * says nothing of the payload, and stays.
 * @param length of transport header and payload
 */
export function isPartial(
  b: Uint8Array,
  checksum: number,
  addresses: number,
  addressBytes: number,
  protocol: number,
  length: number,
): boolean {
  let sum = protocol + (length >>> 16) + (length & 0xffff);
  for (let i = 0; i < addressBytes * 2; i += 2) sum += u16(b, addresses + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === checksum;
}
