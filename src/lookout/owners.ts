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
const gapMs = { traced: 100, untraced: 2 };
/** An accepted connection has a descriptor only when the process has run. */
const acceptMs = 30;
/** A namespace is there before its process is what it will be. */
const enterMs = 100;
/** Share of a core: so many times what a look took is rested after it. */
const restFactor = { traced: 19, untraced: 9 };
/** What a trace's records cost is a fraction of a look. */
const traceRestFactor = 9;

interface Sighting {
  told: boolean;
  tries: number;
}

/** One watched namespace. */
class Place {
  readonly seat: Seat;
  readonly diag: number;
  readonly bell: number;
  sockets = new Map<number, Sighting>();
  /** Addresses its sockets have had: tells whose a connection was when its process is gone. */
  readonly addresses = new Set<string>();
  round = 0;
  rung = true;

  constructor(seat: Seat, diag: number, bell: number) {
    this.seat = seat;
    this.diag = diag;
    this.bell = bell;
  }

  close(): void {
    closeSync(this.diag);
    closeSync(this.bell);
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
    while (!this.#stopped) {
      // The time-out is only for the end.
      if (!(await poller.wait(1000))) continue;
      const before = cpuMs();
      const rows = new Map<Seat, OwnerRow[]>();
      trace.read((row, pid, comm) => this.#connected(row, pid, comm, rows));
      for (const [seat, found] of rows) this.#report(seat, found);
      await sleep(traceRestFactor * (cpuMs() - before));
    }
  }

  #connected(row: SocketRow, pid: number, comm: string | undefined, rows: Map<Seat, OwnerRow[]>): void {
    const seat = this.#seatOf(pid, row);
    if (!seat) return;
    const owner = { pid, comm: comm === undefined || comm === nodeComm ? procFiles.comm(pid) : comm };
    if (owner.comm === '') return;
    const found = rows.get(seat) ?? [];
    found.push(ownerRow(row, owner, targetOf(owner.pid, seat)));
    rows.set(seat, found);
  }

  #seatOf(pid: number, row: SocketRow): Seat | undefined {
    const netns = procFiles.netns(pid);
    if (netns !== 0) {
      const seat = this.#seats.at(netns);
      if (seat) this.#places.get(seat.namespace)?.addresses.add(addressOf(row, row.localOff));
      return seat;
    }
    // Its process has ended already: whose address is it? Loopback is everybody's.
    const address = addressOf(row, row.localOff);
    if (isLoopback(address)) return undefined;
    const places = [...this.#places.values()].filter((place) => place.addresses.has(address));
    return places.length === 1 ? places[0]!.seat : undefined;
  }

  async #look(): Promise<void> {
    const poller = new Poller();
    const gap = this.#trace ? gapMs.traced : gapMs.untraced;
    const factor = this.#trace ? restFactor.traced : restFactor.untraced;
    /** Looked at once more, when what was begun has been accepted. */
    let again = new Set<Place>();
    for (;;) {
      this.#followSeats();
      const before = cpuMs();
      for (const place of this.#places.values()) {
        if (!place.rung && !again.has(place)) continue;
        this.#lookAt(place);
      }
      const rung = new Set([...this.#places.values()].filter((place) => place.rung));
      for (const place of rung) place.rung = false;
      again = rung;
      await sleep(Math.max(gap, factor * (cpuMs() - before)));
      if (this.#stopped) return;
      poller.watch([this.#wake[1], ...[...this.#places.values()].map((place) => place.bell)]);
      await poller.wait(again.size > 0 ? acceptMs : this.#isWaiting() ? enterMs : -1);
      if (poller.ready(this.#wake[1])) receiveMessage(this.#wake[1]);
      if (this.#stopped) return;
      for (const place of this.#places.values())
        if (poller.ready(place.bell)) {
          quiet(place.bell);
          place.rung = true;
        }
    }
  }

  #followSeats(): void {
    const seats = this.#seats.all();
    for (const seat of seats) {
      if (this.#places.has(seat.namespace) || this.#refused.has(seat.namespace)) continue;
      const place = enter(seat);
      if (place) this.#places.set(seat.namespace, place);
      // A container that is being made has no process yet: asked again when more is known of it.
      else if (seat.members.some((member) => member.pid > 0)) this.#refused.add(seat.namespace);
    }
    const now = new Set(seats.map((seat) => seat.namespace));
    for (const [namespace, place] of this.#places)
      if (!now.has(namespace)) {
        place.close();
        this.#places.delete(namespace);
      }
  }

  /** Some seat's process has not started yet. */
  #isWaiting(): boolean {
    return this.#seats
      .all()
      .some(({ namespace }) => !this.#places.has(namespace) && !this.#refused.has(namespace));
  }

  /** Lists the sockets, and tells who holds those that were not told of yet. */
  #lookAt(place: Place): void {
    const { seat, sockets } = place;
    place.round++;
    const wanted = new Set<number>();
    const rows = new Map<number, (owner: SocketOwner) => OwnerRow>();
    const now = new Map<number, Sighting>();
    for (const transport of [6, 17] as const)
      for (const version of [4, 6] as const)
        dumpSockets(place.diag, transport, version, transport === 6 ? ownedStates : allStates, (row) => {
          const { inode } = row;
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
  }

  #report(seat: Seat, rows: readonly OwnerRow[]): void {
    const at = Date.now();
    for (let i = 0; i < rows.length; i += rowsPerMessage)
      this.#tell({ news: 'owners', inode: seat.inode, at, owners: rows.slice(i, i + rowsPerMessage) });
  }
}

function enter(seat: Seat): Place | undefined {
  for (const { pid } of seat.members) {
    if (pid <= 0) continue;
    try {
      const netns = openNetns(`/proc/${pid}/ns/net`);
      try {
        if (netns.inode !== seat.inode) continue;
        return withNetns(netns, () => new Place(seat, openDiagSocket(), openDoorbell()));
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
