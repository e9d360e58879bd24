/** What is decoded at an agent shows as what is decoded here: text, JSON and sums of every protocol's fixtures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CaptureInterface, EntryCollector, Exchange, Sink, SourceCounters } from '../model/index.ts';
import { CaptureDecoder } from '../pcap/index.ts';
import { createPipeline, createReception, Names, type Pipeline, Sides } from '../pipeline/index.ts';
import { inners, protocols } from '../protocols/registry.ts';
import { fixtureNames } from '../protocols/testing/fixture.ts';
import { createRedactor } from '../redact/index.ts';
import { type AgentEvent, EntryDecoder, type EntryWant, type Want } from '../remote/index.ts';
import { createJsonSink } from '../sinks/json/index.ts';
import { createStatsSink } from '../sinks/stats/index.ts';
import { createTextSink } from '../sinks/text/index.ts';
import { decodingView } from './agent-entries.ts';
import type { Client } from './agent-view.ts';
import { platform } from './platform.ts';

const folder = join(import.meta.dirname, '../protocols');
const files = [...new Set([...protocols, ...inners].map(({ name }) => name))].flatMap((name) =>
  fixtureNames(join(folder, name, 'fixtures')).map((fixture) =>
    join(folder, name, 'fixtures', `${fixture}.pcap`),
  ),
);
const counters: SourceCounters = {
  ...{ captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 },
};
const want: EntryWant = {
  ...{ heads: true, bodies: true, opened: false, waiting: true, exchanges: true, connections: true },
  ...{ frames: true, processes: false, stateMs: 0, decodeAs: [] },
};

/** The sinks of one view, and what they have written. */
function shown(verbose: number) {
  let text = '';
  let json = '';
  const shared = { redactor: createRedactor(), platform };
  const writeText = (more: string) => {
    text += more;
    return true;
  };
  const writeJson = (more: string) => {
    json += more;
    return true;
  };
  const stats = createStatsSink({ redact: (exchange) => exchange, slowest: 10 });
  const sinks: Sink[] = [
    createTextSink({
      ...{ ...shared, write: writeText, color: false, verbose: verbose as 0, time: 2, nano: true },
      ...{ width: 0, names: true, showTarget: true, pending: true },
    }),
    createJsonSink({ ...shared, write: writeJson, verbose }),
    stats,
  ];
  return {
    sinks,
    all: () => ({
      text,
      json: json.split('\n').map(withoutNumbers),
      stats: stats.summed()({ top: 10, order: 'bytes', final: true }),
    }),
  };
}

/** Connections are numbered in the order in which something is told of them. */
function withoutNumbers(line: string): object {
  if (line === '') return {};
  const { connection, ...rest } = JSON.parse(line) as { connection?: { id: number } };
  return { ...rest, ...(connection ? { connection: { ...connection, id: 0 } } : {}) };
}

function play(file: string, to: Pick<Pipeline, 'interface' | 'frame'>, each = () => {}): void {
  let frames = 0;
  new CaptureDecoder().feed(new Uint8Array(readFileSync(file)), {
    interface: (iface) => to.interface(iface),
    frame(frame) {
      to.frame(frame);
      if (++frames % 50 === 0) each();
    },
    loss() {},
  });
}

/** An agent's view whose client is at hand. */
function agentOf(
  entries: EntryCollector & Pick<Pipeline, 'interface'>,
  wanted: EntryWant,
  bodyLimit: number,
) {
  const decoder = new EntryDecoder(entries);
  const events: AgentEvent[] = [];
  const state = { hasRoom: true, bytes: 0 };
  const session = {
    entries(bytes: Uint8Array) {
      state.bytes += bytes.length;
      decoder.feed(bytes);
      assert.equal(decoder.damage, '');
    },
    event: (event: AgentEvent) => events.push(event),
    get hasRoom() {
      return state.hasRoom;
    },
    end: async () => {},
  };
  const view = decodingView(
    { session, onEnd() {} } as unknown as Client,
    { mode: 'exchanges', bodyLimit, entries: wanted } as Want,
    { live: false, knownNames: new Map([['127.0.0.1', 'not asked for']]), severalTargets: false },
  );
  return { view, tap: view.tap as Pipeline, events, state };
}

