/** Which process holds each end of a connection, as somebody tells who can see it; found by its addresses and ports. */
import type { Connection, Endpoint, ProcessName } from '../model/index.ts';

/** A socket and who holds it. */
export interface OwnedSocket {
  readonly transport: 'tcp' | 'udp';
  /** '' any: it listens on all. */
  readonly local: string;
  readonly localPort: number;
  /** '' and 0: it listens, or speaks with anybody. */
  readonly remote: string;
  readonly remotePort: number;
  readonly process: ProcessName;
}

interface Entry {
  readonly netns: number;
  /** Unix ms. */
  readonly at: number;
  readonly process: ProcessName;
  /** The same addresses and ports in another namespace. */
  next: Entry | undefined;
}

/** The oldest goes. A busy machine has some ten thousand sockets. */
const maxSockets = 65_536;
/** Namespaces that have a socket of the same name: loopback's are alike everywhere. */
const maxNamespaces = 64;
/** Clocks of the capture and of who tells are one, but read at other moments. */
const slackMs = 20;

/** Filled from the outside; empty, it tells nothing of anybody. */
export class Owners {
  readonly #sockets = new Map<string, Entry>();
  /** `netns address`: where there are sockets at all. */
  readonly #addresses = new Set<string>();
  /** Grows with what is known: a connection is looked up again only then. */
  revision = 0;

  get size(): number {
    return this.#sockets.size;
  }

  /**
   * @param netns where the sockets are
   * @param at when they were seen, Unix ms: a connection that began later is another one with the same ports
   */
  learn(netns: number, at: number, sockets: readonly OwnedSocket[]): void {
    for (const { transport, local, localPort, remote, remotePort, process } of sockets) {
      if (this.#addresses.size < maxSockets) this.#addresses.add(`${netns} ${local}`);
      this.#remember(keyOf(transport, local, localPort, remote, remotePort), {
        netns,
        at,
        process,
        next: undefined,
      });
    }
    this.revision++;
  }

  #remember(key: string, entry: Entry): void {
    const sockets = this.#sockets;
    let others = 0;
    let last = entry;
    for (let other = sockets.get(key); other; other = other.next) {
      if (other.netns === entry.netns || ++others >= maxNamespaces) continue;
      last = last.next = { ...other, next: undefined };
    }
    sockets.delete(key);
    sockets.set(key, entry);
    if (sockets.size <= maxSockets) return;
    for (const oldest of sockets.keys()) {
      sockets.delete(oldest);
      return;
    }
  }

  /** Fills in what is known by now. @param openedMs Unix ms of its first packet, 0 unknown or joined in its middle */
  fill(connection: Connection, openedMs: number): void {
    const { client, server } = connection;
    this.#fillEnd(connection, client, server, openedMs);
    this.#fillEnd(connection, server, client, openedMs);
  }

  #fillEnd(connection: Connection, end: Endpoint, peer: Endpoint, openedMs: number): void {
    const { transport } = connection;
    // Beyond the inode there is how often the kernel has given it.
    const netns = connection.netns % 2 ** 32;
    if (end.process && !end.process.viaListener) return;
    const { address, port } = end;
    // The peer's namespace may be watched too: then its socket has the same name from the other side.
    const exact = this.#find(
      keyOf(transport, address, port, peer.address, peer.port),
      netns,
      !isLoopback(address),
    );
    if (exact && openedMs <= exact.at + slackMs) end.process = exact.process;
    if (end.process) return;
    const listener =
      this.#find(keyOf(transport, address, port, '', 0), netns, !isLoopback(address)) ??
      this.#find(keyOf(transport, '', port, '', 0), netns, false);
    if (listener) end.process = { ...listener.process, viaListener: true };
    else if (isLoopback(address) || this.#addresses.has(`${netns} ${address}`)) end.process = null;
  }

  #find(key: string, netns: number, anywhere: boolean): Entry | undefined {
    const first = this.#sockets.get(key);
    for (let entry = first; entry; entry = entry.next) if (entry.netns === netns) return entry;
    return anywhere ? first : undefined;
  }
}

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

function keyOf(
  transport: string,
  local: string,
  localPort: number,
  remote: string,
  remotePort: number,
): string {
  return `${transport} ${local} ${localPort} ${remote} ${remotePort}`;
}
