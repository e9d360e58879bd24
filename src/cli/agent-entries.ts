/** The view of `agent` that decodes: what sinks are fed with goes to the client as entries. */
import type { ConnectionState, Exchange, Frame, FrameTally, Sink } from '../model/index.ts';
import type { Pipeline } from '../pipeline/index.ts';
import { type AgentEvent, EntryEncoder, type EntryWant, type Want } from '../remote/index.ts';
import type { Client } from './agent-view.ts';
import type { Setting, View } from './capture.ts';
import { pipelineView } from './pipeline-view.ts';
import { sidesOf, withSides } from './sides-view.ts';
import { noKeys } from './tls-keys.ts';

/** Of one unit: many entries, and little to send again. */
const unitBytes = 64 * 1024;
/** How often totals are told. */
const countMs = 1000;

const everything: EntryWant = {
  ...{ heads: true, bodies: true, opened: true, waiting: true, exchanges: true, connections: true },
  ...{ frames: true, processes: true, stateMs: 0, decodeAs: [] },
};

export function decodingView(client: Client, want: Want, setting: Setting): View {
  const { session, onEnd } = client;
  const wanted = want.entries ?? everything;
  const sender = new EntrySender(client, wanted);
  // Merging is the client's business, which sees all nodes.
  const both = wanted.processes ? sidesOf(setting, sender.sink, true) : undefined;
  const view = pipelineView({
    // Names are given by the client, which knows those of the whole cluster.
    ...{ setting, sinks: [both?.sides ?? sender.sink], query: undefined, noNames: true, keys: noKeys },
    bodyLimit: wanted.bodies ? want.bodyLimit : 0,
    decodeAs: new Map(wanted.decodeAs),
    drain: async () => {},
  });
  const { pipeline } = view;
  const shown = both ? withSides(view, both) : view;
  let lastCounts = '';
  const count = (counters: Readonly<Record<string, number>>, over: boolean) => {
    const decoded = { ...pipeline.counters() };
    const text = JSON.stringify(decoded);
    if (text === lastCounts && !over) return;
    lastCounts = text;
    sender.event({ tell: 'counters', over, counters, decoded });
  };
  const counting = setInterval(
    () => count({ captured: pipeline.counters().packets }, false),
    countMs,
  ).unref();
  const telling =
    wanted.stateMs > 0 ? setInterval(() => sender.states(pipeline), wanted.stateMs).unref() : undefined;
  return {
    ...shown,
    async finish(counters) {
      clearInterval(counting);
      clearInterval(telling);
      await shown.finish(counters);
      count({ ...counters }, true);
      await session.end();
    },
    report: () => [],
    onEnd,
    member: (mark, text, label) => sender.event({ tell: 'member', mark, label, text }),
  };
}

/** A capture never waits for its client: entries that do not fit into the window are counted instead. */
class EntrySender {
  readonly sink: Sink;
  readonly #session: Client['session'];
  readonly #encoder: EntryEncoder;
  readonly #frames: Frames | undefined;
  #shed = 0;
  #clock = { baseSec: 0 };
  #hasClock = false;
  readonly #interfaces = new Map<number, number>();
  /** Connections that go on: when the latest packet of each was that was told of. */
  #states = new Map<number, number>();

