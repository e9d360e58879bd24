/**
 * Sockets of a namespace as the kernel lists them: sock_diag(7), linux/inet_diag.h. Only the bytes; what sends
 * and reads them is sock-diag.ts.
 */

const SOCK_DIAG_BY_FAMILY = 20;
/** NLM_F_REQUEST | NLM_F_DUMP */
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const AF_INET = 2;
const AF_INET6 = 10;
/** struct nlmsghdr; struct inet_diag_req_v2; struct inet_diag_msg without attributes. */
const headerLength = 16;
const requestLength = 56;
const rowLength = 72;

/** include/net/tcp_states.h. A UDP socket is `close` until it is connected, then `established`. */
export const SocketState = { established: 1, synSent: 2, close: 7, closeWait: 8, listen: 10 } as const;

/** TCP states in which a socket belongs to a process: all but TIME_WAIT (6), CLOSE (7) and NEW_SYN_RECV (12). */
export const ownedStates =
  (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 9) | (1 << 10) | (1 << 11);
/** Of UDP. */
export const allStates = 0xffffffff;

/** One socket. `decodeSockets` fills one reused row: copy what is kept. */
export interface SocketRow {
  transport: 6 | 17;
  /** 4 for the IPv4 addresses of an IPv6 socket too (::ffff:a.b.c.d). */
  version: 4 | 6;
  state: number;
  localPort: number;
  /** 0: no peer. */
  remotePort: number;
  /** Where the addresses are, 4 or 16 bytes by `version`. */
  bytes: Uint8Array;
  localOff: number;
  remoteOff: number;
  /** Of the socket's file; 0: no process holds it (any more). */
  inode: number;
}

export function createSocketRow(): SocketRow {
  return {
    transport: 6,
    version: 4,
    state: 0,
    localPort: 0,
    remotePort: 0,
    bytes: new Uint8Array(0),
    localOff: 0,
    remoteOff: 0,
    inode: 0,
  };
}

/** Asks for every socket of a kind. @param states bits 1 << state */
export function encodeSocketDump(transport: 6 | 17, version: 4 | 6, states: number): Buffer {
  const request = Buffer.alloc(headerLength + requestLength);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  request.writeUInt8(version === 4 ? AF_INET : AF_INET6, 16);
  request.writeUInt8(transport, 17);
  request.writeUInt32LE(states >>> 0, 20);
  return request;
}

/**
 * What one read(2) gave. Calls `each` with `row`, refilled, for every whole socket; bytes that make no sense end
 * it early.
 * @returns 'more' follows; 'done'; or the errno that the kernel refused the request with
 */
export function decodeSockets(
  bytes: Buffer,
  row: SocketRow,
  each: (row: SocketRow) => void,
): 'more' | 'done' | number {
  for (let at = 0; at + headerLength <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < headerLength || at + length > bytes.length) return 'more';
    const type = bytes.readUInt16LE(at + 4);
    if (type === NLMSG_DONE) return 'done';
    if (type === NLMSG_ERROR) {
      const errno = length >= headerLength + 4 ? -bytes.readInt32LE(at + headerLength) : 0;
      return errno === 0 ? 'done' : errno;
    }
    if (
      type === SOCK_DIAG_BY_FAMILY &&
      length >= headerLength + rowLength &&
      fill(row, bytes, at + headerLength)
    )
      each(row);
    at += (length + 3) & ~3;
  }
  return 'more';
}

/** struct inet_diag_msg. @returns false for another family */
function fill(row: SocketRow, bytes: Buffer, at: number): boolean {
  const family = bytes[at];
  if (family !== AF_INET && family !== AF_INET6) return false;
  row.state = bytes[at + 1]!;
  row.localPort = bytes.readUInt16BE(at + 4);
  row.remotePort = bytes.readUInt16BE(at + 6);
  row.bytes = bytes;
  row.localOff = at + 8;
  row.remoteOff = at + 24;
  row.version = family === AF_INET ? 4 : 6;
  if (family === AF_INET6 && isMapped(bytes, at + 8) && (isMapped(bytes, at + 24) || row.remotePort === 0)) {
    row.version = 4;
    row.localOff += 12;
    row.remoteOff += 12;
  }
  row.inode = bytes.readUInt32LE(at + 68);
  return true;
}

/** ::ffff:0:0/96, RFC 4291 section 2.5.5.2. */
function isMapped(bytes: Buffer, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}
