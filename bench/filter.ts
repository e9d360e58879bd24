/** Filters: how long they take to compile beside libpcap, how long their programs are, how fast files are filtered. */
import { compile, createMatcher } from '../src/bpf/index.ts';
import { expressions } from '../src/bpf/testing/expressions.ts';
import { packetsOf } from '../src/bpf/testing/packets.ts';
import { filterNames } from '../src/cli/names.ts';
import { LinkType } from '../src/model/index.ts';
import { compileForFiles, skip, version } from '../test/differential/filter/libpcap.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';

export const name = 'filter';

const linktype = LinkType.ethernet;
const resolver = filterNames();

export async function run({ quick, note }: MeasureOptions): Promise<Row[]> {
  const rounds = quick ? 3 : 15;
  const accepted = expressions.filter((expression) => lengthOf(expression) > 0);
  const ours = accepted.map((expression) => fastest(rounds, () => lengthOf(expression)));
  const theirs = skip ? [] : accepted.map((expression) => fastest(rounds, () => theirLength(expression)));
  note(`${accepted.length} expressions of the tests' hand-written list on Ethernet`);
  const rows: Row[] = [
    {
      measure: 'compile a filter, median',
      porthole: ms(median(ours)),
      peer: skip || `${version()}: ${ms(median(theirs))}`,
      target: '<= 1 ms',
      met: median(ours) <= 1,
    },
    ...hardest.map(([what, expression]): Row => {
      const cold = cpuMs(() => lengthOf(expression));
      for (let i = 0; i < rounds; i++) lengthOf(expression);
      const time = cpuMs(() => {
        for (let i = 0; i < rounds; i++) lengthOf(expression);
      });
      return {
        measure: `compile ${what} (time of the processor)`,
        porthole: ms(time / rounds),
        peer: '',
        target: '<= 50 ms',
        met: time / rounds <= 50,
        remark: `the first time ${ms(cold)}; ${lengthOf(expression) || 'refused, no'} instructions`,
      };
    }),
  ];
  if (!skip) rows.push(lengths(accepted));
  for (const expression of ['tcp port 80', 'host 10.0.0.1 and not port 22'])
    rows.push(throughput(expression, quick));
  return rows;
}

const many = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(' or ');

/** Long lists, the last as long as the kernel's 4096 instructions allow. libpcap takes many seconds for them. */
const hardest: readonly (readonly [what: string, expression: string])[] = [
  ['600 hosts', many(600, (i) => `host 10.0.${i >> 8}.${i & 255}`)],
  ['300 ports', many(300, (i) => `port ${i}`)],
  ['700 ports', many(700, (i) => `port ${i}`)],
  ['1300 hosts', many(1300, (i) => `host 10.0.${i >> 8}.${i & 255}`)],
  ['200 pairs of host and port', many(200, (i) => `(host 10.0.0.${i} and port ${1000 + i})`)],
  ['300 times not', Array.from({ length: 300 }, (_, i) => `not port ${i}`).join(' and ')],
  ['300 of both', many(300, (i) => `port ${i} ${i % 2 ? 'and' : 'or'} host 10.0.0.${i % 250}`)],
  ['64 KiB of ports', `port ${many(8000, (i) => `${i}`)}`],
];

/** Instructions; 0 when it is refused. */
function lengthOf(expression: string): number {
  try {
    return compile(expression, { linktype, resolver }).instructions.length;
  } catch {
    return 0;
  }
}

function theirLength(expression: string): number {
  return compileForFiles(linktype, expression).program?.length ?? 0;
}

/** Of this thread, whatever else the machine does. */
function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function fastest(rounds: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const began = performance.now();
    work();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const ms = (value: number) => `${value.toPrecision(2)} ms`;

function lengths(accepted: readonly string[]): Row {
  // protochain is a loop there, which the kernel does not take.
  const both = accepted.flatMap((expression) => {
    const theirs = theirLength(expression);
    return theirs === 0 || expression.includes('protochain') ? [] : [[lengthOf(expression), theirs] as const];
  });
  const [ours, theirs] = [0, 1].map((i) => both.reduce((sum, pair) => sum + pair[i]!, 0)) as [number, number];
  const longer = both.filter(([one, other]) => one > other).length;
  return {
    measure: `instructions of ${both.length} filters`,
    porthole: `${ours}`,
    peer: `${version()}: ${theirs}`,
    ratio: ours / theirs,
    target: '<= 1',
    met: ours <= theirs,
    remark: `${both.filter(([one, other]) => one < other).length} shorter, ${longer} longer`,
  };
}

function throughput(expression: string, quick: boolean): Row {
  const packets = packetsOf(linktype, 4000);
  const buffer = Buffer.concat(packets.map(({ bytes }) => bytes));
  const ends = packets.map(({ bytes }) => bytes.length);
  const matches = createMatcher(compile(expression, { linktype }));
  const passes = quick ? 50 : 500;
  let passed = 0;
  const work = () => {
    for (let pass = 0; pass < passes; pass++)
      for (let i = 0, at = 0; i < ends.length; at += ends[i++]!)
        if (matches(buffer, at, ends[i]!, ends[i]!)) passed++;
  };
  const once = Math.min(...[1, 2, 3].map(() => cpuMs(work)));
  const millions = (passes * ends.length) / once / 1000;
  return {
    measure: `interpret '${expression}'`,
    porthole: `${millions.toFixed(1)} M packets/s`,
    peer: '',
    target: '>= 5 M packets/s',
    met: millions >= 5 && passed > 0,
  };
}
