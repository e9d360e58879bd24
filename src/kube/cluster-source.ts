/** Several nodes' agents as one PacketSource. */
import type { CaptureInterface, FrameCollector, Loss, PacketSource, SourceCounters } from '../model/index.ts';
import type { RemoteSource } from './remote-source.ts';

/** Namespaces of one node; each node has numbers of its own. */
const namespacesMax = 1_000_000;
/** A node that could not be watched is left alone for so long. */
const againMs = 30_000;

export class ClusterSource implements PacketSource {
  readonly #nodes = new Map<string, RemoteSource>();
  #out: FrameCollector | undefined;
  /** Nodes that could not be watched: until when they are left alone, and what was said of them. */
  readonly #given = new Map<string, { readonly until: number; readonly why: string }>();
  /** Of nodes that were given up: what they captured counts. */
  readonly #past: RemoteSource[] = [];
  /** Nodes so far. */
  #places = 0;
  #interfaces = 0;
  #number = 0;
  #running = 0;
  #isStopping = false;
  #failure: unknown;
  #finish: (() => void) | undefined;

  /** A node whose source is there is left alone. */
  add(node: string, make: () => RemoteSource): void {
    if (this.#nodes.has(node) || this.#isStopping) return;
    if (Date.now() < (this.#given.get(node)?.until ?? 0)) return;
    const source = make();
    this.#nodes.set(node, source);
    if (this.#out) void this.#start(node, source);
  }

  get nodes(): ReadonlyMap<string, RemoteSource> {
    return this.#nodes;
  }

  async run(out: FrameCollector): Promise<void> {
    this.#out = out;
    const finished = new Promise<void>((finish) => {
      this.#finish = finish;
    });
    for (const [node, source] of this.#nodes) void this.#start(node, source);
    if (this.#isStopping && this.#running === 0) return;
    await finished;
    if (this.#failure) throw this.#failure;
  }

  stop(): void {
    this.#isStopping = true;
    for (const source of this.#nodes.values()) source.stop();
    if (this.#running === 0) this.#finish?.();
  }

  counters(): SourceCounters {
    const sum = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };
    for (const source of [...this.#nodes.values(), ...this.#past]) {
      const counters = source.counters();
      for (const key of Object.keys(sum) as (keyof SourceCounters)[]) sum[key] += counters[key];
    }
    return sum;
  }

  async #start(node: string, source: RemoteSource): Promise<void> {
    this.#running++;
    try {
      await source.run(this.#collector(++this.#places));
    } catch (error) {
      // One of several nodes is no reason to give up the others.
      if (this.#running > 1) this.#giveUp(node, error as Error);
      else this.#failure ??= error;
      this.#nodes.delete(node);
      this.#past.push(source);
    }
    this.#running--;
    if (this.#running === 0 && (this.#isStopping || this.#failure)) this.#finish?.();
  }

  /** For a while: it is tried again when its pods change. */
  #giveUp(node: string, { message }: Error): void {
    if (this.#given.get(node)?.why !== message) this.#out!.note(message);
    this.#given.set(node, { until: Date.now() + againMs, why: message });
  }

  /** @param place of the node: namespaces are told apart by it */
  #collector(place: number): FrameCollector {
    const out = this.#out!;
    const known = new Map<CaptureInterface, CaptureInterface>();
    return {
      interface: (iface) => {
        const ours = { ...iface, id: this.#interfaces++, netns: place * namespacesMax + iface.netns };
        known.set(iface, ours);
        out.interface(ours);
      },
      frame: (frame) => {
        frame.iface = known.get(frame.iface)!;
        frame.number = ++this.#number;
        out.frame(frame);
      },
      loss: (loss: Loss) => {
        const iface = loss.iface && known.get(loss.iface);
        out.loss(iface ? { ...loss, iface } : loss);
      },
      note: (text) => out.note(text),
      batch: () => out.batch(),
    };
  }
}
