/**
 * What is told of entries on their way to a sink that their bytes alone do not say: who in a cluster their ends are, on
 * which side of a mesh's proxy they were seen, and that they are probes of the kubelet, which may be left out.
 */
import type {
  Connection,
  ConversationSummary,
  Exchange,
  KubeEnd,
  ProbeKind,
  Sink,
  Surroundings,
} from '../model/index.ts';
import { isProxyPort, Mesh } from './mesh.ts';
import type { OwnedSocket } from './owners.ts';
import { probeOfConversation, probeOfExchange } from './probes.ts';

export interface MarksOptions {
  readonly around?: Surroundings | undefined;
  /** Probes are counted instead of told. */
  readonly hidesProbes: boolean;
}

type Entry = Exchange | ConversationSummary;

/** Handed on as they are. */
const passed = ['open', 'interface', 'frame', 'frames', 'loss', 'note', 'batch', 'close'] as const;

export class Marks {
  readonly #around: Surroundings | undefined;
  readonly #hidesProbes: boolean;
  readonly #mesh: Mesh;
  /** What was known when it was looked at last. */
  readonly #filled = new WeakMap<Connection, number>();
  readonly #ofProbes = new WeakSet<Connection>();
  #last: Entry | undefined;
  #lastMarked: Entry | undefined;
  /** Left out, and those of them that did not go well. */
  readonly hidden = { probes: 0, failed: 0 };

  constructor({ around, hidesProbes }: MarksOptions) {
    this.#around = around;
    this.#hidesProbes = hidesProbes;
    this.#mesh = new Mesh(around);
  }

  /** Sockets of a namespace, as somebody tells who can see them. */
  listeners(netns: number, sockets: readonly OwnedSocket[]): void {
    this.#mesh.listeners(netns, sockets);
  }

  /** A sink in front of this one. */
  before(sink: Sink): Sink {
    const front: Record<string, unknown> = {};
    // What the sink leaves out is left out: the pipeline asks who wants what.
    for (const name of passed) {
      const method = sink[name] as ((...values: unknown[]) => unknown) | undefined;
      if (method) front[name] = method.bind(sink);
    }
    const marks: Sink = front as Sink;
    if (sink.exchange) marks.exchange = (e) => this.#told(e, (marked) => sink.exchange!(marked));
    if (sink.conversation) marks.conversation = (s) => this.#told(s, (marked) => sink.conversation!(marked));
    if (sink.opened) marks.opened = (e) => this.#underWay(e, (marked) => sink.opened!(marked));
    if (sink.waiting) marks.waiting = (e) => this.#underWay(e, (marked) => sink.waiting!(marked));
    if (sink.connection)
      marks.connection = (summary) => {
        this.#fill(summary.connection);
        const isHidden = this.#hidesProbes && this.#isOfProbe(summary);
        if (!isHidden) sink.connection!(summary);
      };
    return marks;
  }

  /** Several sinks are told of the same entry, one after the other. */
  #told<E extends Entry>(entry: E, tell: (marked: E) => void): void {
    if (this.#last !== entry) {
      this.#last = entry;
      this.#lastMarked = this.#marked(entry);
      if (this.#lastMarked.probe && this.#hidesProbes) {
        this.hidden.probes++;
        if (!isFine(entry)) this.hidden.failed++;
      }
    }
    const marked = this.#lastMarked as E;
    if (!marked.probe || !this.#hidesProbes) tell(marked);
  }

  #underWay(exchange: Exchange, tell: (marked: Exchange) => void): void {
    const marked = this.#marked(exchange);
    if (!marked.probe || !this.#hidesProbes) tell(marked);
  }

  #marked<E extends Entry>(entry: E): E {
    const { connection } = entry;
    this.#fill(connection);
    const probe: readonly ProbeKind[] | undefined =
      'ended' in entry ? probeOfConversation(entry, this.#around) : probeOfExchange(entry, this.#around);
    if (!probe) return entry;
    this.#ofProbes.add(connection);
    return { ...entry, probe };
  }

  #isOfProbe(summary: ConversationSummary): boolean {
    if (this.#ofProbes.has(summary.connection)) return true;
    return summary.exchanges === 0 && probeOfConversation(summary, this.#around) !== undefined;
  }

  #fill(connection: Connection): void {
    const around = this.#around;
    const revision = around?.revision ?? 0;
    if (this.#filled.get(connection) === revision) return;
    this.#filled.set(connection, revision);
    const { client, server } = connection;
    if (around)
      for (const side of ['client', 'server'] as const) {
        const end = connection[side];
        const kube = around.who(connection, side);
        if (kube) end.kube = sameWay(end.kube, kube);
      }
    const mesh = this.#mesh.of(connection);
    if (!mesh) return;
    connection.mesh = mesh;
    for (const end of [client, server]) if (isProxyPort(end)) end.name ??= mesh.proxy;
  }
}

function isFine(entry: Entry): boolean {
  if ('ended' in entry) return true;
  // Who asks for nothing has what it wanted when it was let in, whatever it was told.
  if (!entry.request) return entry.protocol !== 'tcp';
  return entry.outcome === 'ok' || entry.outcome === 'info';
}

/** By which address a pod was asked is told by another view of the conversation, and stays so. */
function sameWay(before: KubeEnd | undefined, now: KubeEnd): KubeEnd {
  if (before?.serviceAddress === undefined || before.pod !== now.pod || now.serviceAddress !== undefined)
    return now;
  const { service, serviceAddress } = before;
  return { ...now, ...(service === undefined ? {} : { service }), serviceAddress };
}
