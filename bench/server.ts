/**
 * What watching costs the watched: nginx under wrk with nothing beside it, with `tcpdump -w`, and with
 * `porthole watch`, in turn. Client and server use all processors, so that what a watcher uses is taken from
 * them. Requests a second tell it on a machine that does nothing else; requests for a second of CPU (of client,
 * server and watcher together) tell it on any.
 */
import { type Bed, type HttpServer, serveHttp, warmMemory, withBed } from './lib/bed.ts';
import { type Capture, idle, startPorthole, startTcpdump, startWatch } from './lib/capture.ts';
import { cpuSeconds, tree } from './lib/cpu.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';
import { median, medianRatio, spread } from './lib/stats.ts';

export const name = 'server';

interface Round {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  /** Of the watcher alone, microseconds of CPU a request. */
  readonly watcher: number;
  readonly dropped: number;
  readonly captured: number;
  /** Bytes. */
  readonly memory: number;
}

type Start = (bed: Bed) => Promise<Capture | undefined>;

const beside = {
  nothing: async () => undefined,
  'tcpdump -w': startTcpdump,
  watch: startWatch,
  'watch -w': (bed: Bed) => startPorthole(bed, 'watch'),
  'dump -w': (bed: Bed) => startPorthole(bed, 'dump'),
} satisfies Record<string, Start>;
type Watcher = keyof typeof beside;
const watchers = Object.keys(beside) as Watcher[];

export async function run({ seconds, rounds, note }: MeasureOptions): Promise<Row[]> {
  await warmMemory();
  return withBed(async (bed) => {
    const server = await serveHttp(bed);
    await load(bed, server, 1);
    const results = new Map<Watcher, Round[]>(watchers.map((watcher) => [watcher, []]));
    for (let round = 0; round < 2 * rounds; round++)
      // Each after each other one in the end: what comes first has it better or worse.
      for (const watcher of round % 2 === 0 ? watchers : [...watchers].reverse()) {
        const result = await measure(bed, server, seconds / 2, beside[watcher]);
        results.get(watcher)!.push(result);
        note(
          `${watcher}: ${result.perSecond.toFixed(0)} requests/s, ${result.perCpuSecond.toFixed(0)} a CPU second, of it the watcher ${result.watcher.toFixed(1)} us a request; ${result.dropped} dropped`,
        );
      }
    const all = (watcher: Watcher, key: keyof Round) => results.get(watcher)!.map((round) => round[key]);
    const drops = (watcher: Watcher) => all(watcher, 'dropped').reduce((sum, count) => sum + count, 0);
    const row = (watcher: Watcher, peer: Watcher, isDemanded: boolean): Row => {
      const ratioOf = (key: keyof Round) => medianRatio(all(watcher, key), all(peer, key));
      const ratio = ratioOf('perCpuSecond');
      const figures = (who: Watcher) => `${spread(all(who, 'perCpuSecond'))} requests a CPU second`;
      const own = (who: Watcher) => median(all(who, 'watcher')).toFixed(1);
      return {
        measure: `throughput of the watched: ${watcher} beside ${peer}`,
        porthole: figures(watcher),
        peer: figures(peer),
        ratio,
        target: isDemanded ? '>= 0.98 (no worse)' : 'for the record',
        ...(isDemanded ? { met: ratio >= 0.98 } : {}),
        remark: `by requests a second ${ratioOf('perSecond').toFixed(2)}; watcher's own CPU ${own(watcher)} / ${own(peer)} us a request; dropped ${drops(watcher)} / ${drops(peer)}`,
      };
    };
    const peak = Math.max(...watchers.slice(2).flatMap((watcher) => all(watcher, 'memory'))) / 2 ** 20;
    return [
      row('watch', 'tcpdump -w', true),
      row('dump -w', 'tcpdump -w', true),
      row('watch -w', 'tcpdump -w', false),
      row('watch', 'nothing', false),
      row('tcpdump -w', 'nothing', false),
      {
        measure: 'memory of watch under this load: peak RSS',
        porthole: `${peak.toFixed(0)} MiB`,
        peer: '',
        target: '<= 286 MiB (300 MB)',
        met: peak <= 286,
        remark: `${(median(all('watch', 'captured')) / 1000).toFixed(0)}k packets a round`,
      },
    ];
  });
}

async function measure(bed: Bed, server: HttpServer, seconds: number, start: Start): Promise<Round> {
  const capture = await start(bed);
  if (capture) await idle([capture]);
  // What runs for hours is compiled: the first seconds are not counted.
  await load(bed, server, 2);
  if (capture) await idle([capture]);
  const watcherBefore = capture?.cpu() ?? 0;
  const serverBefore = cpuSeconds(tree(server.pid));
  const { requests, perSecond, cpu } = await load(bed, server, Math.max(1, Math.round(seconds)));
  if (capture) await idle([capture]);
  const watcher = (capture?.cpu() ?? 0) - watcherBefore;
  const served = cpuSeconds(tree(server.pid)) - serverBefore;
  const result = {
    perSecond,
    perCpuSecond: requests / (cpu + served + watcher),
    watcher: (watcher / requests) * 1e6,
  };
  if (!capture) return { ...result, dropped: 0, captured: 0, memory: 0 };
  const { dropped, captured, peakMemory } = await capture.finish();
  return { ...result, dropped, captured, memory: peakMemory };
}

async function load(bed: Bed, { url }: HttpServer, seconds: number) {
  const { stdout, cpu } = await bed.timedLoad('wrk', '-t1', '-c16', `-d${seconds}s`, url);
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)![1]);
  return { requests: number(/(\d+) requests in/), perSecond: number(/Requests\/sec:\s+([\d.]+)/), cpu };
}