for (const [verbose, bodies] of [
  [0, false],
  [1, false],
  [2, true],
] as const)
  test(`-${'v'.repeat(verbose)}: text, JSON and sums of all fixtures`, async () => {
    const wanted = { ...want, heads: verbose > 0, bodies };
    const bodyLimit = bodies ? 500 : 0;
    const known = new Map([['192.0.2.1', 'web-1']]);
    for (const file of files) {
      const here = shown(verbose);
      const pipeline = createPipeline({
        ...{ protocols, inners, bodyLimit, sinks: here.sinks, names: new Names(known) },
      });
      play(file, pipeline, () => void pipeline.batch());
      await pipeline.finish(counters);

      const there = shown(verbose);
      const reception = createReception({
        ...{ protocols, inners, sinks: there.sinks, names: new Names(known) },
      });
      const { entries } = reception;
      const agent = agentOf(
        { ...entries, interface: (iface) => reception.interface(iface) },
        wanted,
        bodyLimit,
      );
      play(file, agent.tap, () => void agent.tap.batch());
      await agent.view.finish(counters);
      await reception.finish(counters);
      assert.deepEqual(there.all(), here.all(), file);
      const last = agent.events.at(-1);
      assert.ok(last?.tell === 'counters' && last.over);
      assert.deepEqual(last.decoded, { ...pipeline.counters() });
    }
  });

test('a client that is slow: entries are left out and counted, and the next ones say how many of theirs', async () => {
  const told: string[] = [];
  const reception = createReception({
    ...{ protocols, inners, skipped: (_connection, count) => told.push(`skipped ${count}`) },
    sinks: [
      {
        exchange: ({ fields }) => told.push(String(fields['http.request.uri'])),
        conversation: () => told.push('conversation'),
      },
    ],
  });
  const agent = agentOf(
    { ...reception.entries, interface() {} },
    { ...want, connections: false, frames: false },
    0,
  );
  const file = join(folder, 'http/fixtures/nginx-keepalive.pcap');
  const before: string[] = [];
  const all = createPipeline({
    ...{ protocols, inners, bodyLimit: 0 },
    sinks: [{ exchange: ({ fields }) => before.push(String(fields['http.request.uri'])) }],
  });
  play(file, all);
  await all.finish(counters);
  assert.ok(before.length > 3, String(before));
  let frames = 0;
  new CaptureDecoder().feed(new Uint8Array(readFileSync(file)), {
    interface: (iface) => agent.tap.interface(iface),
    frame(frame) {
      agent.tap.frame(frame);
      void agent.tap.batch();
      // The client takes the first, is away for a while, and comes back.
      agent.state.hasRoom = told.length < 1 || ++frames > 6;
    },
    loss() {},
  });
  await agent.view.finish(counters);
  const skips = told.flatMap((text) => (text.startsWith('skipped') ? [Number(text.slice(8))] : []));
  const shed = agent.events.flatMap((event) =>
    event.tell === 'loss' && event.kind === 'shed' ? [event.count] : [],
  );
  assert.equal(shed.length, 1, JSON.stringify(agent.events));
  assert.ok(shed[0]! > 0);
  assert.deepEqual(skips, shed);
  const shownOnes = told.filter((text) => !text.startsWith('skipped'));
  assert.deepEqual(shownOnes, [before[0]!, ...before.slice(1 + shed[0]!)]);
});

test('one conversation that two agents decode is told once, with both its views', async () => {
  const file = join(folder, 'http/fixtures/nginx-keepalive.pcap');
  const once: Exchange[] = [];
  const merged: Exchange[] = [];
  const sides = new Sides({ exchange: (exchange) => merged.push(exchange) }, { isMerged: true });
  const reception = createReception({
    ...{ protocols, inners, sinks: [sides], skipped: (connection, count) => sides.skip(connection, count) },
  });
  const agents = ['web', 'db'].map((target, i) => {
    const agent = agentOf(
      {
        ...reception.entries,
        interface: (iface) => reception.interface({ ...iface, netns: i }),
        connected: (connection, before) => reception.entries.connected({ ...connection, netns: i }, before),
      },
      want,
      0,
    );
    return { ...agent, target };
  });
  const all = createPipeline({
    ...{ protocols, inners, bodyLimit: 0, sinks: [{ exchange: (exchange) => once.push(exchange) }] },
  });
  play(file, all);
  for (const { tap, target } of agents) {
    let seen: CaptureInterface | undefined;
    new CaptureDecoder().feed(new Uint8Array(readFileSync(file)), {
      interface(iface) {
        seen = { ...iface, target };
        tap.interface(seen);
      },
      frame(frame) {
        frame.iface = seen!;
        tap.frame(frame);
      },
      loss() {},
    });
  }
  // Both are held until the end of a batch: no clock says how long others may take.
  for (const { view } of agents) await view.finish(counters);
  await reception.finish(counters);
  await all.finish(counters);
  const uris = (exchanges: Exchange[]) => exchanges.map(({ fields }) => fields['http.request.uri']);
  assert.deepEqual(uris(merged), uris(once));
  assert.equal(sides.seenAgain, once.length);
  for (const { connection } of merged) {
    assert.equal(connection.target, 'web+db');
    assert.deepEqual(
      connection.views!.map(({ target }) => target),
      ['web', 'db'],
    );
  }
});
