import type { Detection } from '../../model/index.ts';
import { u16 } from '../../util/bytes.ts';
import { headerLength, readName } from './message.ts';

/** More than this nobody asks, and no more records fit a message. */
const maxQuestions = 16;
const maxRecords = 4096;
/** Header, the shortest name, type and class. */
const shortest = headerLength + 5;

/** The first message of either side reads as one: sane header, a question whose name and class exist. */
export function detect(client: Uint8Array, server: Uint8Array, transport: 'tcp' | 'udp'): Detection {
  const first = client.length > 0 ? client : server;
  if (first.length === 0) return 'more';
  if (transport === 'udp') return looksLikeMessage(first, 0, first.length, first.length);
  // RFC 1035 section 4.2.2: a length before each message.
  if (first.length < 2) return 'more';
  const length = u16(first, 0);
  if (length < shortest) return 'no';
  return looksLikeMessage(first, 2, 2 + length, first.length);
}

/** Does a message of TCP's form begin here? For finding the place again behind a hole. */
export function beginsMessage(b: Uint8Array): boolean {
  return detect(b, b, 'tcp') === 'yes';
}

/** @param to where it ends @param end where what is there of it ends */
function looksLikeMessage(b: Uint8Array, from: number, to: number, end: number): Detection {
  const isWhole = end >= to;
  if (to - from < headerLength) return 'no';
  if (end - from < headerLength) return 'more';
  if (!headerFits(b, from)) return 'no';
  const questions = u16(b, from + 4);
  // An error may leave the question out: a header and nothing else.
  if (questions === 0 && u16(b, from + 6) === 0)
    return isWhole && to - from === headerLength && (u16(b, from + 2) & 0x8000) !== 0 ? 'yes' : 'no';
  const message = b.subarray(from, Math.min(to, end));
  const name = readName(message, headerLength, message.length);
  if (!name || name.next + 4 > message.length) return isWhole || end - from > 512 ? 'no' : 'more';
  // mDNS uses the class's top bit (RFC 6762 sections 5.4 and 10.2).
  const value = u16(message, name.next + 2) & 0x7fff;
  return (value >= 1 && value <= 4) || value === 254 || value === 255 ? 'yes' : 'no';
}

function headerFits(b: Uint8Array, at: number): boolean {
  const flags = u16(b, at + 2);
  const opcode = (flags >> 11) & 15;
  // Z must be zero (RFC 1035 section 4.1.1), and nobody uses the opcodes beyond DSO.
  if (opcode > 6 || opcode === 3 || flags & 0x0040) return false;
  const isResponse = (flags & 0x8000) !== 0;
  const questions = u16(b, at + 4);
  const answers = u16(b, at + 6);
  if (questions > maxQuestions || answers > maxRecords) return false;
  if (u16(b, at + 8) > maxRecords || u16(b, at + 10) > maxRecords) return false;
  // A query with an error code, or nothing at all in it.
  if (!isResponse && (flags & 15) !== 0) return false;
  return questions > 0 || answers > 0 || isResponse;
}
