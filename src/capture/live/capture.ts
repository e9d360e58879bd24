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
import { Poller, pair, receiveMessage, sendMessage } from '../sys/index.ts';
import type { Device } from './device.ts';
import { RingBudget } from './geometry.ts';
import { CaptureError, type LiveNamespace, type LiveOptions, NamespaceCapture } from './namespace.ts';

/** How often drops are read from the kernel and told, ms. */
const countEveryMs = 1000;
/** Bytes of a namespace's rings taken before the event loop gets a turn: some ten milliseconds of work. */
const bytesPerTurn = 16 * 1024 * 1024;
/** A processor that was about to copy a frame into the ring when the filter changed has done so by then. */
const settleMs = 10;

/** What may fill of a ring while we do not look: the next time may bring many times as much. */
const restingPart = 1 / 16;
/** So much of a ring filled between two looks: the next time it may be too small. */
const crowdedPart = 1 / 2;
/** Longer retire times come with blocks so large that each is worth a wake-up. */
const restingMs = 50;

const closeLater = promisify(close);

/** Somebody whose word decides what is captured: looked at whenever its descriptor is readable. */
export interface Control {
  readonly fd: number;
  /** It only tells things: the end of the last process is the end all the same. */
  readonly isFixed?: boolean;
  /** Reads what there is. May call `add`, `remove` and `stop`. Returns false when its descriptor has ended. */
  act(out: FrameCollector): boolean;
}

