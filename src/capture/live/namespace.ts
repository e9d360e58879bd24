/** One captured namespace: its interfaces, their rings, and the processes whose end is its end. */
import { close } from 'node:fs';
import { promisify } from 'node:util';
import {
  type BpfInstruction,
  type CaptureInterface,
  type FrameCollector,
  LinkType,
} from '../../model/index.ts';
import {
  clearSocketError,
  type Link,
  netmaskOf,
  type Poller,
  pidfdOpen,
  readLinkEvents,
  requestLinks,
  SystemError,
} from '../sys/index.ts';
import { Device } from './device.ts';
import { Duplicates } from './duplicates.ts';
import type { RingBudget, RingGeometry } from './geometry.ts';
import { canDouble, comesUp, isShadow, linkTypeOf } from './links.ts';

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
  /** It is being made: interfaces that are not up yet are captured on from the moment they are. */
  readonly isComing?: boolean;
  /** For the file: what its interfaces are preceded by. */
  readonly comment?: string;
}

export interface LiveOptions {
  readonly namespaces: readonly LiveNamespace[];
  readonly opener: SocketOpener;
  /** Compiles the user's filter for an interface, live. @param netmask of its IPv4 network, 0 without an address */
  readonly filter: (linktype: number, netmask: number) => readonly BpfInstruction[];
  readonly snaplen: number;
  readonly direction?: 'in' | 'out';
  readonly promiscuous: boolean;
  /** Only these interface names; empty = all. */
  readonly interfaces: readonly string[];
  /** How many namespaces are to share the rings' memory, when more may join than there are. */
  readonly expected?: number;
  /** Ring memory of all interfaces together, bytes; each gets its share, and a few blocks at least. */
  readonly ringBytes: number;
  /** A block is handed over at the latest after so long: the delay of a live view. Longer with many interfaces. */
  readonly retireMs: number;
  /** Keep doubles of bridged frames. */
  readonly keepDoubles: boolean;
}

/** What the whole capture lends each of its namespaces. */
export interface Surroundings {
  readonly options: LiveOptions;
  /** Tells its connections from those of any other namespace, gone ones too. */
  readonly identity: number;
  /** How many share the memory of the rings. */
  readonly namespaces: () => number;
  readonly budget: RingBudget;
  readonly nextInterfaceId: () => number;
  /** A line for people, handed on in order. */
  readonly note: (text: string) => void;
  /** Told before its first frame. */
  readonly announce: (iface: CaptureInterface) => void;
}

/** One line: what, which value, why. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

/** Errors that say: the interface went away while we opened it. */
const vanished = new Set(['ENODEV', 'ENXIO', 'ENETDOWN']);

const closeLater = promisify(close);

export class NamespaceCapture {
  readonly label: string;
  readonly links = new Map<number, Link>();
  readonly devices = new Map<number, Device>();
  doubles: Duplicates | undefined;
  /** Counts of devices that are gone. */
  readonly gone = { received: 0, dropped: 0, freezes: 0 };
  readonly #index: number;
  readonly #spec: LiveNamespace;
  readonly #around: Surroundings;
  readonly #linkFd: number;
  readonly #pidfds = new Map<number, number>();
  /** False when there is no process, or none whose end the kernel would tell. */
  #hasProcesses = false;
  /** When what is left is read and everything closed, performance.now. */
  leaveAt = Number.POSITIVE_INFINITY;
  /** Links that cannot be captured: told once. */
  readonly #refused = new Set<number>();
  /** Packets that had passed each link before it was captured. */
  readonly #passedBefore = new Map<number, number>();

