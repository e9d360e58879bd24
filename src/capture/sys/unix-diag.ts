/** Unix sockets of a network namespace, as `ss -x` lists them: sock_diag(7), linux/unix_diag.h. */
import * as c from './libc.ts';

const AF_UNIX = 1;
const AF_NETLINK = 16;
const NETLINK_SOCK_DIAG = 4;
const SOCK_RAW_CLOEXEC = 0o2000003;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const MSG_DONTWAIT = 0x40;
const UNIX_DIAG_NAME = 0;
const UNIX_DIAG_PEER = 2;
const UNIX_DIAG_RQLEN = 4;
/** UDIAG_SHOW_NAME, _PEER, _RQLEN */
const show = 0x01 | 0x04 | 0x10;

export interface UnixSocket {
  readonly inode: number;
  readonly type: 'stream' | 'dgram' | 'seqpacket' | '';
  readonly listening: boolean;
  /** Path it is bound to, `@name` in the abstract name space; '' for none. */
  readonly name: string;
  /** Inode of the socket at the other end; 0 without one. */
  readonly peer: number;
  /** Bytes sent to it that nobody has read; of a listening one, connections that wait to be accepted. */
  readonly waiting: number;
}

/** Asks for the namespace the calling thread is in; it can be asked again later, without any right. */
export function openUnixDiag(): number {
  return c.check('socket(NETLINK_SOCK_DIAG)', c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG));
}

/** SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
const types: Readonly<Record<number, UnixSocket['type']>> = { 1: 'stream', 2: 'dgram', 5: 'seqpacket' };
/** TCP_LISTEN, include/net/tcp_states.h */
const TCP_LISTEN = 10;

/** Every unix socket of the socket's namespace. Throws SystemError where the kernel does not tell (ENOENT). */
export function listUnixSockets(fd: number): UnixSocket[] {
  const request = Buffer.alloc(40); // struct nlmsghdr, struct unix_diag_req
  request.writeUInt32LE(40, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  request.writeUInt32LE(1, 8);
  request.writeUInt8(AF_UNIX, 16);
  request.writeUInt32LE(0xffffffff, 20); // every state
  request.writeUInt32LE(show, 28);
  c.check('send(SOCK_DIAG_BY_FAMILY)', c.send(fd, request, request.length, 0));
  const found: UnixSocket[] = [];
  const buffer = Buffer.alloc(64 * 1024); // larger than any dump part the kernel sends (32 KiB)
  for (;;) {
    const length = c.recv(fd, buffer, buffer.length, MSG_DONTWAIT);
    if (length <= 0) {
      if (length < 0 && c.errnoCode() === 'EINTR') continue;
      return found;
    }
    if (parseUnixSockets(buffer.subarray(0, length), found)) return found;
  }
}

/** Returns true at the dump's end. Exported for tests. */
export function parseUnixSockets(bytes: Buffer, found: UnixSocket[]): boolean {
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < 16 || at + length > bytes.length) return false;
    const type = bytes.readUInt16LE(at + 4);
    if (type === NLMSG_DONE) return true;
    if (type === NLMSG_ERROR && length >= 20)
      throw new c.SystemError('sock_diag', -bytes.readInt32LE(at + 16));
    // struct unix_diag_msg has 16 bytes.
    if (type === SOCK_DIAG_BY_FAMILY && length >= 32) found.push(parse(bytes.subarray(at + 16, at + length)));
    at += (length + 3) & ~3;
  }
  return false;
}

function parse(bytes: Buffer): UnixSocket {
  let name = '';
  let peer = 0;
  let waiting = 0;
  for (let at = 16; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    const value = bytes.subarray(at + 4, at + length);
    const type = bytes.readUInt16LE(at + 2) & 0x3fff;
    if (type === UNIX_DIAG_NAME) name = nameOf(value);
    else if (type === UNIX_DIAG_PEER && value.length >= 4) peer = value.readUInt32LE(0);
    else if (type === UNIX_DIAG_RQLEN && value.length >= 4) waiting = value.readUInt32LE(0);
    at += (length + 3) & ~3;
  }
  return {
    inode: bytes.readUInt32LE(4),
    type: types[bytes[1]!] ?? '',
    listening: bytes[2] === TCP_LISTEN,
    name,
    peer,
    waiting,
  };
}

/** unix(7): an abstract name begins with a null byte and may hold others, which `ss` shows as @ too. */
function nameOf(value: Buffer): string {
  const text = value.toString('utf8');
  return text.startsWith('\0') ? text.replaceAll('\0', '@') : text.replace(/\0.*$/s, '');
}
