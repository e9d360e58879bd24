/** Live capture of one or more network namespaces: a PacketSource. */
import { closeSync } from 'node:fs';
import {
  type BpfInstruction,
  type CaptureInterface,
  Direction,
  type Frame,
  type FrameCollector,
  LinkType,
  type PacketSource,
  type SourceCounters,
} from '../../model/index.ts';
import {
  clearSocketError,
  type Link,
  Poller,
  pair,
  pidfdOpen,
  readLinkEvents,
  requestLinks,
  SystemError,
  sendMessage,
} from '../sys/index.ts';
import { Device } from './device.ts';
import { Duplicates } from './duplicates.ts';
import { canDouble, isShadow, linkTypeOf } from './links.ts';

/** What enters a namespace for us. Index = position in LiveOptions.namespaces. */
export interface SocketOpener {
  linkSocket(namespace: number): number;
  packetSocket(namespace: number, cooked: boolean): number;
}

export interface LiveNamespace {
  /** Label of the target(s) in it: interfaces are named `label/eth0`. */
  readonly label: string;
  readonly inode: number;
  /** Processes whose end means the target's end; empty = watch until stopped. */
  readonly pids: readonly number[];
}

export interface LiveOptions {
  readonly namespaces: readonly LiveNamespace[];
  readonly opener: SocketOpener;
  /** Compiles the user's filter for a link type, live. */
  readonly filter: (linktype: number) => readonly BpfInstruction[];
  readonly snaplen: number;
  readonly direction?: 'in' | 'out';
  readonly promiscuous: boolean;
  /** Only these interface names; empty = all. */
  readonly interfaces: readonly string[];
  /** Ring memory of all interfaces together, bytes. */
  readonly ringBytes: number;
  /** A block is handed over at the latest after so long: the delay of a live view. */
  readonly retireMs: number;
  /** Keep doubles of bridged frames. */
  readonly keepDoubles: boolean;
}

/** Blocks hold at least one frame of the largest size (262144 bytes and headers fit two of them). */
const blockSize = 512 * 1024;
/** How often drops are read from the kernel and told, ms. */
const countEveryMs = 1000;
/** Blocks of one ring taken before the event loop gets a turn. */
const blocksPerTurn = 32;

interface Namespace extends LiveNamespace {
  readonly index: number;
  readonly linkFd: number;
  readonly links: Map<number, Link>;
  readonly devices: Map<number, Device>;
  readonly pidfds: Map<number, number>;
  doubles: Duplicates | undefined;
}

export class LiveCapture implements PacketSource {
  readonly #options: LiveOptions;
  readonly #namespaces: Namespace[] = [];
  readonly #poller = new Poller();
  readonly #wake: [number, number] = pair();
  #interfaceCount = 0;
  #watched: number[] = [];
  #stopping = false;
  /** Opened devices the collector has not heard of yet. */
  #announce: CaptureInterface[] = [];
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

  /** Opens every interface: when this returns, frames are being captured. Throws CaptureError. */
  constructor(options: LiveOptions) {
    this.#options = options;
    for (const [index, spec] of options.namespaces.entries()) this.#openNamespace(index, spec);
    const missing = options.interfaces.filter(
      (name) => !this.#namespaces.some((n) => [...n.devices.values()].some((d) => d.link.name === name)),
    );
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

  /** Interfaces being captured now, `label/name`. */
  interfaceNames(): string[] {
    return this.#namespaces.flatMap((n) => [...n.devices.values()].map((d) => d.reader.iface.name));
  }

  interfaces(): CaptureInterface[] {
    return this.#namespaces.flatMap((n) => [...n.devices.values()].map((d) => d.reader.iface));
  }

  #openNamespace(index: number, spec: LiveNamespace): void {
    const namespace: Namespace = {
      ...spec,
      index,
      linkFd: this.#options.opener.linkSocket(index),
      links: new Map(),
      devices: new Map(),
      pidfds: new Map(),
      doubles: undefined,
    };
    this.#namespaces.push(namespace);
    for (const pid of spec.pids) {
      const fd = pidfdOpen(pid);
      if (fd >= 0) namespace.pidfds.set(fd, pid);
    }
    requestLinks(namespace.linkFd);
    // The kernel answers a dump before send(2) returns or on the next reads: never long.
    for (let tries = 0; tries < 100; tries++) {
      const { events, done } = readLinkEvents(namespace.linkFd);
      for (const event of events) if (event.kind === 'new') namespace.links.set(event.link.index, event.link);
      if (done) break;
    }
    this.#openMissing(namespace);
  }

