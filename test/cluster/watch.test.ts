/** What people see of a real cluster's pods. `npm run test:cluster`; stage.ts says what it needs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { need } from '../support/need.ts';
import { launcher, start } from '../support/porthole.ts';
import { until } from '../support/wait.ts';
import { cluster, clusterMs, kube, missing, sawTicks, ticks, watch, without } from './stage.ts';

const at = cluster();

test('a pod by its name', { skip: without }, async (t) => {
  const began = performance.now();
  const run = start(['watch', '--no-status', ...kube(at, 'client')], { env: { PORTHOLE_TIMING: '1' } });
  await sawTicks(run, 1);
  t.diagnostic(`from Enter to the first exchange: ${Math.round(performance.now() - began)} ms`);
  await sawTicks(run, 20);
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.deepEqual(missing(run), []);
  for (const line of stderr.match(/^timing: .*$/gm) ?? []) t.diagnostic(line);
});

test('a deployment: pods that come join, pods that go leave', { skip: without }, async () => {
  const before = await at.names('app=web');
  const run = watch(at, 'deploy/web', '-o', 'json');
  await sawTicks(run, 5);
  await at.scale(3);
  const joined = await until(
    () => /\+ (web-\S+) /.exec(run.stderr())?.[1],
    () => run.stderr(),
    clusterMs,
  );
  assert.ok(!before.includes(joined));
  await until(
    () => run.stdout().includes(joined),
    () => `traffic of ${joined}`,
    clusterMs,
  );
  await at.scale(1);
  await until(
    () => run.stderr().match(/- web-\S+ /g)?.length === 2,
    () => run.stderr(),
    clusterMs,
  );
  await at.scale(2);
  assert.equal((await run.stop()).code, 0);
});

test("a service's pods, a selector, all namespaces, kubectl's plugin", { skip: without }, async () => {
  for (const words of [
    ['svc/web'],
    ['--selector', 'app in (web)'],
    ['--all-namespaces', '--selector', `app=web`, '--agent-namespace', at.shop],
  ]) {
    const run = watch(at, ...words);
    await sawTicks(run, 3);
    assert.equal((await run.stop()).code, 0, words.join(' '));
  }
  const plugin = join(at.directory, 'kubectl-porthole');
  symlinkSync(launcher, plugin);
  const [, ...options] = kube(at);
  const run = start(['pod/client', ...options, '--no-status', '--', 'tcp', 'port', '80'], {
    launcher: plugin,
  });
  await sawTicks(run, 3);
  assert.equal((await run.stop()).code, 0);
});

test('client and server behind a ClusterIP: an exchange is told once, with both ends named', {
  skip: without,
}, async () => {
  const run = watch(at, '--selector', 'part=shop');
  await sawTicks(run, 30);
  const { code, stdout, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  const [first = '', ...more] = stdout.split('\n').filter((line) => line.includes('/tick/'));
  assert.match(first, /client/);
  assert.ok(
    more.some((line) => /client.* -> .*web/.test(line)),
    stdout,
  );
  const seen = ticks(run);
  const twice = seen.filter((n, i) => seen.indexOf(n) !== i);
  assert.deepEqual(twice, [], stdout);
});

test('who both ends are, and by which service', { skip: without }, async () => {
  const asked = "client.pod == 'client' && server.workload == 'deploy/web' && service == 'web' && namespace";
  const run = watch(at, '--selector', 'part=shop', '-o', 'json', '-Y', asked);
  await sawTicks(run, 5);
  const { code, stdout, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  const [last = ''] = stdout
    .split('\n')
    .filter((line) => line.includes('"views"'))
    .slice(-1);
  const { client, server } = (
    JSON.parse(last) as { connection: Record<'client' | 'server', { kube: object }> }
  ).connection;
  const { node: _, ...caller } = client.kube as Record<string, string>;
  const { node: __, serviceAddress, pod = '', ...answers } = server.kube as Record<string, string>;
  assert.deepEqual(caller, { namespace: at.shop, pod: 'client' });
  assert.deepEqual(answers, { namespace: at.shop, workload: 'deploy/web', service: 'web' });
  assert.ok((await at.names('app=web')).includes(pod), pod);
  assert.match(serviceAddress ?? '', /^[\d.]+$|:/);
});

test("the kubelet's probes: which they are, and without them", { skip: without }, async () => {
  const marked = watch(at, 'deploy/web', '-Y', 'probe');
  await marked.saw(/GET \/well -> 200 OK .*\[liveness probe\]/);
  await marked.saw(/tcp .* closed, \[readiness probe\]/);
  assert.equal((await marked.stop()).code, 0);
  const run = watch(at, 'deploy/web', '--no-probes');
  await sawTicks(run, 30);
  const { code, stdout, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /probe\]|\/well/);
  assert.match(stderr, /^[1-9]\d* probes? of the kubelet hidden by --no-probes$/m);
});

test('a file: an interface block for each interface of each pod; a peer reads it', {
  skip: without || need('tshark'),
}, async () => {
  const file = join(at.directory, 'all.pcapng');
  const run = start(['dump', ...kube(at, '--selector', 'part=shop', '--packets', '200', '-w', file)]);
  const { code, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
  const fields = ['-T', 'fields', '-e', 'frame.interface_name'];
  const names = new Set(
    execFileSync('tshark', ['-r', file, ...fields], { encoding: 'utf8' })
      .trim()
      .split('\n'),
  );
  for (const pod of ['client', ...(await at.names('app=web'))])
    assert.ok(
      [...names].some((name) => name.startsWith(`${pod}/`)),
      `${pod} in ${[...names]}`,
    );
});

test('two clients on one pod', { skip: without }, async () => {
  const runs = [watch(at, 'client'), watch(at, 'client')];
  for (const run of runs) await sawTicks(run, 5);
  assert.equal((await runs[0]!.stop()).code, 0);
  await sawTicks(runs[1]!, ticks(runs[1]!).length + 10);
  assert.equal((await runs[1]!.stop()).code, 0);
  assert.deepEqual(missing(runs[1]!), []);
});
