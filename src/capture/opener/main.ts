/**
 * The opener: a small process that keeps the rights, enters namespaces and hands descriptors over.
 * It never reads a byte from the network. It serves descriptor 3 (a unix SEQPACKET pair) and ends
 * when the other end does. Where targets come and go, the lookout adds and takes back namespaces on
 * descriptor 4.
 */
import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync } from 'node:fs';
import { rotatedName } from '../../pcap/rotation.ts';
import { pollAny, receiveMessage, sendMessage } from '../sys/index.ts';
import type {
  OpenerAnswer,
  OpenerConfig,
  OpenerOrder,
  OpenerRequest,
  OutputSpec,
  SaveSpec,
} from './messages.ts';
import { maxSaves } from './messages.ts';
import { HeldNamespaces } from './namespaces.ts';
import { openNew } from './saves.ts';

const channel = 3;
const orders = 4;

/** The parser decides when to end: the terminal's signals reach both of us. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTSTP'] as const)
  process.on(signal, () => {});

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

/** Takes one order; false when the lookout is gone. */
function obey(namespaces: HeldNamespaces): boolean {
  const message = receiveMessage(orders);
  if (!message) return false;
  const order = JSON.parse(message.text) as OpenerOrder;
  if ('drop' in order) namespaces.drop(order.drop);
  else if (message.fd !== undefined)
    namespaces.add(order.add, { fd: message.fd, inode: fstatSync(message.fd).ino });
  return true;
}

/** Waits for the parser's next request; the lookout's orders that came before it are obeyed before it. */
function next(namespaces: HeldNamespaces): ReturnType<typeof receiveMessage> {
  while (hasLookout) {
    const [isOrdered, isAsked] = pollAny([orders, channel], -1);
    if (isOrdered) hasLookout = obey(namespaces);
    else if (isAsked) break;
  }
  return receiveMessage(channel);
}

let hasLookout = false;

function serve(
  output: OutputSpec | undefined,
  saves: SaveSpec | undefined,
  namespaces: HeldNamespaces,
): void {
  let saved = 0;
  for (;;) {
    const message = next(namespaces);
    if (!message) return;
    const request = JSON.parse(message.text) as OpenerRequest;
    let fd: number | undefined;
    let answer: OpenerAnswer = { ok: true };
    try {
      if (request.ask === 'save') {
        if (!saves || saved++ >= maxSaves) throw new Error('no more may be saved');
        const file = openNew(saves, request.name);
        fd = file.fd;
        answer = { ok: true, path: file.path };
      } else if (request.ask === 'file') {
        if (!output) throw new Error('no output was configured');
        const file = openOutput(output, request.sequence, request.sec);
        fd = file.fd;
        answer = { ok: true, path: file.path };
      } else
        fd =
          request.ask === 'links'
            ? namespaces.linkSocket(request.namespace)
            : namespaces.packetSocket(request.namespace, request.cooked);
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      answer = { ok: false, message, code: code ?? '' };
    }
    sendMessage(channel, JSON.stringify(answer), fd);
    if (fd !== undefined) closeSync(fd);
  }
}

const first = receiveMessage(channel);
if (first) {
  const { namespaces, output, saves, takesOrders = false } = JSON.parse(first.text) as OpenerConfig;
  hasLookout = takesOrders;
  const handles: { fd: number; inode: number }[] = [];
  while (handles.length < namespaces) {
    const message = receiveMessage(channel);
    if (message?.fd === undefined) process.exit(1);
    handles.push({ fd: message.fd, inode: fstatSync(message.fd).ino });
  }
  sendMessage(channel, JSON.stringify({ ok: true } satisfies OpenerAnswer));
  serve(output, saves, new HeldNamespaces(handles));
}
process.exit(0);