  /** Opens what is up, wanted and not open yet. */
  #openMissing(namespace: Namespace): Device[] {
    const opened: Device[] = [];
    const { interfaces, ringBytes, keepDoubles } = this.#options;
    const wanted = [...namespace.links.values()].filter(
      (link) =>
        link.up &&
        !namespace.devices.has(link.index) &&
        (interfaces.length > 0
          ? interfaces.includes(link.name)
          : keepDoubles || !isShadow(link, namespace.links)),
    );
    const shares = Math.max(1, this.#options.namespaces.length) * Math.max(2, wanted.length);
    const blockCount = Math.max(4, Math.min(64, Math.floor(ringBytes / shares / blockSize)));
    for (const link of wanted) {
      const device = this.#openDevice(namespace, link, blockCount);
      namespace.devices.set(link.index, device);
      this.#announce.push(device.reader.iface);
      opened.push(device);
    }
    if (!keepDoubles && namespace.devices.size > 1 && canDouble(namespace.links))
      namespace.doubles ??= new Duplicates();
    return opened;
  }

  #openDevice(namespace: Namespace, link: Link, blockCount: number): Device {
    const { linktype, cooked } = linkTypeOf(link);
    const options = this.#options;
    const iface: CaptureInterface = {
      id: this.#interfaceCount++,
      name: `${namespace.label}/${link.name}`,
      linktype,
      snaplen: options.snaplen,
      netns: namespace.inode,
      target: namespace.label,
    };
    const fd = options.opener.packetSocket(namespace.index, cooked);
    try {
      return new Device(fd, {
        iface,
        link,
        cooked,
        // A cooked socket's filter sees the packet from the network layer on, like LINKTYPE_RAW.
        filter: options.filter(cooked ? LinkType.raw : linktype),
        ...(options.direction ? { direction: options.direction } : {}),
        promiscuous: options.promiscuous,
        blockSize,
        blockCount,
        retireMs: options.retireMs,
      });
    } catch (error) {
      closeSync(fd);
      if (error instanceof SystemError)
        throw new CaptureError(`cannot capture on ${iface.name}: ${error.message}`);
      throw error;
    }
  }

  #rewatch(): void {
    this.#watched = [this.#wake[1]];
    for (const n of this.#namespaces)
      this.#watched.push(n.linkFd, ...n.pidfds.keys(), ...[...n.devices.values()].map((d) => d.fd));
    this.#poller.watch(this.#watched);
  }

  async run(out: FrameCollector): Promise<void> {
    let countedAt = performance.now();
    while (!this.#stopping) {
      this.#tell(out);
      const ready = await this.#poller.wait(countEveryMs);
      if (ready) this.#drain(out);
      this.#lookAround(out);
      if (performance.now() - countedAt >= countEveryMs) {
        countedAt = performance.now();
        this.#count(out);
      }
      await out.batch();
    }
    await this.#finish(out);
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
    for (const iface of this.#announce.splice(0)) out.interface(iface);
    for (const note of this.#notes.splice(0)) out.note(note);
  }

  /** What is still in the rings when we stop is delivered: the kernel hands blocks over after retireMs. */
  async #finish(out: FrameCollector): Promise<void> {
    const devices = this.#namespaces.flatMap((n) => [...n.devices.values()]);
    for (const device of devices) device.mute();
    await new Promise((resolve) => setTimeout(resolve, this.#options.retireMs + 10));
    this.#tell(out);
    while (this.#drain(out)) await out.batch();
    this.#count(out);
    await out.batch();
    for (const device of devices) device.close();
    for (const n of this.#namespaces) {
      closeSync(n.linkFd);
      for (const fd of n.pidfds.keys()) closeSync(fd);
    }
    for (const fd of this.#wake) closeSync(fd);
  }

  /** Delivers ready blocks, rings merged by time. Returns false when there was none. */
  #drain(out: FrameCollector): boolean {
    let any = false;
    for (const namespace of this.#namespaces) {
      const devices = [...namespace.devices.values()];
      for (let turn = 0; turn < blocksPerTurn; turn++) {
        const open = devices.filter((device) => device.takeBlock());
        if (open.length === 0) break;
        any = true;
        if (open.length === 1) {
          const device = open[0]!;
          while (device.reader.next(this.#frame)) this.#deliver(namespace, out);
          device.giveBlock();
        } else this.#merge(namespace, open, out);
      }
    }
    return any;
  }

  /** Until one of the blocks is at its end. */
  #merge(namespace: Namespace, devices: readonly Device[], out: FrameCollector): void {
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

  #deliver(namespace: Namespace, out: FrameCollector): void {
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
    const counters = this.#counters;
    counters.received = 0;
    counters.dropped = 0;
    counters.freezes = 0;
    for (const namespace of this.#namespaces)
      for (const device of namespace.devices.values()) {
        const { drops, freezes } = device.count();
        const iface = device.reader.iface;
        if (drops > 0) out.loss({ kind: 'kernelDrop', count: drops, iface });
        if (freezes > 0) out.loss({ kind: 'freeze', count: freezes, iface });
        counters.received += device.received;
        counters.dropped += device.dropped;
        counters.freezes += device.freezes;
      }
    counters.received += this.#gone.received;
    counters.dropped += this.#gone.dropped;
    counters.freezes += this.#gone.freezes;
  }

  /** Counts of devices that are gone. */
  readonly #gone = { received: 0, dropped: 0, freezes: 0 };

  /** Interfaces and processes that came and went. */
  #lookAround(out: FrameCollector): void {
    let changed = false;
    for (const namespace of this.#namespaces) {
      changed = this.#closeGone(namespace, out) || changed;
      if (this.#poller.ready(namespace.linkFd)) changed = this.#readLinks(namespace) || changed;
      for (const device of namespace.devices.values())
        if (this.#poller.failed(device.fd)) clearSocketError(device.fd);
      for (const [fd, pid] of namespace.pidfds) {
        if (!this.#poller.ready(fd)) continue;
        closeSync(fd);
        namespace.pidfds.delete(fd);
        changed = true;
        if (namespace.pidfds.size === 0) this.#notes.push(`${namespace.label} ended (process ${pid} exited)`);
      }
    }
    if (changed) {
      this.#tell(out);
      this.#rewatch();
    }
    const withProcess = this.#namespaces.filter((n) => n.pids.length > 0);
    if (withProcess.length === this.#namespaces.length && withProcess.every((n) => n.pidfds.size === 0))
      this.#stopping = true;
  }

  #closeGone(namespace: Namespace, out: FrameCollector): boolean {
    let changed = false;
    for (const device of namespace.devices.values()) {
      if (device.closeAt > performance.now()) continue;
      this.#count(out);
      this.#gone.received += device.received;
      this.#gone.dropped += device.dropped;
      this.#gone.freezes += device.freezes;
      device.close();
      namespace.devices.delete(device.link.index);
      this.#notes.push(`${device.reader.iface.name} is gone`);
      changed = true;
    }
    return changed;
  }

  #readLinks(namespace: Namespace): boolean {
    const { events, overrun } = readLinkEvents(namespace.linkFd);
    if (overrun) requestLinks(namespace.linkFd);
    let changed = false;
    for (const { kind, link } of events) {
      if (kind === 'new') {
        namespace.links.set(link.index, link);
        continue;
      }
      namespace.links.delete(link.index);
      const device = namespace.devices.get(link.index);
      // What the kernel has not handed over yet comes after retireMs.
      if (device) device.closeAt = performance.now() + 2 * this.#options.retireMs;
    }
    for (const device of this.#openMissing(namespace)) {
      this.#notes.push(`${device.reader.iface.name} appeared: capturing on it too`);
      changed = true;
    }
    return changed;
  }
}

/** One line: what, which value, why. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}
