/** Frames that the capture missed are no failures of the network: healthy traffic stays healthy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { writeHttpCapture } from '../../test/support/http-capture.ts';
import { scratch } from '../../test/support/scratch.ts';
import type { Exchange, Frame, SourceCounters } from '../model/index.ts';
import { CaptureDecoder } from '../pcap/index.ts';
import { inners, protocols } from '../protocols/registry.ts';
import { createPipeline } from './index.ts';

const counters: SourceCounters = {
  captured: 0,
  received: 0,
  dropped: 0,
  freezes: 0,
  snaplenCut: 0,
  duplicates: 0,
};

test('1% of the frames lost, at random: nothing is said to have failed on the way', async () => {
  const file = join(scratch(), 'healthy.pcap');
  const { exchanges } = writeHttpCapture(file, { connections: 200, requestsPerConnection: 20 });
  const bytes = new Uint8Array(readFileSync(file));
  for (const seed of [0, 1, 2, 3, 4]) {
    const random = new Random(seed);
    const told: Exchange[] = [];
    const sink = { exchange: (e: Exchange) => void told.push(e) };
    const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit: 1000 });
    const out = {
      interface: (iface: Frame['iface']) => pipeline.interface(iface),
      frame: (f: Frame) => void (seed > 0 && random.below(100) === 0 ? undefined : pipeline.frame(f)),
      loss() {},
    };
    new CaptureDecoder().feed(bytes, out);
    await pipeline.finish(counters);
    assert.ok(told.length > exchanges * 0.97, `${told.length} of ${exchanges}`);
    assert.deepEqual(
      told.filter((e) => e.error).map((e) => `${e.connection.id} ${e.protocol} ${e.error!.text}`),
      [],
      `seed ${seed}`,
    );
  }
});
