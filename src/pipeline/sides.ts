/**
 * One conversation, seen in several places: in the client's namespace, the server's, and that of the host
 * between them, with addresses translated on the way (docker's published ports, Kubernetes' services). Its initial
 * sequence numbers stay what they are. What it says is told once, with the client as it is called where it
 * starts, and the server as it is called where it ends.
 */
import type {
  CaptureInterface,
  Connection,
  ConversationSummary,
  Exchange,
  Sink,
  SinkContext,
} from '../model/index.ts';
import type { Owners } from './owners.ts';

export interface SidesOptions {
  /** Fills in which processes hold the ends. */
  readonly owners?: Owners;
  /** false: whatever is seen in two places is told twice. */
  readonly isMerged: boolean;
  /**
   * Milliseconds by any clock, live: what is told of a conversation waits so that its other views can come. Without
   * it (files: every view is in there, in order) it waits until the end of a batch.
   */
  readonly now?: () => number;
  /** How far apart by that clock views may come. */
  readonly patienceMs?: number;
}

/** The rings of two namespaces are handed over so far apart at most (capture/live: 20 ms each, and some work). */
export const patienceMs = 50;
/** Conversations whose other views may yet come; the oldest goes, and is then told twice. */
const maxConversations = 16_384;
/** Entries that wait; on top of them the oldest is told. */
const maxWaiting = 4096;
/** A SYN passes every place on its way within so long, sent again included. */
const maxApartNs = 3e9;

/** One conversation. */
interface Conversation {
  readonly views: Connection[];
  /** How many entries each view has brought. */
  readonly counts: Map<Connection, number>;
  /** How many have been told. */
  told: number;
  /** Made anew with each view. */
  merged: Connection | undefined;
  /** Those of its entries that wait. */
  waiting: Waiting[];
}

interface Waiting {
  readonly conversation: Conversation;
  /** Which of the conversation's entries. */
  readonly index: number;
  entry: Exchange | ConversationSummary;
  readonly since: number;
}

export class Sides implements Sink {
  readonly #sink: Sink;
  readonly #options: SidesOptions;
  readonly #byIsn = new Map<number, Conversation>();
  readonly #byConnection = new WeakMap<Connection, Conversation>();
  /** What was known when the connection was looked up last. */
  readonly #filled = new WeakMap<Connection, number>();
  readonly #places = new Set<number>();
  #baseMs = 0;
  #context: SinkContext | undefined;
  /** More than one place is looked at: a conversation may be seen twice. */
  #isNeeded = false;
  #waiting: Waiting[] = [];
  /** Entries left out: they were told as seen elsewhere. */
  seenAgain = 0;
  readonly interface: (iface: CaptureInterface) => void;
  readonly frame?: Sink['frame'];
  readonly opened?: (exchange: Exchange) => void;
  readonly waiting?: (exchange: Exchange) => void;

