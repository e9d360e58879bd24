/** Several nodes' agents as one PacketSource: times corrected, frames in the order of their times. */
import type {
  CaptureInterface,
  EntryCollector,
  Frame,
  FrameCollector,
  Loss,
  PacketSource,
  SourceCounters,
} from '../model/index.ts';
import { FrameMerge } from '../remote/index.ts';
import { type ClockState, clockText, NodeClocks } from './clocks.ts';
import { type RemoteSource, steadyMs } from './remote-source.ts';
import { KubeError } from './selection.ts';
import { PlaceGone } from './wire.ts';

/** What has come from a node. */
export interface NodeFigures {
  readonly node: string;
  readonly packets: number;
  readonly dropped: number;
  /** Over the wire. */
  readonly bytes: number;
  /** Since its agent was first reached; 0: it was not yet. */
  readonly seconds: number;
  /** In which nothing was captured there: one agent had ended and the next did not listen. */
  readonly gapSeconds: number;
  /** Packets that were too late to be put in order. */
  readonly late: number;
  readonly clock?: ClockState | undefined;
  /** It was given up. */
  readonly isOver: boolean;
}

/** Namespaces of one node; each node has numbers of its own. */
const namespacesMax = 1_000_000;
/** A node that could not be watched is left alone for so long. */
const againMs = 30_000;
/**
 * From its capture to the client a packet needs as long as a ring keeps it (20 ms), the agent, and the way by kubelet
 * and API server. So old it is shown, where there are several nodes: people take that for at once.
 */
const windowMs = 200;
/** Nodes that need longer are waited for up to this. */
const windowMaxMs = 1000;
/** Of a gigabit a second, what comes in within the window. */
const mergeBytes = 32 * 1024 * 1024;
/** Timers that are due earlier wake us too often. */
const wakeMs = 20;

export interface ClusterOptions {
  /** false: times are shown as the nodes' clocks have them. */
  readonly isCorrected?: boolean;
}

export class ClusterSource implements PacketSource {
  readonly #nodes = new Map<string, RemoteSource>();
  /** Where entries go when the agents decode; before `run`. */
  entries: EntryCollector | undefined;
  #out: FrameCollector | undefined;
  /** Nodes that could not be watched: until when they are left alone, and what was said of them. */
  readonly #given = new Map<string, { readonly until: number; readonly why: string }>();
  /** Of nodes that were given up: what they captured counts. */
  readonly #past: [node: string, source: RemoteSource][] = [];
  readonly #late = new Map<string, number>();
  /** Nodes so far. */
  #places = 0;
  #interfaces = 0;
  #number = 0;
  #running = 0;
  #isStopping = false;
  #failure: unknown;
  #finish: (() => void) | undefined;
  readonly #clocks: NodeClocks;
  readonly #isCorrected: boolean;
  readonly #merge: FrameMerge;
  /** By the namespace's number. */
  readonly #inputs = new Map<number, number>();
  /** Several nodes were there: frames wait for each other. */
  #isMerging = false;
  #isLateTold = false;
  #wake: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** When what had come was looked at last. */
  #turnMs = 0;
  /** A sink is behind. */
  #wait: Promise<void> | undefined;

