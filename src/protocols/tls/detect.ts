import type { Detection } from '../../model/index.ts';
import { u16, u24 } from '../../util/bytes.ts';
import { HandshakeType, isHandshakeType } from './handshake.ts';
import { ContentType, headerLength, isRecordHeader, isSslv2Hello } from './record.ts';

/** Either side begins with a record: a hello, an alert, or, when we joined later, encrypted data. */
export function detect(client: Uint8Array, server: Uint8Array): Detection {
  if (client.length > 0) {
    const answer = firstRecord(client, HandshakeType.clientHello);
    // What the client says is not TLS. A server that speaks first (a refusal) is asked only without a client.
    if (answer !== 'more') return answer;
  }
  return server.length > 0 ? firstRecord(server, HandshakeType.serverHello) : 'more';
}

function firstRecord(b: Uint8Array, hello: number): Detection {
  if (b[0]! & 0x80) return sslv2(b, hello);
  // A header as far as it is here: type, 3, minor version.
  const type = b[0]!;
  if (type < ContentType.changeCipherSpec || type > ContentType.heartbeat) return 'no';
  if (b.length > 1 && b[1] !== 3) return 'no';
  if (b.length > 2 && b[2]! > 4) return 'no';
  if (b.length < headerLength) return 'more';
  if (!isRecordHeader(b, 0)) return 'no';
  const length = u16(b, 3);
  switch (type) {
    case ContentType.handshake:
      return handshake(b, length, hello);
    case ContentType.alert:
      // In clear: level and description. Encrypted ones come alone only when we joined at the end.
      if (length !== 2) return length >= 16 && length <= 64 ? follows(b, length) : 'no';
      if (b.length < headerLength + 2) return 'more';
      return b[5] === 1 || b[5] === 2 ? 'yes' : 'no';
    case ContentType.changeCipherSpec:
      if (length !== 1) return 'no';
      if (b.length < headerLength + 1) return 'more';
      return b[5] === 1 ? follows(b, length) : 'no';
    case ContentType.applicationData:
      // Shorter than a tag no encryption is.
      return length >= 8 ? follows(b, length) : 'no';
    default:
      return 'no';
  }
}

/** Five bytes that fit, and five more where the next record begins, when that is here. */
function follows(b: Uint8Array, length: number): Detection {
  const next = headerLength + length;
  return b.length < next + headerLength || isRecordHeader(b, next) ? 'yes' : 'no';
}

function handshake(b: Uint8Array, length: number, hello: number): Detection {
  if (length < 4) return fragment(b, length, hello);
  if (b.length < headerLength + 4) return b.length > headerLength && b[5] !== hello ? 'no' : 'more';
  const body = u24(b, 6);
  // Another message than the hello: joined within the handshake, where a whole message must fit the record.
  if (b[5] !== hello) {
    // That of the other side: client and server are taken for each other.
    if (b[5] === HandshakeType.clientHello || b[5] === HandshakeType.serverHello) return 'no';
    return isHandshakeType(b[5]!) && body + 4 <= length ? follows(b, length) : 'no';
  }
  // Version, random, and the lengths behind: the shortest hello.
  if (body < 38) return 'no';
  if (b.length < headerLength + 6) return 'more';
  return b[9] === 3 || b[9] === 0x7f ? 'yes' : 'no';
}

/** A hello cut into records of less than four bytes is legal, and done to hide from the likes of us. */
function fragment(b: Uint8Array, length: number, hello: number): Detection {
  if (b.length < headerLength + 1) return 'more';
  if (b[5] !== hello) return 'no';
  const next = headerLength + length;
  if (b.length < next + headerLength) return 'more';
  return b[next] === ContentType.handshake && isRecordHeader(b, next) ? 'yes' : 'no';
}

/** RFC 5246 appendix E.2: the lengths in it add up to its own. */
function sslv2(b: Uint8Array, hello: number): Detection {
  if (hello !== HandshakeType.clientHello) return 'no';
  if (b.length > 2 && b[2] !== 1) return 'no';
  if (b.length < 11) return b.length > 4 && !isSslv2Hello(b, 0) ? 'no' : 'more';
  if (!isSslv2Hello(b, 0)) return 'no';
  const [ciphers, sessionId, challenge] = [u16(b, 5), u16(b, 7), u16(b, 9)];
  const adds = (u16(b, 0) & 0x7fff) === 9 + ciphers + sessionId + challenge;
  return adds && ciphers > 0 && ciphers % 3 === 0 && challenge >= 16 && challenge <= 32 ? 'yes' : 'no';
}
