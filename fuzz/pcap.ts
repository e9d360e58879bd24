/** Classic pcap files. */
import { classicFile } from '../src/pcap/testing/build.ts';
import { readFile } from './lib/capture-file.ts';
import type { Target } from './lib/target.ts';

export const target: Target = {
  name: 'pcap',
  seeds() {
    const packets = [
      [1_700_000_000, 5, [1, 2, 3]],
      [1_700_000_001, 999_999, [], 60],
      [2, 3, new Array<number>(70).fill(7)],
    ] as const;
    return [
      { order: 'little' },
      { order: 'big' },
      { order: 'little', nano: true },
      { order: 'big', modified: true },
    ].map((form) =>
      classicFile(
        form as Parameters<typeof classicFile>[0],
        packets.map((p) => [p[0], p[1], [...p[2]], p[3]]),
      ),
    );
  },
  run: readFile,
};