  /** Opens every interface that is up. Throws CaptureError. */
  static async open(index: number, spec: LiveNamespace, around: Surroundings): Promise<NamespaceCapture> {
    const namespace = new NamespaceCapture(index, spec, around);
    namespace.#watchProcesses();
    requestLinks(namespace.#linkFd);
    // The kernel answers a dump before send(2) returns or on the next reads: never long.
    for (let tries = 0; tries < 100; tries++) {
      const { events, done } = readLinkEvents(namespace.#linkFd);
      for (const { kind, link } of events) if (kind === 'new') namespace.links.set(link.index, link);
      if (done) break;
    }
    for (const outcome of await namespace.#openMissing()) if (outcome instanceof Error) throw outcome;
    return namespace;
  }

  private constructor(index: number, spec: LiveNamespace, around: Surroundings) {
    this.#index = index;
    this.#spec = spec;
    this.#around = around;
    this.label = spec.label;
    this.#linkFd = around.options.opener.linkSocket(index);
  }

  /** Everything whose readiness matters here. */
  fds(): number[] {
    return [this.#linkFd, ...this.#pidfds.keys(), ...[...this.devices.values()].flatMap((d) => d.fds())];
  }

  /** The last of its processes has ended. */
  get ended(): boolean {
    return this.#hasProcesses && this.#pidfds.size === 0;
  }

  #watchProcesses(): void {
    for (const pid of this.#spec.pids) {
      try {
        this.#pidfds.set(pidfdOpen(pid), pid);
        this.#hasProcesses = true;
      } catch (error) {
        // Any other error: a kernel before 5.3 has no pidfds, and ends are not told.
        if ((error as SystemError).code !== 'ESRCH') continue;
        this.#hasProcesses = true;
        this.#around.note(`${this.label} ended (process ${pid} exited)`);
      }
    }
  }

  #isWanted(link: Link): boolean {
    const { interfaces, keepDoubles } = this.#around.options;
    if (this.devices.has(link.index) || this.#refused.has(link.index)) return false;
    if (!link.up && !(this.#spec.isComing && interfaces.length === 0 && comesUp(link))) return false;
    return interfaces.length > 0
      ? interfaces.includes(link.name)
      : keepDoubles || !isShadow(link, this.links);
  }

  /** Opens what is up, wanted and not open yet, all at once: most of the time is waiting for the kernel. */
  async #openMissing(): Promise<(Device | CaptureError)[]> {
    const { options } = this.#around;
    const wanted = [...this.links.values()].filter((link) => this.#isWanted(link));
    if (wanted.length === 0) return [];
    const { namespaces, budget } = this.#around;
    const shares = namespaces() * (this.devices.size + wanted.length);
    const opening = wanted.map((link) =>
      this.#openDevice(link, budget.first(shares, link.loopback, namespaces() === 1)),
    );
    const outcomes = (await Promise.all(opening)).filter((outcome) => outcome !== undefined);
    for (const outcome of outcomes) {
      if (outcome instanceof Error) continue;
      this.devices.set(outcome.link.index, outcome);
      this.#passedBefore.set(outcome.link.index, passedBy(outcome.link));
      if (outcome.link.up) this.#announce(outcome);
    }
    if (!options.keepDoubles && this.devices.size > 1 && canDouble(this.links))
      this.doubles ??= new Duplicates();
    return outcomes;
  }

  /** Asks the kernel for its counters: `passed` has them when the answer has been read. Needs no right. */
  askPassed(): void {
    requestLinks(this.#linkFd);
  }

  /** Packets that passed each captured interface since it is captured, whatever the filter says of them. */
  passed(): { name: string; packets: number }[] {
    return [...this.devices.values()]
      .filter((device) => device.isAnnounced)
      .map((device) => {
        const { index } = device.link;
        const packets = passedBy(this.links.get(index) ?? device.link) - (this.#passedBefore.get(index) ?? 0);
        return { name: device.iface.name, packets };
      });
  }

  /** Its name may have changed while it was down. */
  #announce(device: Device): void {
    if (device.isAnnounced) return;
    device.announceAs(`${this.label}/${this.links.get(device.link.index)?.name ?? device.link.name}`);
    this.#around.announce(device.iface);
  }

  /** undefined: it went away meanwhile. */
  async #openDevice(link: Link, geometry: RingGeometry): Promise<Device | CaptureError | undefined> {
    const { options, nextInterfaceId, budget } = this.#around;
    const { linktype, cooked } = linkTypeOf(link);
    const iface: CaptureInterface = {
      id: nextInterfaceId(),
      name: `${this.label}/${link.name}`,
      linktype,
      snaplen: options.snaplen,
      netns: this.#around.identity,
      target: this.label,
      ...(this.#spec.comment === undefined ? {} : { comment: this.#spec.comment }),
    };
    try {
      const fd = options.opener.packetSocket(this.#index, cooked);
      return await Device.open(fd, {
        iface,
        link,
        cooked,
        // A cooked socket's filter sees the packet from the network layer on, like LINKTYPE_RAW.
        filter: options.filter(cooked ? LinkType.raw : linktype, netmaskOf(fd, link.name)),
        ...(options.direction ? { direction: options.direction } : {}),
        promiscuous: options.promiscuous,
        geometry,
        onClosed: (closed) => budget.release(closed),
      });
    } catch (error) {
      budget.release(geometry);
      const { code, message, name } = error as SystemError;
      if (error instanceof SystemError && vanished.has(code)) return undefined;
      // What the opener or the filter refuses is told in its own words.
      if (!(error instanceof SystemError) && name !== 'OpenerError') throw error;
      this.#refused.add(link.index);
      return new CaptureError(`cannot capture on ${iface.name}: ${message}`);
    }
  }

  /** Interfaces and processes that came and went. Returns whether `fds` has changed. */
  async lookAround(poller: Poller, out: FrameCollector): Promise<boolean> {
    let changed = await this.#closeGone(out);
    if (poller.ready(this.#linkFd)) changed = (await this.#readLinks()) || changed;
    for (const device of this.devices.values())
      for (const fd of device.fds()) if (poller.failed(fd)) clearSocketError(fd);
    for (const [fd, pid] of this.#pidfds) {
      if (!poller.ready(fd)) continue;
      this.#pidfds.delete(fd);
      changed = true;
      await closeLater(fd);
      if (this.#pidfds.size === 0) this.#around.note(`${this.label} ended (process ${pid} exited)`);
    }
    return changed;
  }

  async #closeGone(out: FrameCollector): Promise<boolean> {
    let changed = false;
    for (const device of this.devices.values()) {
      if (device.closeAt > performance.now()) continue;
      this.count(out);
      this.gone.received += device.received;
      this.gone.dropped += device.dropped;
      this.gone.freezes += device.freezes;
      this.devices.delete(device.link.index);
      if (device.isAnnounced && this.leaveAt === Number.POSITIVE_INFINITY)
        this.#around.note(`${device.iface.name} is gone`);
      changed = true;
      await device.close();
    }
    return changed;
  }

  async #readLinks(): Promise<boolean> {
    const { events, overrun } = readLinkEvents(this.#linkFd);
    if (overrun) requestLinks(this.#linkFd);
    for (const { kind, link } of events) {
      if (kind === 'new') {
        this.links.set(link.index, link);
        const armed = link.up ? this.devices.get(link.index) : undefined;
        if (armed) this.#announce(armed);
        continue;
      }
      this.links.delete(link.index);
      this.#refused.delete(link.index);
      const device = this.devices.get(link.index);
      // What the kernel has not handed over yet comes after retireMs.
      if (device) device.closeAt = performance.now() + 2 * device.retireMs;
    }
    let changed = false;
    for (const outcome of await this.#openMissing()) {
      if (outcome instanceof Error) {
        this.#around.note(outcome.message);
        continue;
      }
      if (!this.#spec.isComing) this.#around.note(`${outcome.iface.name} appeared: capturing on it too`);
      changed = true;
    }
    return changed;
  }

  /** Reads the kernel's counts; new losses go to the collector. */
  count(out: FrameCollector): void {
    for (const device of this.devices.values()) {
      const { drops, freezes } = device.count();
      const iface = device.iface;
      if (drops > 0) out.loss({ kind: 'kernelDrop', count: drops, iface });
      if (freezes > 0) out.loss({ kind: 'freeze', count: freezes, iface });
    }
  }

  /** Gives the device a larger ring, as far as there is memory. Resolves to whether `fds` has changed. */
  async grow(device: Device): Promise<boolean> {
    const { options, budget } = this.#around;
    const geometry =
      device.canGrow && this.leaveAt === Number.POSITIVE_INFINITY && budget.larger(device.geometry);
    if (!geometry) return false;
    try {
      await device.grow(options.opener.packetSocket(this.#index, linkTypeOf(device.link).cooked), geometry);
      return true;
    } catch (error) {
      budget.release(geometry);
      // It stays as small as it is: what that costs is counted.
      if (error instanceof SystemError || (error as Error).name === 'OpenerError') return false;
      throw error;
    }
  }

  /** Adds its counts, those of devices that are gone too. */
  addTo(total: { received: number; dropped: number; freezes: number }): void {
    for (const { received, dropped, freezes } of [this.gone, ...this.devices.values()]) {
      total.received += received;
      total.dropped += dropped;
      total.freezes += freezes;
    }
  }

  /** Nothing new comes in; at that time what is in the rings is whole. */
  leave(at: number): void {
    if (this.leaveAt !== Number.POSITIVE_INFINITY) return;
    this.leaveAt = at;
    this.mute();
  }

  /** Nothing new is captured any more; what is in the rings stays readable. */
  mute(): void {
    for (const device of this.devices.values()) device.mute();
  }

  async close(): Promise<void> {
    await Promise.all([
      ...[...this.devices.values()].map((device) => device.close()),
      ...[this.#linkFd, ...this.#pidfds.keys()].map((fd) => closeLater(fd)),
    ]);
  }
}

/** On lo each packet is sent and received. */
function passedBy({ loopback, counters }: Link): number {
  return loopback ? counters.rxPackets : counters.rxPackets + counters.txPackets;
}
