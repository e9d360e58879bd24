/** What an agent sends decoded, all the way to text, JSON and sums: nothing throws, and nothing a terminal obeys comes out. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { platform } from '../src/cli/platform.ts';
import { createReception, Sides } from '../src/pipeline/index.ts';
import { declarations, inners, protocols } from '../src/protocols/registry.ts';
import { fixtureNames } from '../src/protocols/testing/fixture.ts';
import { createSchema, filtered } from '../src/query/index.ts';
import { createRedactor } from '../src/redact/index.ts';
import { EntryDecoder } from '../src/remote/index.ts';
import { recorded } from '../src/remote/testing/recorded.ts';
import { createJsonSink } from '../src/sinks/json/index.ts';
import { createStatsSink } from '../src/sinks/stats/index.ts';
import { createTextSink } from '../src/sinks/text/index.ts';
import type { Target } from './lib/target.ts';

const counters = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };
const folder = resolve(import.meta.dirname, '../src/protocols');
const schema = createSchema(declarations);

export const target: Target = {
  name: 'entries',
  maxLength: 20_000,
  seeds: () =>
    [...new Set([...protocols, ...inners].map(({ name }) => name))].flatMap((name) =>
      fixtureNames(join(folder, name, 'fixtures')).map((fixture, i) => {
        const file = readFileSync(join(folder, name, 'fixtures', `${fixture}.pcap`));
        return recorded(new Uint8Array(file), { heads: i % 3 < 2, bodies: i % 3 < 1, bodyLimit: 200 }).bytes;
      }),
    ),
  run(input, random) {
    let text = '';
    const write = (more: string) => {
      text += more;
      return true;
    };
    const verbose = random.below(4) as 0 | 1 | 2 | 3;
    const redactor = random.chance(4) ? undefined : createRedactor();
    const shared = { write, redactor, platform };
    const shown = createTextSink({
      ...{ ...shared, verbose, color: false, time: random.below(6) as 0, nano: random.chance(2) },
      ...{ width: random.pick([0, 40, 120]), names: true, showTarget: true, pending: true },
    });
    const stats = createStatsSink({ redact: (exchange) => exchange, slowest: 5 });
    const sides = new Sides(createJsonSink({ ...shared, verbose }), { isMerged: true });
    const reception = createReception({
      ...{ protocols, inners, skipped: (connection, count) => sides.skip(connection, count) },
      sinks: [
        filtered(shown, random.pick(['', 'a || header.host', 'time > "2020-01-01"']), schema),
        sides,
        stats,
      ],
    });
    const decoder = new EntryDecoder({
      ...reception.entries,
      interface: (iface) => reception.interface(iface),
    });
    for (let at = 0; at < input.length; ) {
      const size = 1 + random.below(random.pick([3, 300, input.length]));
      decoder.feed(input.slice(at, at + size));
      at += size;
      if (random.chance(10)) void reception.batch();
    }
    JSON.stringify(
      stats.summed((visit) => reception.connections(visit))({ top: 5, order: 'bytes', final: false }),
    );
    void reception.finish(counters);
    if (/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.test(text))
      throw new Error(`control characters in ${JSON.stringify(text)}`);
    if (/[\r\n]/.test(decoder.damage)) throw new Error('more than a line');
  },
};
