/**
 * What every protocol must hold, on its own recordings: `<protocol>/fixtures/NAME.pcap` with what it says of
 * them in `NAME.events.ndjson`. A new protocol is tested by being in the registry.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import type { ProtocolModule } from '../model/index.ts';
import { concatBytes } from '../util/bytes.ts';
import { protocols } from './registry.ts';
import { conversationsFor } from './testing/carried.ts';
import { type Conversation, type Event, fixtureNames } from './testing/fixture.ts';
import { feed, type Options, type Played, plain } from './testing/play.ts';

const folderOf = (module: ProtocolModule) => join(import.meta.dirname, module.name, 'fixtures');

interface Fixture {
  readonly name: string;
  readonly conversations: Conversation[];
}

const fixtures = new Map<ProtocolModule, Fixture[]>(
  protocols.map((module) => {
    const folder = folderOf(module);
    const names = existsSync(folder) ? fixtureNames(folder) : [];
    const conversations = (name: string) => conversationsFor(module, protocols, folder, name);
    return [module, names.map((name) => ({ name, conversations: conversations(name) }))];
  }),
);

/** Protocols whose exchanges are single messages: one side is all there is to them. */
const messages = new Set(['websocket']);
const bodyLimit = 65_536;
const nothing: Uint8Array = new Uint8Array(0);

/** All that was said, for comparing. */
function said({ exchanges, events, children }: Played): string {
  return JSON.stringify([events, exchanges.map(plain), children], null, 1);
}

