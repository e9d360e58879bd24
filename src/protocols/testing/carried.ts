/** Fixtures of a protocol that begins inside another: the conversation from where it takes over. */
import type { AnalyzerOutput, Exchange, ProtocolModule } from '../../model/index.ts';
import { concatBytes } from '../../util/bytes.ts';
import { protocols } from '../registry.ts';
import { type Conversation, type Event, readConversations } from './fixture.ts';

const nothing: Uint8Array = new Uint8Array(0);

/** A file's conversations as `module` gets to see them, without those of others beside (a page's before a socket). */
export function conversationsFor(
  module: ProtocolModule,
  all: readonly ProtocolModule[],
  folder: string,
  name: string,
): Conversation[] {
  return readConversations(folder, name).flatMap((conversation) => {
    for (const parent of all) {
      if (parent === module || parent.transports[0] !== conversation.connection.transport) continue;
      const child = takenOver(parent, conversation);
      if (child?.protocol === module.name) return [child.conversation];
      if (!child && beginsWith(parent, conversation) && !beginsWith(module, conversation)) return [];
    }
    return [conversation];
  });
}

/** By what is sent before the first answer, and with it. */
function beginsWith(module: ProtocolModule, { connection, events }: Conversation): boolean {
  let client = nothing;
  let server = nothing;
  for (const event of events) {
    if (event.kind !== 'data') continue;
    if (event.side === 'client') client = concatBytes([client, event.bytes]);
    else server = concatBytes([server, event.bytes]);
    if (module.detect(client, server, connection.transport) === 'yes') return true;
    if (server.length > 0) return false;
  }
  return false;
}

/** What the parent hands over, and to whom; undefined when it keeps the conversation. */
function takenOver(
  parent: ProtocolModule,
  { connection, events, clock }: Conversation,
): { readonly protocol: string; readonly conversation: Conversation } | undefined {
  const analyzer = parent.open({ connection, bodyLimit: 65_536 });
  let found: { protocol: string; rest: Event[]; carrier: Exchange | undefined } | undefined;
  let over = false;
  const out: AnalyzerOutput = {
    exchange() {},
    opened() {},
    child(protocol, rest, at, carrier) {
      const sides = (['client', 'server'] as const).filter((side) => rest[side].length > 0);
      const left = sides.map((side): Event => ({ kind: 'data', side, bytes: rest[side].slice(), at }));
      found = { protocol, rest: left, carrier };
    },
    inner: () => undefined,
    confirmed() {},
    violation() {
      over = true;
    },
    weird() {},
  };
  for (let i = 0; i < events.length && !over; i++) {
    const event = events[i]!;
    if (event.kind === 'data') analyzer.data(event.side, event.bytes.slice(), event.at, out);
    else if (event.kind === 'gap') analyzer.gap(event.side, event.length, event.at, out);
    else analyzer.end(event.side, event.reason, event.at, out);
    if (!found) continue;
    const { protocol, rest, carrier } = found;
    return {
      protocol,
      conversation: {
        connection,
        events: [...rest, ...events.slice(i + 1)],
        ...(carrier ? { carrier } : {}),
        ...(clock ? { clock } : {}),
      },
    };
  }
  return undefined;
}

/** A file's conversations with what carries them; browsers open some in which nothing is said. */
export function carriedConversations(
  folder: string,
  name: string,
): { readonly carrier: ProtocolModule; readonly conversation: Conversation }[] {
  return readConversations(folder, name)
    .filter(({ events }) => events.some((event) => event.kind === 'data'))
    .map((conversation) => ({ conversation, carrier: carrierOf(conversation) }));
}

/** What a conversation begins with, by what is sent first: the carrier of what rides inside. */
function carrierOf({ connection, events }: Conversation): ProtocolModule {
  let client = new Uint8Array(0);
  let server = new Uint8Array(0);
  for (const event of events) {
    if (event.kind !== 'data') continue;
    if (event.side === 'client') client = Uint8Array.from([...client, ...event.bytes]);
    else server = Uint8Array.from([...server, ...event.bytes]);
    const found = protocols.find((module) => module.detect(client, server, connection.transport) === 'yes');
    if (found) return found;
  }
  throw new Error(`connection ${connection.id}: nothing that is known`);
}