  constructor({ session }: Client, wanted: EntryWant) {
    this.#session = session;
    this.#encoder = new EntryEncoder(wanted);
    this.#frames = wanted.frames ? new Frames((tally) => this.#encoder.frames(tally)) : undefined;
    this.sink = {
      open: ({ clock }) => {
        this.#clock = clock;
      },
      interface: (iface) => {
        this.#interfaces.set(iface.id, this.#interfaces.size);
        this.#encoder.interface(iface);
        this.flush();
      },
      frame: (frame) => this.#frame(frame),
      loss: ({ kind, count, iface, detail = '' }) => {
        const index = (iface && this.#interfaces.get(iface.id)) ?? -1;
        this.event({ tell: 'loss', kind, count, iface: index, detail });
      },
      note: (text) => this.event({ tell: 'note', text }),
      batch: () => {
        this.#frames?.flush();
        this.#tellShed();
        this.flush();
      },
      close: () => this.#tellShed(true),
      ...(wanted.exchanges
        ? {
            exchange: (exchange) => this.#exchange('exchange', exchange),
            conversation: (summary) => this.#summary('conversation', summary),
          }
        : {}),
      ...(wanted.opened ? { opened: (exchange) => this.#exchange('opened', exchange) } : {}),
      ...(wanted.waiting ? { waiting: (exchange) => this.#exchange('waiting', exchange) } : {}),
      ...(wanted.connections ? { connection: (summary) => this.#summary('ended', summary) } : {}),
    };
  }

  /** Behind the entries that were before it. */
  event(event: AgentEvent): void {
    this.flush();
    this.#session.event(event);
  }

  flush(): void {
    if (this.#encoder.length > 0) this.#session.entries(this.#encoder.take());
  }

  /** Connections that have gone on since the last time. */
  states(pipeline: Pipeline): void {
    const states = new Map<number, number>();
    pipeline.connections((state) => {
      const { id } = state.connection;
      if (this.#states.get(id) !== state.endAt) {
        // The next time tells as much.
        if (!this.#session.hasRoom) return;
        this.#encoder.summary('state', state);
        this.#flushFull();
      }
      states.set(id, state.endAt);
    });
    this.#states = states;
    this.flush();
  }

  #frame({ sec, nsec, origLen }: Frame): void {
    if (!this.#hasClock) {
      // The pipeline's clock begins with this frame.
      this.#encoder.clock(this.#clock.baseSec || sec);
      this.#hasClock = true;
    }
    this.#frames?.add(sec, nsec, origLen);
  }

  #exchange(kind: 'opened' | 'waiting' | 'exchange', exchange: Exchange): void {
    this.#frames?.turn();
    if (this.#session.hasRoom) {
      if (!this.#encoder.exchange(kind, exchange)) this.#shed++;
      this.#flushFull();
      return;
    }
    this.#shed++;
    if (kind === 'exchange') this.#encoder.skip(exchange.connection);
  }

  #summary(kind: 'conversation' | 'ended', summary: ConnectionState): void {
    if (this.#session.hasRoom) {
      this.#encoder.summary(kind, summary);
      this.#flushFull();
      return;
    }
    this.#shed++;
    if (kind === 'conversation') this.#encoder.skip(summary.connection);
  }

  #flushFull(): void {
    if (this.#encoder.length >= unitBytes) this.flush();
  }

  #tellShed(isLast = false): void {
    if (this.#shed === 0 || !(isLast || this.#session.hasRoom)) return;
    this.event({ tell: 'loss', kind: 'shed', count: this.#shed, iface: -1, detail: '' });
    this.#shed = 0;
  }
}

/** Packets of a second, told before the first entry of that second and at the end of a batch. */
class Frames {
  readonly #tell: (tally: FrameTally) => void;
  #sec = -1;
  #firstNsec = 0;
  #lastNsec = 0;
  #packets = 0;
  #bytes = 0;
  /** The second that was told of last. */
  #told = -1;

  constructor(tell: (tally: FrameTally) => void) {
    this.#tell = tell;
  }

  add(sec: number, nsec: number, bytes: number): void {
    if (sec !== this.#sec) {
      this.flush();
      this.#sec = sec;
    }
    if (this.#packets++ === 0) this.#firstNsec = nsec;
    this.#lastNsec = nsec;
    this.#bytes += bytes;
  }

  /** Whoever reads must be in this second. */
  turn(): void {
    if (this.#told !== this.#sec) this.flush();
  }

  flush(): void {
    if (this.#packets === 0) return;
    this.#tell({
      ...{ sec: this.#sec, firstNsec: this.#firstNsec, lastNsec: this.#lastNsec },
      ...{ packets: this.#packets, bytes: this.#bytes },
    });
    this.#told = this.#sec;
    this.#packets = 0;
    this.#bytes = 0;
  }
}
