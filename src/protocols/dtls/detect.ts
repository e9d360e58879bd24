import type { Detection } from '../../model/index.ts';
import { u16 } from '../../util/bytes.ts';
import { ContentType, isRecord, readRecords } from './record.ts';

/** Bytes of a datagram that an encrypted record takes at least: an explicit nonce and a tag. */
const minSealed = 16;

/** Either side begins with a record; encrypted ones, when joined later, must fill the datagram to its end. */
export function detect(client: Uint8Array, server: Uint8Array): Detection {
  const first = client.length > 0 ? client : server;
  if (first.length === 0) return 'more';
  return isDtls(first) ? 'yes' : 'no';
}

function isDtls(b: Uint8Array): boolean {
  if (!isRecord(b, 0)) return false;
  const [type, epoch, length] = [b[0]!, u16(b, 3), u16(b, 11)];
  if (epoch === 0) {
    if (type === ContentType.alert) return length === 2 && (b[13] === 1 || b[13] === 2);
    if (type !== ContentType.handshake || length < 12) return false;
    // Hello, its answer, or a request to show the address.
    return b[13]! >= 1 && b[13]! <= 3;
  }
  if (epoch > 4 || length < minSealed) return false;
  const records = readRecords(b, false);
  const total = records?.reduce((n, { payload }) => n + 13 + payload.length, 0);
  return total === b.length;
}
