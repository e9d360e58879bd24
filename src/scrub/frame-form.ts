/** Frames of HTTP/2 by their form alone: for connections whose beginning was not seen, and the server's side. */
import { u16, u24 } from '../util/bytes.ts';

/** Default of SETTINGS_MAX_FRAME_SIZE (RFC 9113 section 6.5.2); few ask for more. */
const maxFrame = 16_384;
const settings = 4;

/**
 * @param isFirst of the direction: then it begins with SETTINGS; else frames have to fill all there is
 */
export function startsFrames(b: Uint8Array, isFirst: boolean): boolean {
  if (b.length < 9) return false;
  if (isFirst && b[3] === settings && isSettings(b)) return true;
  let at = 0;
  let count = 0;
  while (at + 9 <= b.length) {
    const length = u24(b, at);
    const type = b[at + 3]!;
    if (length > maxFrame || type > 9 || b[at + 5]! >= 0x80 || !fits(type, length, b, at)) return false;
    at += 9 + length;
    count++;
  }
  return count > 0 && at === b.length;
}

function isSettings(b: Uint8Array): boolean {
  const length = u24(b, 0);
  return (
    length % 6 === 0 &&
    length <= 96 &&
    b[4]! <= 1 &&
    u16(b, 5) === 0 &&
    u16(b, 7) === 0 &&
    (length === 0 || b.length < 11 || (u16(b, 9) >= 1 && u16(b, 9) <= 0x10))
  );
}

/** SETTINGS, not their acknowledgement: with them a side begins (RFC 9113 section 3.4). */
export function startsSettings(b: Uint8Array): boolean {
  return b[3] === settings && b[4] === 0;
}

/** Lengths and streams that a type has (RFC 9113 section 6). */
function fits(type: number, length: number, b: Uint8Array, at: number): boolean {
  const isConnection = u16(b, at + 5) === 0 && u16(b, at + 7) === 0;
  switch (type) {
    case 2:
      return length === 5 && !isConnection;
    case 3:
      return length === 4 && !isConnection;
    case settings:
      return length % 6 === 0 && isConnection;
    case 6:
      return length === 8 && isConnection;
    case 7:
      return length >= 8 && isConnection;
    case 8:
      return length === 4;
    default:
      return !isConnection && length > 0;
  }
}
