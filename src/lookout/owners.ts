/**
 * Which process holds each connection of the watched namespaces: outgoing ones as the kernel tells of them
 * (connect-trace.ts), the rest by lists of sockets (sock-diag.ts) and the descriptors of processes, looked at when
 * somebody begins a conversation. Nothing runs while nothing begins.
 */
import { closeSync } from 'node:fs';
import {
  allStates,
  ConnectTrace,
  dumpSockets,
  openDiagSocket,
  openDoorbell,
  openNetns,
  ownedStates,
  Poller,
  pair,
  quiet,
  receiveMessage,
  type SocketRow,
  SocketState,
  SystemError,
  sendMessage,
  withNetns,
} from '../capture/sys/index.ts';
import { viewNamespace } from '../target/proc/addresses.ts';
import { DescriptorTables, nodeComm, procFiles, type SocketOwner } from '../target/proc/owners.ts';
import { parseCgroups, readProc } from '../target/proc/stat.ts';
import { formatIpv4, formatIpv6 } from '../util/address.ts';
import type { News, OwnerRow } from './messages.ts';
import type { Seat, Seats } from './seats.ts';

/** Rows of one message: each has some 250 bytes at most. */
const rowsPerMessage = 200;
/** Sockets remembered of one namespace; more are looked for anew each time. */
const maxSockets = 65_536;
/** A socket whose process was not found so often is left alone for a while: it is in a namespace we do not see. */
const maxTries = 3;
const retryRounds = 64;
/** Between two looks: where the kernel tells of connections itself only listeners and UDP are left to be found. */
const gapMs = { traced: 200, untraced: 2 };
/** An accepted connection has a descriptor only when the process has run. */
const acceptMs = 30;
/** Looks for the sake of connections that a program lets wait. */
const maxAgain = 20;
/** A namespace is there before its process is what it will be. */
const enterMs = 100;
/** A process that ends waits for its pool threads, so none of ours may wait for ever. */
const longestWaitMs = 1000;
/** A few namespaces are looked at from time to time, whatever happens. */
const seldomMs = 2000;
/** Namespaces that a connection over loopback is told of when its process has ended. */
const maxGuesses = 8;
/** Share of a core: so many times what a look took is rested after it. */
const restFactor = { traced: 49, untraced: 9 };
/** What a trace's records cost is a fraction of a look. */
const traceRestFactor = 9;
/** While only processes elsewhere connect: less than packets wait in their rings (20 ms). */
const noiseRestMs = 10;

interface Sighting {
  told: boolean;
  tries: number;
}

/** One watched namespace. */
class Place {
  readonly seat: Seat;
  readonly diag: number;
  /** -1: the kernel tells of connections itself. */
  readonly bell: number;
  sockets = new Map<number, Sighting>();
  /** Addresses its sockets have had: tells whose a connection was when its process is gone. */
  readonly addresses = new Set<string>();
  round = 0;
  rung = true;
  /** So often it is looked at once more, for what was not accepted yet. */
  again = 0;

  constructor(seat: Seat, diag: number, bell: number) {
    this.seat = seat;
    this.diag = diag;
    this.bell = bell;
  }

  close(): void {
    closeSync(this.diag);
    if (this.bell >= 0) closeSync(this.bell);
  }
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

export class Owners {
  readonly #seats: Seats;
  readonly #tell: (news: News) => void;
  readonly #tables = new DescriptorTables();
  readonly #trace: ConnectTrace | undefined;
  readonly #places = new Map<number, Place>();
  /** Namespaces that could not be entered: told nothing of. */
  readonly #refused = new Set<number>();
  readonly #wake = pair();
  #stopped = false;
  /** `#wake` has a message. */
  #isRoused = false;
  #idleSince = performance.now();

  /** @param mayTrace false: as on a kernel that does not tell of connections */
  constructor(seats: Seats, tell: (news: News) => void, mayTrace = true) {
    this.#seats = seats;
    this.#tell = tell;
    this.#trace = mayTrace ? ConnectTrace.open() : undefined;
  }

