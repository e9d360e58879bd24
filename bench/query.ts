/** -Y: what a query costs beside decoding what it is asked of. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCaptureFile } from '../src/capture/file/index.ts';
import { platform } from '../src/cli/platform.ts';
import type { Exchange, Sink } from '../src/model/index.ts';
import { createPipeline } from '../src/pipeline/index.ts';
import { protocols } from '../src/protocols/registry.ts';
import { compile, createSchema, type Query } from '../src/query/index.ts';
import { writeHttpCapture } from '../test/support/http-capture.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';
import { median } from './lib/stats.ts';

export const name = 'query';

/** Typical ones; most entries fail the first, so that all of the second and third is looked at. */
const queries: readonly (readonly [query: string, target: string])[] = [
  ['http.request.method == "POST" && http.response.code >= 500', '<= 0.1'],
  ['not http.response.code in {200..299, 304} and duration > 250ms', '<= 0.1'],
  ['ip.addr == 10.2.0.0/30 and http.request.uri contains "page=7"', '<= 0.1'],
  ['http.request.uri matches r"^/api/v\\d+/items/9\\d*/"', '<= 0.1'],
  ['request.header.x-request-id == "3-19" or error', '<= 0.1'],
  ['container == "web" or peer == "shop" or size > 1MB', '<= 0.1'],
  ['body contains "nothing of it"', ''],
  ['nothing-of-it', ''],
];

/** Entries are asked as they come, while they are near, in batches: a clock for each would cost more. */
const batchSize = 32;

export async function run({ quick, note }: MeasureOptions): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  try {
    const file = join(directory, 'http.pcap');
    const count = writeHttpCapture(file, { connections: quick ? 20 : 500, requestsPerConnection: 200 });
    let decoding = Number.POSITIVE_INFINITY;
    for (let i = 0; i < (quick ? 2 : 6); i++)
      decoding = Math.min(decoding, (await decode(file, {})) / count.exchanges);
    note(`decoding: ${Math.round(decoding)} ns an exchange, ${count.exchanges} exchanges`);
    const schema = createSchema(protocols);
    const rows: Row[] = [];
    for (const [text, target] of queries) {
      const { shown, cost } = await ask(file, compile(text, schema, { platform }));
      rows.push({
        measure: `-Y '${text}'`,
        porthole: `${cost.toFixed(0)} ns/entry`,
        peer: `decoding ${Math.round(decoding)} ns`,
        ratio: cost / decoding,
        target,
        ...(target === '' ? {} : { met: cost <= decoding * 0.1 }),
        remark: `${shown} of ${count.exchanges} match${target === '' ? '; looks at every byte' : ''}`,
      });
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Nanoseconds an entry: the median of the batches, so that what else the machine does is not in it. */
async function ask(file: string, { matches }: Query): Promise<{ shown: number; cost: number }> {
  const batch: Exchange[] = [];
  const samples: number[] = [];
  let shown = 0;
  const askBatch = () => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < batch.length; i++) if (matches(batch[i]!)) shown++;
    samples.push(Number(process.hrtime.bigint() - start) / batch.length);
    batch.length = 0;
  };
  await decode(file, { exchange: (exchange) => batch.push(exchange) === batchSize && askBatch() });
  if (batch.length > 0) askBatch();
  return { shown, cost: median(samples) };
}

/** Nanoseconds of CPU: what else the machine does is not in it. */
async function decode(file: string, sink: Sink): Promise<number> {
  const source = await openCaptureFile(file);
  const before = process.cpuUsage();
  const pipeline = createPipeline({ protocols, sinks: [sink], bodyLimit: 65_536 });
  await source.run(pipeline);
  await pipeline.finish(source.counters());
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}
