/** What two ends of nghttp2 (in Node) sent each other, read from the bytes between them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type IncomingHttpHeaders, type Settings } from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { Random } from '../../../fuzz/lib/random.ts';
import { play, type Step } from '../testing/play.ts';
import { isUnknownName } from './hpack.ts';
import { http2 } from './index.ts';

interface Seen {
  readonly headers: Record<string, string>;
  readonly trailers: Record<string, string>;
  readonly body: string;
}

const listening = async (server: { listen(port: number, host: string): unknown; address(): unknown }) => {
  server.listen(0, '127.0.0.1');
  await once(server as never, 'listening');
  return (server.address() as AddressInfo).port;
};

function word(random: Random, length: number): string {
  return Array.from({ length }, () => 'abcdefghijklmnopqrstuvwxyz0123456789-'[random.below(36)]).join('');
}

/** Some repeat, so that the table is used; some have every printable character; some are long. */
function headersOf(random: Random, known: [string, string][]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let n = random.below(8); n > 0; n--) {
    if (known.length > 0 && !random.chance(3)) {
      const [name, value] = random.pick(known);
      headers[name] = value;
      continue;
    }
    const printable = Array.from({ length: random.size(60) }, () =>
      String.fromCharCode(33 + random.below(94)),
    ).join('');
    const value = random.chance(12) ? printable.repeat(60) : printable;
    const entry: [string, string] = [`x-${word(random, 1 + random.below(8))}`, value];
    known.push(entry);
    headers[entry[0]] = entry[1];
  }
  return headers;
}

const flat = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

async function talk(random: Random, settings: { client: Settings; server: Settings }) {
  const steps: Step[] = [];
  const asked: Seen[] = [];
  const answered: Seen[] = [];
  const known: [string, string][] = [];
  /** What is sent again and again, as most clients and servers do. */
  const usual = { asked: headersOf(random, known), answered: headersOf(random, known) };
  const server = createServer({ settings: settings.server });
  server.on('stream', (stream, headers) => {
    let body = '';
    let trailers: IncomingHttpHeaders = {};
    const answer = random.chance(2) ? usual.answered : headersOf(random, known);
    const reply = word(random, random.size(2000));
    const last = random.chance(3) ? { 'x-last': word(random, 5) } : undefined;
    stream.setEncoding('latin1');
    stream.on('data', (chunk) => {
      body += chunk;
    });
    stream.on('trailers', (seen) => {
      trailers = seen;
    });
    stream.on('end', () => {
      asked.push({ headers: flat(headers), trailers: flat(trailers), body });
      stream.respond({ ':status': 200, ...answer }, { waitForTrailers: last !== undefined });
      if (last) stream.on('wantTrailers', () => stream.sendTrailers(last));
      stream.end(reply);
    });
  });
  const behind = await listening(server);
  const relay = createTcpServer((client) => {
    const onward = connectTcp(behind, '127.0.0.1');
    const pass = (from: typeof client, to: typeof client, mark: '>' | '<') => {
      from.on('data', (chunk: Buffer) => {
        steps.push([mark, new Uint8Array(chunk)]);
        to.write(chunk);
      });
      from.on('end', () => to.end());
      from.on('error', () => {});
    };
    pass(client, onward, '>');
    pass(onward, client, '<');
  });
  const port = await listening(relay);
  const session = connect(`http://127.0.0.1:${port}`, { settings: settings.client });
  await once(session, 'connect');
  const ask = async () => {
    const last = random.chance(3) ? { 'x-end': word(random, 4) } : undefined;
    const body = word(random, random.size(1500));
    const head = {
      ':method': 'POST',
      ':path': `/${word(random, random.below(20))}`,
      ...(random.chance(2) ? usual.asked : headersOf(random, known)),
    };
    const stream = session.request(head, { waitForTrailers: last !== undefined });
    if (last) stream.on('wantTrailers', () => stream.sendTrailers(last));
    let reply = '';
    let trailers: IncomingHttpHeaders = {};
    stream.setEncoding('latin1');
    stream.on('data', (chunk) => {
      reply += chunk;
    });
    stream.on('trailers', (seen) => {
      trailers = seen;
    });
    stream.end(body);
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    await once(stream, 'close');
    answered.push({ headers: flat(headers), trailers: flat(trailers), body: reply });
  };
  for (let round = 0; round < 12; round++)
    await Promise.all(Array.from({ length: 1 + random.below(4) }, ask));
  session.close();
  await once(session, 'close');
  relay.close();
  server.close();
  return { steps, asked, answered };
}

