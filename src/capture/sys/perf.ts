/** perf_event_open(2), and the files of tracefs without mounting it anywhere: fsopen(2), fsmount(2). */
import { closeSync, readFileSync } from 'node:fs';
import { arch } from 'node:process';
import koffi from 'koffi';
import * as c from './libc.ts';

const libc = koffi.load(null);
const perf: (
  number: number,
  attr: Uint8Array,
  pid: number,
  cpu: number,
  group: number,
  flags: number,
) => number = libc.func('long syscall(long number, void *attr, long pid, long cpu, long group, long flags)');
const fsopen: (number: number, name: string, flags: number) => number = libc.func(
  'long syscall(long number, const char *name, long flags)',
);
const fsconfig: (number: number, fd: number, command: number, key: null, value: null, aux: number) => number =
  libc.func('long syscall(long number, long fd, long command, void *key, void *value, long aux)');
const fsmount: (number: number, fd: number, flags: number, attributes: number) => number = libc.func(
  'long syscall(long number, long fd, long flags, long attributes)',
);
const getpagesize: () => number = libc.func('int getpagesize()');

export const pageBytes: number = getpagesize();

/** It has no wrapper and, unlike newer calls, not the same number everywhere. */
const SYS_perf_event_open = arch === 'arm64' ? 241 : 298;
const PERF_FLAG_FD_CLOEXEC = 8;
/** The same on every architecture. */
const SYS_fsopen = 430;
const SYS_fsconfig = 431;
const SYS_fsmount = 432;
const CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;
/** MOUNT_ATTR_RDONLY, _NOSUID, _NODEV, _NOEXEC */
const readOnly = 0x0f;

/** Every process on one CPU. @param attr struct perf_event_attr. Throws SystemError. */
export function perfEventOpen(attr: Uint8Array, cpu: number): number {
  return c.check('perf_event_open', perf(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

/** Reads one file of tracefs, mounted where nobody but this call sees it. Throws SystemError and errors of open(2). */
export function readTracefs(path: string): string {
  const context = c.check('fsopen(tracefs)', fsopen(SYS_fsopen, 'tracefs', CLOEXEC));
  let mount: number;
  try {
    c.check('fsconfig(tracefs)', fsconfig(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, null, null, 0));
    mount = c.check('fsmount(tracefs)', fsmount(SYS_fsmount, context, CLOEXEC, readOnly));
  } finally {
    closeSync(context);
  }
  try {
    return readFileSync(`/proc/self/fd/${mount}/${path}`, 'latin1');
  } finally {
    closeSync(mount);
  }
}
