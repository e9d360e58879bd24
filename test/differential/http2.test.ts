/** Streams of HTTP/2 beside tshark's: header lists, lengths of data, ends. On our recordings and public captures. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { Exchange } from '../../src/model/index.ts';
import { errorCodes } from '../../src/protocols/http2/frame.ts';
import { fixtureNames, readConversations } from '../../src/protocols/testing/fixture.ts';
import { ours } from '../support/exchanges.ts';
import { missing, run } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';

/** What is told of a stream, by `port stream side`. */
type Facts = Map<string, { headers: string[]; data: number; ends: string[] }>;

function factsOf(facts: Facts, key: string) {
  let found = facts.get(key);
  if (!found) {
    found = { headers: [], data: 0, ends: [] };
    facts.set(key, found);
  }
  return found;
}

function ourFacts(exchanges: readonly Exchange[]): Facts {
  const facts: Facts = new Map();
  for (const e of exchanges) {
    if (e.fields['http2.streamid'] === undefined) continue;
    for (const side of ['request', 'response'] as const) {
      const message = e[side];
      if (!message) continue;
      const key = `${e.connection.client.port} ${e.fields['http2.streamid']} ${side}`;
      // A request that HTTP/1 brought over is in no frame.
      if (message.startLine !== '') continue;
      const fact = factsOf(facts, key);
      fact.headers.push(
        ...[...message.headers, ...message.trailers].map(([name, value]) => `${name}: ${value}`),
      );
      fact.data += message.body?.totalLength ?? 0;
    }
    const abort = e.fields['http2.rst_stream.error'];
    const end = /reset by (client|server)/.exec(String(e.fields['http2.end']))?.[1];
    if (abort !== undefined)
      factsOf(
        facts,
        `${e.connection.client.port} ${e.fields['http2.streamid']} ${end === 'client' ? 'request' : 'response'}`,
      ).ends.push(`reset ${errorCodes[String(abort)]}`);
    const by = /^GOAWAY by (client|server)/.exec(String(e.fields['http2.end']))?.[1];
    if (by)
      factsOf(facts, `${e.connection.client.port} 0 ${by === 'client' ? 'request' : 'response'}`).ends.push(
        `goaway ${errorCodes[String(e.fields['http2.goaway.error'])]}`,
      );
  }
  return facts;
}

type Tree = { readonly [name: string]: unknown };

/** Objects that hold `name`, wherever they are. */
function* holding(value: unknown, name: string): Generator<Tree> {
  if (Array.isArray(value)) for (const one of value) yield* holding(one, name);
  else if (typeof value === 'object' && value !== null) {
    if (name in value) yield value as Tree;
    else for (const one of Object.values(value)) yield* holding(one, name);
  }
}

const number = (value: unknown) => Number(value ?? 0);

function tsharkFacts(path: string, options: readonly string[]): Facts {
  const facts: Facts = new Map();
  const json = run('tshark', [
    '-n',
    '-r',
    path,
    '-T',
    'json',
    '--no-duplicate-keys',
    '-J',
    'ip ipv6 tcp http2',
    ...options,
  ]);
  for (const { _source } of JSON.parse(json) as { _source: { layers: Tree } }[]) {
    const { tcp, http2 } = _source.layers as { tcp?: Tree; http2?: unknown };
    if (!tcp || !http2) continue;
    const ports = [number(tcp['tcp.srcport']), number(tcp['tcp.dstport'])];
    const isClient = ports[0]! > ports[1]!;
    const port = Math.max(...ports);
    for (const frame of holding(http2, 'http2.streamid')) {
      const id = number([frame['http2.streamid']].flat()[0]);
      const key = `${port} ${id} ${isClient ? 'request' : 'response'}`;
      const headers = [...holding(frame, 'http2.header.name')].map(
        (h) => `${h['http2.header.name']}: ${h['http2.header.value'] ?? ''}`,
      );
      const promised = [...holding(frame, 'http2.push_promise.promised_stream_id')][0];
      if (promised) {
        const own = number(promised['http2.push_promise.promised_stream_id']);
        factsOf(facts, `${port} ${own} request`).headers.push(...headers);
        continue;
      }
      const type = number(frame['http2.type']);
      // Of answers before the answer only the code is kept.
      if (headers.some((h) => /^:status: 1/.test(h))) continue;
      if (headers.length > 0) factsOf(facts, key).headers.push(...headers);
      if (type === 0) {
        const isPadded = (number(frame['http2.flags']) & 8) !== 0;
        const padding = isPadded ? 1 + number(find(frame, 'http2.padding')) : 0;
        factsOf(facts, key).data += number(frame['http2.length']) - padding;
      }
      const reset = find(frame, 'http2.rst_stream.error');
      // NO_ERROR behind a whole answer (RFC 9113 section 8.1) is no failure, and not told.
      if (reset !== undefined && number(reset) > 0) factsOf(facts, key).ends.push(`reset ${number(reset)}`);
      const goaway = find(frame, 'http2.goaway.error');
      if (goaway !== undefined && number(goaway) > 0)
        factsOf(facts, key).ends.push(`goaway ${number(goaway)}`);
    }
  }
  return facts;
}

function find(frame: Tree, name: string): unknown {
  for (const tree of holding(frame, name)) return tree[name];
  return undefined;
}

const plain = (facts: Facts) =>
  Object.fromEntries(
    [...facts]
      .filter(([, f]) => f.headers.length + f.data + f.ends.length > 0)
      .sort(([a], [b]) => a.localeCompare(b)),
  );

/** Where we and tshark differ: all there is. */
const explained = [
  {
    file: 'http1-server.pcap',
    key: /^\d+ 0 request$/,
    why: 'an HTTP/1 answer ends the matter for us: the GOAWAY of the client that minds it is not read',
  },
];

/** tshark goes by ports: it is told what is on them. */
async function compare(path: string, ports: readonly number[]): Promise<number> {
  const { exchanges } = await ours(path);
  const mine = ourFacts(exchanges);
  const found = exchanges.filter((e) => e.protocol === 'http2').map((e) => e.connection.server.port);
  const first = path.endsWith('h2c-upgrade.pcap') ? 'http' : 'http2';
  const rules = [...new Set([...ports, ...found])].flatMap((port) => ['-d', `tcp.port==${port},${first}`]);
  const theirs = tsharkFacts(path, rules);
  for (const { file, key, why } of explained)
    if (path.endsWith(file))
      for (const one of [...theirs.keys()]) if (key.test(one)) assert.ok(theirs.delete(one), why);
  assert.deepEqual(plain(mine), plain(theirs), path);
  return theirs.size;
}

const skip = missing('tshark');
const protocols = resolve(import.meta.dirname, '../../src/protocols');

test('recordings', { skip }, async () => {
  let streams = 0;
  const folder = join(protocols, 'http2/fixtures');
  for (const name of fixtureNames(folder)) {
    const ports = readConversations(folder, name).map((c) => c.connection.server.port);
    streams += await compare(join(folder, `${name}.pcap`), ports);
  }
  assert.ok(streams > 50, `${streams} directions of streams compared`);
});

test('public captures', { skip: skip || noTraces }, async () => {
  const paths = traces().filter((name) => /http2/.test(name));
  for (const path of paths) assert.ok((await compare(path, [])) > 0, path);
});
