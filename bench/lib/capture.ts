/** A capture to a file beside others: started, sampled, ended, its counts read. */
import { rmSync, statSync } from 'node:fs';
import { join as path } from 'node:path';
import { launch, launcher, type Running, start } from '../../test/support/porthole.ts';
import { until } from '../../test/support/wait.ts';
import { type Bed, device } from './bed.ts';
import { cpuSeconds, peakMemory, tree } from './cpu.ts';

export interface Capture {
  readonly running: Running;
  /** Of everything it started, so far. */
  cpu(): number;
  /** Ends it. */
  finish(): Promise<CaptureResult>;
}

export interface CaptureResult {
  readonly captured: number;
  readonly dropped: number;
  /** CPU seconds from the program's start up to the call of `finish`. */
  readonly cpu: number;
  readonly peakMemory: number;
  /** Of the file written. */
  readonly bytes: number;
}

export async function startTcpdump(bed: Bed): Promise<Capture> {
  const file = path(bed.directory, 'tcpdump.pcap');
  // -Z root: else it gives root up before it opens the file, which only root may make there.
  const running = launch('ip', [
    ...['netns', 'exec', bed.server],
    ...['tcpdump', '-nn', '-i', device, '-Z', 'root', '-w', file],
  ]);
  await running.saw(/listening on .*\n/);
  return capture(running, file);
}

/** @param words of the command line without the target: ['dump', '-w'] */
export async function startPorthole(
  bed: Bed,
  command: 'dump' | 'watch',
  format = 'pcapng',
): Promise<Capture> {
  const file = path(bed.directory, `porthole.${format}`);
  const running = start([command, '-w', file, `netns:${bed.server}`]);
  await running.listening();
  return capture(running, file);
}

/** `porthole watch` as people run it: text, here into a file. */
export async function startWatch(bed: Bed): Promise<Capture> {
  const file = path(bed.directory, 'watch.txt');
  const running = launch('sh', ['-c', 'exec "$0" watch "$1" > "$2"', launcher, `netns:${bed.server}`, file]);
  await running.listening();
  return capture(running, file);
}

function capture(running: Running, file: string): Capture {
  const pid = running.child.pid!;
  return {
    running,
    cpu: () => cpuSeconds(tree(pid)),
    async finish() {
      const pids = tree(pid);
      const cpu = cpuSeconds(pids);
      const memory = peakMemory(pids);
      const { code, stderr } = await running.stop('SIGINT');
      if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`);
      const { size: bytes } = statSync(file);
      rmSync(file);
      return {
        captured: count(stderr, /(\d+) packets? captured/),
        dropped: count(stderr, /(\d+) packets? dropped by kernel/),
        cpu,
        peakMemory: memory,
        bytes,
      };
    },
  };
}

function count(text: string, pattern: RegExp): number {
  const found = pattern.exec(text);
  if (!found) throw new Error(`no ${pattern} in what it printed at its end:\n${text}`);
  return Number(found[1]);
}

/** Waits until the captures have stopped working: what the load left behind is done. */
export async function idle(captures: readonly Capture[]): Promise<void> {
  const used = () => captures.reduce((sum, { cpu }) => sum + cpu(), 0);
  let before = -1;
  await until(
    async () => {
      before = used();
      // tcpdump hands a block over after a second at the latest.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      return used() - before < 0.02;
    },
    'the captures to come to rest',
    30_000,
  );
}
