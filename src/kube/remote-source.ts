/** What an agent captures, as a PacketSource: over connections that may break, each packet once. */
import type {
  CaptureInterface,
  EntryCollector,
  FrameCollector,
  Loss,
  PacketSource,
  SourceCounters,
} from '../model/index.ts';
import { CaptureDecoder, type DecoderOutput } from '../pcap/index.ts';
import {
  type AgentEvent,
  type ClientLine,
  ClockOffset,
  type ClockSample,
  EntryDecoder,
  type Hello,
  Inbox,
  protocolVersion,
  type Refusal,
  UnitKind,
  UnitReader,
  type Want,
  type Welcome,
} from '../remote/index.ts';
import { KubeError } from './selection.ts';
import { AgentGone, Backlog, type Connect, inflated, nonsense, objectOf, type Wire } from './wire.ts';

export interface RemoteOptions {
  readonly connect: Connect;
  readonly node: string;
  readonly release: string;
  readonly token?: string;
  readonly want: Want;
  readonly onMember?: (mark: '+' | '-', text: string, label: string) => void;
  /** The agent has answered. */
  readonly onWelcome?: (welcome: Welcome) => void;
  /** Interfaces are open: what is sent from now on is seen. */
  readonly onListening?: () => void;
}

/** An agent ends a session after 20 s of silence. */
const beatMs = 2000;
/** Questions at once at the beginning: of a few, one is answered quickly. */
const firstBeats = 4;
/** Between two attempts to reach an agent again. */
const firstRetryMs = 250;
const lastRetryMs = 5000;
/** An agent waits so long for its client; what it has captured is gone then. */
const patienceMs = 20_000;
/** From its container's start an agent takes this long, on a busy node, until it listens. */
const listenMs = 15_000;
/** Connected, and nothing at all comes: a beat is answered every two seconds. */
const silenceMs = 10_000;
/** Namespaces of one agent in the place of another. */
const generationNamespaces = 100_000;
/** Agents of one node that may follow each other: one that ends again and again is of no use. */
const generationsMax = 5;

const noCounts = (): SourceCounters => ({
  ...{ captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 },
});
/** Unix milliseconds by a clock that is never set while we run. */
export const steadyMs = () => performance.timeOrigin + performance.now();

export class RemoteSource implements PacketSource {
  readonly #options: RemoteOptions;
  #decoder = new CaptureDecoder();
  #inbox: Inbox;
  readonly clock = new ClockOffset();
  /** More is known of the node's clock. */
  onClock = () => {};
  /** The node's clock was set, forward by so much, before what comes now. */
  onClockSet = (_byMs: number) => {};
  #interfaces: CaptureInterface[] = [];
  #out: FrameCollector | undefined;
  #collector: DecoderOutput | undefined;
  #entriesOut: EntryCollector | undefined;
  /** Where the agent decodes. */
  #entries: EntryDecoder | undefined;
  /** Of its pipeline, as far as it was told on. */
  #decoded: Record<string, number> = {};
  #wire: Wire | undefined;
  #reader: UnitReader | undefined;
  #session = '';
  /** Agents that have come in the place of one that had ended. */
  #generation = 0;
  #isListening = false;
  /** Over the connection of the moment. */
  #isWelcome = false;
  #isOver = false;
  #isStopping = false;
  #failure: unknown;
  readonly #backlog = new Backlog();
  #isBusy = false;
  #finish: (() => void) | undefined;
  #lostAt = 0;
  #reachedAt = 0;
  #gapMs = 0;
  /** 0: captured. */
  #gapFrom = 0;
  /** Bytes that have come over the wire: units that came twice, and their heads, are among them. */
  bytes = 0;
  /** When a connection was first made, which may be long after `run`. */
  #beganAt = Number.POSITIVE_INFINITY;
  #retryMs = firstRetryMs;
  #beat: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #heardAt = 0;
  #helloMs = 0;
  /** Questions that are still to be asked at once. */
  #beats = 0;
  readonly #counters = noCounts();
  /** Of agents that have ended. */
  #countersBefore = noCounts();

  constructor(options: RemoteOptions) {
    this.#options = options;
    this.#inbox = this.#newInbox();
  }

