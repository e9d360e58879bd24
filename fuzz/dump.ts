/** sinks/tcpdump: any bytes under any link type and any options print as lines of ASCII, and end. */
import { LinkType } from '../src/model/index.ts';
import { createPrinter, type PrintOptions } from '../src/sinks/tcpdump/index.ts';
import { frame } from '../src/wire/testing/build.ts';
import { frames } from '../test/differential/dump/capture.ts';
import type { Random } from './lib/random.ts';
import type { Target } from './lib/target.ts';

const linktypes = [...Object.values(LinkType), 12, 147, 250];

/** Printers live on: what one packet leaves behind must not hurt the next. */
const printers = Array.from({ length: 48 }, (_, i) =>
  createPrinter({
    noNames: i % 3,
    verbose: (i % 4) as PrintOptions['verbose'],
    quiet: i % 7 === 0,
    linkHeader: i % 5 === 0,
    absoluteSeq: i % 11 === 0,
    ascii: (i % 13 === 0 ? 1 : 0) as PrintOptions['ascii'],
    hex: (i % 17 === 0 ? 2 : 0) as PrintOptions['hex'],
    hexAscii: (i % 6 === 0 ? 1 : 0) as PrintOptions['hexAscii'],
    time: (i % 6) as PrintOptions['time'],
    nano: i % 2 === 0,
    number: i % 8 === 0,
  }),
);

export const target: Target = {
  name: 'dump',
  seeds: () => frames,
  run(input: Uint8Array, random: Random) {
    const kept = random.chance(4) ? random.below(input.length + 1) : input.length;
    const shown = frame([...input], random.below(2 ** 31), kept);
    shown.origLen = input.length + (random.chance(8) ? random.below(70_000) : 0);
    shown.iface = { ...shown.iface, linktype: random.chance(3) ? random.pick(linktypes) : LinkType.ethernet };
    const text = random.pick(printers).print(shown);
    if (!/^[\t\n -~]*\n$/.test(text)) throw new Error(`not lines of ASCII: ${JSON.stringify(text)}`);
  },
};
