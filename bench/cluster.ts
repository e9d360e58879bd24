/**
 * Pods of many nodes: what the client of 200 agents that send at once merges, in what order, and what it costs; what
 * 1,000 idle ones and 30,000 pods cost. The agents are made up, the protocol and the sockets are real
 * (lib/cluster-stage.ts). There is no peer: nothing else merges nodes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from '../src/model/index.ts';
import { CaptureDecoder } from '../src/pcap/index.ts';
import { readFake } from '../test/support/fake-agents.ts';
import { type Running, start } from '../test/support/porthole.ts';
import { until } from '../test/support/wait.ts';
import type { StageFigures, StageMessage } from './lib/cluster-stage.ts';
import { cpuSeconds, peakMemory } from './lib/cpu.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';

export const name = 'cluster';

interface Load {
  readonly nodes: number;
  readonly pods: number;
  /** Of each node. */
  readonly packetsPerSecond: number;
  readonly bytes: number;
  readonly delayMs: number;
  readonly podBytes?: number;
  /** Of node 0. */
  readonly heavy?: number;
}

/** Agents send from the moment they are reached; until all are, and some more. */
const startSeconds = 4;
/** How wrong the nodes' clocks are. */
const aheadMs = 1500;

class Stage {
  readonly #child: ChildProcess;
  readonly #directory = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  readonly kubeconfig = join(this.#directory, 'config');
  readonly file = join(this.#directory, 'all.pcapng');

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async of({ nodes, pods, podBytes = 0, heavy, ...load }: Load, seconds: number): Promise<Stage> {
    const options = {
      ...{ nodes, pods, podBytes, heavy, aheadMs },
      load: { ...load, packets: Math.round(load.packetsPerSecond * (seconds + startSeconds)) },
    };
    const path = join(import.meta.dirname, 'lib/cluster-stage.ts');
    const child = fork(path, [JSON.stringify(options)], { execArgv: process.execArgv });
    const stage = new Stage(child);
    const message = await stage.#message();
    if ('kubeconfig' in message) writeFileSync(stage.kubeconfig, JSON.stringify(message.kubeconfig));
    return stage;
  }

  run(...args: string[]): Running {
    return start([
      'dump',
      '-k',
      '--kubeconfig',
      this.kubeconfig,
      '--via',
      'job',
      '--all-namespaces',
      ...args,
    ]);
  }

  async figures(): Promise<StageFigures> {
    const answer = this.#message();
    this.#child.send('figures');
    const message = await answer;
    return (message as { figures: StageFigures }).figures;
  }

  close(): void {
    this.#child.disconnect();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #message(): Promise<StageMessage> {
    return new Promise((done, fail) => {
      const ended = () => fail(new Error('the stage has ended'));
      this.#child.once('exit', ended);
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended);
        done(message as StageMessage);
      });
    });
  }
}

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const thousands = (n: number) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

/** From the command's start until all nodes are listened to, seconds. */
async function listening(run: Running, nodes: number, from: number): Promise<number> {
  const wanted = nodes > 8 ? new RegExp(`listening on .*\\(${nodes} in all\\)`) : /listening to/;
  await until(
    () => wanted.test(run.stderr()),
    () => run.stderr(),
    300_000,
  );
  return (performance.now() - from) / 1000;
}

/** Of the file: by node, how many; and how many are later than one before them. */
function look(path: string): { frames: number; byNode: Map<number, number>; overtaken: number } {
  const decoder = new CaptureDecoder();
  const byNode = new Map<number, number>();
  let frames = 0;
  let overtaken = 0;
  let [lastSec, lastNsec] = [0, 0];
  const out = {
    interface() {},
    frame({ buf, start: at, capLen, sec, nsec }: Frame) {
      frames++;
      const { node } = readFake(buf.subarray(at, at + capLen));
      byNode.set(node, (byNode.get(node) ?? 0) + 1);
      if (sec < lastSec || (sec === lastSec && nsec < lastNsec)) overtaken++;
      else [lastSec, lastNsec] = [sec, nsec];
    },
    loss() {},
  };
  const fd = openSync(path, 'r');
  const chunk = Buffer.alloc(1024 * 1024);
  for (let n = readSync(fd, chunk); n > 0; n = readSync(fd, chunk)) decoder.feed(chunk.subarray(0, n), out);
  decoder.end(out);
  return { frames, byNode, overtaken };
}

