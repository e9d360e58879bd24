/** The report as data, held against its schema, and as text that fits its line. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCaptureFile } from '../../capture/file/index.ts';
import type { ConversationSummary } from '../../model/index.ts';
import { createPipeline } from '../../pipeline/index.ts';
import { protocols } from '../../protocols/registry.ts';
import { createRedactor } from '../../redact/index.ts';
import { connection, context, exchange } from '../testing/exchanges.ts';
import { mismatches, type Schema } from '../testing/schema.ts';
import { columns } from '../text/width.ts';
import { createStatsSink, type Report, reportLines, type StatsSink } from './index.ts';

const root = join(import.meta.dirname, '../../..');
const schema = JSON.parse(readFileSync(join(root, 'docs/stats.schema.json'), 'utf8')) as Schema;
const wanted = { top: 10, order: 'bytes', final: true } as const;
const plain = { color: false, width: 0, names: true, order: 'bytes' } as const;
const counters = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };

const newSink = () => createStatsSink({ redact: createRedactor().exchange, slowest: 10 });
const frame = (sink: StatsSink, sec: number, origLen = 100) =>
  sink.frame!({ sec, nsec: 0, origLen } as never);
const fits = (report: Report) => assert.deepEqual(mismatches(JSON.parse(JSON.stringify(report)), schema), []);

async function ofFiles(paths: readonly string[]): Promise<Report> {
  const sink = newSink();
  const pipeline = createPipeline({ protocols, sinks: [sink], bodyLimit: 0 });
  for (const path of paths) {
    const source = openCaptureFile(path);
    await source.run(pipeline);
  }
  await pipeline.finish(counters);
  return sink.summed()(wanted);
}

const recordings = readdirSync(join(root, 'src/protocols'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.pcap'))
  .sort()
  .map((name) => join(root, 'src/protocols', name));

test('the schema is held by what recordings give, each and all', async () => {
  assert.ok(recordings.length > 40);
  for (const path of recordings) fits(await ofFiles([path]));
  const all = await ofFiles(recordings);
  fits(all);
  for (const key of ['otherTalkers', 'otherEndpoints', 'otherErrors', 'otherTcpServers'] as const)
    assert.ok(all[key]!.rows > 0, key);
  assert.ok(all.slowest.length === 10 && all.losses.length > 0);
});

test('sums of rows and of what is not listed are the totals', async () => {
  const {
    total,
    talkers,
    otherTalkers,
    endpoints,
    otherEndpoints,
    tcpServers,
    otherTcpServers,
    tcp,
    protocols,
  } = await ofFiles(recordings);
  const sum = <T>(rows: readonly T[], of: (row: T) => number) => rows.reduce((n, row) => n + of(row), 0);
  assert.equal(
    sum([...talkers, otherTalkers!], (row) => row.connections),
    total.connections,
  );
  assert.equal(
    sum([...talkers, otherTalkers!], (r) => r.clientPackets + r.serverPackets),
    total.connectionPackets,
  );
  assert.equal(
    sum([...endpoints, otherEndpoints!], (row) => row.exchanges),
    total.exchanges,
  );
  assert.equal(
    sum([...tcpServers, otherTcpServers!], (row) => row.connections),
    tcp.connections,
  );
  assert.equal(
    sum(protocols, (row) => row.exchanges),
    total.exchanges,
  );
  assert.equal(
    sum(protocols, (row) => row.connections),
    total.connections,
  );
  assert.equal(
    sum(Object.values(total.outcomes), (n) => n),
    total.exchanges,
  );
});

test('a live report: what is open counts, and is not counted again when it ends', () => {
  const sink = newSink();
  sink.open!(context);
  const summary: ConversationSummary = {
    ...{ connection, protocol: 'X', startAt: 0, endAt: 1, lostBytes: 0, exchanges: 1, ended: 'fin' },
    ...{ clientBytes: 1, serverBytes: 2, clientPackets: 3, serverPackets: 4 },
    ...{ clientWireBytes: 100, serverWireBytes: 200 },
  };
  const live = { ...wanted, final: false, watched: { fromMs: 1000, toMs: 3500 } };
  const open = sink.summed((visit) => visit({ ...summary, ended: 'open' }))(live);
  assert.equal(open.total.connections, 1);
  assert.equal(sink.summed()(live).total.connections, 0);
  sink.connection!(summary);
  assert.equal(sink.summed()(live).total.connections, 1);
  fits(open);
  assert.deepEqual(
    [open.from, open.to],
    ['1970-01-01T00:00:01.000000000Z', '1970-01-01T00:00:03.500000000Z'],
  );
  assert.equal(open.protocols[0]!.decoded, true);
});

test('rates of the last period', () => {
  const sink = newSink();
  sink.open!(context);
  sink.turn(1000);
  for (let i = 0; i < 10; i++) frame(sink, 1);
  sink.turn(3000);
  const of = () => sink.summed()({ ...wanted, watched: { fromMs: 1000, toMs: 3000 } }).rates;
  assert.deepEqual(of().recent, { durationNs: 2e9, packets: 5, bytes: 500, exchanges: 0 });
  sink.turn(4000);
  assert.equal(of().recent!.packets, 0);
  assert.equal(of().average!.packets, 5);
});

test('nothing was captured', () => {
  const report = newSink().summed()(wanted);
  fits(report);
  assert.deepEqual(reportLines(report, plain), ['nothing was captured']);
});

test('a single packet has no rate', () => {
  const sink = newSink();
  frame(sink, 5);
  const report = sink.summed()(wanted);
  fits(report);
  assert.equal(report.rates.average, undefined);
});

test('lines fit the width from 80 columns on', async () => {
  const report = await ofFiles(recordings);
  for (const width of [80, 81, 99, 100, 109, 110, 119, 120, 160, 250])
    for (const line of reportLines(report, { ...plain, width }))
      assert.ok(columns(line) <= width, `${width}: ${line} (${columns(line)})`);
});

test('nothing of the network reaches the terminal as it is', () => {
  const sink = newSink();
  sink.open!(context);
  const evil = '/\x1b[2J\r\n\u202e';
  const names = { address: '10.0.0.1', port: 80, name: `n${evil}` };
  sink.exchange!(
    exchange({
      connection: { ...connection, client: names, server: names },
      fields: { 'x.method': `G${evil}`, 'x.path': evil, 'x.code': 500, 'x.phrase': evil },
      outcome: 'serverError',
    }),
  );
  frame(sink, 5);
  sink.connection!({
    ...{ connection: { ...connection, server: names }, protocol: evil, startAt: 0, endAt: 1, lostBytes: 0 },
    ...{ clientBytes: 1, serverBytes: 2, clientPackets: 3, serverPackets: 4, exchanges: 1, ended: 'rst' },
    ...{ clientWireBytes: 100, serverWireBytes: 200 },
  });
  for (const width of [0, 80]) {
    const lines = reportLines(sink.summed()(wanted), { ...plain, width });
    assert.ok(lines.length > 15);
    for (const line of lines) assert.match(line, /^[^\x00-\x1f\x7f-\x9f\u202e]*$/);
  }
});

test('colour changes nothing but colour', async () => {
  const report = await ofFiles(recordings.slice(0, 5));
  const colored = reportLines(report, { ...plain, color: true, width: 100 });
  assert.ok(colored.some((line) => line.includes('\x1b[')));
  assert.deepEqual(
    colored.map((line) => line.replace(/\x1b\[[\d;]*m/g, '')),
    reportLines(report, { ...plain, width: 100 }),
  );
});
