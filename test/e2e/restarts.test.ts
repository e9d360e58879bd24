/**
 * A container that is killed and started, over and over, under steady traffic: every run is followed by name,
 * from its first packet on, and nothing is left of those before. PORTHOLE_RESTARTS says how often; what was
 * measured is printed (PORTHOLE_RESTARTS=200 takes some four minutes).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Docker, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'docker', 'cc', 'tshark');
const times = Number(process.env['PORTHOLE_RESTARTS'] ?? 6);

let docker: Docker;
before(async () => {
  if (!skip) docker = await startDocker();
});
after(async () => {
  stopAll();
  await docker?.stop();
});

const children = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/**
 * Of the parser, the opener and the lookout: descriptors, mapped rings, namespaces they hold. A namespace that has
 * ended lives as long as a descriptor of it, or a socket in it.
 */
function holdings(parser: number) {
  return [parser, ...children(parser)].map((pid) => {
    const fds = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return [];
      }
    });
    return {
      // Of the pipes and connections to daemons some come and go.
      sockets: fds.filter((f) => f.startsWith('socket:')).length,
      namespaces: fds.filter((f) => f.startsWith('net:') || f.includes('/ns/net')).length,
      pidfds: fds.filter((f) => f.includes('[pidfd]') || f.startsWith('pidfd:')).length,
      rings: readFileSync(`/proc/${pid}/maps`, 'utf8').match(/socket:/g)?.length ?? 0,
    };
  });
}

const threads = (parser: number) =>
  [parser, ...children(parser)].map((pid) => readdirSync(`/proc/${pid}/task`).length);

interface Tick {
  readonly at: number;
  readonly number: number;
  /** When the program that sent it began. */
  readonly began: number;
}

/** As tshark reads them; seconds since 1970. */
function ticksOf(file: string): Tick[] {
  const fields = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'udp.payload'];
  return execFileSync('tshark', ['-r', file, '-Y', 'udp.dstport == 9', ...fields], {
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [at, payload] = line.split('\t') as [string, string];
      const bytes = Buffer.from(payload.replaceAll(':', ''), 'hex');
      return {
        at: Number(at),
        number: Number(bytes.readBigUInt64LE(0)),
        began: Number(bytes.readBigUInt64LE(8)) / 1e9,
      };
    });
}

const percentile = (sorted: readonly number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;

test('killed and started again and again: every run is followed from its first packet on', {
  skip,
}, async () => {
  const file = join(temporaryDirectory('restarts'), 'out.pcapng');
  docker.start('ticker', [], 'tick', '127.0.0.1', '9', '5');
  // Only ours: daemons of others may come and go meanwhile.
  const socket = docker.host.replace('unix://', '');
  const watch = start(['dump', '--socket', socket, '-w', file, '--print', 'ticker', 'udp port 9']);
  await watch.listening();
  const pid = watch.child.pid!;
  const joins = () =>
    watch.stderr().match(/^\+ ticker \(docker, [0-9a-f]{12}\) joined again$/gm)?.length ?? 0;
  const isQuiet = () => holdings(pid).some((held) => held.pidfds === 1);
  await until(() => children(pid).length === 2 && isQuiet(), 'opener and lookout');
  /** The first restart opens what stays open. */
  let held: ReturnType<typeof holdings> | undefined;
  let threadsBefore: number[] = [];
  for (let i = 1; i <= times; i++) {
    if (i % 2 === 0) await docker.later('restart', '--time', '0', 'ticker');
    else {
      await docker.later('kill', 'ticker');
      await docker.later('start', 'ticker');
    }
    await until(
      () => joins() === i,
      () => `restart ${i}:\n${watch.stderr()}`,
    );
    await until(isQuiet, 'its process to be followed');
    const printed = watch.stdout().length;
    await until(() => watch.stdout().length > printed, `packets of run ${i}`);
    if (i > 1) continue;
    held = holdings(pid);
    threadsBefore = threads(pid);
  }
  await until(
    () => JSON.stringify(holdings(pid)) === JSON.stringify(held),
    () => `what is held to be as before: ${JSON.stringify(held)}, now ${JSON.stringify(holdings(pid))}`,
  );
  assert.ok(
    threads(pid).every((count, i) => count <= threadsBefore[i]!),
    'no thread is left',
  );
  const { code, stderr } = await watch.stop();
  assert.equal(code, 0);
  assert.match(stderr, /^0 packets dropped by kernel$/m);
  assert.equal(stderr.match(/^- ticker left(?:: exit code 137)?$/gm)?.length, times);

  const runs = Map.groupBy(ticksOf(file), (tick) => tick.began);
  assert.equal(runs.size, times + 1, 'every run was captured');
  const [, ...restarted] = [...runs.values()];
  const delays = restarted.map(([first]) => 1000 * (first!.at - first!.began)).sort((a, b) => a - b);
  const [p50, p99] = [percentile(delays, 0.5), percentile(delays, 0.99)].map((ms) => ms.toFixed(2));
  process.stderr.write(
    `${times} restarts: from a program's begin to its first captured packet ${p50} ms p50, ${p99} ms p99\n`,
  );
  const late = restarted.filter(([first]) => first!.number > 0).length;
  // On a machine that is busy with something else a few may be late; none is missed.
  assert.ok(late <= Math.max(1, times / 20), `${late} of ${times} were not seen from their first packet on`);
});
