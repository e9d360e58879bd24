/** `watch -k` against a stand-in of the control plane, two nodes with real pods and real agents: what people see. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kubeStage, port } from '../support/kube-stage.ts';
import { need } from '../support/need.ts';
import { launcher, start } from '../support/porthole.ts';

const without = need('linux', 'root', 'cc', 'containerd', 'cni');
const { nodes, directory, kubeconfig, shop, kube, watch, ask, listening } = kubeStage(without);

test('a pod by its name: one agent, on its node; its Job goes with the watch', {
  skip: without,
}, async () => {
  const run = watch('web-1');
  await listening(run, 'n1');
  await ask('n1', 'web-1', '/first');
  await run.saw('/first');
  assert.deepEqual(nodes.jobs(), ['n1']);
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /starting an agent on n1/);
  assert.deepEqual(nodes.jobs(), []);
  // The end of an agent is waited for, then its pod goes with its Job.
  assert.ok(!nodes.api.list('pods').some(({ metadata }) => metadata.name.startsWith('porthole-agent')));
});

test('pods of a workload on two nodes: those that come join, those that go leave', {
  skip: without,
}, async () => {
  const run = watch('deploy/web');
  await listening(run, 'n1', 'n2');
  assert.deepEqual(nodes.jobs().toSorted(), ['n1', 'n2']);
  await ask('n1', 'web-1', '/on-one');
  await ask('n2', 'web-2', '/on-two');
  await ask('n2', 'other', '/of-others');
  const labels = { app: 'web' };
  await nodes.run('n1', { namespace: shop, name: 'web-3', labels }, port);
  await run.saw(/\+ web-3 .* on n1/);
  await ask('n1', 'web-3', '/late');
  for (const path of ['/on-one', '/on-two', '/late']) await run.saw(path);
  await nodes.end('n1', shop, 'web-3');
  await run.saw(/- web-3 .* on n1/);
  const { code, stdout, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /of-others/);
});

for (const [title, words] of [
  ['a service', ['svc/cart']],
  ['a selector', ['--selector', 'app in (web)']],
  ['all namespaces', ['--all-namespaces', '--selector', 'app=web']],
] as const)
  test(`${title}, as kubectl's plugin and as JSON`, { skip: without }, async () => {
    const run = start(['watch', ...kube(...words), '-o', 'json']);
    await listening(run, 'n1', 'n2');
    await ask('n2', 'web-2', '/as-json');
    await run.saw('/as-json');
    const { code, stdout } = await run.stop();
    assert.equal(code, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    assert.ok(
      lines.some((line) => JSON.stringify(line).includes('web-2')),
      stdout,
    );
  });

test('kubectl porthole NAME: the flags speak kubectl', { skip: without }, async () => {
  const plugin = join(directory, 'kubectl-porthole');
  symlinkSync(launcher, plugin);
  const run = start(
    ['web-1', '-n', shop, '--kubeconfig', kubeconfig, '--via', 'job', '--', 'port', `${port}`],
    {
      launcher: plugin,
    },
  );
  await run.saw(/listening to pod .*, filter: port 8080/);
  await ask('n1', 'web-1', '/kubectl');
  await run.saw('/kubectl');
  assert.equal((await run.stop()).code, 0);
});

test('one file of two nodes: an interface block for each, named by its pod; a peer reads it', {
  skip: without || need('tshark'),
}, async () => {
  const file = join(directory, 'all.pcapng');
  const run = start(['dump', ...kube('deploy/web'), '-w', file]);
  await listening(run, 'n1', 'n2');
  await ask('n1', 'web-1', '/one');
  await ask('n2', 'web-2', '/two');
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  const tshark = (...args: string[]) => execFileSync('tshark', ['-r', file, ...args], { encoding: 'utf8' });
  const fields = ['-T', 'fields', '-e', 'frame.interface_name', '-e', 'http.request.uri'];
  const rows = new Set(
    tshark('-Y', 'http.request', '-d', `tcp.port==${port},http`, ...fields)
      .trim()
      .split('\n'),
  );
  assert.deepEqual([...rows].toSorted(), ['web-1/lo\t/one', 'web-2/lo\t/two']);
});

/** What is shown of exchanges, but for what tells two captures of the same packets apart. */
function exchangesIn(stdout: string): string[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line, withoutTimes) as { type: string })
    .filter(({ type }) => type === 'exchange')
    .map((line) => JSON.stringify(line))
    .toSorted();
}

