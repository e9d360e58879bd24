/** pcapng files: every block, in both byte orders. */
import { NgFile } from '../src/pcap/testing/build.ts';
import { readFile } from './lib/capture-file.ts';
import type { Target } from './lib/target.ts';

export const target: Target = {
  name: 'pcapng',
  tokens: [
    '\x0a\x0d\x0d\x0a',
    '\x4d\x3c\x2b\x1a',
    '\x06\0\0\0',
    '\x09\0\x01\0',
    '\x0e\0\x08\0',
    '\x20\0\0\0',
  ],
  seeds: () =>
    (['little', 'big'] as const).flatMap((order) => [
      new NgFile(order)
        .interface(
          1,
          [
            [2, 'upbeat/eth0'],
            [9, [9]],
            [14, 100n],
          ],
          96,
        )
        .packet(0, 1_700_000_000_000_000_001n, [1, 2, 3], 9, 1)
        .oldPacket(0, 5n, [9, 8])
        .simple([10, 11], 2)
        .names([[[10, 0, 0, 1], 'a.example']])
        .block(10, (b) => b.u32(0x544c534b, 5).padded([1, 2, 3, 4, 5]))
        .statistics(0, [
          [4, 100n],
          [5, 3n],
        ])
        .bytes(),
      new NgFile(order)
        .interface(113, [[9, [0x8a]]])
        .packet(0, 1024n, [1])
        .section(order === 'big' ? 'little' : 'big')
        .interface(1, [[9, [3]]])
        .packet(0, 5n, [2])
        .bytes(),
    ]),
  run: readFile,
};
