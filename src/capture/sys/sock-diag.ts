/** Asks the kernel for the sockets of a namespace: sock_diag(7). Needs no capability for what we ask. */
import * as c from './libc.ts';
import { createSocketRow, decodeSockets, encodeSocketDump, type SocketRow } from './sock-diag-codec.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;
const NETLINK_SOCK_DIAG = 4;

/** Call it inside the namespace: the socket goes on to tell of that one, wherever it is used. */
export function openDiagSocket(): number {
  return c.check('socket(NETLINK_SOCK_DIAG)', c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG));
}

/** A part of a dump is at most 32 KiB (netlink_dump, NLMSG_GOODSIZE). */
const buffer = Buffer.allocUnsafe(64 * 1024);
const row = createSocketRow();

/**
 * Lists the sockets of a kind: the kernel answers each read at once. `each` gets one row, refilled.
 * @param states bits 1 << state, see SocketState
 * @returns false when this kernel does not know the question (no CONFIG_INET_DIAG, no CONFIG_INET_UDP_DIAG)
 */
export function dumpSockets(
  fd: number,
  transport: 6 | 17,
  version: 4 | 6,
  states: number,
  each: (row: SocketRow) => void,
): boolean {
  const request = encodeSocketDump(transport, version, states);
  c.check('send(SOCK_DIAG_BY_FAMILY)', c.send(fd, request, request.length, 0));
  row.transport = transport;
  for (;;) {
    const length = c.recv(fd, buffer, buffer.length, 0);
    if (length < 0) {
      if (c.errnoCode() === 'EINTR') continue;
      throw new c.SystemError('recv(NETLINK_SOCK_DIAG)');
    }
    const state = decodeSockets(buffer.subarray(0, length), row, each);
    if (state === 'done') return true;
    if (state !== 'more') return false;
  }
}