export class LiveCapture implements PacketSource {
  readonly #options: LiveOptions;
  readonly #budget: RingBudget;
  /** By number. */
  readonly #namespaces = new Map<number, NamespaceCapture>();
  /** All of `#namespaces`: made anew when that changes, for it is gone through at each wake-up. */
  #devices: Device[] = [];
  #control: Control | undefined;
  /** What namespaces that were taken out have counted. */
  readonly #gone = { received: 0, dropped: 0, freezes: 0 };
  /** Inodes used so far: the kernel gives them again. */
  readonly #generations = new Map<number, number>();
  readonly #poller = new Poller();
  readonly #wake: [number, number] = pair();
  #interfaceCount = 0;
  #stopping = false;
  /** Descriptors have changed while the poller waited. */
  #isChanged = false;
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
    this.#budget = new RingBudget(options.ringBytes, options.retireMs);
  }

  async #open(): Promise<void> {
    const { namespaces, interfaces } = this.#options;
    await Promise.all(namespaces.map((spec, number) => this.#openNamespace(number, spec)));
    const known = [...this.#namespaces.values()].flatMap((n) => [...n.links.values()]);
    this.#rewatch();
    const missing = interfaces.filter((name) => !this.#devices.some((d) => d.link.name === name));
    if (missing.length > 0 && namespaces.length > 0) {
      const there = known.map((l) => `${l.name}${l.up ? '' : ' (down)'}`);
      throw new CaptureError(
        `no interface ${missing.join(', ')} there; it has ${there.join(', ') || 'none'}`,
      );
    }
  }

  async #openNamespace(number: number, spec: LiveNamespace): Promise<void> {
    const generation = this.#generations.get(spec.inode) ?? 0;
    this.#generations.set(spec.inode, generation + 1);
    const namespace = await NamespaceCapture.open(number, spec, {
      options: this.#options,
      // Connections of a namespace that is gone are not those of the next one with its inode (32 bits).
      identity: spec.inode + generation * 2 ** 32,
      namespaces: () =>
        Math.max(this.#options.expected ?? 1, this.#options.namespaces.length, this.#namespaces.size),
      budget: this.#budget,
      nextInterfaceId: () => this.#interfaceCount++,
      note: (text: string) => void this.#notes.push(text),
      announce: (iface: CaptureInterface) => void this.#announced.push(iface),
    });
    this.#namespaces.set(number, namespace);
  }

  /** Who adds and removes namespaces while it runs; without one, the end of the last process is the end. */
  controlledBy(control: Control): void {
    this.#control = control;
    this.#rewatch();
  }

  /**
   * Captures one more namespace, in parallel to all else: the opener has it under that number. Resolves when
   * frames are being captured. Throws CaptureError, or what the opener says.
   */
  async add(number: number, spec: LiveNamespace): Promise<void> {
    await this.#openNamespace(number, spec);
    this.#isChanged = true;
    this.#rouse();
  }

  /** What is in its rings is still delivered, then they are closed: the kernel can let go of the namespace. */
  remove(number: number): void {
    this.#namespaces.get(number)?.leave(performance.now() + settleMs);
  }

  #rouse(): void {
    sendMessage(this.#wake[0], 'look');
  }

  /** Interfaces being captured now, named `label/eth0`. */
  interfaces(): CaptureInterface[] {
    return this.#devices.filter((d) => d.isAnnounced).map((d) => d.iface);
  }

  /** Asks the kernel for the counters of the interfaces; `passed` has them shortly after. */
  askPassed(): void {
    for (const namespace of this.#namespaces.values()) if (!namespace.ended) namespace.askPassed();
  }

  /** Packets that passed each interface since it is captured, as of the last `askPassed`. */
  passed(): { name: string; packets: number }[] {
    return [...this.#namespaces.values()].flatMap((namespace) => namespace.passed());
  }

  /** Memory of all rings now. */
  ringBytes(): number {
    let bytes = 0;
    for (const { geometry } of this.#devices) bytes += geometry.blockSize * geometry.blockCount;
    return bytes;
  }

  #rewatch(): void {
    this.#isChanged = false;
    const namespaces = [...this.#namespaces.values()];
    this.#devices = namespaces.flatMap((n) => [...n.devices.values()]);
    const control = this.#control ? [this.#control.fd] : [];
    this.#poller.watch([this.#wake[1], ...control, ...namespaces.flatMap((n) => n.fds())]);
  }

  async run(out: FrameCollector): Promise<void> {
    let countedAt = performance.now();
    while (!this.#stopping) {
      this.#tell(out);
      const ready = await this.#poller.wait(this.#nextLookMs());
      if (ready) {
        // Before packets: what they are counted to may have been removed, or joined again.
        if (this.#poller.ready(this.#wake[1])) receiveMessage(this.#wake[1]);
        this.#obey(out);
        this.#drain(out);
      }
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

  async #grow(namespace: NamespaceCapture, device: Device): Promise<void> {
    if (!(await namespace.grow(device))) return;
    this.#isChanged = true;
    this.#rouse();
  }

  #nextLookMs(): number {
    let at = performance.now() + countEveryMs;
    for (const namespace of this.#namespaces.values()) at = Math.min(at, namespace.leaveAt);
    return Math.max(0, Math.ceil(at - performance.now()));
  }

  #obey(out: FrameCollector): void {
    const control = this.#control;
    if (!control || !this.#poller.ready(control.fd) || control.act(out)) return;
    this.#control = undefined;
    this.#isChanged = true;
  }

  /**
   * Blocks fill faster than they are retired, and the rings have room for much more: packets come late by no
   * more than the retire time when the next look waits for it, and a wake-up costs as much as some thousand.
   */
  #isBusy(): boolean {
    let most = 0;
    for (const namespace of this.#namespaces.values())
      for (const device of namespace.devices.values()) {
        const part = device.filledPart();
        most = Math.max(most, part);
        if (part >= crowdedPart) void this.#grow(namespace, device);
      }
    return most > 0 && most <= restingPart && this.#options.retireMs <= restingMs;
  }

  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#rouse();
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
    for (const namespace of this.#namespaces.values()) namespace.mute();
    await sleep(settleMs);
    this.#tell(out);
    while (this.#drain(out)) await out.batch();
    while (this.#drain(out, (device) => device.takeUnfinished())) await out.batch();
    this.#count(out);
    await out.batch();
    await Promise.all([
      ...[...this.#namespaces.values()].map((n) => n.close()),
      ...this.#wake.map((fd) => closeLater(fd)),
    ]);
  }

  /** Delivers ready blocks, rings merged by time. Returns false when there was none. */
  #drain(out: FrameCollector, take = (device: Device) => device.takeBlock()): boolean {
    let any = false;
    for (const namespace of this.#namespaces.values()) any = this.#drainOne(namespace, out, take) || any;
    return any;
  }

  #drainOne(namespace: NamespaceCapture, out: FrameCollector, take: (device: Device) => boolean): boolean {
    let any = false;
    // One that has not been told of has been up for less than it takes to read of it.
    const devices = [...namespace.devices.values()].filter((device) => device.isAnnounced);
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
    const total = { ...this.#gone };
    for (const namespace of this.#namespaces.values()) {
      namespace.count(out);
      namespace.addTo(total);
    }
    Object.assign(this.#counters, total);
  }

  /** Interfaces and processes that came and went; the end of the last process of all ends the capture. */
  async #lookAround(out: FrameCollector): Promise<void> {
    let changed = this.#isChanged;
    for (const namespace of this.#namespaces.values())
      changed = (await namespace.lookAround(this.#poller, out)) || changed;
    changed = (await this.#closeLeft(out)) || changed;
    if (changed) this.#rewatch();
    this.#tell(out);
    if ((!this.#control || this.#control.isFixed) && [...this.#namespaces.values()].every((n) => n.ended))
      this.#stopping = true;
  }

  async #closeLeft(out: FrameCollector): Promise<boolean> {
    const now = performance.now();
    const left = [...this.#namespaces].filter(([, namespace]) => namespace.leaveAt <= now);
    for (const [number, namespace] of left) {
      this.#tell(out);
      while (this.#drainOne(namespace, out, (device) => device.takeBlock())) await out.batch();
      while (this.#drainOne(namespace, out, (device) => device.takeUnfinished())) await out.batch();
      namespace.count(out);
      namespace.addTo(this.#gone);
      this.#namespaces.delete(number);
      await namespace.close();
    }
    return left.length > 0;
  }
}