  constructor(sink: Sink, options: SidesOptions) {
    this.#sink = sink;
    this.#options = options;
    this.interface = (iface) => {
      this.#places.add(iface.netns);
      // The host is a place of many: what is published or routed passes it before and after translation.
      this.#isNeeded ||=
        options.isMerged && (this.#places.size > 1 || iface.netns === 0 || iface.target === 'host');
      sink.interface?.(iface);
    };
    // Left out where the sink leaves it out: the pipeline asks who wants what.
    if (sink.frame) this.frame = (frame) => sink.frame!(frame);
    if (sink.frames) (this as Sink).frames = (tally) => sink.frames!(tally);
    if (sink.opened) this.opened = (exchange) => this.#underWay(exchange, sink.opened!.bind(sink));
    if (sink.waiting) this.waiting = (exchange) => this.#underWay(exchange, sink.waiting!.bind(sink));
    if (sink.connection) (this as Sink).connection = (summary) => sink.connection!(summary);
  }

  get patienceMs(): number {
    return this.#options.patienceMs ?? patienceMs;
  }

  /** Something waits to be told: call `flush` after `patienceMs`. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  open(context: SinkContext): void {
    this.#context = context;
    this.#sink.open?.(context);
  }

  exchange(exchange: Exchange): void {
    this.#fill(exchange.connection);
    if (this.#isNeeded && exchange.connection.handshake) this.#take(exchange);
    else this.#sink.exchange?.(exchange);
  }

  conversation(summary: ConversationSummary): void {
    this.#fill(summary.connection);
    if (this.#isNeeded && summary.connection.handshake) this.#take(summary);
    else this.#sink.conversation?.(summary);
  }

  /** Entries of this view were left out on the way here: its next is a later one of the conversation's. */
  skip(connection: Connection, count: number): void {
    if (!this.#isNeeded || !connection.handshake) return;
    const { counts } = this.#conversationOf(connection);
    counts.set(connection, (counts.get(connection) ?? 0) + count);
  }

  loss(loss: Parameters<NonNullable<Sink['loss']>>[0]): void {
    this.#sink.loss?.(loss);
  }

  note(text: string): void {
    this.#sink.note?.(text);
  }

  batch(): void | Promise<void> {
    this.flush();
    return this.#sink.batch?.();
  }

  close(counters: Parameters<NonNullable<Sink['close']>>[0]): void | Promise<void> {
    this.flush(true);
    return this.#sink.close?.(counters);
  }

  /** Tells what has waited long enough. */
  flush(all = false): void {
    if (this.#waiting.length === 0) return;
    const { now } = this.#options;
    const before = all || !now ? Number.POSITIVE_INFINITY : now() - this.patienceMs;
    const ripe = this.#waiting.findIndex((waiting) => waiting.since > before);
    for (const waiting of this.#waiting.splice(0, ripe < 0 ? this.#waiting.length : ripe))
      this.#tell(waiting);
  }

  #fill(connection: Connection): void {
    const { owners } = this.#options;
    if (!owners || this.#filled.get(connection) === owners.revision) return;
    this.#filled.set(connection, owners.revision);
    this.#baseMs ||= (this.#context?.clock.baseSec ?? 0) * 1000;
    owners.fill(connection, connection.joinedMidStream ? 0 : this.#baseMs + connection.openedAt / 1e6);
  }

  #underWay(exchange: Exchange, tell: (exchange: Exchange) => void): void {
    const { connection } = exchange;
    this.#fill(connection);
    const conversation =
      this.#isNeeded && connection.handshake ? this.#conversationOf(connection) : undefined;
    // Of several views, the first is shown as it goes on.
    if (!conversation || conversation.views[0] === connection) tell(exchange);
  }

  #take(entry: Exchange | ConversationSummary): void {
    const { connection } = entry;
    const conversation = this.#conversationOf(connection);
    const index = conversation.counts.get(connection) ?? 0;
    conversation.counts.set(connection, index + 1);
    if (index < conversation.told) {
      this.seenAgain++;
      return;
    }
    const other = conversation.waiting.find((one) => one.index === index);
    if (other) {
      this.seenAgain++;
      if (isBetter(entry, other.entry)) other.entry = entry;
      return;
    }
    const waiting = { conversation, index, entry, since: this.#options.now?.() ?? 0 };
    // Who sees it is known by its first entry: only what is not whole waits for one that is.
    if (conversation.told > 0 && missingFrom(entry) === 0) return this.#tell(waiting);
    conversation.waiting.push(waiting);
    this.#waiting.push(waiting);
    if (this.#waiting.length > maxWaiting) this.#tell(this.#waiting.shift()!);
  }

  #tell({ conversation, index, entry }: Waiting): void {
    conversation.waiting = conversation.waiting.filter((one) => one.index !== index);
    conversation.told = Math.max(conversation.told, index + 1);
    const connection = mergedOf(conversation);
    for (const view of conversation.views) this.#fill(view);
    const told = connection === entry.connection ? entry : { ...entry, connection };
    if ('ended' in told) this.#sink.conversation?.(told);
    else this.#sink.exchange?.(told);
  }

  #conversationOf(connection: Connection): Conversation {
    const known = this.#byConnection.get(connection);
    if (known) return known;
    const { client } = connection.handshake!;
    let conversation = this.#byIsn.get(client);
    if (!conversation?.views.every((view) => isSame(view, connection)))
      conversation = { views: [], counts: new Map(), told: 0, merged: undefined, waiting: [] };
    conversation.views.push(connection);
    conversation.merged = undefined;
    this.#byConnection.set(connection, conversation);
    this.#byIsn.delete(client);
    this.#byIsn.set(client, conversation);
    if (this.#byIsn.size > maxConversations) this.#byIsn.delete(this.#byIsn.keys().next().value!);
    return conversation;
  }
}

/** 32 random bits of either side (RFC 6528), where both were seen, and the same moment. */
function isSame(a: Connection, b: Connection): boolean {
  const [one, other] = [a.handshake!.server, b.handshake!.server];
  if (one !== undefined && other !== undefined && one !== other) return false;
  return a.id !== b.id && Math.abs(a.openedAt - b.openedAt) < maxApartNs;
}

const missingFrom = (entry: Exchange | ConversationSummary) =>
  'ended' in entry ? entry.lostBytes : entry.missing.length;

/** Of two that say the same: less is missing from it. */
function isBetter(a: Exchange | ConversationSummary, b: Exchange | ConversationSummary): boolean {
  return missingFrom(a) < missingFrom(b);
}

/** The client as the place calls it where the first packet was seen first, the server as the last one does. */
function mergedOf(conversation: Conversation): Connection {
  const { views } = conversation;
  if (views.length === 1) return views[0]!;
  if (conversation.merged) return conversation.merged;
  const inOrder = views.toSorted((a, b) => a.openedAt - b.openedAt);
  const [first, last] = [inOrder[0]!, inOrder.at(-1)!];
  const targets = [...new Set(inOrder.map((view) => view.target))];
  const asked = first.server.kube;
  const { server } = last;
  // By what address it was asked is known where the client is, who answered where the server is.
  if (asked?.serviceAddress !== undefined && asked !== server.kube && asked.service !== undefined)
    server.kube = { ...server.kube, service: asked.service, serviceAddress: asked.serviceAddress };
  conversation.merged = {
    ...first,
    id: Math.min(...views.map((view) => view.id)),
    target: targets.join('+'),
    client: first.client,
    server,
    joinedMidStream: inOrder.every((view) => view.joinedMidStream),
    views: inOrder.map(({ target, client, server, openedAt }) => ({
      target,
      client: { address: client.address, port: client.port },
      server: { address: server.address, port: server.port },
      openedAt,
    })),
  };
  return conversation.merged;
}
