/** Live capture of one or more network namespaces: a PacketSource. */
import { close } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  type CaptureInterface,
  Direction,
  type Frame,
  type FrameCollector,
  type PacketSource,
  type SourceCounters,
} from '../../model/index.ts';
import { Poller, pair, sendMessage } from '../sys/index.ts';
import type { Device } from './device.ts';
import { CaptureError, type LiveOptions, NamespaceCapture } from './namespace.ts';

/** How often drops are read from the kernel and told, ms. */
const countEveryMs = 1000;
/** Bytes of a namespace's rings taken before the event loop gets a turn: some ten milliseconds of work. */
const bytesPerTurn = 16 * 1024 * 1024;
/** A processor that was about to copy a frame into the ring when the filter changed has done so by then. */
const settleMs = 10;

/** What may fill of a ring while we do not look: the next time may bring many times as much. */
const restingPart = 1 / 16;
/** Longer retire times come with blocks so large that each is worth a wake-up. */
const restingMs = 50;

const closeLater = promisify(close);

export class LiveCapture implements PacketSource {
  readonly #options: LiveOptions;
  readonly #namespaces: NamespaceCapture[] = [];
  readonly #poller = new Poller();
  readonly #wake: [number, number] = pair();
  #interfaceCount = 0;
  #stopping = false;
  /** Opened devices the collector has not heard of yet. */
  readonly #announced: CaptureInterface[] = [];
  readonly #notes: string[] = [];
  readonly #counters: SourceCounters = {
    captured: 0,
    received: 0,
    dropped: 0,
    freezes: 0,
    snaplenCut: 0,
    duplicates: 0,
  };
  readonly #frame: Frame = {
    buf: new Uint8Array(0),
    start: 0,
    capLen: 0,
    origLen: 0,
    sec: 0,
    nsec: 0,
    iface: undefined as unknown as CaptureInterface,
    direction: Direction.unknown,
    number: 0,
    checksumNotReady: false,
  };

  /** Opens every interface: when it resolves, frames are being captured. Throws CaptureError. */
  static async open(options: LiveOptions): Promise<LiveCapture> {
    const capture = new LiveCapture(options);
    await capture.#open();
    return capture;
  }

  private constructor(options: LiveOptions) {
    this.#options = options;
  }

  async #open(): Promise<void> {
    const { namespaces, interfaces } = this.#options;
    const around = {
      options: this.#options,
      nextInterfaceId: () => this.#interfaceCount++,
      note: (text: string) => void this.#notes.push(text),
      announce: (iface: CaptureInterface) => void this.#announced.push(iface),
    };
    const opening = namespaces.map((spec, index) => NamespaceCapture.open(index, spec, around));
    this.#namespaces.push(...(await Promise.all(opening)));
    const missing = interfaces.filter((name) => !this.#devices().some((d) => d.link.name === name));
    if (missing.length > 0) {
      const known = this.#namespaces.flatMap((n) =>
        [...n.links.values()].map((l) => `${l.name}${l.up ? '' : ' (down)'}`),
      );
      throw new CaptureError(
        `no interface ${missing.join(', ')} there; it has ${known.join(', ') || 'none'}`,
      );
    }
    this.#rewatch();
  }

  #devices(): Device[] {
    return this.#namespaces.flatMap((n) => [...n.devices.values()]);
  }

  /** Interfaces being captured now, named `label/eth0`. */
  interfaces(): CaptureInterface[] {
    return this.#devices().map((d) => d.reader.iface);
  }

  #rewatch(): void {
    this.#poller.watch([this.#wake[1], ...this.#namespaces.flatMap((n) => n.fds())]);
  }

  async run(out: FrameCollector): Promise<void> {
    let countedAt = performance.now();
    while (!this.#stopping) {
      this.#tell(out);
      const ready = await this.#poller.wait(countEveryMs);
      if (ready) this.#drain(out);
      await this.#lookAround(out);
      if (performance.now() - countedAt >= countEveryMs) {
        countedAt = performance.now();
        this.#count(out);
      }
      await out.batch();
      if (this.#isBusy()) await sleep(this.#options.retireMs);
    }
    await this.#finish(out);
  }

  /**
   * Blocks fill faster than they are retired, and the rings have room for much more: packets come late by no
   * more than the retire time when the next look waits for it, and a wake-up costs as much as some thousand.
   */
  #isBusy(): boolean {
    const parts = this.#devices().map((device) => device.filledPart());
    const most = Math.max(0, ...parts);
    return most > 0 && most <= restingPart && this.#options.retireMs <= restingMs;
  }

  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    sendMessage(this.#wake[0], 'stop');
  }

  counters(): SourceCounters {
    return this.#counters;
  }

  /** Reads the kernel's counts now, for SIGUSR1. */
  refreshCounters(out: FrameCollector): SourceCounters {
    this.#count(out);
    return this.#counters;
  }

  #tell(out: FrameCollector): void {
    for (const iface of this.#announced.splice(0)) out.interface(iface);
    for (const note of this.#notes.splice(0)) out.note(note);
  }

  /** What is still in the rings when we stop is delivered, without waiting until the kernel hands it over. */
  async #finish(out: FrameCollector): Promise<void> {
    for (const namespace of this.#namespaces) namespace.mute();
    await sleep(settleMs);
    this.#tell(out);
    while (this.#drain(out)) await out.batch();
    while (this.#drain(out, (device) => device.takeUnfinished())) await out.batch();
    this.#count(out);
    await out.batch();
    await Promise.all([...this.#namespaces.map((n) => n.close()), ...this.#wake.map((fd) => closeLater(fd))]);
  }

  /** Delivers ready blocks, rings merged by time. Returns false when there was none. */
  #drain(out: FrameCollector, take = (device: Device) => device.takeBlock()): boolean {
    let any = false;
    for (const namespace of this.#namespaces) {
      const devices = [...namespace.devices.values()];
      for (let left = bytesPerTurn; left > 0; ) {
        const open = devices.filter(take);
        if (open.length === 0) break;
        left -= open[0]!.blockSize;
        any = true;
        if (open.length === 1) {
          this.#deliverAll(namespace, open[0]!, out);
          open[0]!.giveBlock();
        } else this.#merge(namespace, open, out);
      }
    }
    return any;
  }

  #deliverAll(namespace: NamespaceCapture, { reader }: Device, out: FrameCollector): void {
    while (reader.next(this.#frame)) this.#deliver(namespace, out);
  }

  /** Until one of the blocks is at its end. */
  #merge(namespace: NamespaceCapture, devices: readonly Device[], out: FrameCollector): void {
    for (;;) {
      let first = devices[0]!;
      for (const device of devices) {
        const { nextSec, nextNsec } = device.reader;
        const { nextSec: sec, nextNsec: nsec } = first.reader;
        if (nextSec < sec || (nextSec === sec && nextNsec < nsec)) first = device;
      }
      if (!first.reader.next(this.#frame)) {
        first.giveBlock();
        return;
      }
      this.#deliver(namespace, out);
    }
  }

  #deliver(namespace: NamespaceCapture, out: FrameCollector): void {
    const frame = this.#frame;
    const counters = this.#counters;
    if (namespace.doubles?.isDouble(frame)) {
      counters.duplicates++;
      return;
    }
    frame.number = ++counters.captured;
    if (frame.capLen < frame.origLen) counters.snaplenCut++;
    out.frame(frame);
  }

  #count(out: FrameCollector): void {
    const total = { received: 0, dropped: 0, freezes: 0 };
    for (const namespace of this.#namespaces) {
      namespace.count(out);
      for (const { received, dropped, freezes } of [namespace.gone, ...namespace.devices.values()]) {
        total.received += received;
        total.dropped += dropped;
        total.freezes += freezes;
      }
    }
    Object.assign(this.#counters, total);
  }

  /** Interfaces and processes that came and went; the end of the last process of all ends the capture. */
  async #lookAround(out: FrameCollector): Promise<void> {
    let changed = false;
    for (const namespace of this.#namespaces)
      changed = (await namespace.lookAround(this.#poller, out)) || changed;
    if (changed) this.#rewatch();
    this.#tell(out);
    if (this.#namespaces.every((n) => n.ended)) this.#stopping = true;
  }
}
