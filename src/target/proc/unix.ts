/** Unix sockets that somebody listens on in our network namespace: proc_net(5), /proc/net/unix. */
import { readFileSync } from 'node:fs';

/** __SO_ACCEPTCON, include/uapi/linux/net.h */
const SO_ACCEPTCON = 0x10000;

export interface ListeningSocket {
  readonly path: string;
  readonly inode: number;
}

/** Lines `Num: RefCount Protocol Flags Type St Inode Path`; those with a path in a file system. */
export function parseListening(text: string): ListeningSocket[] {
  const found: ListeningSocket[] = [];
  for (const line of text.split('\n')) {
    const fields = /^\S+ \S+ \S+ (\S+) \S+ \S+\s+(\d+) (\/.*)$/.exec(line);
    if (fields && (Number.parseInt(fields[1]!, 16) & SO_ACCEPTCON) !== 0)
      found.push({ path: fields[3]!, inode: Number(fields[2]) });
  }
  return found;
}

/** Empty when the table cannot be read. */
export function listeningSockets(): ListeningSocket[] {
  try {
    return parseListening(readFileSync('/proc/net/unix', 'utf8'));
  } catch {
    return [];
  }
}
