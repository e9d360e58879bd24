/** One captured interface: socket, ring and their counters. */
import { close, closeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { BpfInstruction, CaptureInterface } from '../../model/index.ts';
import {
  attachFilter,
  bindToInterface,
  type Fanout,
  ignoreOutgoing,
  joinFanout,
  type Link,
  mapRing,
  type RingMemory,
  readStatistics,
  SystemError,
  setPromiscuous,
  startFanout,
  steerFanout,
  unmapRing,
} from '../sys/index.ts';
import type { RingGeometry } from './geometry.ts';
import { RingReader } from './ring.ts';

export interface DeviceOptions {
  readonly geometry: RingGeometry;
  /** A ring of these measures was given back. */
  readonly onClosed: (geometry: RingGeometry) => void;
  readonly iface: CaptureInterface;
  readonly link: Link;
  readonly cooked: boolean;
  readonly filter: readonly BpfInstruction[];
  readonly direction?: 'in' | 'out';
  readonly promiscuous: boolean;
}

const closeLater = promisify(close);

const rejectAll: readonly BpfInstruction[] = [{ code: 6, jt: 0, jf: 0, k: 0 }];

/** A socket with its ring, bound. */
interface Ring {
  readonly fd: number;
  readonly memory: RingMemory;
  readonly reader: RingReader;
  readonly geometry: RingGeometry;
}

/** A processor that was about to copy a frame into the ring when frames went elsewhere has done so by then. */
const settleMs = 10;

export class Device {
  readonly link: Link;
  readonly #options: DeviceOptions;
  #ring: Ring;
  /** A larger ring that frames go to already, and when the one before is whole (performance.now). */
  #successor: Ring | undefined;
  #switchAt = 0;
  #group: Fanout | undefined;
  #isGrowing = false;
  #isClosed = false;
  received = 0;
  dropped = 0;
  freezes = 0;
  #inBlock = false;
  /** The interface is gone; the ring is read until this time (performance.now), then closed. */
  closeAt = Number.POSITIVE_INFINITY;

  /**
   * Takes the socket over, and closes it when something fails. The filter is in place before bind:
   * nothing unfiltered is ever queued. Throws SystemError.
   */
  static async open(fd: number, options: DeviceOptions): Promise<Device> {
    return new Device(options, await openRing(fd, options, options.geometry, options.filter));
  }

  private constructor(options: DeviceOptions, ring: Ring) {
    this.link = options.link;
    this.#options = options;
    this.#ring = ring;
  }

  get iface(): CaptureInterface {
    return this.#ring.reader.iface;
  }

  /** Of the block that lies open. */
  get reader(): RingReader {
    return this.#ring.reader;
  }

  get geometry(): RingGeometry {
    return this.#ring.geometry;
  }

  fds(): number[] {
    return this.#rings().map((ring) => ring.fd);
  }

  #rings(): Ring[] {
    return this.#successor ? [this.#ring, this.#successor] : [this.#ring];
  }

  #isAnnounced = false;

  /** The collector knows its interface: frames may follow. */
  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  /** From here on its name stays. */
  announceAs(name: string): void {
    this.#isAnnounced = true;
    for (const { reader } of this.#rings()) reader.iface = { ...this.#options.iface, name };
  }

  /** A block is handed over at the latest after so long, ms. */
  get retireMs(): number {
    return this.#ring.geometry.retireMs;
  }

  get blockSize(): number {
    return this.#ring.memory.blockSize;
  }

  #filledBefore = 0;

  /** The part of the ring that was filled since the last call, 0 when no block was full. */
  filledPart(): number {
    const { filled } = this.#ring.reader;
    const part = (filled - this.#filledBefore) / this.#ring.memory.blockCount;
    this.#filledBefore = filled;
    return part;
  }

  /** A larger ring is worth its while: not while one is being made. */
  get canGrow(): boolean {
    return (
      !this.#isGrowing && !this.#successor && this.#isAnnounced && this.closeAt === Number.POSITIVE_INFINITY
    );
  }

  /**
   * Frames go to a larger ring from one to the next: none is lost, none comes twice. Both sockets are of one
   * fanout group, of which each frame comes to exactly one member (packet(7)). Takes the socket over. Throws
   * SystemError; then everything is as before.
   */
  async grow(fd: number, geometry: RingGeometry): Promise<void> {
    this.#isGrowing = true;
    try {
      const next = await openRing(fd, this.#options, geometry, rejectAll);
      if (this.#isClosed) return void (await closeRing(next));
      try {
        this.#group ??= startFanout(this.#ring.fd, this.link.loopback);
        // The first member gets all, until the new one is ready.
        steerFanout(this.#ring.fd, 0);
        joinFanout(next.fd, this.#group);
        attachFilter(next.fd, this.#options.filter);
        steerFanout(next.fd, 1);
      } catch (error) {
        await closeRing(next);
        throw error;
      }
      next.reader.iface = this.iface;
      this.#successor = next;
      this.#switchAt = performance.now() + settleMs;
    } finally {
      this.#isGrowing = false;
    }
  }

  /** True when a block lies open; takes the next one if the kernel has handed it over. */
  takeBlock(): boolean {
    if (!this.#inBlock) this.#inBlock = this.#ring.reader.open();
    if (!this.#inBlock && this.#successor && performance.now() >= this.#switchAt)
      this.#inBlock = this.#ring.reader.openUnfinished() || this.#succeed().open();
    return this.#inBlock;
  }

  /** The same for the block the kernel is still filling, once it is muted. */
  takeUnfinished(): boolean {
    if (!this.#inBlock)
      this.#inBlock =
        this.#ring.reader.openUnfinished() ||
        (this.#successor !== undefined && this.#succeed().openUnfinished());
    return this.#inBlock;
  }

  /** The ring before has been read to its end. */
  #succeed(): RingReader {
    const before = this.#ring;
    this.#ring = this.#successor!;
    this.#successor = undefined;
    this.#filledBefore = 0;
    this.#count(before.fd);
    this.#options.onClosed(before.geometry);
    void closeRing(before);
    return this.#ring.reader;
  }

  giveBlock(): void {
    this.#ring.reader.release();
    this.#inBlock = false;
  }

  /** From now on nothing new comes in; what is in the ring stays readable. */
  mute(): void {
    for (const { fd } of this.#rings()) attachFilter(fd, rejectAll);
  }

  #drops = 0;
  #freezes = 0;

  /** Adds the kernel's counts since the last call; returns the new drops and ring-full events. */
  count(): { drops: number; freezes: number } {
    for (const { fd } of this.#rings()) this.#count(fd);
    const told = { drops: this.#drops, freezes: this.#freezes };
    this.#drops = 0;
    this.#freezes = 0;
    return told;
  }

  #count(fd: number): void {
    const now = readStatistics(fd);
    this.received += now.packets;
    this.dropped += now.drops;
    this.freezes += now.freezes;
    this.#drops += now.drops;
    this.#freezes += now.freezes;
  }

  /** The kernel takes its time to let go of a ring: a grace period. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { geometry } of this.#rings()) this.#options.onClosed(geometry);
    await Promise.all(this.#rings().map(closeRing));
  }
}

async function closeRing({ memory, fd }: Ring): Promise<void> {
  unmapRing(memory);
  await closeLater(fd);
}

/** Takes the socket over, and closes it when something fails. */
async function openRing(
  fd: number,
  options: DeviceOptions,
  geometry: RingGeometry,
  filter: readonly BpfInstruction[],
): Promise<Ring> {
  const { link } = options;
  let memory: RingMemory | undefined;
  try {
    attachFilter(fd, filter);
    memory = await mapLargest(fd, geometry);
    // Loopback shows each frame leaving and coming: the leaving copy is left out, as libpcap does.
    if (link.loopback) ignoreOutgoing(fd);
    if (options.promiscuous && !link.loopback) setPromiscuous(fd, link.index);
    const isTwice = link.loopback && options.direction !== 'out';
    const reader = new RingReader(memory, isTwice ? { ...options, direction: 'in' } : options);
    bindToInterface(fd, link.index);
    return { fd, memory, reader, geometry };
  } catch (error) {
    // The interface went away while the ring was made.
    if (memory) unmapRing(memory);
    closeSync(fd);
    throw error;
  }
}

/** Half the ring when the kernel has not enough memory in one piece, down to two blocks. */
async function mapLargest(
  fd: number,
  { blockSize, blockCount, retireMs }: RingGeometry,
): Promise<RingMemory> {
  for (let count = blockCount; ; count = count >> 1) {
    try {
      return await mapRing(fd, blockSize, count, retireMs);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'ENOMEM' || count < 4) throw error;
    }
  }
}
