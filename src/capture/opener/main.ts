/**
 * The opener: a small process that keeps the rights, enters namespaces and hands descriptors over.
 * It never reads a byte from the network. It serves descriptor 3 (a unix SEQPACKET pair) and ends
 * when the other end does.
 */
import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { rotatedName } from '../../pcap/rotation.ts';
import {
  type NetnsHandle,
  openLinkSocket,
  openNetns,
  openPacketSocket,
  receiveMessage,
  sendMessage,
  withNetns,
} from '../sys/index.ts';
import type { NamespaceSpec, OpenerAnswer, OpenerConfig, OpenerRequest, OutputSpec } from './messages.ts';

const channel = 3;

/** The parser decides when to end: the terminal's signals reach both of us. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTSTP'] as const)
  process.on(signal, () => {});

function startTimeOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Field 22; the command name (field 2) may hold spaces and parentheses.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function openVerified(spec: NamespaceSpec): NetnsHandle {
  const gone = `${spec.label} ended (or was replaced) between look-up and open`;
  let netns: NetnsHandle;
  try {
    netns = openNetns(spec.path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') throw Object.assign(new Error(gone), { code: 'GONE' });
    throw Object.assign(new Error(`cannot open ${spec.path} of ${spec.label}: ${code}`), { code });
  }
  // The namespace is held now: only then is the check of who it belongs to worth something.
  let same = netns.inode === spec.inode;
  if (same && spec.pid > 0) {
    try {
      same = startTimeOf(spec.pid) === spec.startTime;
    } catch {
      same = false;
    }
  }
  if (!same) throw Object.assign(new Error(gone), { code: 'GONE' });
  return netns;
}

function openOutput(spec: OutputSpec, sequence: number, sec: number): { fd: number; path: string } {
  const path = rotatedName(spec.base, spec.plan as Parameters<typeof rotatedName>[1], sequence, sec);
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
  // O_NONBLOCK: opening a FIFO without a reader must not hang the opener; it means nothing for files.
  const fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, spec.mode);
  if (fstatSync(fd).isFile()) {
    fchownSync(fd, spec.uid, spec.gid);
    // A file that was there keeps its old mode on open: captures are private.
    fchmodSync(fd, spec.mode);
  }
  return { fd, path };
}

function serve(config: OpenerConfig, namespaces: readonly NetnsHandle[]): void {
  for (;;) {
    const message = receiveMessage(channel);
    if (!message) return;
    const request = JSON.parse(message.text) as OpenerRequest;
    let fd: number | undefined;
    let answer: OpenerAnswer;
    try {
      if (request.ask === 'file') {
        if (!config.output) throw new Error('no output was configured');
        const file = openOutput(config.output, request.sequence, request.sec);
        fd = file.fd;
        answer = { ok: true, path: file.path };
      } else {
        const netns = namespaces[request.namespace];
        if (!netns) throw new Error('no such namespace was configured');
        fd = withNetns(netns, () =>
          request.ask === 'links' ? openLinkSocket() : openPacketSocket(request.cooked),
        );
        answer = { ok: true };
      }
    } catch (error) {
      answer = failure(error);
    }
    sendMessage(channel, JSON.stringify(answer), fd);
    if (fd !== undefined) closeSync(fd);
  }
}

function failure(error: unknown): OpenerAnswer {
  const { message, code } = error as NodeJS.ErrnoException;
  return { ok: false, message, code: code ?? '' };
}

const first = receiveMessage(channel);
if (first) {
  const config = JSON.parse(first.text) as OpenerConfig;
  let namespaces: NetnsHandle[] | undefined;
  try {
    namespaces = config.namespaces.map(openVerified);
    sendMessage(channel, JSON.stringify({ ok: true } satisfies OpenerAnswer));
  } catch (error) {
    sendMessage(channel, JSON.stringify(failure(error)));
  }
  if (namespaces) serve(config, namespaces);
}
process.exit(0);