  constructor({ isCorrected = true }: ClusterOptions = {}) {
    this.#isCorrected = isCorrected;
    this.#clocks = new NodeClocks(isCorrected, (text) => this.#out?.note(text));
    this.#merge = new FrameMerge({
      windowMs,
      windowMaxMs,
      limitBytes: mergeBytes,
      deliver: (frame) => {
        frame.number = ++this.#number;
        this.#out!.frame(frame);
      },
    });
  }

  /** Of every node that is or was watched. */
  figures(): NodeFigures[] {
    const by = new Map<string, NodeFigures>();
    for (const [node, source] of [...this.#past, ...this.#nodes]) {
      const { captured, dropped } = source.counters();
      const before = by.get(node);
      by.set(node, {
        node,
        packets: captured + (before?.packets ?? 0),
        dropped: dropped + (before?.dropped ?? 0),
        bytes: source.bytes + (before?.bytes ?? 0),
        seconds: source.seconds + (before?.seconds ?? 0),
        gapSeconds: source.gapSeconds + (before?.gapSeconds ?? 0),
        late: this.#late.get(node) ?? 0,
        clock: this.#clocks.state(node),
        isOver: !this.#nodes.has(node),
      });
    }
    return [...by.values()];
  }

  /** Frames that were not waited with, for want of room. */
  get early(): number {
    return this.#merge.early;
  }

  /** A node whose source is there is left alone. */
  add(node: string, make: () => RemoteSource): void {
    if (this.#nodes.has(node) || this.#isStopping) return;
    if (Date.now() < (this.#given.get(node)?.until ?? 0)) return;
    for (const [past, source] of this.#past) if (past === node) source.settle();
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
    if (!this.#isStopping || this.#running > 0) await finished;
    clearTimeout(this.#wake);
    clearImmediate(this.#turn);
    this.#clocks.stop();
    this.#merge.flush();
    if (this.#failure) throw this.#failure;
  }

  stop(): void {
    this.#isStopping = true;
    for (const source of this.#nodes.values()) source.stop();
    if (this.#running === 0) this.#finish?.();
  }

  counters(): SourceCounters {
    const sum = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };
    for (const [, source] of [...this.#nodes, ...this.#past]) {
      const counters = source.counters();
      for (const key of Object.keys(sum) as (keyof SourceCounters)[]) sum[key] += counters[key];
    }
    return sum;
  }

  async #start(node: string, source: RemoteSource): Promise<void> {
    this.#running++;
    try {
      this.#isMerging ||= this.#running > 1;
      const place = ++this.#places;
      await source.run(this.#collector(place, node, source), this.#entriesOf(place, node, source));
    } catch (error) {
      // One of several nodes is no reason to give up the others; what the sinks say is.
      if (!(error instanceof KubeError)) this.#fail(error);
      else if (error instanceof PlaceGone) this.#out!.note(error.message);
      else if (this.#running > 1) this.#giveUp(node, error);
      else this.#failure ??= error;
      this.#nodes.delete(node);
      this.#past.push([node, source]);
    }
    this.#running--;
    if (this.#running === 0 && (this.#isStopping || this.#failure)) this.#finish?.();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.stop();
  }

  /** For a while: it is tried again when its pods change. */
  #giveUp(node: string, { message }: Error): void {
    if (this.#given.get(node)?.why !== message) this.#out!.note(message);
    this.#given.set(node, { until: Date.now() + againMs, why: message });
  }

  /** A connection's times are corrected by what was known when it was told of: they stay right among each other. */
  #entriesOf(place: number, node: string, source: RemoteSource): EntryCollector | undefined {
    const { entries } = this;
    if (!entries) return undefined;
    const correction = this.#clocks.of(node, source.clock);
    return {
      ...entries,
      shiftOf: (baseSec) => {
        this.#clocks.look();
        return entries.shiftOf(baseSec) + (this.#isCorrected ? correction.addedNs : 0);
      },
      connected: (connection, before) =>
        entries.connected({ ...connection, netns: place * namespacesMax + connection.netns }, before),
    };
  }

  /** @param place of the node: namespaces are told apart by it */
  #collector(place: number, node: string, source: RemoteSource): FrameCollector {
    const out = this.#out!;
    const known = new Map<CaptureInterface, CaptureInterface>();
    const clocks = this.#clocks;
    const correction = clocks.of(node, source.clock);
    source.onClock = () => clocks.changed();
    source.onClockSet = (byMs) => clocks.set(node, byMs);
    let hasBegun = false;
    return {
      interface: (iface) => {
        clocks.look();
        const netns = place * namespacesMax + iface.netns;
        const ours = { ...iface, id: this.#interfaces++, netns, comment: this.#commentOf(node, iface) };
        known.set(iface, ours);
        out.interface(ours);
      },
      frame: (frame) => {
        if (!hasBegun) {
          hasBegun = true;
          clocks.look();
        }
        frame.iface = known.get(frame.iface)!;
        const { sec, nsec } = frame;
        correction.apply(frame);
        if (this.#isMerging) this.#queue(frame, sec, nsec, node);
        else {
          if (!this.#isCorrected) {
            frame.sec = sec;
            frame.nsec = nsec;
          }
          frame.number = ++this.#number;
          out.frame(frame);
        }
      },
      loss: (loss: Loss) => {
        const iface = loss.iface && known.get(loss.iface);
        out.loss(iface ? { ...loss, iface } : loss);
      },
      note: (text) => out.note(text),
      batch: () => this.#batch(),
    };
  }

  /** For a reader of the file. */
  #commentOf(node: string, { comment = '' }: CaptureInterface): string {
    const state = this.#clocks.state(node);
    const clock = state && clockText(state);
    const taken = state && (state.correctedMs / 1000).toFixed(6);
    const done =
      state?.correctedMs === 0 ? 'times are its own' : `${taken} s were taken off its times when this began`;
    const text = clock ? `node ${node}; ${clock}; ${done}` : `node ${node}`;
    return comment === '' ? text : `${comment}; ${text}`;
  }

  /** Puts the frame among those of other nodes. */
  #queue(frame: Frame, sec: number, nsec: number, node: string): void {
    const { netns } = frame.iface;
    let input = this.#inputs.get(netns);
    if (input === undefined) {
      input = this.#merge.input();
      this.#inputs.set(netns, input);
    }
    const [keySec, keyNsec] = [frame.sec, frame.nsec];
    if (!this.#isCorrected) {
      frame.sec = sec;
      frame.nsec = nsec;
    }
    if (!this.#merge.push(input, frame, keySec, keyNsec, steadyMs(), this.#turnMs)) return;
    this.#late.set(node, (this.#late.get(node) ?? 0) + 1);
    if (this.#isLateTold) return;
    this.#isLateTold = true;
    this.#out!.note(
      `${node}: packets came more than ${windowMs} ms late, after later ones of other nodes: they are shown when they come, and what follows waits for such up to ${windowMaxMs} ms`,
    );
  }

  /** A promise: sinks are behind, and nothing is handed on to them until it is over. */
  #batch(): void | Promise<void> {
    if (this.#wait) return this.#wait;
    if (!this.#isMerging) return this.#out!.batch();
    this.#soon();
  }

  /** When what has come of other nodes too is read. */
  #soon(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      try {
        this.#release();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  /**
   * What had come when we were here last, of any node, has been read since: frames are as old as they were then. Where
   * we are behind, nobody else is taken for late.
   */
  #release(): void {
    const asOf = this.#turnMs;
    this.#turnMs = steadyMs();
    if (this.#wait) return;
    this.#merge.release(asOf);
    const wait = this.#out!.batch();
    if (wait) {
      this.#wait = wait.finally(() => {
        this.#wait = undefined;
        this.#soon();
      });
      this.#wait.catch((error: unknown) => this.#fail(error));
    } else this.#sleep();
  }

  /** Until the next frame is due, whether or not anything comes meanwhile. */
  #sleep(): void {
    const due = this.#merge.dueMs;
    if (this.#wake !== undefined || due === undefined) return;
    this.#wake = setTimeout(
      () => {
        this.#wake = undefined;
        this.#soon();
      },
      Math.max(wakeMs, due - this.#turnMs),
    );
  }
}
