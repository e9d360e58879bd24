/** Frames all the way to text and JSON: nothing throws, and nothing a terminal obeys comes out. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { platform } from '../src/cli/platform.ts';
import type { Frame, SourceCounters } from '../src/model/index.ts';
import { CaptureDecoder } from '../src/pcap/index.ts';
import { createPipeline } from '../src/pipeline/index.ts';
import { inners, protocols } from '../src/protocols/registry.ts';
import { fixtureNames } from '../src/protocols/testing/fixture.ts';
import { createRedactor } from '../src/redact/index.ts';
import { createJsonSink } from '../src/sinks/json/index.ts';
import { createTextSink } from '../src/sinks/text/index.ts';
import { failedCapture } from './lib/failed.ts';
import type { Target } from './lib/target.ts';

const counters: SourceCounters = {
  captured: 0,
  received: 0,
  dropped: 0,
  freezes: 0,
  snaplenCut: 0,
  duplicates: 0,
};
const folder = resolve(import.meta.dirname, '../src/protocols');

export const target: Target = {
  name: 'pipeline',
  maxLength: 20_000,
  // Whole capture files: their records are found again behind small damages.
  seeds: () => [
    failedCapture(),
    ...[...new Set([...protocols, ...inners].map(({ name }) => name))].flatMap((name) =>
      fixtureNames(join(folder, name, 'fixtures')).map(
        (fixture) => new Uint8Array(readFileSync(join(folder, name, 'fixtures', `${fixture}.pcap`))),
      ),
    ),
  ],
  run(input, random) {
    let text = '';
    const write = (more: string) => {
      text += more;
      return true;
    };
    const verbose = random.below(4) as 0 | 1 | 2 | 3;
    const shared = { write, redactor: random.chance(4) ? undefined : createRedactor(), platform };
    const sinks = [
      createTextSink({
        ...shared,
        verbose,
        color: false,
        time: 1,
        nano: false,
        width: random.pick([0, 40, 120]),
        names: true,
        showTarget: true,
      }),
      createJsonSink({ ...shared, verbose }),
    ];
    const pipeline = createPipeline({ protocols, inners, sinks, bodyLimit: random.pick([0, 10, 65_536]) });
    const out = {
      interface: (iface: Frame['iface']) => pipeline.interface(iface),
      frame(f: Frame) {
        if (random.chance(40)) return;
        if (random.chance(40)) f.capLen = random.below(f.capLen + 1);
        pipeline.frame(f);
        if (random.chance(60)) pipeline.tick(f.sec + random.below(200), f.nsec);
      },
      loss() {},
    };
    const decoder = new CaptureDecoder();
    try {
      decoder.feed(input, out);
    } catch (error) {
      if ((error as Error).name !== 'CaptureFileError') throw error;
    }
    void pipeline.finish(counters);
    if (/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.test(text))
      throw new Error(`control characters in ${JSON.stringify(text)}`);
  },
};
