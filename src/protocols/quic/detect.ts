import type { Detection } from '../../model/index.ts';
import { u32 } from '../../util/bytes.ts';
import { isLong, maxConnectionId, parseLong, supportedVersions } from './packet.ts';
import { isKnown, isReserved } from './versions.ts';

/** Smallest datagram with which a client may begin: RFC 9000 section 14.1. */
const minClientDatagram = 1200;
/** Version, the two lengths, and an Initial's token and length. */
const minHeader = 9;

/**
 * A long header of a known version on either side. Short headers begin with one fixed bit, which proves
 * nothing: a connection joined later is not told from any other datagrams.
 */
export function detect(client: Uint8Array, server: Uint8Array): Detection {
  if (client.length === 0 && server.length === 0) return 'more';
  if (client.length > 0) return isQuic(client, true) ? 'yes' : 'no';
  return isQuic(server, false) ? 'yes' : 'no';
}

function isQuic(b: Uint8Array, isClient: boolean): boolean {
  if (b.length < minHeader || !isLong(b[0]!)) return false;
  const version = u32(b, 1);
  const packet = parseLong(b, 0);
  if (!packet) return false;
  if (version === 0) {
    const list = supportedVersions(packet);
    const rest = b.length - 7 - packet.destination.length - packet.source.length;
    return rest % 4 === 0 && list.length > 0 && list.some(isKnown);
  }
  if (packet.destination.length > maxConnectionId || packet.source.length > maxConnectionId) return false;
  // The fixed bit may be greased, but not before both sides agreed to (RFC 9287 section 3).
  if (!(b[0]! & 0x40)) return false;
  if (isReserved(version)) return isClient && b.length >= minClientDatagram && packet.destination.length >= 8;
  if (!isKnown(version)) return false;
  // A client's first id has eight bytes at least (RFC 9000 section 7.2); later ones may be empty.
  if (packet.type === 'initial') return packet.bytes.length - packet.numberAt >= 20;
  return true;
}