  /** Seats came or went. */
  changed(): void {
    sendMessage(this.#wake[0], '');
  }

  stop(): void {
    this.#stopped = true;
    this.changed();
  }

  async run(): Promise<void> {
    const following = this.#trace && this.#follow(this.#trace);
    await this.#look();
    await following;
    for (const place of this.#places.values()) place.close();
    this.#trace?.close();
  }

  async #follow(trace: ConnectTrace): Promise<void> {
    const poller = new Poller();
    poller.watch(trace.fds());
    let restMs = 0;
    while (!this.#stopped) {
      if (!(await poller.wait(longestWaitMs))) continue;
      const before = cpuMs();
      const rows = new Map<Seat, OwnerRow[]>();
      trace.read(
        (row, pid, comm) => this.#connected(row, pid, comm, rows),
        (row) => this.#arrived(row),
      );
      for (const [seat, found] of rows) this.#report(seat, found);
      // Others' connections are no reason to hurry, and waking up costs more than they do.
      restMs = rows.size > 0 ? 0 : Math.min(noiseRestMs, 2 * restMs + 1);
      await sleep(Math.max(restMs, traceRestFactor * (cpuMs() - before)));
    }
  }

  /** Somebody has begun a conversation with one of these: who listens there may be new, who accepts is. */
  #arrived(row: SocketRow): void {
    const address = addressOf(row, row.localOff);
    const places = [...this.#places.values()];
    const rung = isLoopback(address)
      ? places.slice(0, maxGuesses)
      : places.filter((place) => place.addresses.has(address));
    for (const place of rung) place.rung = true;
    if (rung.length > 0 && !this.#isRoused) {
      this.#isRoused = true;
      this.changed();
    }
  }

  #connected(row: SocketRow, pid: number, comm: string | undefined, rows: Map<Seat, OwnerRow[]>): void {
    const seats = this.#seatsOf(pid, row);
    if (seats.length === 0) return;
    const owner = { pid, comm: comm === undefined || comm === nodeComm ? procFiles.comm(pid) : comm };
    if (owner.comm === '') return;
    for (const seat of seats) {
      const found = rows.get(seat) ?? [];
      found.push(ownerRow(row, owner, targetOf(owner.pid, seat)));
      rows.set(seat, found);
    }
  }

  /** Where a connection may be: one place, but for processes that have ended since. */
  #seatsOf(pid: number, row: SocketRow): readonly Seat[] {
    const address = addressOf(row, row.localOff);
    const netns = procFiles.netns(pid);
    if (netns !== 0) {
      const seat = this.#seats.at(netns);
      if (!seat) return [];
      this.#places.get(seat.namespace)?.addresses.add(address);
      return [seat];
    }
    const places = [...this.#places.values()];
    // Loopback is everybody's: ports and moment say which of a few it was.
    const maybe = isLoopback(address)
      ? places.slice(0, maxGuesses)
      : places.filter((place) => place.addresses.has(address)).slice(0, 1);
    return maybe.map((place) => place.seat);
  }

