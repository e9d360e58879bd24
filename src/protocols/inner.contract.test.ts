/**
 * What every protocol that rides inside others must hold, on its own recordings, through its carriers: as
 * contract.test.ts for those that have a connection of their own.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import type { InnerModule, ProtocolModule } from '../model/index.ts';
import { concatBytes } from '../util/bytes.ts';
import { inners, protocols } from './registry.ts';
import { carrierOf } from './testing/carried.ts';
import { type Conversation, type Event, fixtureNames, readConversations } from './testing/fixture.ts';
import { feed, type Options, type Played, plain } from './testing/play.ts';

/** Recordings that are two protocols' at once. */
const shared = new Set(['sse jsonrpc/events']);
const bodyLimit = 65_536;
const folderOf = ({ name }: InnerModule) => join(import.meta.dirname, name, 'fixtures');

interface Carried {
  readonly name: string;
  readonly carrier: ProtocolModule;
  readonly conversation: Conversation;
}

/** Those that are protocols of their own too have their recordings tested there. */
const modules = inners.filter((module) => !protocols.some(({ name }) => name === module.name));

const fixtures = new Map<InnerModule, Carried[]>(
  modules.map((module) => {
    const folder = folderOf(module);
    const names = existsSync(folder) ? fixtureNames(folder) : [];
    const carried = names.flatMap((name) =>
      readConversations(folder, name).map((conversation) => ({
        name,
        conversation: turnsOf(conversation),
        carrier: carrierOf(conversation),
      })),
    );
    return [module, carried];
  }),
);

/** What one side sends until the other speaks: streams know no segments. */
function turnsOf(conversation: Conversation): Conversation {
  const turns: Event[] = [];
  for (const event of conversation.events) {
    const last = turns.at(-1);
    if (event.kind === 'data' && last?.kind === 'data' && last.side === event.side)
      turns[turns.length - 1] = { ...last, bytes: concatBytes([last.bytes, event.bytes]) };
    else turns.push(event);
  }
  return { ...conversation, events: turns };
}

/** Feeds the carrier; what rides inside is held to its memory limit all the way. */
function feedBounded(module: InnerModule, { carrier, conversation }: Carried, options: Options = {}): Played {
  // Some requests of one connection are under way at once.
  const limit = 8 * (module.bufferLimit + 2 * bodyLimit);
  return feed(carrier, conversation, {
    bodyLimit,
    inners: [module],
    holds: (held) => assert.ok(held >= 0 && held <= limit, `${held} bytes held`),
    ...options,
  });
}

const said = ({ exchanges, events }: Played) => JSON.stringify([events, exchanges.map(plain)], null, 1);

for (const module of modules)
  describe(module.name, () => {
    const all = fixtures.get(module)!;

    test('has fixtures, told where they come from', () => {
      for (const file of ['README.md', 'make.ts']) assert.ok(existsSync(join(folderOf(module), file)), file);
      assert.ok(all.length > 0);
    });

    test('declares its fields once; others are those of its carriers', () => {
      const names = module.fields.map((field) => field.name);
      assert.equal(new Set(names).size, names.length);
      for (const one of all) {
        const known = new Set([...names, ...one.carrier.fields.map((field) => field.name)]);
        for (const { fields } of feedBounded(module, one).exchanges)
          for (const name of Object.keys(fields)) assert.ok(known.has(name), `${name} is not declared`);
      }
    });

    test('says of its fixtures what the golden files say', () => {
      for (const name of new Set(all.map((one) => one.name))) {
        const golden = readFileSync(join(folderOf(module), `${name}.events.ndjson`), 'utf8').split('\n');
        const mine = readConversations(folderOf(module), name)
          .flatMap(
            (conversation) =>
              feedBounded(module, { name, conversation, carrier: carrierOf(conversation) }).exchanges,
          )
          .filter((exchange) => exchange.protocol === module.name);
        assert.deepEqual(
          mine.map((exchange) => JSON.parse(JSON.stringify(plain(exchange)))),
          golden.filter((line) => line !== '').map((line) => JSON.parse(line)),
          name,
        );
      }
    });

    test("leaves the others' and the carriers' own exchanges as they are", () => {
      for (const other of modules) {
        if (other === module) continue;
        for (const one of fixtures.get(other)!) {
          if (shared.has(`${module.name} ${other.name}/${one.name}`)) continue;
          const { exchanges } = feedBounded(module, one);
          assert.ok(
            exchanges.every((e) => e.protocol === one.carrier.name),
            `${other.name}/${one.name}`,
          );
        }
      }
      for (const carrier of protocols) {
        const folder = join(import.meta.dirname, carrier.name, 'fixtures');
        if (!existsSync(folder)) continue;
        for (const name of fixtureNames(folder))
          for (const conversation of readConversations(folder, name)) {
            const plainly = feed(carrier, conversation, { bodyLimit });
            assert.equal(
              said(feedBounded(module, { name, carrier, conversation })),
              said(plainly),
              `${carrier.name}/${name}`,
            );
          }
      }
    });

    test('says the same however the streams are cut', () => {
      for (const one of all) {
        const whole = said(feedBounded(module, one));
        const { events } = one.conversation;
        const longest = Math.max(...events.map((e) => (e.kind === 'data' ? e.bytes.length : 0)));
        for (let cut = 1; cut < longest; cut++)
          assert.equal(said(feedBounded(module, one, { cut })), whole, `${one.name} in pieces of ${cut}`);
      }
    });

    test('a hole anywhere is survived and told', () => {
      for (const one of all)
        one.conversation.events.forEach((event, index) => {
          if (event.kind !== 'data') return;
          for (let at = 0; at < event.bytes.length; at++) {
            const lost = Math.min(at % 3 === 0 ? 200 : 1, event.bytes.length - at);
            const events = [...one.conversation.events];
            const parts: Event[] = [
              { ...event, bytes: event.bytes.subarray(0, at) },
              { kind: 'gap', side: event.side, length: lost, at: event.at },
              { ...event, bytes: event.bytes.subarray(at + lost) },
            ];
            events.splice(index, 1, ...parts.filter((e) => e.kind !== 'data' || e.bytes.length > 0));
            const played = feedBounded(module, { ...one, conversation: { ...one.conversation, events } });
            const isTold =
              played.exchanges.some((e) => e.missing.length > 0 || e.weirds.length > 0) ||
              played.events.some((e) => /^(violation|child|weird)/.test(e));
            assert.ok(isTold, `${one.name}: ${lost} bytes lost at ${at} of turn ${index}`);
          }
        });
    });

    test('damaged bytes never throw, always end, and hold no more than the limit', () => {
      const random = new Random(9);
      for (let round = 0; round < 3000; round++) {
        const one = random.pick(all);
        const events = one.conversation.events.map((event): Event => {
          if (event.kind !== 'data' || random.chance(3)) return event;
          const bytes = event.bytes.slice();
          for (let n = random.size(6); n > 0 && bytes.length > 0; n--)
            bytes[random.below(bytes.length)] = random.below(256);
          return { ...event, bytes };
        });
        if (random.chance(3)) events.splice(random.below(events.length), 1);
        const cut = random.chance(2) ? { cut: 1 + random.below(50) } : {};
        feedBounded(
          module,
          { ...one, conversation: { ...one.conversation, events } },
          { ...cut, bodyLimit: random.pick([0, 100, bodyLimit]) },
        );
      }
    });
  });