type Headers = readonly (readonly [string, string])[];
/** Node gives what came twice once, joined; only one such name is sent here. */
const object = (headers: Headers) => Object.fromEntries(headers);
const sorted = (seen: readonly Seen[]) =>
  seen.map((s) => JSON.stringify([Object.entries(s.headers).sort(), s.trailers, s.body])).sort();

for (const [index, settings] of [
  { client: {}, server: {} },
  { client: { headerTableSize: 0 }, server: { headerTableSize: 200 } },
  {
    client: { headerTableSize: 60_000, initialWindowSize: 500 },
    server: { headerTableSize: 100_000, initialWindowSize: 700 },
  },
].entries())
  test(`header lists, trailers and bodies as nghttp2 has them, settings ${index}`, async () => {
    const random = new Random(index + 1);
    const { steps, asked, answered } = await talk(random, settings);
    for (const cut of [undefined, 1, 7, 100]) {
      const { exchanges, events } = play(http2, steps, cut ? { cut } : {});
      assert.deepEqual(
        events.filter((e) => /weird|violation/.test(e)),
        [],
      );
      const mine = (side: 'request' | 'response') =>
        exchanges.map((e): Seen => {
          const { headers, trailers, body } = e[side]!;
          return {
            headers: object(headers),
            trailers: object(trailers),
            body: Buffer.from(body?.bytes ?? []).toString('latin1'),
          };
        });
      assert.equal(exchanges.length, asked.length);
      assert.deepEqual(
        exchanges.flatMap((e) => e.missing),
        [],
      );
      assert.deepEqual(sorted(mine('request')), sorted(asked));
      assert.deepEqual(sorted(mine('response')), sorted(answered));
    }
  });

test('with pieces lost: names and values are those that were sent, or told to be unknown', async () => {
  const random = new Random(8);
  let unknown = 0;
  let same = 0;
  let recovered = 0;
  for (const settings of [
    { client: {}, server: {} },
    { client: { headerTableSize: 300 }, server: {} },
  ]) {
    const { steps } = await talk(random, settings);
    const truth = new Map(play(http2, steps).exchanges.map((e) => [e.fields['http2.streamid'], e]));
    for (let round = 0; round < 150; round++) {
      // The hello stays, or it would not be HTTP/2.
      const holed = steps.map((step, i): Step => {
        const [mark, bytes] = step;
        if (i < 4 || !random.chance(12)) return step;
        return [mark === '>' ? '>gap' : '<gap', (bytes as Uint8Array).length];
      });
      const { exchanges, events } = play(http2, holed);
      recovered += events.filter((e) => e === 'weird http2_table_recovered').length;
      for (const e of exchanges) {
        const whole = truth.get(e.fields['http2.streamid']);
        for (const side of ['request', 'response'] as const)
          for (const list of ['headers', 'trailers'] as const) {
            const seen = e[side]?.[list] ?? [];
            const sent = whole?.[side]?.[list] ?? [];
            // Trailers may stand for a head that was lost.
            if (seen.length === 0 || seen.length !== sent.length) continue;
            seen.forEach(([name, value], i) => {
              const [sentName, sentValue] = sent[i]!;
              if (!isUnknownName(name)) assert.equal(name, sentName);
              if (value !== '<unknown>') assert.equal(value, sentValue, name);
              if (name === sentName && value === sentValue) same++;
              else unknown++;
            });
          }
      }
    }
  }
  assert.ok(
    recovered > 20 && unknown > 20 && same > 10 * unknown,
    `${recovered} recovered, ${same} known, ${unknown} not`,
  );
});