  #newInbox(): Inbox {
    return new Inbox({
      greeting: (kind, payload) => this.#greeting(kind, payload),
      unit: (kind, payload) => this.#unit(kind, payload),
      acknowledge: (next) => this.#say({ say: 'ack', next }),
    });
  }

  counters(): SourceCounters {
    return { ...this.#counters };
  }

  /** Since the agent was first reached. */
  get seconds(): number {
    return this.#reachedAt === 0 ? 0 : (Date.now() - this.#reachedAt) / 1000;
  }

  /** In which nothing was captured there. */
  get gapSeconds(): number {
    return (this.#gapMs + (this.#gapFrom === 0 ? 0 : Date.now() - this.#gapFrom)) / 1000;
  }

  /** What comes from this node from now on comes from another source. */
  settle(): void {
    if (this.#gapFrom > 0) this.#gapMs += Date.now() - this.#gapFrom;
    this.#gapFrom = 0;
  }

  /** @param entries where the agent's go, when it is to decode */
  async run(out: FrameCollector, entries?: EntryCollector): Promise<void> {
    // Stopped before it began.
    if (this.#isOver) return;
    this.#out = out;
    this.#entriesOut = entries;
    this.#newStream(out);
    this.#beat = setInterval(() => this.#tick(), beatMs);
    await new Promise<void>((finish) => {
      this.#finish = finish;
      void this.#connect();
    });
    clearInterval(this.#beat);
    clearTimeout(this.#retry);
    this.#wire?.close();
    if (this.#failure) throw this.#failure;
  }

  /** What has come so far means nothing for what comes now. */
  #newStream(out: FrameCollector): void {
    this.#interfaces = [];
    this.#decoded = {};
    this.#decoder = new CaptureDecoder();
    const collector = this.#newCollector(out);
    this.#collector = collector;
    const entries = this.#entriesOut;
    if (!entries) return;
    const first = this.#generation * generationNamespaces;
    this.#entries = new EntryDecoder({
      ...entries,
      interface: (iface) => collector.interface(iface),
      connected: (connection, before) =>
        entries.connected({ ...connection, netns: connection.netns + first }, before),
    });
  }

  #newCollector(out: FrameCollector): DecoderOutput {
    const generation = this.#generation;
    const loss = (loss: Loss) => {
      if (loss.kind === 'damaged') out.loss(loss);
    };
    if (generation === 0)
      return {
        interface: (iface) => {
          this.#interfaces.push(iface);
          out.interface(iface);
        },
        frame: (frame) => {
          this.#counters.captured++;
          out.frame(frame);
        },
        loss,
      };
    // Another agent counts namespaces from the beginning.
    const known = new Map<CaptureInterface, CaptureInterface>();
    return {
      interface: (iface) => {
        const ours = { ...iface, netns: iface.netns + generation * generationNamespaces };
        known.set(iface, ours);
        this.#interfaces.push(ours);
        out.interface(ours);
      },
      frame: (frame) => {
        this.#counters.captured++;
        frame.iface = known.get(frame.iface)!;
        out.frame(frame);
      },
      loss,
    };
  }

  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    // The agent sends what it has and its counts; one that cannot be reached is not waited for.
    if (this.#session === '' || !this.#wire) this.#end();
    else {
      this.#say({ say: 'stop' });
      setTimeout(() => this.#end(), patienceMs / 4).unref();
    }
  }

  async #connect(): Promise<void> {
    const nonce = crypto.randomUUID().replaceAll('-', '');
    const reader = new UnitReader(nonce);
    this.#reader = reader;
    this.#isWelcome = false;
    const isOurs = () => this.#reader === reader && !this.#isOver;
    try {
      const wire = await this.#options.connect({
        bytes: (bytes) => {
          if (!isOurs()) return;
          this.#heardAt = Date.now();
          this.bytes += bytes.length;
          this.#backlog.add(bytes, this.#wire);
          void this.#work();
        },
        ended: (why) => {
          if (isOurs()) this.#broken(why);
        },
      });
      if (!isOurs()) {
        wire.close();
        return;
      }
      this.#wire = wire;
      this.#beganAt = Math.min(this.#beganAt, Date.now());
      this.#heardAt = Date.now();
      this.#helloMs = steadyMs();
      const { release, token, want } = this.#options;
      this.#say({
        say: 'hello',
        versions: [protocolVersion],
        release,
        nonce,
        ...(token === undefined ? {} : { token }),
        ...(this.#session === '' ? { want } : { resume: { session: this.#session, next: this.#inbox.next } }),
      } satisfies Hello);
    } catch (error) {
      if (!isOurs()) return;
      if (this.#session === '' || !(error instanceof KubeError) || error instanceof AgentGone)
        this.#fail(error);
      else this.#broken(error.message);
    }
  }

  #say(line: ClientLine): void {
    // A line of its own, whatever an earlier connection left unfinished.
    this.#wire?.send(`${line.say === 'hello' ? '\n' : ''}${JSON.stringify(line)}\n`);
  }

  #tick(): void {
    if (!this.#wire) return;
    // Whatever the agent says waits behind what is not taken.
    if (this.#backlog.isPaused) this.#heardAt = Date.now();
    if (Date.now() - this.#heardAt > silenceMs) {
      this.#broken(`no answer for ${silenceMs / 1000} s`);
      return;
    }
    this.#say({ say: 'beat', atMs: steadyMs() });
    this.#say({ say: 'ack', next: this.#inbox.next });
  }

  /** Units in order, with a pause whenever the sinks ask for one: the agent's window is the buffer then. */
  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let bytes = this.#backlog.take(this.#wire); bytes; bytes = this.#backlog.take(this.#wire)) {
        if (this.#isOver) break;
        this.#reader!.feed(bytes, this.#inbox);
        // A session that is begun anew has no reader before its connection is there.
        const damage = this.#reader?.damage || this.#inbox.damage || this.#entries?.damage || '';
        if (damage !== '') throw nonsense(this.#options.node, damage);
        await this.#out!.batch();
        if (!this.#isListening && this.#interfaces.length > 0) {
          this.#isListening = true;
          this.settle();
          this.#options.onListening?.();
        }
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isBusy = false;
    }
  }

  #greeting(kind: number, payload: Uint8Array): void {
    if (kind === UnitKind.refusal) {
      const { reason, hint } = objectOf<Refusal>(this.#options.node, payload);
      if (this.#session !== '' && !this.#isWelcome && this.#generation < generationsMax) {
        this.#anew(reason);
        return;
      }
      throw new KubeError(`${this.#options.node}: ${reason}`, hint);
    }
    const welcome = objectOf<Welcome>(this.#options.node, payload);
    if (this.#entriesOut && !welcome.resumed && welcome.mode !== 'exchanges')
      throw new KubeError(
        `the agent on ${this.#options.node} (porthole ${welcome.release}) cannot decode`,
        'use the same release on both sides, or leave --decode node out',
      );
    this.#session = welcome.session;
    this.#isWelcome = true;
    this.#reachedAt ||= Date.now();
    this.#retryMs = firstRetryMs;
    if (welcome.resumed) {
      const seconds = ((Date.now() - this.#lostAt) / 1000).toFixed(1);
      this.#note(
        `${this.#options.node}: connected again after ${seconds} s; what was captured meanwhile follows`,
      );
    } else this.#options.onWelcome?.(welcome);
    this.#lostAt = 0;
    const { heardMs, saidMs } = welcome;
    if (heardMs !== undefined && saidMs !== undefined)
      this.#measure({ askedMs: this.#helloMs, heardMs, saidMs, answeredMs: steadyMs() });
    this.#beats = firstBeats;
    this.#say({ say: 'beat', atMs: steadyMs() });
  }

  #measure(sample: ClockSample): void {
    this.clock.add(sample);
    this.onClock();
  }

  #unit(kind: number, payload: Uint8Array): void {
    if (kind === UnitKind.entries && this.#entries) this.#entries.feed(payload);
    else if (kind === UnitKind.packed && this.#entries)
      this.#entries.feed(inflated(this.#options.node, payload));
    else if (kind === UnitKind.packets && !this.#entries) this.#decoder.feed(payload, this.#collector!);
    else if (kind === UnitKind.event) this.#event(objectOf<AgentEvent>(this.#options.node, payload));
    else throw nonsense(this.#options.node, `a unit of kind ${kind}, which was not asked for`);
  }

  #event(event: AgentEvent): void {
    switch (event.tell) {
      case 'beat':
        this.#measure({
          ...{ askedMs: event.atMs, heardMs: event.nowMs, saidMs: event.nowMs },
          answeredMs: steadyMs(),
        });
        if (--this.#beats > 0) this.#say({ say: 'beat', atMs: steadyMs() });
        break;
      case 'clock':
        if (!Number.isFinite(event.setByMs)) break;
        this.clock.set(event.setByMs);
        this.onClockSet(event.setByMs);
        break;
      case 'member':
        this.#options.onMember?.(event.mark, `${event.text} on ${this.#options.node}`, event.label);
        break;
      case 'note':
        this.#note(`${this.#options.node}: ${event.text}`);
        break;
      case 'loss': {
        const { kind, count, iface, detail } = event;
        const known = this.#interfaces[iface];
        this.#out!.loss({
          kind: kind as Loss['kind'],
          count,
          ...(known ? { iface: known } : {}),
          ...(detail === '' ? {} : { detail }),
        });
        break;
      }
      case 'counters': {
        this.#count(event);
        if (event.over) this.#end();
        break;
      }
    }
  }

  /** Packets are counted here, where they come here. */
  #count({ counters, decoded = {} }: Extract<AgentEvent, { tell: 'counters' }>): void {
    for (const name of Object.keys(this.#counters) as (keyof SourceCounters)[]) {
      if (name === 'captured' && !this.#entries) continue;
      const count = counters[name];
      if (Number.isSafeInteger(count)) this.#counters[name] = count! + this.#countersBefore[name];
    }
    const more: Record<string, number> = {};
    for (const [name, count] of Object.entries(decoded)) {
      if (!Number.isSafeInteger(count)) continue;
      more[name] = count - (this.#decoded[name] ?? 0);
      this.#decoded[name] = count;
    }
    this.#entriesOut?.counted(more);
  }

  /** At once: where nothing is captured no batch comes that would bring it along. */
  #note(text: string): void {
    this.#out!.note(text);
    if (!this.#isBusy) void this.#out!.batch();
  }

  /** The session cannot be resumed: another is begun, and what lies between is lost. */
  #anew(why: string): void {
    const { node } = this.#options;
    const seconds = ((Date.now() - this.#lostAt) / 1000).toFixed(1);
    this.#note(`${node}: ${why}; begun anew: ${seconds} s were not captured`);
    if (this.#gapFrom === 0) this.#gapFrom = this.#lostAt;
    this.#generation++;
    this.#countersBefore = { ...this.#counters };
    this.#session = '';
    this.#inbox = this.#newInbox();
    this.#isListening = false;
    this.#newStream(this.#out!);
    this.#beganAt = Date.now();
    this.#wire?.close();
    this.#wire = undefined;
    this.#reader = undefined;
    this.#backlog.clear();
    this.#retry = setTimeout(() => void this.#connect(), 0);
  }

  #broken(why: string): void {
    this.#wire?.close();
    this.#wire = undefined;
    this.#reader = undefined;
    this.#backlog.clear();
    const { node } = this.#options;
    const now = Date.now();
    if (this.#session === '' && /refused/.test(why) && now - this.#beganAt < listenMs)
      this.#retry = setTimeout(() => void this.#connect(), firstRetryMs);
    else if (this.#session === '')
      this.#fail(new KubeError(`${node}: the agent has ended before it answered: ${why}`));
    else if (this.#isStopping) this.#end();
    else {
      if (this.#lostAt === 0) {
        this.#lostAt = now;
        this.#note(`${node}: the connection to the agent is broken (${why}); it goes on capturing`);
      }
      if (now - this.#lostAt > patienceMs)
        this.#fail(
          new KubeError(`${node}: the agent could not be reached for ${patienceMs / 1000} s (${why})`),
        );
      else {
        this.#retry = setTimeout(() => void this.#connect(), this.#retryMs);
        this.#retryMs = Math.min(lastRetryMs, 2 * this.#retryMs);
      }
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    if (this.#gapFrom === 0) this.#gapFrom = this.#lostAt;
    this.#end();
  }

  #end(): void {
    // The last unit has come: the agent need not wait for its acknowledgement.
    if (!this.#isOver) this.#say({ say: 'ack', next: this.#inbox.next });
    this.#isOver = true;
    this.#finish?.();
  }
}
