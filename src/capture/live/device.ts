/** One captured interface: socket, ring and their counters. */
import { closeSync } from 'node:fs';
import type { BpfInstruction, CaptureInterface } from '../../model/index.ts';
import {
  attachFilter,
  bindToInterface,
  ignoreOutgoing,
  type Link,
  mapRing,
  type RingMemory,
  readStatistics,
  setPromiscuous,
  unmapRing,
} from '../sys/index.ts';
import { RingReader } from './ring.ts';

export interface DeviceOptions {
  readonly iface: CaptureInterface;
  readonly link: Link;
  readonly cooked: boolean;
  readonly filter: readonly BpfInstruction[];
  readonly direction?: 'in' | 'out';
  readonly promiscuous: boolean;
  readonly blockSize: number;
  readonly blockCount: number;
  readonly retireMs: number;
}

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

  /** Takes the socket over. The filter is in place before bind: nothing unfiltered is ever queued. */
  constructor(fd: number, options: DeviceOptions) {
    this.fd = fd;
    this.link = options.link;
    attachFilter(fd, options.filter);
    this.#memory = mapRing(fd, options.blockSize, options.blockCount, options.retireMs);
    // Loopback shows each frame leaving and coming: the leaving copy is left out, as libpcap does.
    if (options.link.loopback) ignoreOutgoing(fd);
    if (options.promiscuous && !options.link.loopback) setPromiscuous(fd, options.link.index);
    this.reader = new RingReader(this.#memory, options);
    bindToInterface(fd, options.link.index);
  }

  /** True when a block lies open; takes the next one if the kernel has handed it over. */
  takeBlock(): boolean {
    if (!this.#inBlock) this.#inBlock = this.reader.open();
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

  close(): void {
    unmapRing(this.#memory);
    closeSync(this.fd);
  }
}
