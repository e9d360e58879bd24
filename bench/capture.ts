/**
 * Capture to a file beside `tcpdump -w` under the same load: drops, and CPU per packet.
 *
 * Two ways, because each hides something: *beside* (both at once on the same interface: the very same packets,
 * but they take processor and cache from each other) and *in turn* (one after the other: undisturbed, but the
 * load differs a little). The ratio is of CPU a packet between two moments within the load, when the engine
 * that runs us has compiled what it runs; the ratios from rest to rest (that compiling included) and from the
 * very start (loading the program included) stand beside it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { inNetns } from '../test/support/netns.ts';
import { type Bed, device, listening, serveHttp, warmMemory, withBed } from './lib/bed.ts';
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

/** Of a load before the first sample is taken within it. */
const warmUpSeconds = 3;

interface Sample {
  /** CPU seconds until it listened. */
  readonly startUp: number;
  /** CPU a packet, ns: within the load, from rest to rest, from the program's start. */
  readonly perPacket: number;
  readonly perPacketRest: number;
  readonly perPacketTotal: number;
  readonly captured: number;
  readonly dropped: number;
  readonly memory: number;
}

export async function run({ seconds, rounds, only, note }: MeasureOptions): Promise<Row[]> {
  await warmMemory();
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
  const cpu = () => captures.map((capture) => capture.cpu());
  const before = cpu();
  const loaded = load.run(bed, warmUpSeconds + seconds + 1);
  await sleep(warmUpSeconds * 1000);
  const [cpuFrom, packetsFrom] = [cpu(), packets(bed)];
  await sleep(seconds * 1000);
  const [cpuTo, packetsTo] = [cpu(), packets(bed)];
  await loaded;
  await idle(captures);
  const after = cpu();
  const samples: Sample[] = [];
  for (const [i, capture] of captures.entries()) {
    const { captured, dropped, cpu, peakMemory } = await capture.finish();
    samples.push({
      startUp: before[i]!,
      perPacket: ((cpuTo[i]! - cpuFrom[i]!) / (packetsTo - packetsFrom)) * 1e9,
      perPacketRest: ((after[i]! - before[i]!) / captured) * 1e9,
      perPacketTotal: (cpu / captured) * 1e9,
      captured,
      dropped,
      memory: peakMemory,
    });
  }
  return samples;
}

/** Of the captured interface, both directions. */
function packets(bed: Bed): number {
  const directory = `/sys/class/net/${device}/statistics`;
  const text = inNetns(bed.server, 'cat', `${directory}/rx_packets`, `${directory}/tx_packets`);
  return text.split('\n').reduce((sum, line) => sum + Number(line), 0);
}

function rowsOf(measure: string, pairs: readonly (readonly [Sample, Sample])[]): Row[] {
  const ours = pairs.map(([sample]) => sample);
  const theirs = pairs.map(([, sample]) => sample);
  const all = (samples: readonly Sample[], key: keyof Sample) => samples.map((s) => s[key]);
  const ratioOf = (key: keyof Sample) => medianRatio(all(ours, key), all(theirs, key));
  const drops = (samples: readonly Sample[]) => samples.reduce((sum, s) => sum + s.dropped, 0);
  const ratio = ratioOf('perPacket');
  return [
    {
      measure: `${measure}: CPU a packet`,
      porthole: `${spread(all(ours, 'perPacket'))} ns`,
      peer: `tcpdump -w ${spread(all(theirs, 'perPacket'))} ns`,
      ratio,
      target: '<= 1.5',
      met: ratio <= 1.5,
      remark: `${(median(all(ours, 'captured')) / 1000).toFixed(0)}k packets; from rest to rest ${ratioOf('perPacketRest').toFixed(2)}, from the start ${ratioOf('perPacketTotal').toFixed(2)}`,
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
