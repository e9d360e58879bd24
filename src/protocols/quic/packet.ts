/** Packet headers: RFC 8999 for what no version may change, RFC 9000 section 17.2 for the rest. */
import { Cursor } from '../../util/cursor.ts';
import { type PacketType, versionOf } from './versions.ts';

/** RFC 9000 section 17.2: longer ones a version 1 endpoint drops. */
export const maxConnectionId = 20;

export interface LongPacket {
  /** 'other': a version we cannot read. */
  readonly type: PacketType | 'negotiation' | 'other';
  readonly version: number;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** Of an Initial or a Retry. */
  readonly token: Uint8Array;
  /** The whole packet; a Retry and what cannot be read reach to the end of the datagram. */
  readonly bytes: Uint8Array;
  /** Where the (protected) packet number begins, within `bytes`; 0 without one. */
  readonly numberAt: number;
  /** Its length goes beyond the datagram. */
  readonly isCut: boolean;
}

const none = new Uint8Array(0);

export function isLong(first: number): boolean {
  return (first & 0x80) !== 0;
}

/** RFC 9000 section 16: two bits tell the size. NaN is not needed: what is cut shows in the cursor. */
export function varint(c: Cursor): number {
  const first = c.u8();
  const size = 1 << (first >> 6);
  let value = first & 0x3f;
  for (let i = 1; i < size; i++) value = value * 256 + c.u8();
  return value;
}

/** The long packet at `at`. undefined: it is none. */
export function parseLong(datagram: Uint8Array, at: number): LongPacket | undefined {
  const c = new Cursor(datagram, at);
  const first = c.u8();
  const version = c.u32();
  const destination = c.vector(1).take(255);
  const source = c.vector(1).take(255);
  const destinationBytes = destination.slice();
  const sourceBytes = source.slice();
  if (c.cut || !isLong(first)) return undefined;
  const head = { version, destination: destinationBytes, source: sourceBytes };
  const rest = { token: none, bytes: datagram.subarray(at), numberAt: 0, isCut: false };
  if (version === 0) return { type: 'negotiation', ...head, ...rest };
  const known = versionOf(version);
  if (!known) return { type: 'other', ...head, ...rest };
  if (destination.length > maxConnectionId || source.length > maxConnectionId) return undefined;
  const type = known.types[(first >> 4) & 3]!;
  if (type === 'retry') {
    const length = c.left - 16;
    return length < 0 ? undefined : { type, ...head, ...rest, token: c.take(length) };
  }
  let token: Uint8Array = none;
  if (type === 'initial') token = c.take(varint(c));
  const length = varint(c);
  if (c.cut) return undefined;
  const end = c.at + length;
  const isCut = end > datagram.length;
  return {
    type,
    ...head,
    token,
    bytes: datagram.subarray(at, Math.min(end, datagram.length)),
    numberAt: c.at - at,
    isCut,
  };
}

/** A take that lies about its length must not move the cursor beyond the end: Cursor sees to that. */
export function supportedVersions(packet: LongPacket): number[] {
  const at = 7 + packet.destination.length + packet.source.length;
  const c = new Cursor(packet.bytes, at);
  const list: number[] = [];
  // A datagram holds at most some hundred; nobody supports that many.
  while (c.left >= 4 && list.length < 64) list.push(c.u32());
  return list;
}
