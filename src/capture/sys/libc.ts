// The only place with FFI. Every binding names its man page; results are checked by the callers here.
import { constants } from 'node:os';
import koffi from 'koffi';

// The running program's own C library (glibc or musl): no file name to guess.
const libc = koffi.load(null);

koffi.struct('iovec', { iov_base: 'void *', iov_len: 'size_t' });
koffi.struct('msghdr', {
  msg_name: 'void *',
  msg_namelen: 'uint32_t',
  msg_iov: 'iovec *',
  msg_iovlen: 'size_t',
  msg_control: 'void *',
  msg_controllen: 'size_t',
  msg_flags: 'int',
});
koffi.struct('sock_fprog', { len: 'uint16_t', filter: 'void *' });

/** setns(2): moves the calling thread only. */
export const setns: (fd: number, type: number) => number = libc.func('int setns(int fd, int nstype)');
/** unshare(2): calling thread only. */
export const unshare: (flags: number) => number = libc.func('int unshare(int flags)');
export const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
export const socketpair: (domain: number, type: number, protocol: number, out: number[]) => number =
  libc.func('int socketpair(int domain, int type, int protocol, _Out_ int *sv)');
export const bind: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int bind(int fd, const void *address, uint32_t length)',
);
/** setsockopt(2); `.async` runs on a pool thread. */
export const setsockopt = libc.func(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
) as ((fd: number, level: number, name: number, value: Uint8Array, length: number) => number) & {
  async(
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: number,
    done: (error: Error | null, result: number) => void,
  ): void;
};
export const getsockopt: (
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  length: number[],
) => number = libc.func('int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *length)');
/** setsockopt(2) with a struct sock_fprog of linux/filter.h, whose pointer only a typed struct can carry. */
export const attachProgram: (
  fd: number,
  level: number,
  name: number,
  program: { len: number; filter: Uint8Array },
  length: number,
) => number = libc.func('int setsockopt(int fd, int level, int name, sock_fprog *program, uint32_t length)');
export const mmap: (
  address: null,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => bigint = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)');
export const munmap: (address: bigint, length: number) => number = libc.func('int munmap(void *, size_t)');
/** poll(2); `.async` runs on a pool thread. */
export const poll = libc.func('int poll(void *fds, unsigned long count, int timeoutMs)') as ((
  fds: Uint8Array,
  count: number,
  timeoutMs: number,
) => number) & {
  async(
    fds: Uint8Array,
    count: number,
    timeoutMs: number,
    done: (error: Error | null, result: number) => void,
  ): void;
};
export const close: (fd: number) => number = libc.func('int close(int fd)');
export const ioctl: (fd: number, request: number, argument: Uint8Array) => number = libc.func(
  'int ioctl(int fd, unsigned long request, void *argument)',
);
export const send: (fd: number, bytes: Uint8Array, length: number, flags: number) => number = libc.func(
  'intptr_t send(int fd, const void *bytes, size_t length, int flags)',
);
export const recv: (fd: number, bytes: Uint8Array, length: number, flags: number) => number = libc.func(
  'intptr_t recv(int fd, void *bytes, size_t length, int flags)',
);
export const sendmsg: (fd: number, message: object, flags: number) => number = libc.func(
  'intptr_t sendmsg(int fd, msghdr *message, int flags)',
);
export const recvmsg: (fd: number, message: object, flags: number) => number = libc.func(
  'intptr_t recvmsg(int fd, _Inout_ msghdr *message, int flags)',
);
/** pidfd_open(2) has no glibc wrapper before 2.36: 434 on every architecture. Throws SystemError. */
const syscall3: (number: number, a: number, b: number) => number = libc.func(
  'long syscall(long number, long a, long b)',
);
export function pidfdOpen(pid: number): number {
  return check('pidfd_open', syscall3(434, pid, 0));
}

/** Makes an ArrayBuffer over mapped memory. It must not be used after munmap. */
export function viewMemory(address: bigint, length: number): ArrayBuffer {
  return koffi.view(address, length);
}

const errnoNames = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));

/** A failed system call: `EPERM`, with the call that failed. */
export class SystemError extends Error {
  readonly code: string;
  readonly call: string;
  constructor(call: string, errno = koffi.errno()) {
    const code = errnoNames.get(errno) ?? `errno ${errno}`;
    super(`${call}: ${code}`);
    this.name = 'SystemError';
    this.code = code;
    this.call = call;
  }
}

/** Throws SystemError when a call returned -1; else its result. */
export function check(call: string, result: number): number {
  if (result < 0) throw new SystemError(call);
  return result;
}

export function errnoCode(): string {
  const errno = koffi.errno();
  return errnoNames.get(errno) ?? `errno ${errno}`;
}