/** Either capture has times and numbers of its own. */
function withoutTimes(this: unknown, key: string, value: unknown): unknown {
  return ['time', 'durationNs', 'http.time', 'id'].includes(key) ? undefined : value;
}

test('decoded at the nodes: the same JSON, fewer bytes', { skip: without }, async () => {
  const watched = (decode: string) =>
    start(['watch', ...kube('deploy/web', '--decode', decode), '-o', 'json', '-vv', '--no-processes']);
  const [here, there] = [watched('here'), watched('node')];
  for (const run of [here, there]) await listening(run, 'n1', 'n2');
  for (let i = 0; i < 10; i++) {
    await ask('n1', 'web-1', `/one/${i}?token=s3cr3t`);
    await ask('n2', 'web-2', `/two/${i}`);
  }
  for (const run of [here, there]) for (const path of ['/one/9', '/two/9']) await run.saw(path);
  const [a, b] = [await here.stop(), await there.stop()];
  assert.deepEqual([a.code, b.code], [0, 0], `${a.stderr}${b.stderr}`);
  const shown = exchangesIn(b.stdout);
  assert.equal(shown.length, 20, b.stdout);
  assert.deepEqual(shown, exchangesIn(a.stdout));
  assert.doesNotMatch(b.stdout, /s3cr3t/);
  assert.match(b.stderr, /20 exchanges in 20 connections/);
  const [packets, entries] = [a, b].map(({ stderr }) => {
    const each = [...stderr.matchAll(/^porthole: n\d: .* (\S+) (k?B) over the wire/gm)];
    assert.equal(each.length, 2, stderr);
    return each.reduce((sum, [, size, unit]) => sum + Number(size) * (unit === 'kB' ? 1000 : 1), 0);
  });
  assert.ok(entries! > 0 && entries! < packets!, `${entries} of ${packets} bytes\n${a.stderr}${b.stderr}`);
  assert.match(b.stderr, /(\d+) packets captured\n\1 packets received/);
});

test('sums of what is decoded at the nodes, and a filter on what is shown', { skip: without }, async () => {
  const stats = start(['stats', ...kube('deploy/web', '--decode', 'node'), '--json']);
  const found = start([
    ...['watch', ...kube('web-1', '--decode', 'node'), '-o', 'json'],
    ...['-Y', 'header.host == "pod" && http.request.uri contains "/wanted"'],
  ]);
  await listening(stats, 'n1', 'n2');
  await listening(found, 'n1');
  for (const path of ['/other', '/wanted/1', '/other', '/wanted/2']) await ask('n1', 'web-1', path);
  await found.saw('/wanted/2');
  const { stdout, stderr } = await found.stop();
  assert.deepEqual(
    exchangesIn(stdout).map((line) => (JSON.parse(line) as { fields: object }).fields),
    [1, 2].map((n) => ({
      ...(JSON.parse(exchangesIn(stdout)[0]!) as { fields: object }).fields,
      'http.request.uri': `/wanted/${n}`,
    })),
  );
  assert.match(stderr, /2 shown, 2 hidden by -Y/);
  // Only there it is known who holds a socket.
  assert.match(stdout, /"server":{[^}]*"process":{"pid":\d+,"comm":"upbeat"/);
  const { code, stdout: report } = await stats.stop();
  assert.equal(code, 0);
  const { total } = JSON.parse(report) as { total: { packets: number; exchanges: number } };
  assert.equal(total.exchanges, 4, report);
  assert.ok(total.packets > 4 * 8, report);
});

for (const [title, words] of [
  ['-w', ['watch', '-w', '/dev/null']],
  ['-c', ['watch', '-c', '5']],
  ['--count', ['watch', '--count']],
  ['--tui', ['watch', '--tui']],
  ['--tls-keylog', ['watch', '--tls-keylog', '/dev/null']],
  ['this command', ['dump']],
] as const)
  test(`--decode node: ${title} needs packets`, async () => {
    const { code, stderr } = await start([...words, '-k', '--decode', 'node', 'web-1']).ended;
    assert.equal(code, 2, stderr);
    assert.match(stderr, new RegExp(`--decode node: ${title}.* packets, and they stay on their nodes`));
  });
