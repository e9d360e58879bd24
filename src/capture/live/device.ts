/** One captured interface: socket, ring and their counters. */
import { close, closeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { BpfInstruction, CaptureInterface } from '../../model/index.ts';
import {
  attachFilter,
  bindToInterface,
  ignoreOutgoing,
  type Link,
  mapRing,
  type RingMemory,
  readStatistics,
  SystemError,
  setPromiscuous,
  unmapRing,
} from '../sys/index.ts';
import { RingReader } from './ring.ts';

export interface DeviceOptions extends RingGeometry {
  readonly iface: CaptureInterface;
  readonly link: Link;
  readonly cooked: boolean;
  readonly filter: readonly BpfInstruction[];
  readonly direction?: 'in' | 'out';
  readonly promiscuous: boolean;
}

/**
 * Blocks hold at least one frame of the largest size: 262144 bytes and headers fit 512 KiB; the small ones,
 * for hosts of many interfaces, hold what segmentation offload makes (64 KiB). A wake-up costs as much as some
 * thousand packets, so that blocks are as large as the kernel gives in one piece (MAX_PAGE_ORDER, 4 MiB).
 */
const blockSizes = [4096, 2048, 1024, 512, 128].map((kib) => kib * 1024);
/** A block is also used up by the time that retires it: a program that stands still so long loses nothing. */
const stallMs = 1280;
const minBlocks = 8;
/** Of a ring that gets next to no memory: one among hundreds, or a small -B. */
const fewestBlocks = 4;
/** With few blocks they are retired later, so that loading the views (a quarter of a second) loses nothing. */
const shortStallMs = 800;

export interface RingGeometry {
  readonly blockSize: number;
  readonly blockCount: number;
  /** As wished, or longer. */
  readonly retireMs: number;
}

/** How a share of memory becomes blocks: some are read while the kernel fills others. */
export function ringGeometry(bytes: number, retireMs: number): RingGeometry {
  const wanted = Math.max(minBlocks, Math.ceil(stallMs / retireMs));
  const blockSize = blockSizes.find((size) => size * wanted <= bytes) ?? blockSizes.at(-1)!;
  const blockCount = Math.max(fewestBlocks, Math.floor(bytes / blockSize));
  return { blockSize, blockCount, retireMs: Math.max(retireMs, Math.ceil(shortStallMs / blockCount)) };
}

const closeLater = promisify(close);

const rejectAll: readonly BpfInstruction[] = [{ code: 6, jt: 0, jf: 0, k: 0 }];

export class Device {
  readonly fd: number;
  readonly link: Link;
  readonly reader: RingReader;
  readonly #memory: RingMemory;
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
    try {
      attachFilter(fd, options.filter);
      const memory = await mapLargest(fd, options);
      return new Device(fd, options, memory);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  private constructor(fd: number, options: DeviceOptions, memory: RingMemory) {
    const { link } = options;
    this.fd = fd;
    this.link = link;
    this.#memory = memory;
    this.retireMs = options.retireMs;
    // Loopback shows each frame leaving and coming: the leaving copy is left out, as libpcap does.
    const onlyIncoming = link.loopback && !ignoreOutgoing(fd);
    if (options.promiscuous && !link.loopback) setPromiscuous(fd, link.index);
    this.reader = new RingReader(memory, onlyIncoming ? { ...options, direction: 'in' } : options);
    bindToInterface(fd, link.index);
  }

  #isAnnounced = false;

  /** The collector knows its interface: frames may follow. */
  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  /** From here on its name stays. */
  announceAs(name: string): void {
    this.#isAnnounced = true;
    this.reader.iface = { ...this.reader.iface, name };
  }

  /** A block is handed over at the latest after so long, ms. */
  readonly retireMs: number;

  get blockSize(): number {
    return this.#memory.blockSize;
  }

  #filledBefore = 0;

  /** The part of the ring that was filled since the last call, 0 when no block was full. */
  filledPart(): number {
    const { filled } = this.reader;
    const part = (filled - this.#filledBefore) / this.#memory.blockCount;
    this.#filledBefore = filled;
    return part;
  }

  /** True when a block lies open; takes the next one if the kernel has handed it over. */
  takeBlock(): boolean {
    if (!this.#inBlock) this.#inBlock = this.reader.open();
    return this.#inBlock;
  }

  /** The same for the block the kernel is still filling, once it is muted. */
  takeUnfinished(): boolean {
    if (!this.#inBlock) this.#inBlock = this.reader.openUnfinished();
    return this.#inBlock;
  }

  giveBlock(): void {
    this.reader.release();
    this.#inBlock = false;
  }

  /** From now on nothing new comes in; what is in the ring stays readable. */
  mute(): void {
    attachFilter(this.fd, rejectAll);
  }

  /** Adds the kernel's counts since the last call; returns the new drops and ring-full events. */
  count(): { drops: number; freezes: number } {
    const now = readStatistics(this.fd);
    this.received += now.packets;
    this.dropped += now.drops;
    this.freezes += now.freezes;
    return { drops: now.drops, freezes: now.freezes };
  }

  /** The kernel takes its time to let go of a ring: a grace period. */
  close(): Promise<void> {
    unmapRing(this.#memory);
    return closeLater(this.fd);
  }
}

/** Half the ring when the kernel has not enough memory in one piece, down to two blocks. */
async function mapLargest(
  fd: number,
  { blockSize, blockCount, retireMs }: DeviceOptions,
): Promise<RingMemory> {
  for (let count = blockCount; ; count = count >> 1) {
    try {
      return await mapRing(fd, blockSize, count, retireMs);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'ENOMEM' || count < 4) throw error;
    }
  }
}
