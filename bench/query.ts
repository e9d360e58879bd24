/** -Y: what a query costs beside decoding what it is asked of. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCaptureFile } from '../src/capture/file/index.ts';
import { platform } from '../src/cli/platform.ts';
import type { Exchange, Sink } from '../src/model/index.ts';
import { createPipeline } from '../src/pipeline/index.ts';
import { protocols } from '../src/protocols/registry.ts';
import { compile, createSchema } from '../src/query/index.ts';
import { writeHttpCapture } from '../test/support/http-capture.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';

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

export async function run({ quick, note }: MeasureOptions): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  try {
    const file = join(directory, 'http.pcap');
    const count = writeHttpCapture(file, { connections: quick ? 20 : 250, requestsPerConnection: 200 });
    const rounds = quick ? 1 : 5;
    let decoding = Number.POSITIVE_INFINITY;
    for (let i = 0; i < rounds; i++) decoding = Math.min(decoding, await decode(file, {}));
    const perExchange = decoding / count.exchanges;
    note(`decoding: ${Math.round(perExchange)} ns an exchange, ${count.exchanges} exchanges`);
    const exchanges: Exchange[] = [];
    await decode(file, { exchange: (exchange) => void exchanges.push(exchange) });
    const schema = createSchema(protocols);
    return queries.map(([text, target]) => {
      const { matches } = compile(text, schema, { platform });
      let best = Number.POSITIVE_INFINITY;
      let shown = 0;
      for (let i = 0; i < rounds + 1; i++) {
        const start = process.hrtime.bigint();
        shown = 0;
        for (let j = 0; j < exchanges.length; j++) if (matches(exchanges[j]!)) shown++;
        best = Math.min(best, Number(process.hrtime.bigint() - start) / exchanges.length);
      }
      const ratio = best / perExchange;
      return {
        measure: `-Y '${text}'`,
        porthole: `${best.toFixed(0)} ns/entry`,
        peer: `decoding ${Math.round(perExchange)} ns`,
        ratio,
        target,
        ...(target === '' ? {} : { met: ratio <= 0.1 }),
        remark: `${shown} of ${exchanges.length} match${target === '' ? '; looks at every byte' : ''}`,
      };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Nanoseconds. */
async function decode(file: string, sink: Sink): Promise<number> {
  const source = await openCaptureFile(file);
  const start = process.hrtime.bigint();
  const pipeline = createPipeline({ protocols, sinks: [sink], bodyLimit: 65_536 });
  await source.run(pipeline);
  await pipeline.finish(source.counters());
  return Number(process.hrtime.bigint() - start);
}