async function streaming(
  title: string,
  load: Load,
  seconds: number,
  options: MeasureOptions,
): Promise<Row[]> {
  const stage = await Stage.of(load, seconds);
  try {
    const from = performance.now();
    const run = stage.run('-w', stage.file);
    const pid = run.child.pid!;
    const began = await listening(run, load.nodes, from);
    const cpuBefore = cpuSeconds([pid]);
    const countBefore = sum((await stage.figures()).captured);
    await wait(seconds * 1000);
    const middle = await stage.figures();
    const cpu = cpuSeconds([pid]) - cpuBefore;
    const merged = sum(middle.captured) - countBefore;
    const descriptors = readdirSync(`/proc/${pid}/fd`).length;
    let figures = middle;
    const deadline = Date.now() + 60_000 + seconds * 2000;
    while (!figures.isDone && Date.now() < deadline) {
      await wait(500);
      figures = await stage.figures();
    }
    const memory = peakMemory([pid]);
    const { code, stderr } = await run.stop();
    if (code !== 0) throw new Error(stderr);
    if (process.env['SHOW']) console.error(stderr);
    const { frames, byNode, overtaken } = look(stage.file);
    const all = sum(figures.captured);
    const dropped = sum(figures.dropped);
    const counts = figures.captured.toSorted((a, b) => a - b);
    options.note(
      `${title}: ${frames} packets of ${byNode.size} nodes, ${dropped} dropped, fewest ${counts[0]}, most ${counts.at(-1)}`,
    );
    const measure = `${title}: ${load.nodes} agents, ${thousands(load.nodes * load.packetsPerSecond)} packets/s sent`;
    return [
      {
        measure: `${measure}; merged, CPU a packet`,
        porthole: `${thousands(merged / seconds)} packets/s, ${((1e6 * cpu) / merged).toFixed(1)} µs`,
        peer: '',
        target: 'each once',
        met: frames === all,
        remark: `${thousands(frames)} of ${thousands(all)}; ${thousands(dropped)} dropped at the agents; ready after ${began.toFixed(1)} s`,
      },
      {
        measure: `${title}: out of order`,
        porthole: `${overtaken}`,
        peer: '',
        target: '0',
        met: overtaken === 0,
        remark: `of the nodes fewest ${thousands(counts[0]!)} packets, most ${thousands(counts.at(-1)!)}`,
      },
      {
        measure: `${title}: peak RSS, file descriptors`,
        porthole: `${mb(memory)}, ${descriptors}`,
        peer: '',
        target: '<= 400 MB',
        met: memory <= 400e6,
      },
    ];
  } finally {
    stage.close();
  }
}

/** The reader of a pipe takes one megabyte a second. */
async function slowSink(load: Load, seconds: number): Promise<Row> {
  const stage = await Stage.of(load, seconds);
  try {
    const run = stage.run('-w', '-');
    const { stdout, pid } = run.child;
    stdout!.removeAllListeners('data');
    stdout!.pause();
    const reading = setInterval(() => stdout!.read(100_000), 100);
    await wait(seconds * 1000);
    const memory = peakMemory([pid!]);
    const figures = await stage.figures();
    clearInterval(reading);
    stdout!.resume();
    run.child.kill('SIGKILL');
    const dropped = sum(figures.dropped);
    return {
      measure: `a reader of 1 MB/s: ${load.nodes} agents, ${thousands(load.nodes * load.packetsPerSecond)} packets/s; peak RSS`,
      porthole: mb(memory),
      peer: '',
      target: '<= 400 MB',
      met: memory <= 400e6,
      remark: `${thousands(dropped)} of ${thousands(dropped + sum(figures.captured))} packets dropped and counted at the agents`,
    };
  } finally {
    stage.close();
  }
}

