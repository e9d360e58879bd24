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
import { inners, protocols } from './registry.ts';
import { carriedConversations } from './testing/carried.ts';
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
import { type Conversation, fixtureNames, readConversations } from './testing/fixture.ts';
import { feed, type Options, type Played, plain } from './testing/play.ts';

/** Recordings that are two protocols' at once. */
const shared = new Set(['sse jsonrpc/events']);
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
      carriedConversations(folder, name).map(({ carrier, conversation }) => ({
        name,
        conversation: turnsOf(conversation),
        carrier,
      })),
    );
    return [module, carried];
  }),
);

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
        const mine = carriedConversations(folderOf(module), name)
          .flatMap((carried) => feedBounded(module, { name, ...carried }).exchanges)
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
      const places = new Places(all.map((one) => one.conversation));
      for (const one of all) {
        places.next();
        const whole = said(feedBounded(module, one));
        const { events } = one.conversation;
        const longest = Math.max(...events.map((e) => (e.kind === 'data' ? e.bytes.length : 0)));
        for (const cut of places.within(1, longest))
          assert.equal(said(feedBounded(module, one, { cut })), whole, `${one.name} in pieces of ${cut}`);
        events.forEach((event, index) => {
          if (event.kind !== 'data') return;
          for (const at of places.within(1, event.bytes.length)) {
            const conversation = cutAt(one.conversation, index, at);
            const cut = said(feedBounded(module, { ...one, conversation }));
            assert.equal(cut, whole, `${one.name}: turn ${index} cut at ${at}`);
          }
        });
      }
    });

    test('a hole anywhere is survived and told', () => {
      const places = new Places(all.map((one) => one.conversation));
      for (const one of all) {
        places.next();
        one.conversation.events.forEach((event, index) => {
          if (event.kind !== 'data') return;
          for (const at of places.within(0, event.bytes.length))
            for (const length of [1, 200]) {
              const conversation = holeAt(one.conversation, index, at, length);
              const isTold = tells(feedBounded(module, { ...one, conversation }));
              assert.ok(isTold, `${one.name}: ${length} bytes lost at ${at} of turn ${index}`);
            }
        });
      }
    });

    test('one side alone, and the sides taken for each other', () => {
      for (const one of all) {
        for (const side of ['client', 'server'] as const) {
          const conversation = oneSide(one.conversation, side);
          const played = feedBounded(module, { ...one, conversation });
          assert.ok(tells(played) || played.exchanges.length === 0, `${one.name}: only the ${side}`);
        }
        const conversation = swapped(one.conversation);
        const played = feedBounded(module, { ...one, conversation });
        assert.ok(tells(played) || played.exchanges.length === 0, `${one.name}: turned around`);
      }
    });

    test('damaged bytes never throw, always end, and hold no more than the limit', () => {
      const random = new Random(9);
      for (let round = 0; round < 3000; round++) {
        const one = random.pick(all);
        const conversation = damaged(one.conversation, random);
        const cut = random.chance(2) ? { cut: 1 + random.below(50) } : {};
        feedBounded(
          module,
          { ...one, conversation },
          { ...cut, bodyLimit: random.pick([0, 100, bodyLimit]) },
        );
      }
    });
  });
