import type { Detection } from '../../model/index.ts';
import { u16 } from '../../util/bytes.ts';
import { headerLength, readName } from './message.ts';

/** More questions than this nobody asks; more records than this no UDP message holds. */
const maxQuestions = 16;

/** The first message of either side reads as one: sane header, a question whose name and class exist. */
export function detect(client: Uint8Array, server: Uint8Array, transport: 'tcp' | 'udp'): Detection {
  const first = client.length > 0 ? client : server;
  if (transport === 'udp')
    return first.length === 0 ? 'more' : isMessage(first, 0, first.length) ? 'yes' : 'no';
  if (first.length < 2) return 'more';
  // RFC 1035 section 4.2.2: a length before each message.
  const length = u16(first, 0);
  if (length < headerLength + 5) return 'no';
  // Early noes: opcode, reserved bit and counts.
  if (first.length >= 14 && !headerFits(first, 2)) return 'no';
  if (first.length < 2 + length) return 'more';
  return isMessage(first, 2, 2 + length) ? 'yes' : 'no';
}

function headerFits(b: Uint8Array, at: number): boolean {
  const flags = u16(b, at + 2);
  const opcode = (flags >> 11) & 15;
  // Z must be zero (RFC 1035 section 4.1.1), and nobody uses the opcodes beyond DSO.
  if (opcode > 6 || opcode === 3 || flags & 0x0040) return false;
  const isResponse = (flags & 0x8000) !== 0;
  const questions = u16(b, at + 4);
  const answers = u16(b, at + 6);
  if (questions > maxQuestions || answers > 2048 || u16(b, at + 8) > 512 || u16(b, at + 10) > 512)
    return false;
  // A query with an error code, or nothing at all in it.
  if (!isResponse && (flags & 15) !== 0) return false;
  return questions > 0 || answers > 0 || isResponse;
}

function isMessage(bytes: Uint8Array, from: number, to: number): boolean {
  const b = bytes.subarray(from, to);
  if (b.length < headerLength || !headerFits(b, 0)) return false;
  if (u16(b, 4) === 0 && u16(b, 6) === 0) return b.length === headerLength && (u16(b, 2) & 0x8000) !== 0;
  const name = readName(b, headerLength, b.length);
  if (!name || name.next + 4 > b.length) return false;
  // mDNS uses the class's top bit (RFC 6762 sections 5.4 and 10.2).
  const cls = u16(b, name.next + 2) & 0x7fff;
  return (cls >= 1 && cls <= 4) || cls === 254 || cls === 255;
}