/** One node sends more than can be taken: what becomes of the others. */
async function unfair(load: Load & { readonly heavy: number }, seconds: number): Promise<Row> {
  const stage = await Stage.of(load, seconds);
  try {
    // Printed, which costs more than a file, to nowhere.
    const run = stage.run('-nn', '-vv');
    run.child.stdout!.removeAllListeners('data');
    run.child.stdout!.resume();
    await listening(run, load.nodes, performance.now());
    await wait(seconds * 1000);
    const { captured, dropped } = await stage.figures();
    const { code, stderr } = await run.stop();
    if (code !== 0) throw new Error(stderr);
    const light = dropped.slice(1);
    const rates = captured.slice(1).toSorted((a, b) => a - b);
    return {
      measure: `one node of ${thousands(load.heavy)} packets/s beside ${load.nodes - 1} of ${load.packetsPerSecond}: dropped of theirs`,
      porthole: `${thousands(sum(light))} of ${thousands(sum(rates) + sum(light))}`,
      peer: '',
      target: '0',
      met: sum(light) === 0,
      remark: `of its own ${thousands(dropped[0]!)} of ${thousands(captured[0]! + dropped[0]!)}; of the others fewest ${thousands(rates[0]!)}, most ${thousands(rates.at(-1)!)} taken`,
    };
  } finally {
    stage.close();
  }
}

async function idle(title: string, load: Load, seconds: number): Promise<Row[]> {
  const stage = await Stage.of(load, seconds);
  try {
    const from = performance.now();
    const run = stage.run('-w', stage.file);
    const pid = run.child.pid!;
    const began = await listening(run, load.nodes, from);
    const start = cpuSeconds([pid]);
    await wait(seconds * 1000);
    const cpu = (cpuSeconds([pid]) - start) / seconds;
    const memory = peakMemory([pid]);
    const descriptors = readdirSync(`/proc/${pid}/fd`).length;
    const { asked } = await stage.figures();
    const { code, stderr } = await run.stop();
    if (code !== 0) throw new Error(stderr);
    const lists = Object.entries(asked)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ');
    return [
      {
        measure: `${title}: until all are listened to; peak RSS; CPU then; descriptors`,
        porthole: `${began.toFixed(1)} s; ${mb(memory)}; ${(100 * cpu).toFixed(1)}%; ${descriptors}`,
        peer: '',
        target: '<= 400 MB, one watch',
        met: memory <= 400e6 && asked['watch pods'] === 1,
        remark: lists,
      },
    ];
  } finally {
    stage.close();
  }
}

export async function run(options: MeasureOptions): Promise<Row[]> {
  const { quick, seconds, only } = options;
  const nodes = quick ? 20 : 200;
  const common = { nodes, pods: 2 * nodes, bytes: 200 };
  const measures: [string, () => Promise<Row[]>][] = [
    ['steady', () => streaming('steady', { ...common, packetsPerSecond: 100, delayMs: 0 }, seconds, options)],
    [
      'disorder',
      () => streaming('disorder', { ...common, packetsPerSecond: 100, delayMs: 120 }, seconds, options),
    ],
    ['flood', () => streaming('flood', { ...common, packetsPerSecond: 2000, delayMs: 0 }, seconds, options)],
    [
      'slow',
      async () => [
        await slowSink({ ...common, packetsPerSecond: 500, bytes: 1000, delayMs: 0 }, 2 * seconds),
      ],
    ],
    [
      'unfair',
      async () => [await unfair({ ...common, packetsPerSecond: 100, heavy: 1_000_000, delayMs: 0 }, seconds)],
    ],
    [
      'large',
      () =>
        idle(
          `${thousands(5 * nodes)} nodes`,
          { nodes: 5 * nodes, pods: 5 * nodes, bytes: 200, packetsPerSecond: 0, delayMs: 0 },
          seconds,
        ),
    ],
    [
      'pods',
      () =>
        idle(
          `${thousands(150 * nodes)} pods of 8 kB`,
          { nodes: 5, pods: 150 * nodes, podBytes: 7500, bytes: 200, packetsPerSecond: 0, delayMs: 0 },
          seconds,
        ),
    ],
  ];
  const rows: Row[] = [];
  for (const [what, measure] of measures) if (what.includes(only)) rows.push(...(await measure()));
  return rows;
}
