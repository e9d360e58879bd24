/**
 * A desk that is filled from a capture, in a process of its own: what it holds in memory, what adding, listing and
 * asking cost. Arguments: capture, rounds it is read. Prints one line of JSON.
 */
import { openCaptureFile } from '../../src/capture/file/index.ts';
import { platform } from '../../src/cli/platform.ts';
import type { Sink } from '../../src/model/index.ts';
import { createPipeline } from '../../src/pipeline/index.ts';
import { inners, protocols } from '../../src/protocols/registry.ts';
import { defaultRules } from '../../src/redact/index.ts';
import { createDesk, type Desk } from '../../src/view/index.ts';

const [file, roundsText] = process.argv.slice(2);
const rounds = Number(roundsText);
const collect = (globalThis as { gc?: () => void }).gc!;

function memory() {
  collect();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss, heapUsed, external, arrayBuffers };
}

/** Milliseconds of CPU. */
function cost(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function read(sinks: Sink[]): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i++) {
    const source = await openCaptureFile(file!);
    const pipeline = createPipeline({ protocols, inners, sinks, bodyLimit: 65_536 });
    await source.run(pipeline);
    await pipeline.finish(source.counters());
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const decoding = await read([{ exchange() {} }]);
const before = memory();
const desk = createDesk({ platform, rules: defaultRules, isLive: false, now: () => performance.now() });
const list = desk.list({ query: '' });
const filling = await read([desk.sink]);
const after = memory();
const { held, bytes } = desk.state();

function query(text: string, order?: string): { ms: number; first: number; found: number } {
  const wanted = { query: text, ...(order ? { order: { column: order, descending: true } } : {}) };
  let opened: ReturnType<Desk['list']> | undefined;
  let found = 0;
  const first = cost(() => {
    opened = desk.list(wanted);
    opened.rows(0, 50);
  });
  const ms = cost(() => {
    while (opened!.state().examined < held) desk.turn(0);
    opened!.rows(0, 50);
    found = opened!.state().length;
  });
  opened!.close();
  return { first, ms: first + ms, found };
}

function statistics(): { first: number; ms: number; found: number } {
  const first = cost(() => desk.statistics('', 60));
  const ms = cost(() => {
    while (desk.state().behind! > 0) desk.turn(0);
    desk.statistics('', 60);
    desk.map('', 100);
  });
  return { first, ms: first + ms, found: desk.statistics('', 60).total.count };
}

console.log(
  JSON.stringify({
    ...{ held, bytes, decoding, filling, before, after },
    packetBytes: desk.state().limits.packetBytes,
    queries: {
      'http.response.code == 404': query('http.response.code == 404'),
      'http.request.uri contains "page=7"': query('http.request.uri contains "page=7"'),
      'a word anywhere': query('nothing-of-it'),
      'by duration': query('', 'duration'),
      'by subject': query('', 'subject'),
    },
    // A thousand times.
    scroll: cost(() => {
      for (let i = 0; i < 1000; i++) list.rows((i * 7919) % held, 50);
    }),
    statistics: statistics(),
  }),
);
