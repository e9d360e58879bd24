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
import {
  bodyLimit,
  cutAt,
  damaged,
  holeAt,
  oneSide,
  Places,
  said,
  swapped,
  tells,
  turnsOf,
} from './testing/contract.ts';
import { type Conversation, fixtureNames } from './testing/fixture.ts';
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
/** Whose messages say themselves who asks. */
const symmetric = new Set(['dns', 'tls', 'dtls']);
const nothing: Uint8Array = new Uint8Array(0);

/** Feeds, and holds the analyzer to its memory limit all the way. */
function feedBounded(module: ProtocolModule, conversation: Conversation, options: Options = {}): Played {
  const limit = module.bufferLimit + 2 * bodyLimit;
  return feed(module, conversation, {
    bodyLimit,
    ...options,
    watch: (analyzer) => assert.ok(analyzer.buffered() <= limit, `${analyzer.buffered()} bytes held`),
  });
}

function eachTcp(
  module: ProtocolModule,
  act: (turns: Conversation, name: string, places: Places) => void,
): void {
  const all = fixtures.get(module)!;
  const places = new Places(all.flatMap((fixture) => fixture.conversations));
  for (const { name, conversations } of all)
    for (const conversation of conversations) {
      if (conversation.connection.transport !== 'tcp') continue;
      act(turnsOf(conversation), name, places);
      places.next();
    }
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
          // What another protocol hands over needs not be found; browsers open connections and say nothing.
          if (conversation.carrier || !conversation.events.some((e) => e.kind === 'data')) continue;
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
      eachTcp(module, (turns, name, places) => {
        const whole = said(feedBounded(module, turns));
        const longest = Math.max(0, ...turns.events.map((e) => (e.kind === 'data' ? e.bytes.length : 0)));
        for (const cut of places.within(1, longest))
          assert.equal(said(feedBounded(module, turns, { cut })), whole, `${name} in pieces of ${cut}`);
        turns.events.forEach((event, index) => {
          if (event.kind !== 'data') return;
          for (const at of places.within(1, event.bytes.length)) {
            const cut = said(feedBounded(module, cutAt(turns, index, at)));
            assert.equal(cut, whole, `${name}: turn ${index} cut at ${at}`);
          }
        });
      });
    });

    test('a hole anywhere is survived and told', () => {
      eachTcp(module, (turns, name, places) => {
        turns.events.forEach((event, index) => {
          if (event.kind !== 'data') return;
          // What comes behind a change of protocols is not this one's to tell.
          const before = feedBounded(module, { ...turns, events: turns.events.slice(0, index) });
          if (before.children.length > 0) return;
          for (const at of places.within(0, event.bytes.length))
            for (const length of [1, 200]) {
              const played = feedBounded(module, holeAt(turns, index, at, length));
              const { events } = played;
              assert.ok(
                tells(played),
                `${name}: ${length} bytes lost at ${at} of turn ${index}:\n${events.join('\n')}`,
              );
            }
        });
      });
    });

    test('any datagram may be lost', () => {
      for (const { name, conversations } of fixtures.get(module)!)
        for (const conversation of conversations) {
          if (conversation.connection.transport !== 'udp') continue;
          const whole = feedBounded(module, conversation);
          conversation.events.forEach((event, index) => {
            if (event.kind !== 'data') return;
            const events = conversation.events.filter((_, i) => i !== index);
            const played = feedBounded(module, { ...conversation, events });
            // Nothing numbers datagrams. A question without its answer, and an answer without its question, show.
            assert.ok(
              played.exchanges.length <= whole.exchanges.length + 1,
              `${name}: without datagram ${index} more is told`,
            );
          });
        }
    });

    test('nothing is made up when client and server are taken for each other', () => {
      for (const { name, conversations } of fixtures.get(module)!)
        for (const conversation of conversations) {
          const played = feedBounded(module, swapped(conversation));
          assert.ok(
            tells(played) || played.exchanges.length === 0 || symmetric.has(module.name),
            `${name}:\n${played.events.join('\n')}`,
          );
        }
    });

    test('one side alone is told as such', () => {
      for (const { name, conversations } of fixtures.get(module)!)
        for (const conversation of conversations)
          for (const side of ['client', 'server'] as const) {
            const half = oneSide(conversation, side);
            if (!half.events.some((e) => e.kind === 'data')) continue;
            const { exchanges } = feedBounded(module, half);
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
        const conversation = damaged(random.pick(all), random);
        const isTcp = conversation.connection.transport === 'tcp';
        feedBounded(module, conversation, isTcp && random.chance(2) ? { cut: 1 + random.below(50) } : {});
      }
    });
  });
