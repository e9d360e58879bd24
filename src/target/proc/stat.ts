/** What /proc tells about one process: proc_pid_stat(5), proc_pid_cgroup(5). */
import { readFileSync, readlinkSync } from 'node:fs';
import { codeOf } from '../errors.ts';

export interface ProcessStat {
  /** At most 15 bytes: the kernel's TASK_COMM_LEN. */
  readonly comm: string;
  /** R running, S sleeping, Z zombie, X dead ... */
  readonly state: string;
  readonly parent: number;
  /** Field 22, clock ticks since boot; as text, for it is only compared. */
  readonly startTime: string;
}

/** undefined when it is not such a line. */
export function parseStat(text: string): ProcessStat | undefined {
  // The name may hold spaces and parentheses: the last one ends it.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  const startTime = fields[19];
  if (startTime === undefined || !/^\d+$/.test(startTime)) return undefined;
  return { comm: text.slice(open + 1, close), state: fields[0]!, parent: Number(fields[1]), startTime };
}

/** The file's text; undefined when there is no such process (any more) or we may not read it. */
export function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(pid, 'stat');
  return text === undefined ? undefined : parseStat(text);
}

/** '' when there is no such process. */
export const startTimeOf = (pid: number): string => readStat(pid)?.startTime ?? '';

/**
 * Inode of the process's network namespace: its identity. 0 when there is no such process, or only
 * its corpse; -1 when we may not look (ptrace(2), access mode READ).
 */
export function netnsOf(pid: number | 'self'): number {
  try {
    return netnsInode(readlinkSync(`/proc/${pid}/ns/net`));
  } catch (error) {
    const code = codeOf(error);
    return code === 'EACCES' || code === 'EPERM' ? -1 : 0;
  }
}

/** From a link text such as `net:[4026531840]`; 0 for any other kind of namespace or file. */
export function netnsInode(link: string): number {
  const inode = /^net:\[(\d+)\]$/.exec(link)?.[1];
  return inode === undefined ? 0 : Number(inode);
}

/** Is the namespace that of the host, or our own? */
export function isHostNetns(inode: number): boolean {
  return inode > 0 && (inode === netnsOf(1) || inode === netnsOf('self'));
}

/** Clock ticks a second that /proc counts in: USER_HZ, 100 on every architecture Node runs on. */
const ticksPerSecond = 100;
let bootMs = 0;

/** Unix ms at which a process with this start time began; exact to about a second. */
export function startedAt(startTime: string): number {
  if (bootMs === 0) {
    const btime = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1];
    bootMs = Number(btime ?? 0) * 1000;
  }
  return bootMs + (Number(startTime) * 1000) / ticksPerSecond;
}

/** Paths of the process in every cgroup hierarchy: lines `id:controllers:path`. */
export function parseCgroups(text: string): string[] {
  return text
    .split('\n')
    .map((line) => /^\d+:[^:]*:(.+)$/.exec(line)?.[1])
    .filter((path) => path !== undefined);
}
