/**
 * Capture to a file beside `tcpdump -w` under the same load: drops, and CPU per packet.
 *
 * Two ways, because each hides something: *beside* (both at once on the same interface: the very same packets,
 * but they take processor and cache from each other) and *in turn* (one after the other: undisturbed, but the
 * load differs a little). The ratio is of CPU between two moments of rest around the load, start-up left
 * out; what start-up costs is a row of its own, and the ratio with it too.
 */
import { type Bed, listening, serveHttp, withBed } from './lib/bed.ts';
import { type Capture, idle, startPorthole, startTcpdump } from './lib/capture.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';
import { median, medianRatio, spread } from './lib/stats.ts';

export const name = 'capture';

interface Load {
  readonly name: string;
  run(bed: Bed, seconds: number): Promise<unknown>;
}

/** Bounded rates, well below what two processors can carry: the question is cost, not collapse. */
const udp = (size: number, rate: string): Load => ({
  name: `UDP, ${size} bytes`,
  run: (bed, seconds) =>
    bed.load('iperf3', '-c', bed.serverAddress, '-u', '-l', String(size), '-b', rate, '-t', String(seconds)),
});

const loads: readonly Load[] = [
  udp(64, '40M'),
  udp(1400, '600M'),
  {
    name: 'HTTP, wrk',
    run: (bed, seconds) =>
      bed.load('wrk', '-t1', '-c16', `-d${seconds}s`, `http://${bed.serverAddress}/small.txt`),
  },
];

interface Sample {
  readonly startUp: number;
  /** CPU seconds of the load, and per packet with and without start-up, ns. */
  readonly perPacket: number;
  readonly perPacketTotal: number;
  readonly captured: number;
  readonly dropped: number;
  readonly memory: number;
}

export async function run({ seconds, rounds, only, note }: MeasureOptions): Promise<Row[]> {
  return withBed(async (bed) => {
    await serveHttp(bed);
    await listening(bed, 5201, bed.serve('iperf3', '-s'));
    const rows: Row[] = [];
    const all: Sample[] = [];
    for (const load of loads.filter((one) => one.name.includes(only))) {
      const beside: [Sample, Sample][] = [];
      const inTurn: [Sample, Sample][] = [];
      for (let round = 0; round < rounds; round++) {
        const ours = () => startPorthole(bed, 'dump');
        const theirs = () => startTcpdump(bed);
        const both = await measure(bed, load, seconds, [ours, theirs]);
        const [one] = await measure(bed, load, seconds, [ours]);
        const [other] = await measure(bed, load, seconds, [theirs]);
        beside.push([both[0]!, both[1]!]);
        inTurn.push([one!, other!]);
        note(
          `${load.name}: ns a packet beside ${both.map((s) => s.perPacket.toFixed(0)).join(' / ')}, in turn ${one!.perPacket.toFixed(0)} / ${other!.perPacket.toFixed(0)}`,
        );
      }
      rows.push(...rowsOf(`${load.name}, beside`, beside), ...rowsOf(`${load.name}, in turn`, inTurn));
      all.push(...[...beside, ...inTurn].map(([ours]) => ours));
    }
    const peak = Math.max(...all.map((sample) => sample.memory)) / 2 ** 20;
    rows.push({
      measure: 'start-up of a capture: CPU',
      porthole: `${(median(all.map((s) => s.startUp)) * 1e3).toFixed(0)} ms`,
      peer: '',
      target: 'for the record',
      remark: 'until it listens, opener process included',
    });
    rows.push({
      measure: 'memory over all loads: peak RSS',
      porthole: `${peak.toFixed(0)} MiB`,
      peer: '',
      target: '<= 286 MiB (300 MB)',
      met: peak <= 286,
      remark: 'porthole and its opener, the 64 MiB of mapped ring included',
    });
    return rows;
  });
}

async function measure(
  bed: Bed,
  load: Load,
  seconds: number,
  starts: readonly (() => Promise<Capture>)[],
): Promise<Sample[]> {
  const captures: Capture[] = [];
  for (const start of starts) captures.push(await start());
  await idle(captures);
  const before = captures.map((capture) => capture.cpu());
  await load.run(bed, seconds);
  await idle(captures);
  const after = captures.map((capture) => capture.cpu());
  const samples: Sample[] = [];
  for (const [i, capture] of captures.entries()) {
    const { captured, dropped, cpu, peakMemory } = await capture.finish();
    samples.push({
      startUp: before[i]!,
      perPacket: ((after[i]! - before[i]!) / captured) * 1e9,
      perPacketTotal: (cpu / captured) * 1e9,
      captured,
      dropped,
      memory: peakMemory,
    });
  }
  return samples;
}

function rowsOf(measure: string, pairs: readonly (readonly [Sample, Sample])[]): Row[] {
  const ours = pairs.map(([sample]) => sample);
  const theirs = pairs.map(([, sample]) => sample);
  const perPacket = (samples: readonly Sample[]) => samples.map((s) => s.perPacket);
  const total = (samples: readonly Sample[]) => samples.map((s) => s.perPacketTotal);
  const drops = (samples: readonly Sample[]) => samples.reduce((sum, s) => sum + s.dropped, 0);
  const ratio = medianRatio(perPacket(ours), perPacket(theirs));
  return [
    {
      measure: `${measure}: CPU a packet`,
      porthole: `${spread(perPacket(ours))} ns`,
      peer: `tcpdump -w ${spread(perPacket(theirs))} ns`,
      ratio,
      target: '<= 1.5',
      met: ratio <= 1.5,
      remark: `${(median(ours.map((s) => s.captured)) / 1000).toFixed(0)}k packets; with start-up ${medianRatio(total(ours), total(theirs)).toFixed(2)}`,
    },
    {
      measure: `${measure}: drops`,
      porthole: String(drops(ours)),
      peer: `tcpdump -w ${drops(theirs)}`,
      target: 'none where tcpdump has none',
      met: drops(ours) === 0 || drops(theirs) > 0,
    },
  ];
}
