/**
 * Many containers watched at once, nearly all of them silent: what that takes. PORTHOLE_CONTAINERS says how
 * many (250 at most: so many addresses their network has); what was measured is printed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type Docker, image, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { type Running, start, stopAll } from '../support/porthole.ts';
import { sleep, until } from '../support/wait.ts';

const skip = need('linux', 'root', 'docker', 'cc');
const many = Number(process.env['PORTHOLE_CONTAINERS'] ?? 12);
/** Docker starts more at once no faster. */
const atOnce = 4;

let docker: Docker;
before(async () => {
  if (skip) return;
  docker = await startDocker();
  const names = Array.from({ length: many }, (_, i) => `idle-${i}`);
  const startNext = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift())
      await docker.later('run', '--detach', '--name', name, '--network', docker.network, image, 'idle');
  };
  await Promise.all(Array.from({ length: atOnce }, startNext));
});
after(async () => {
  stopAll();
  await docker?.stop();
});

/** Parser, lookout, opener. */
function processes(watch: Running): number[] {
  const pid = watch.child.pid!;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return [pid, ...children];
}

/** Of all three: proportional set size, KiB, the rings among it. */
const memory = (watch: Running) =>
  processes(watch)
    .map((pid) => Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))![1]))
    .reduce((sum, kib) => sum + kib, 0);

/** Seconds that all three have used. */
const cpu = (watch: Running) =>
  processes(watch)
    .map((pid) => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    })
    .reduce((sum, seconds) => sum + seconds, 0);

const socket = () => docker.host.replace('unix://', '');

test('all of them in one view; memory, processor time and start are told', { skip }, async () => {
  const one = start(['watch', '--socket', socket(), 'idle-0,idle-1']);
  await one.listening();
  await sleep(3000);
  const alone = memory(one);
  await one.stop();

  const began = performance.now();
  const watch = start(['watch', '--socket', socket(), 'idle-*']);
  await watch.listening();
  const startMs = performance.now() - began;
  const interfaces = /listening on (.*)/.exec(watch.stderr())![1]!.split(', ');
  assert.equal(interfaces.length, 2 * many, 'lo and eth0 of each');
  // Loading, and the garbage of it, is over.
  await sleep(3000);
  const each = (memory(watch) - alone) / (many - 2);
  const before = cpu(watch);
  await sleep(5000);
  const share = (cpu(watch) - before) / 5;
  // Of a dozen the garbage of the start is more than the rings.
  const memoryText = many >= 100 ? `${each.toFixed(0)} KiB each, ` : '';
  process.stderr.write(
    `${many} containers: start ${startMs.toFixed(0)} ms, ${memoryText}idle ${(100 * share).toFixed(1)} % of a core\n`,
  );

  // One of them speaks, another joins, a third leaves.
  docker.start('idle-speaks', [], 'say', '127.0.0.1', '9', 'x', '3');
  await watch.saw(/^\+ idle-speaks \(docker, [0-9a-f]{12}\) joined$/m);
  await watch.saw(/^- idle-speaks left(?:: exit code 0)?$/m);
  await docker.later('kill', 'idle-1');
  await watch.saw(/^- idle-1 left(?:: exit code 137)?$/m);
  await until(() => /idle-speaks/.test(watch.stdout()), 'what it said');
  const { code } = await watch.stop();
  assert.equal(code, 0);
});
