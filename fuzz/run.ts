/**
 * Fuzzes the parsers of what comes from the network, files and people.
 *
 *   npm run fuzz -- [TARGET ...] [--seconds 60] [--seed N] [--case N]
 *
 * Seconds are the processor's: on a busy machine as many cases are run. A target is a file beside this one that exports `target` (lib/target.ts); none named means all. Cases are
 * numbered: the seed and the number of a failing one, printed with its input, are all it takes to run it
 * again (`--case`). A case that does not end is a find too, so cases run in a worker.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { makeInput } from './lib/mutate.ts';
import { Random } from './lib/random.ts';
import type { Target } from './lib/target.ts';

/** Inputs are some KiB: what takes longer (of the processor's time) does not end, or in no useful time. */
const caseMs = 5000;

interface Job {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  /** Only this case; -1 = all. */
  readonly only: number;
  /** [0] is the number of the case that is running. */
  readonly progress: Int32Array;
}

interface Find {
  readonly number: number;
  readonly input: Uint8Array;
  readonly stack: string;
}

async function work(job: Job): Promise<void> {
  const { target } = (await import(`./${job.name}.ts`)) as { target: Target };
  const seeds = target.seeds();
  const used = () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  const until = used() + job.seconds * 1e6;
  for (let number = Math.max(0, job.only); ; number++) {
    job.progress[0] = number;
    const random = new Random(Math.imul(job.seed, 0x9e3779b1) + number);
    const input = makeInput(target, seeds, random);
    try {
      target.run(input, random);
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort!.postMessage({ number, input, stack } satisfies Find);
      return;
    }
    if (job.only >= 0 || used() >= until) break;
    // What a target left to do later is done, and its memory free.
    if (number % 64 === 0) await new Promise((done) => setImmediate(done));
  }
  parentPort!.postMessage(undefined);
}

/** What went wrong, in words; undefined when nothing did. */
function fuzz(name: string, seed: number, seconds: number, only: number): Promise<string | undefined> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const workerData: Job = { name, seed, seconds, only, progress };
  const worker = new Worker(new URL(import.meta.url), { workerData });
  const again = (number: number) => `npm run fuzz -- ${name} --seed ${seed} --case ${number}`;
  return new Promise((resolve) => {
    let current = -1;
    let since = process.cpuUsage();
    // In time of the processor: a machine that is busy with other things is no find.
    const watchdog = setInterval(() => {
      if (progress[0] !== current) {
        current = progress[0]!;
        since = process.cpuUsage();
      } else if (process.cpuUsage(since).user > caseMs * 1000)
        done(`case ${current} does not end\n  again: ${again(current)}`);
    }, 500);
    const done = (wrong: string | undefined) => {
      clearInterval(watchdog);
      const cases = `${progress[0]! + 1} cases`;
      console.log(`${name}: ${wrong === undefined ? `${cases}, seed ${seed}` : wrong}`);
      void worker.terminate().then(() => resolve(wrong));
    };
    worker.on('message', (find: Find | undefined) => {
      if (!find) return done(undefined);
      const hex = Buffer.from(find.input).toString('hex');
      done(`case ${find.number} fails\n${find.stack}\n  input: ${hex}\n  again: ${again(find.number)}`);
    });
    worker.on('error', (error) => {
      const { stack, message } = error as Error;
      done(`case ${progress[0]} ends the worker\n${stack ?? message}\n  again: ${again(progress[0]!)}`);
    });
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string' }, seed: { type: 'string' }, case: { type: 'string' } },
  });
  const all = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
    .map((file) => file.slice(0, -3));
  const unknown = positionals.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    console.error(`fuzz: no target ${unknown.join(', ')}; there are ${all.join(', ')}`);
    process.exit(2);
  }
  const seconds = Number(values.seconds ?? 60);
  const seed = Number(values.seed ?? Date.now() % 1e6);
  const only = Number(values.case ?? -1);
  let failed = false;
  for (const name of positionals.length > 0 ? positionals : all)
    if ((await fuzz(name, seed, seconds, only)) !== undefined) failed = true;
  process.exit(failed ? 1 : 0);
}

if (isMainThread) await main();
else await work(workerData as Job);
