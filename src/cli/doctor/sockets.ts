/** A namespace's sockets: who listens, what is connected, and what no packet tells of. */
import { closeSync, readFileSync } from 'node:fs';
import { listUnixSockets, openUnixDiag, SystemError, type UnixSocket } from '../../capture/sys/index.ts';
import type { ListenerFacts, UnixFacts } from '../../doctor/index.ts';
import { formatIpv6 } from '../../util/address.ts';

export interface InetSocket {
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly state: string;
  readonly inode: number;
}

/** include/net/tcp_states.h, from 1 on */
const tcpStates = [
  ...['established', 'syn-sent', 'syn-recv', 'fin-wait-1', 'fin-wait-2', 'time-wait', 'close'],
  ...['close-wait', 'last-ack', 'listen', 'closing', 'new-syn-recv'],
];

/** proc_pid_net(5): one of {tcp,udp}{,6}; addresses are 32-bit words of this machine's byte order, in hex. */
export function parseInetTable(text: string, transport: 'tcp' | 'udp'): InetSocket[] {
  const found: InetSocket[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const [, hex, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(fields[1] ?? '') ?? [];
    if (hex === undefined) continue;
    const bytes = Buffer.from(hex, 'hex');
    for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
    found.push({
      transport,
      address: bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes, 0),
      port: Number.parseInt(port!, 16),
      state: tcpStates[Number.parseInt(fields[3] ?? '', 16) - 1] ?? '',
      inode: Number(fields[9]),
    });
  }
  return found;
}

/** Call it inside the namespace: /proc/thread-self/net is that of the calling thread. */
export function readInetSockets(): InetSocket[] {
  return (['tcp', 'udp'] as const).flatMap((transport) =>
    ['', '6'].flatMap((version) => parseInetTable(readHere(`${transport}${version}`), transport)),
  );
}

/** proc_pid_net(5), `protocols`: name, size, sockets ...; those in use. */
export function parseProtocols(text: string): { protocol: string; sockets: number }[] {
  return text.split('\n').flatMap((line) => {
    const [protocol = '', , sockets = ''] = line.trim().split(/\s+/);
    return /^[1-9]\d*$/.test(sockets) ? [{ protocol, sockets: Number(sockets) }] : [];
  });
}

export const readProtocols = (): ReturnType<typeof parseProtocols> => parseProtocols(readHere('protocols'));

function readHere(file: string): string {
  try {
    return readFileSync(`/proc/thread-self/net/${file}`, 'latin1');
  } catch {
    return ''; // No IPv6 in this kernel.
  }
}

/** Listening sockets with who holds them; a UDP socket without a fixed peer listens too. */
export function listenersOf(
  sockets: readonly InetSocket[],
  holders: ReadonlyMap<number, readonly number[]>,
): ListenerFacts[] {
  return sockets
    .filter((s) => (s.transport === 'tcp' ? s.state === 'listen' : s.state === 'close'))
    .map(({ transport, address, port, inode }) => ({
      ...{ transport, address, port },
      pids: holders.get(inode) ?? [],
    }));
}

/** A netlink socket for the calling thread's namespace; -1 where the kernel has none. */
export function openUnixTable(): number {
  try {
    return openUnixDiag();
  } catch {
    return -1;
  }
}

interface Tally {
  type: string;
  listening: boolean;
  connected: number;
  waiting: number;
  readonly seen: Set<number>;
  readonly pids: Set<number>;
}

/** How often the tables of other namespaces are read, ms: there may be many. */
const elsewhereEveryMs = 500;

/** Unix sockets of the other namespaces: a socket file that containers share has its ends in several. */
export class Elsewhere {
  readonly #tables: readonly number[];
  #known = new Map<number, UnixSocket>();
  #readAt = Number.NEGATIVE_INFINITY;

  /** @param tables taken over */
  constructor(tables: readonly number[]) {
    this.#tables = tables;
  }

  /** By inode. */
  sockets(): ReadonlyMap<number, UnixSocket> {
    if (performance.now() - this.#readAt >= elsewhereEveryMs) {
      this.#known = new Map(this.#tables.flatMap(table).map((s) => [s.inode, s]));
      this.#readAt = performance.now();
    }
    return this.#known;
  }

  close(): void {
    for (const fd of this.#tables) closeSync(fd);
  }
}

/**
 * Watches the unix sockets of a namespace: connections come and go in between. Needs no right but the
 * descriptor.
 */
export class UnixWatch {
  readonly #own: number;
  readonly #elsewhere: Elsewhere;
  readonly #holders: ReadonlyMap<number, readonly number[]>;
  readonly #tallies = new Map<string, Tally>();

  /** @param own its table, taken over; -1 for none */
  constructor(own: number, elsewhere: Elsewhere, holders: ReadonlyMap<number, readonly number[]>) {
    this.#own = own;
    this.#elsewhere = elsewhere;
    this.#holders = holders;
  }

  look(): void {
    const own = table(this.#own);
    const here = new Map(own.map((s) => [s.inode, s]));
    const now = new Map<string, number>();
    for (const socket of own) {
      if (socket.listening && socket.name !== '') {
        const tally = this.#of(socket.name, socket.type);
        tally.listening = true;
        this.#hold(tally, socket.inode);
        continue;
      }
      if (socket.peer === 0) continue;
      const twin = here.get(socket.peer);
      const name = socket.name || (twin ?? this.#elsewhere.sockets().get(socket.peer))?.name || '';
      if (name === '') continue;
      const tally = this.#of(name, socket.type);
      this.#hold(tally, socket.inode);
      tally.waiting = Math.max(tally.waiting, socket.waiting);
      // Both ends here: counted once, by the named one.
      if (socket.name === '' && twin) continue;
      tally.seen.add(socket.inode);
      now.set(name, (now.get(name) ?? 0) + 1);
    }
    for (const [name, count] of now) {
      const tally = this.#tallies.get(name)!;
      tally.connected = Math.max(tally.connected, count);
    }
  }

  #of(name: string, type: string): Tally {
    let tally = this.#tallies.get(name);
    if (!tally) {
      tally = { type, listening: false, connected: 0, waiting: 0, seen: new Set(), pids: new Set() };
      this.#tallies.set(name, tally);
    }
    return tally;
  }

  #hold(tally: Tally, inode: number): void {
    for (const pid of this.#holders.get(inode) ?? []) tally.pids.add(pid);
  }

  /** Busiest first. */
  facts(): UnixFacts[] {
    return [...this.#tallies]
      .map(([name, { type, listening, connected, waiting, seen, pids }]) => ({
        ...{ name, type, listening, connected, waiting },
        connectionsSeen: seen.size,
        pids: [...pids].sort((a, b) => a - b),
      }))
      .sort((a, b) => b.connectionsSeen - a.connectionsSeen);
  }

  close(): void {
    if (this.#own >= 0) closeSync(this.#own);
  }
}

function table(fd: number): UnixSocket[] {
  if (fd < 0) return [];
  try {
    return listUnixSockets(fd);
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}
