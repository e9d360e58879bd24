/** Sockets of the node's runtime, from within a container that shares the node's process ids (hostPID). */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseListening } from './proc/unix.ts';

/** As the node's first process sees the file system. */
const hostRoot = '/proc/1/root';

/** What a kubelet asks, by its usual names: containerd, CRI-O, cri-dockerd. */
const criSocket = /\/(containerd|crio|cri-dockerd)\.sock$/;

/**
 * The socket of the node's CRI as a path that can be opened here; undefined: this is the node's own file system,
 * or nothing listens there. Throws where /proc/1 may not be looked at (CAP_SYS_PTRACE).
 */
export function nodeCriSocket(): string | undefined {
  if (!isInContainer()) return undefined;
  const paths = parseListening(readFileSync('/proc/1/net/unix', 'utf8'))
    .map(({ path }) => path)
    .filter((path) => criSocket.test(path));
  // k3s and its like bring a containerd of their own: it is the one that has the pods.
  const rank = (path: string) => (basename(path) === 'containerd.sock' && !path.includes('/k') ? 1 : 0);
  const [best] = [...new Set(paths)].sort((a, b) => rank(a) - rank(b));
  return best === undefined ? undefined : hostRoot + best;
}

/** The path of a file of the node, as it can be opened here. */
export const onNode = (path: string) => (isInContainer() ? hostRoot + path : path);

function isInContainer(): boolean {
  const [ours, theirs] = [statSync('/'), statSync(`${hostRoot}/`)];
  return ours.dev !== theirs.dev || ours.ino !== theirs.ino;
}