  async #look(): Promise<void> {
    const poller = new Poller();
    const gap = this.#trace ? gapMs.traced : gapMs.untraced;
    const factor = this.#trace ? restFactor.traced : restFactor.untraced;
    for (;;) {
      this.#followSeats();
      const before = cpuMs();
      for (const place of this.#places.values()) {
        if (place.rung) place.again = maxAgain;
        else if (place.again === 0) continue;
        const isAll = this.#lookAt(place);
        // What has just begun is accepted when its process has run.
        place.again = place.rung ? maxAgain : isAll ? 0 : place.again - 1;
        place.rung = false;
      }
      await sleep(Math.max(gap, factor * (cpuMs() - before)));
      if (this.#stopped) return;
      const bells = [...this.#places.values()].map((place) => place.bell).filter((bell) => bell >= 0);
      poller.watch([this.#wake[1], ...bells]);
      const isPending = [...this.#places.values()].some((place) => place.again > 0);
      await poller.wait(isPending ? acceptMs : this.#isWaiting() ? enterMs : longestWaitMs);
      if (poller.ready(this.#wake[1])) {
        this.#isRoused = false;
        receiveMessage(this.#wake[1]);
      }
      if (this.#stopped) return;
      this.#ringSeldom();
      for (const place of this.#places.values())
        if (place.bell >= 0 && poller.ready(place.bell)) {
          quiet(place.bell);
          place.rung = true;
        }
    }
  }

  #followSeats(): void {
    const seats = this.#seats.all();
    for (const seat of seats) {
      if (this.#places.has(seat.namespace) || this.#refused.has(seat.namespace)) continue;
      const place = enter(seat, this.#trace === undefined);
      if (place) this.#places.set(seat.namespace, place);
      // A container that is being made has no process yet: asked again when more is known of it.
      else if (seat.path !== undefined || seat.members.some((member) => member.pid > 0))
        this.#refused.add(seat.namespace);
    }
    const now = new Set(seats.map((seat) => seat.namespace));
    for (const [namespace, place] of this.#places)
      if (!now.has(namespace)) {
        place.close();
        this.#places.delete(namespace);
      }
  }

  /** What nobody tells of: UDP, and who listens anew. */
  #ringSeldom(): void {
    const now = performance.now();
    if (now - this.#idleSince < seldomMs || this.#places.size > maxGuesses) return;
    this.#idleSince = now;
    for (const place of this.#places.values()) place.rung = true;
  }

  /** Some seat's process has not started yet. */
  #isWaiting(): boolean {
    return this.#seats
      .all()
      .some(({ namespace }) => !this.#places.has(namespace) && !this.#refused.has(namespace));
  }

  /** Lists the sockets, and tells who holds those that were not told of yet. @returns false: some will be held yet */
  #lookAt(place: Place): boolean {
    const { seat, sockets } = place;
    place.round++;
    let isAll = true;
    const wanted = new Set<number>();
    const rows = new Map<number, (owner: SocketOwner) => OwnerRow>();
    const now = new Map<number, Sighting>();
    for (const transport of [6, 17] as const)
      for (const version of [4, 6] as const)
        dumpSockets(place.diag, transport, version, transport === 6 ? ownedStates : allStates, (row) => {
          const { inode } = row;
          if (inode === 0 && transport === 6 && row.state === SocketState.established) isAll = false;
          // Without a port it is no end of anything; without an inode nobody holds it.
          if (inode === 0 || row.localPort === 0 || now.has(inode)) return;
          const before = sockets.get(inode);
          const sighting = before ?? { told: false, tries: 0 };
          if (now.size < maxSockets) now.set(inode, sighting);
          if (sighting.told || (sighting.tries >= maxTries && place.round % retryRounds !== 0)) return;
          sighting.tries++;
          wanted.add(inode);
          const keep = keepRow(row);
          rows.set(inode, (owner) => ownerRow(keep, owner, targetOf(owner.pid, seat)));
        });
    place.sockets = now;
    const found: OwnerRow[] = [];
    this.#tables.find(
      seat.inode,
      wanted,
      (inode) => now.has(inode),
      (inode, owner) => {
        const sighting = now.get(inode);
        if (sighting) sighting.told = true;
        const row = rows.get(inode)!(owner);
        if (place.addresses.size < maxSockets) place.addresses.add(row[1]);
        found.push(row);
      },
    );
    this.#report(seat, found);
    return isAll;
  }

  #report(seat: Seat, rows: readonly OwnerRow[]): void {
    const at = Date.now();
    for (let i = 0; i < rows.length; i += rowsPerMessage)
      this.#tell({ news: 'owners', inode: seat.inode, at, owners: rows.slice(i, i + rowsPerMessage) });
  }
}

/** @param hasBell somebody must tell when to look */
function enter(seat: Seat, hasBell: boolean): Place | undefined {
  const paths = seat.members.filter(({ pid }) => pid > 0).map(({ pid }) => `/proc/${pid}/ns/net`);
  for (const path of seat.path === undefined ? paths : [seat.path, ...paths]) {
    try {
      const netns = openNetns(path);
      try {
        if (netns.inode !== seat.inode) continue;
        const place = withNetns(
          netns,
          () => new Place(seat, openDiagSocket(), hasBell ? openDoorbell() : -1),
        );
        const pid = seat.members.find((member) => member.pid > 0)?.pid;
        for (const address of (pid === undefined ? undefined : viewNamespace(pid))?.addresses ?? [])
          place.addresses.add(address);
        return place;
      } finally {
        closeSync(netns.fd);
      }
    } catch (error) {
      if (!(error instanceof SystemError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
  return undefined;
}

function addressOf(row: SocketRow, offset: number): string {
  return row.version === 4 ? formatIpv4(row.bytes, offset) : formatIpv6(row.bytes, offset);
}

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

function keepRow(row: SocketRow): SocketRow {
  const length = row.version === 4 ? 4 : 16;
  const bytes = new Uint8Array(2 * length);
  bytes.set(row.bytes.subarray(row.localOff, row.localOff + length), 0);
  bytes.set(row.bytes.subarray(row.remoteOff, row.remoteOff + length), length);
  return { ...row, bytes, localOff: 0, remoteOff: length };
}

/** A listener, and an unconnected UDP socket, speak with anybody: '' and 0. */
function ownerRow(row: SocketRow, owner: SocketOwner, target: string): OwnerRow {
  const hasPeer = row.remotePort !== 0 && row.state !== SocketState.listen;
  const local = addressOf(row, row.localOff);
  return [
    row.transport,
    local === '0.0.0.0' || local === '::' ? '' : local,
    row.localPort,
    hasPeer ? addressOf(row, row.remoteOff) : '',
    hasPeer ? row.remotePort : 0,
    owner.pid,
    owner.comm,
    target,
  ];
}

/** The container whose process it is: the only one there, or the one that its cgroup is named after. */
function targetOf(pid: number, { members }: Seat): string {
  const [first] = members;
  if (members.length === 1 && first!.id !== '') return first!.name;
  const ids = members.filter((member) => member.id !== '');
  if (ids.length === 0) return '';
  const paths = parseCgroups(readProc(pid, 'cgroup') ?? '');
  return ids.find(({ id }) => paths.some((path) => path.includes(id)))?.name ?? '';
}
