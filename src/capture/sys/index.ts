// System calls by FFI (koffi, glibc or musl): nothing else in the project may import koffi.
// Calls are synchronous and on the calling thread (setns moves only that thread), but for Poller.wait.
// Structures are written by hand in little-endian byte order: x86-64 and arm64.
export * from './connect-trace.ts';
export * from './doorbell.ts';
export { pidfdOpen, SystemError } from './libc.ts';
export * from './netns.ts';
export * from './new-netns.ts';
export * from './packet-socket.ts';
export * from './poll.ts';
export * from './privileges.ts';
export * from './rtnetlink.ts';
export * from './scm.ts';
export * from './sock-diag.ts';
export * from './sock-diag-codec.ts';
export * from './unix-diag.ts';
