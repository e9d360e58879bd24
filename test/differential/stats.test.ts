/** Reports beside tshark's own statistics: conversations, rates, response times; their exact percentiles. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { openCaptureFile } from '../../src/capture/file/index.ts';
import { PcapWriter } from '../../src/pcap/index.ts';
import { createPipeline } from '../../src/pipeline/index.ts';
import { protocols } from '../../src/protocols/registry.ts';
import { createStatsSink, type Report } from '../../src/sinks/stats/index.ts';
import { writeHttpCapture } from '../support/http-capture.ts';
import { simulate } from '../support/lossy-connections.ts';
import { scratch } from '../support/scratch.ts';
import { missing, run, tsharkFields } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';

const directory = scratch();
const skip = missing('tshark');

async function ours(file: string): Promise<Report> {
  const sink = createStatsSink({ redact: (exchange) => exchange, slowest: 1 });
  const pipeline = createPipeline({ protocols, sinks: [sink], bodyLimit: 0 });
  const source = openCaptureFile(file);
  await source.run(pipeline);
  await pipeline.finish(source.counters());
  return sink.summed()({ top: 10_000, order: 'bytes', final: true });
}

/** Over some seconds, but less than a minute: steps are of a second. */
function lossy(): string {
  const random = new Random(11);
  const ways = Array.from({ length: 40 }, (_, i) => simulate(i, random, 5 + random.below(30), i * 300e6));
  const writer = new PcapWriter(true);
  writer.header(1, 262_144);
  const frames = ways.flatMap((way) => way.frames).sort((a, b) => a.at - b.at);
  assert.ok(frames.at(-1)!.at < 60e9);
  for (const { frame } of frames) writer.frame(frame);
  const path = join(directory, 'lossy.pcap');
  writeFileSync(path, writer.chunk.view());
  return path;
}

function http(): string {
  const path = join(directory, 'http.pcap');
  writeHttpCapture(path, { connections: 300, requestsPerConnection: 40 });
  return path;
}

interface Sum {
  frames: number;
  /** tshark rounds what is above 10 kB to kB; half of one for each conversation is forgiven. */
  bytes: number;
  slack: number;
}

/** `-z conv,tcp`, as talkers are: by the client's address and the server's endpoint. */
function conversations(file: string): Map<string, Sum> {
  const found = new Map<string, Sum>();
  const size = String.raw`(\d+) (bytes|kB|MB)`;
  const line = new RegExp(
    String.raw`^(\S+):(\d+)\s+<-> (\S+):(\d+)\s+\d+ ${size}\s+\d+ ${size}\s+(\d+) ${size}`,
  );
  for (const text of run('tshark', ['-n', '-q', '-r', file, '-z', 'conv,tcp']).split('\n')) {
    const match = line.exec(text);
    if (!match) continue;
    const [, a, aPort, b, bPort, , , , , frames, bytes, unit] = match as unknown as string[];
    // The lower port serves, in all that is generated here.
    const key = Number(aPort) < Number(bPort) ? `${b}>${a}:${aPort}` : `${a}>${b}:${bPort}`;
    const sum = found.get(key) ?? { frames: 0, bytes: 0, slack: 0 };
    found.set(key, sum);
    const factor = { bytes: 1, kB: 1000, MB: 1e6 }[unit as 'bytes' | 'kB' | 'MB'];
    sum.frames += Number(frames);
    sum.bytes += Number(bytes) * factor;
    sum.slack += factor === 1 ? 0 : factor;
  }
  return found;
}

for (const [name, make] of [
  ['lossy', lossy],
  ['http', http],
] as const) {
  test(`talkers are tshark's conversations: ${name}`, { skip }, async () => {
    const file = make();
    const theirs = conversations(file);
    const { talkers, total } = await ours(file);
    assert.equal(talkers.length, theirs.size);
    for (const { client, server, clientPackets, serverPackets, clientBytes, serverBytes } of talkers) {
      const sum = theirs.get(`${client.address}>${server.address}:${server.port}`)!;
      assert.equal(clientPackets + serverPackets, sum.frames);
      assert.ok(Math.abs(clientBytes + serverBytes - sum.bytes) <= sum.slack);
    }
    assert.equal(
      total.packets,
      [...theirs.values()].reduce((n, { frames }) => n + frames, 0),
    );
  });

  test(`the course is tshark's io,stat: ${name}`, { skip }, async () => {
    const file = make();
    const text = run('tshark', ['-n', '-q', '-r', file, '-z', 'io,stat,1']);
    const theirs = [...text.matchAll(/^\|\s*[\d.]+ <>\s*[\d.Dur]+\s*\|\s*(\d+) \|\s*(\d+) \|$/gm)].map(
      (m) => [Number(m[1]), Number(m[2])],
    );
    // tshark's seconds begin with the first packet, ours are the clock's: the captures begin with a second.
    const { rates } = await ours(file);
    assert.equal(rates.stepSeconds, 1);
    assert.deepEqual(
      rates.course.map(({ packets, bytes }) => [packets, bytes]),
      theirs,
    );
    assert.equal(rates.peak.packets, Math.max(...theirs.map(([packets]) => packets!)));
    assert.ok(theirs.length > (name === 'lossy' ? 5 : 0), `${theirs.length} seconds`);
  });
}

/** By nearest rank. */
const exact = (sorted: readonly number[], percent: number) =>
  sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1]!;

test('percentiles are those of tshark’s response times, to 0.8%', { skip }, async () => {
  const file = http();
  const times = tsharkFields(file, ['http.time'], ['-Y', 'http.time'])
    .map(([seconds]) => Math.round(Number(seconds) * 1e9))
    .sort((a, b) => a - b);
  const { protocols: rows, endpoints } = await ours(file);
  const latency = rows[0]!.latency!;
  assert.equal(latency.count, times.length);
  for (const [percent, ns] of [
    [50, latency.p50Ns],
    [90, latency.p90Ns],
    [99, latency.p99Ns],
  ] as const) {
    const want = exact(times, percent);
    assert.ok(Math.abs(ns - want) <= want / 128 + 1, `p${percent}: ${ns}, tshark ${want}`);
  }
  assert.ok(Math.abs(latency.maxNs - times.at(-1)!) <= 1);
  // Methods by servers, whatever the paths.
  assert.equal(endpoints.length, 5 * 4);
  assert.ok(endpoints.every((row) => row.subject === '/api/v1/items/{id}/{id}'));
});

test('public captures: packets, bytes and TCP frames', { skip: skip || noTraces }, async () => {
  const path = join(directory, 'traces.pcapng');
  run('mergecap', ['-a', '-F', 'pcapng', '-w', path, ...traces()]);
  const lengths = tsharkFields(path, ['frame.len']).map(([length]) => Number(length));
  const { total } = await ours(path);
  assert.deepEqual(
    [total.packets, total.bytes],
    [lengths.length, lengths.reduce((sum, length) => sum + length, 0)],
  );
});
