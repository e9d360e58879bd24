/** Damaged captures through the scrubber: nothing throws, and every frame comes out once, with its length, in order. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { platform } from '../src/cli/platform.ts';
import type { Frame } from '../src/model/index.ts';
import { CaptureDecoder } from '../src/pcap/index.ts';
import { inners, protocols } from '../src/protocols/registry.ts';
import { fixtureNames } from '../src/protocols/testing/fixture.ts';
import { defaultRules } from '../src/redact/index.ts';
import { createScrubber } from '../src/scrub/index.ts';
import type { Target } from './lib/target.ts';

const folder = resolve(import.meta.dirname, '../src/protocols');

export const target: Target = {
  name: 'scrub',
  maxLength: 20_000,
  seeds: () =>
    [...protocols, ...inners].flatMap(({ name }) =>
      fixtureNames(join(folder, name, 'fixtures')).map(
        (fixture) => new Uint8Array(readFileSync(join(folder, name, 'fixtures', `${fixture}.pcap`))),
      ),
    ),
  run(input, random) {
    const given: number[] = [];
    const written: number[] = [];
    const scrubber = createScrubber({ rules: defaultRules, platform }, (f) => void written.push(f.capLen));
    const out = {
      interface() {},
      frame(f: Frame) {
        if (random.chance(40)) return;
        if (random.chance(40)) f.capLen = random.below(f.capLen + 1);
        // Now and then twice.
        for (let n = random.chance(40) ? 2 : 1; n > 0; n--) {
          given.push(f.capLen);
          scrubber.frame(f);
        }
        if (random.chance(60)) scrubber.tick(f.sec + random.below(3));
      },
      loss() {},
    };
    const decoder = new CaptureDecoder();
    try {
      decoder.feed(input, out);
    } catch (error) {
      if ((error as Error).name !== 'CaptureFileError') throw error;
    }
    scrubber.finish();
    if (given.join() !== written.join()) throw new Error('frames were lost, changed in length or in order');
  },
};
