/** What the contract suites do to a conversation: cut it, lose parts of it, turn it around, damage it. */
import type { Random } from '../../../fuzz/lib/random.ts';
import { concatBytes } from '../../util/bytes.ts';
import type { Conversation, Event } from './fixture.ts';
import { type Played, plain } from './play.ts';

export const bodyLimit = 65_536;

/** All that was said, for comparing. */
export function said({ exchanges, events, children }: Played): string {
  return JSON.stringify([events, exchanges.map(plain), children], null, 1);
}

/** That something is missing, or is no message of this protocol. */
export function tells({ exchanges, events }: Played): boolean {
  return (
    exchanges.some((e) => e.missing.length > 0 || e.weirds.length > 0) ||
    events.some((e) => /^(violation|child|weird)/.test(e))
  );
}

/** What one side sends until the other speaks: streams know no segments. Datagrams stay as they are. */
export function turnsOf(conversation: Conversation): Conversation {
  const { connection, events } = conversation;
  if (connection.transport === 'udp') return conversation;
  const turns: Event[] = [];
  for (const event of events) {
    const last = turns.at(-1);
    if (event.kind === 'data' && last?.kind === 'data' && last.side === event.side)
      turns[turns.length - 1] = { ...last, bytes: concatBytes([last.bytes, event.bytes]) };
    else turns.push(event);
  }
  return { ...conversation, events: turns };
}

/** `instead` in place of the event at `index`. */
export function withEvents(
  conversation: Conversation,
  index: number,
  instead: readonly Event[],
): Conversation {
  const events = [...conversation.events];
  events.splice(index, 1, ...instead);
  return { ...conversation, events };
}

/** The data at `index` cut in two. */
export function cutAt(conversation: Conversation, index: number, at: number): Conversation {
  const event = conversation.events[index]!;
  if (event.kind !== 'data') return conversation;
  const parts = [event.bytes.subarray(0, at), event.bytes.subarray(at)];
  return withEvents(
    conversation,
    index,
    parts.map((bytes) => ({ ...event, bytes })),
  );
}

/** `length` bytes of the data at `index` lost, or what is left of it. */
export function holeAt(conversation: Conversation, index: number, at: number, length: number): Conversation {
  const event = conversation.events[index]!;
  if (event.kind !== 'data') return conversation;
  const lost = Math.min(length, event.bytes.length - at);
  const instead: Event[] = [
    { ...event, bytes: event.bytes.subarray(0, at) },
    { kind: 'gap', side: event.side, length: lost, at: event.at },
    { ...event, bytes: event.bytes.subarray(at + lost) },
  ];
  return withEvents(
    conversation,
    index,
    instead.filter((e) => e.kind !== 'data' || e.bytes.length > 0),
  );
}

export function sizeOf({ events }: Conversation): number {
  return events.reduce((n, event) => n + (event.kind === 'data' ? event.bytes.length : 0), 0);
}

/** Positions are all tried up to so many bytes of a protocol's recordings. */
const thoroughly = 15_000;
/** At the edges of what is sent at once, and for sizes of pieces, each one is. */
const edge = 24;

/**
 * Where the recordings of a protocol are many and large, each is cut at every n-th place only, and the next one at
 * the places beside: they are alike, so that together they are cut everywhere, and the suite takes seconds.
 */
export class Places {
  readonly #stride: number;
  #turn = 0;

  constructor(conversations: readonly Conversation[]) {
    const all = conversations.reduce((n, conversation) => n + sizeOf(conversation), 0);
    this.#stride = Math.max(1, Math.ceil(all / thoroughly));
  }

  /** The next conversation's offset. */
  next(): void {
    this.#turn++;
  }

  *within(from: number, length: number): Generator<number> {
    for (let at = from; at < length; at++)
      if (at < edge || at >= length - edge || (at + this.#turn) % this.#stride === 0) yield at;
  }
}

/** Who speaks first is taken for the server. */
export function swapped(conversation: Conversation): Conversation {
  const { connection, events } = conversation;
  const { client, server } = connection;
  return {
    ...conversation,
    connection: { ...connection, client: server, server: client },
    events: events.map((event) => ({ ...event, side: event.side === 'client' ? 'server' : 'client' })),
  };
}

/** Ends are of both, as the table of connections tells them. */
export function oneSide(conversation: Conversation, side: 'client' | 'server'): Conversation {
  return { ...conversation, events: conversation.events.filter((e) => e.kind === 'end' || e.side === side) };
}

/** Bytes changed, cut off, events left out, holes. */
export function damaged(conversation: Conversation, random: Random): Conversation {
  const events = conversation.events.map((event): Event => {
    if (event.kind !== 'data' || random.chance(3)) return event;
    const bytes = event.bytes.slice();
    for (let n = random.size(6); n > 0 && bytes.length > 0; n--)
      bytes[random.below(bytes.length)] = random.below(256);
    return { ...event, bytes: random.chance(10) ? bytes.subarray(random.below(bytes.length)) : bytes };
  });
  if (random.chance(3)) events.splice(random.below(events.length), 1);
  if (random.chance(5) && events.length > 0) {
    const { at } = events[random.below(events.length)]!;
    const side = random.chance(2) ? 'client' : 'server';
    events.splice(random.below(events.length), 0, { kind: 'gap', side, length: random.below(5000), at });
  }
  const connection = { ...conversation.connection, joinedMidStream: random.chance(5) };
  return { ...conversation, connection, events };
}