/** What one side sends until the other speaks: streams know no segments. Datagrams stay as they are. */
function turnsOf(conversation: Conversation): Conversation {
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

/** `before` and `after` in place of the event at `index`. */
function withEvents(conversation: Conversation, index: number, instead: readonly Event[]): Conversation {
  const events = [...conversation.events];
  events.splice(index, 1, ...instead);
  return { ...conversation, events };
}

/** Feeds, and holds the analyzer to its memory limit all the way. */
function feedBounded(module: ProtocolModule, conversation: Conversation, options: Options = {}): Played {
  const limit = module.bufferLimit + 2 * bodyLimit;
  return feed(module, conversation, {
    bodyLimit,
    ...options,
    watch: (analyzer) => assert.ok(analyzer.buffered() <= limit, `${analyzer.buffered()} bytes held`),
  });
}

function eachTcp(module: ProtocolModule, act: (conversation: Conversation, name: string) => void): void {
  for (const { name, conversations } of fixtures.get(module)!)
    for (const conversation of conversations)
      if (conversation.connection.transport === 'tcp') act(turnsOf(conversation), name);
}

for (const module of protocols)
  describe(module.name, () => {
    test('has fixtures, told where they come from, one on a port that is not its own', () => {
      const folder = folderOf(module);
      assert.ok(existsSync(join(folder, 'README.md')), `${folder}/README.md`);
      assert.ok(existsSync(join(folder, 'make.ts')), `${folder}/make.ts`);
      const ports = fixtures
        .get(module)!
        .flatMap((f) => f.conversations.map((c) => c.connection.server.port));
      const others = protocols.filter((m) => m !== module).flatMap((m) => m.ports);
      assert.ok(
        ports.some((port) => !module.ports.includes(port) && others.includes(port)),
        'none is recorded on the port of another protocol',
      );
    });

    test('declares its fields once, and no others come', () => {
      const names = module.fields.map((field) => field.name);
      assert.equal(new Set(names).size, names.length);
      for (const name of names) assert.match(name, /^[a-z0-9_]+\./);
      for (const { conversations } of fixtures.get(module)!)
        for (const conversation of conversations)
          for (const { fields, protocol } of feedBounded(module, conversation).exchanges) {
            assert.equal(protocol, module.name);
            for (const name of Object.keys(fields))
              assert.ok(names.includes(name), `${name} is not declared`);
          }
    });

    test('says of its fixtures what the golden files say', () => {
      for (const { name, conversations } of fixtures.get(module)!) {
        const golden = readFileSync(join(folderOf(module), `${name}.events.ndjson`), 'utf8');
        const mine = conversations.flatMap((conversation) => feedBounded(module, conversation).exchanges);
        assert.deepEqual(
          mine.map((exchange) => JSON.parse(JSON.stringify(plain(exchange)))),
          golden
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line)),
          name,
        );
      }
    });

    test('knows its own from the first byte on, and says so in the end', () => {
      for (const { name, conversations } of fixtures.get(module)!)
        for (const conversation of conversations) {
          // What another protocol hands over needs not be found.
          if (conversation.carrier) continue;
          const seen = { client: nothing, server: nothing };
          const { transport } = conversation.connection;
          let answer = 'more';
          for (const event of conversation.events) {
            if (event.kind !== 'data' || answer === 'yes') continue;
            const { side, bytes } = event;
            const before = seen[side];
            // One more byte at a time; a datagram comes whole.
            for (let n = transport === 'udp' ? bytes.length : 1; n <= bytes.length && answer !== 'yes'; n++) {
              seen[side] = concatBytes([before, bytes.subarray(0, n)]);
              answer = module.detect(seen.client, seen.server, transport);
              assert.notEqual(answer, 'no', `${name}: ${n} bytes of the ${side}`);
            }
          }
          assert.equal(answer, 'yes', name);
        }
    });

    test("refuses the other protocols' fixtures, at any length", () => {
      for (const other of protocols) {
        if (other === module) continue;
        for (const { name, conversations } of fixtures.get(other)!)
          for (const conversation of conversations) {
            const { transport } = conversation.connection;
            if (!module.transports.includes(transport)) continue;
            const seen = { client: nothing, server: nothing };
            for (const event of conversation.events) {
              if (event.kind !== 'data' || seen[event.side].length > 4096) continue;
              const { side, bytes } = event;
              const before = transport === 'udp' ? nothing : seen[side];
              for (let n = transport === 'udp' ? bytes.length : 1; n <= bytes.length; n++) {
                seen[side] = concatBytes([before, bytes.subarray(0, n)]);
                for (const [client, server] of [
                  [seen.client, seen.server],
                  [seen.server, seen.client],
                ] as const)
                  assert.notEqual(
                    module.detect(client, server, transport),
                    'yes',
                    `${other.name}/${name}, ${n} bytes of the ${side}`,
                  );
              }
            }
          }
      }
    });

    test('says the same however the streams are cut', () => {
      eachTcp(module, (turns, name) => {
        const whole = said(feedBounded(module, turns));
        const longest = Math.max(...turns.events.map((e) => (e.kind === 'data' ? e.bytes.length : 0)));
        for (let cut = 1; cut < longest; cut++)
          assert.equal(said(feedBounded(module, turns, { cut })), whole, `${name} in pieces of ${cut}`);
        turns.events.forEach((event, index) => {
          if (event.kind !== 'data') return;
          for (let at = 1; at < event.bytes.length; at++) {
            const parts = [event.bytes.subarray(0, at), event.bytes.subarray(at)];
            const instead = parts.map((bytes) => ({ ...event, bytes }));
            const cut = said(feedBounded(module, withEvents(turns, index, instead)));
            assert.equal(cut, whole, `${name}: turn ${index} cut at ${at}`);
          }
        });
      });
    });

    test('a hole anywhere is survived and told', () => {
      eachTcp(module, (turns, name) => {
        turns.events.forEach((event, index) => {
          if (event.kind !== 'data') return;
          for (let at = 0; at < event.bytes.length; at++)
            for (const length of [1, 200]) {
              const lost = Math.min(length, event.bytes.length - at);
              const instead: Event[] = [
                { ...event, bytes: event.bytes.subarray(0, at) },
                { kind: 'gap', side: event.side, length: lost, at: event.at },
                { ...event, bytes: event.bytes.subarray(at + lost) },
              ];
              const parts = instead.filter((e) => e.kind !== 'data' || e.bytes.length > 0);
              const holed = withEvents(turns, index, parts);
              const { exchanges, events } = feedBounded(module, holed);
              // What comes behind a change of protocols is not this one's to tell.
              const before = { ...turns, events: turns.events.slice(0, index) };
              if (feedBounded(module, before).events.some((e) => e.startsWith('child'))) continue;
              const isTold =
                exchanges.some((e) => e.missing.length > 0 || e.weirds.length > 0) ||
                events.some((e) => /^(violation|child|weird)/.test(e));
              assert.ok(
                isTold,
                `${name}: ${lost} bytes lost at ${at} of turn ${index}:\n${events.join('\n')}`,
              );
            }
        });
      });
    });

    test('one side alone is told as such', () => {
      for (const { name, conversations } of fixtures.get(module)!)
        for (const conversation of conversations)
          for (const side of ['client', 'server'] as const) {
            const events = conversation.events.filter((e) => e.kind === 'end' || e.side === side);
            if (!events.some((e) => e.kind === 'data')) continue;
            const { exchanges } = feedBounded(module, { ...conversation, events });
            // Some protocols tell both halves on one side (pushes, announcements); never all of them.
            const isTold = exchanges.some((e) => e.missing.length > 0 || e.outcome === 'info');
            const isGroup = conversation.connection.server.port === 5353;
            // What brought the conversation over was seen whole.
            const isWhole = messages.has(module.name) || conversation.carrier !== undefined;
            assert.ok(isTold || isGroup || isWhole || exchanges.length === 0, `${name}: only the ${side}`);
          }
    });

    test('damaged bytes never throw, always end, and hold no more than the limit', () => {
      const random = new Random(7);
      const all = fixtures.get(module)!.flatMap((fixture) => fixture.conversations);
      for (let round = 0; round < 3000; round++) {
        const conversation = random.pick(all);
        const events = conversation.events.map((event): Event => {
          if (event.kind !== 'data' || random.chance(3)) return event;
          const bytes = event.bytes.slice();
          for (let n = random.size(6); n > 0 && bytes.length > 0; n--)
            bytes[random.below(bytes.length)] = random.below(256);
          return { ...event, bytes: random.chance(10) ? bytes.subarray(random.below(bytes.length)) : bytes };
        });
        if (random.chance(3)) events.splice(random.below(events.length), 1);
        if (random.chance(5)) {
          const at = events[random.below(events.length)]!.at;
          const side = random.chance(2) ? 'client' : 'server';
          events.splice(random.below(events.length), 0, {
            kind: 'gap',
            side,
            length: random.below(5000),
            at,
          });
        }
        const connection = { ...conversation.connection, joinedMidStream: random.chance(5) };
        const cut = connection.transport === 'tcp' && random.chance(2) ? { cut: 1 + random.below(50) } : {};
        feedBounded(module, { ...conversation, connection, events }, cut);
      }
    });
  });
