/** Frames that Initial packets may hold: RFC 9000 section 12.4. */
import { latin1 } from '../../util/bytes.ts';
import { Cursor } from '../../util/cursor.ts';
import { varint } from './packet.ts';

export interface FrameSink {
  crypto(offset: number, bytes: Uint8Array): void;
  close(isApplication: boolean, code: number, reason: string): void;
}

/** Ranges an ACK may list before it is no ACK: a datagram holds some hundred. */
const maxRanges = 1024;

/** false: a frame that does not belong there, or is cut; what came before it has been told. */
export function readFrames(payload: Uint8Array, sink: FrameSink): boolean {
  const c = new Cursor(payload);
  while (c.left > 0) {
    const type = varint(c);
    switch (type) {
      case 0x00: // PADDING
      case 0x01: // PING
        break;
      case 0x02: // ACK
      case 0x03: // ACK with ECN counts
        if (!skipAck(c, type === 0x03)) return false;
        break;
      case 0x06: {
        const offset = varint(c);
        const length = varint(c);
        const bytes = c.take(length);
        if (c.cut) return false;
        sink.crypto(offset, bytes);
        break;
      }
      case 0x1c: // CONNECTION_CLOSE of QUIC
      case 0x1d: {
        const code = varint(c);
        if (type === 0x1c) varint(c); // frame type
        const reason = c.take(varint(c));
        if (c.cut) return false;
        sink.close(type === 0x1d, code, latin1(reason, 0, Math.min(reason.length, 256)));
        break;
      }
      default:
        return false;
    }
    if (c.cut) return false;
  }
  return true;
}

function skipAck(c: Cursor, hasEcn: boolean): boolean {
  varint(c); // largest
  varint(c); // delay
  const ranges = varint(c);
  if (ranges > maxRanges) return false;
  varint(c); // first range
  for (let i = 0; i < 2 * ranges + (hasEcn ? 3 : 0); i++) varint(c);
  return !c.cut;
}
