/** Messages with a descriptor in hand over a unix SEQPACKET pair: unix(7), SCM_RIGHTS. */
import * as c from './libc.ts';

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const AF_UNIX = 1;
/** Close on exec: an end that leaked into the other process would keep it from ever seeing the end. */
const SOCK_SEQPACKET_CLOEXEC = 0o2000005;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const MSG_CTRUNC = 8;
/** struct cmsghdr (16 bytes) and one int, aligned to 8. */
const controlLength = 24;
/** Requests and answers are small JSON texts; a longer one is a bug. */
export const maxMessage = 64 * 1024;

export function pair(): [number, number] {
  const fds = [0, 0];
  c.check('socketpair', c.socketpair(AF_UNIX, SOCK_SEQPACKET_CLOEXEC, 0, fds));
  return [fds[0]!, fds[1]!];
}

/** Waits while the other end's queue is full. Throws SystemError, EPIPE when the other end is gone. */
export function sendMessage(socket: number, text: string, fd?: number): void {
  send(socket, text, MSG_NOSIGNAL, fd);
}

/** Does not wait: false when the queue is full. For who must not depend on the other's progress. */
export function offerMessage(socket: number, text: string): boolean {
  try {
    send(socket, text, MSG_NOSIGNAL | MSG_DONTWAIT);
    return true;
  } catch (error) {
    if (error instanceof c.SystemError && error.code === 'EAGAIN') return false;
    throw error;
  }
}

function send(socket: number, text: string, flags: number, fd?: number): void {
  const data = Buffer.from(text);
  const control = Buffer.alloc(controlLength);
  control.writeBigUInt64LE(20n, 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(fd ?? -1, 16);
  const message = {
    msg_name: null,
    msg_namelen: 0,
    msg_iov: { iov_base: data, iov_len: data.length },
    msg_iovlen: 1,
    msg_control: fd === undefined ? null : control,
    msg_controllen: fd === undefined ? 0 : controlLength,
    msg_flags: 0,
  };
  for (;;) {
    if (c.sendmsg(socket, message, flags) >= 0) return;
    if (c.errnoCode() !== 'EINTR') throw new c.SystemError('sendmsg');
  }
}

/** Blocks until a message comes; undefined when the other end is gone. */
export function receiveMessage(socket: number): { text: string; fd?: number } | undefined {
  const data = Buffer.alloc(maxMessage);
  const control = Buffer.alloc(controlLength);
  for (;;) {
    const message = {
      msg_name: null,
      msg_namelen: 0,
      msg_iov: { iov_base: data, iov_len: data.length },
      msg_iovlen: 1,
      msg_control: control,
      msg_controllen: controlLength,
      msg_flags: 0,
    };
    const length = c.recvmsg(socket, message, MSG_CMSG_CLOEXEC);
    if (length < 0) {
      const error = new c.SystemError('recvmsg');
      if (error.code === 'EINTR') continue;
      // It went away without having read what we sent.
      if (error.code === 'ECONNRESET') return undefined;
      throw error;
    }
    if (length === 0) return undefined;
    if (message.msg_flags & MSG_CTRUNC)
      throw new Error('recvmsg: the passed descriptor was cut off (descriptor limit?)');
    const hasFd = message.msg_controllen >= 20 && control.readInt32LE(12) === SCM_RIGHTS;
    const text = data.toString('utf8', 0, length);
    return hasFd ? { text, fd: control.readInt32LE(16) } : { text };
  }
}
