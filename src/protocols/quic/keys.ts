/** Initial packets are encrypted with keys that everyone can derive: RFC 9001 section 5. */
import { Aes128, Aes128Gcm, blockLength } from '../../util/aes.ts';
import { bytesOfHex } from '../../util/bytes.ts';
import { hashLength, hkdfExpandLabel, hkdfExtract } from '../../util/sha256.ts';
import type { LongPacket } from './packet.ts';
import type { Version } from './versions.ts';

export interface PacketKeys {
  readonly gcm: Aes128Gcm;
  readonly iv: Uint8Array;
  readonly header: Aes128;
}

export interface InitialKeys {
  readonly client: PacketKeys;
  readonly server: PacketKeys;
}

/** @param destination of the client's first Initial packet (since its last Retry) */
export function initialKeys(version: Version, salt: string, destination: Uint8Array): InitialKeys {
  const initial = hkdfExtract(bytesOfHex(salt), destination);
  const side = (label: string): PacketKeys => {
    const secret = hkdfExpandLabel(initial, label, hashLength);
    const key = (name: string, length: number) => hkdfExpandLabel(secret, `${version.label} ${name}`, length);
    return { gcm: new Aes128Gcm(key('key', 16)), iv: key('iv', 12), header: new Aes128(key('hp', 16)) };
  };
  return { client: side('client in'), server: side('server in') };
}

const mask = new Uint8Array(blockLength);

/**
 * Takes header protection and encryption off.
 * @param largest packet number seen so far in this direction, -1 before the first
 * @returns the frames; undefined when the keys are not these, or the packet is damaged
 */
export function openPacket(
  keys: PacketKeys,
  packet: LongPacket,
  largest: number,
): { number: number; frames: Uint8Array } | undefined {
  const { bytes, numberAt } = packet;
  // Section 5.4.2: the sample is taken as if the packet number were four bytes long.
  const sampleAt = numberAt + 4;
  if (packet.isCut || bytes.length < sampleAt + blockLength) return undefined;
  keys.header.encrypt(bytes, sampleAt, mask, 0);
  const first = bytes[0]! ^ (mask[0]! & 0x0f);
  const size = (first & 3) + 1;
  const associated = bytes.slice(0, numberAt + size);
  associated[0] = first;
  let truncated = 0;
  for (let i = 0; i < size; i++) {
    const value = bytes[numberAt + i]! ^ mask[1 + i]!;
    associated[numberAt + i] = value;
    truncated = truncated * 256 + value;
  }
  const number = wholeNumber(truncated, size, largest);
  const nonce = keys.iv.slice();
  for (let i = 0, rest = number; i < 8 && rest > 0; i++) {
    nonce[11 - i]! ^= rest % 256;
    rest = Math.floor(rest / 256);
  }
  const frames = keys.gcm.open(nonce, associated, bytes.subarray(numberAt + size));
  return frames && { number, frames };
}

/** RFC 9000 appendix A.3. */
export function wholeNumber(truncated: number, size: number, largest: number): number {
  const window = 256 ** size;
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2 && candidate < 2 ** 53 - window) return candidate + window;
  if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
  return candidate;
}

/** RFC 9001 section 5.8: the tag is over the client's first destination id and the packet. */
export function retryTagIsRight(
  version: Version,
  packet: LongPacket,
  destination: Uint8Array,
): boolean | undefined {
  if (version.retryKey === '') return undefined;
  const end = packet.bytes.length - 16;
  const pseudo = new Uint8Array(1 + destination.length + end);
  pseudo[0] = destination.length;
  pseudo.set(destination, 1);
  pseudo.set(packet.bytes.subarray(0, end), 1 + destination.length);
  const gcm = new Aes128Gcm(bytesOfHex(version.retryKey));
  return gcm.open(bytesOfHex(version.retryNonce), pseudo, packet.bytes.subarray(end)) !== undefined;
}
