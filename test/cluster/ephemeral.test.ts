/** A real cluster's pods by ephemeral containers: no right on the nodes, the pods' specs list what was added. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadAllYaml } from '@kubernetes/client-node';
import { porthole, type Running } from '../support/porthole.ts';
import { until } from '../support/wait.ts';
import { cluster, clusterMs, kube, missing, podSpec, sawTicks, ticks, watch, without } from './stage.ts';

const at = cluster();

interface Status {
  readonly name: string;
  readonly state?: { readonly running?: object; readonly terminated?: { readonly exitCode: number } };
}

/** What was added to a pod. */
async function added(pod: string, namespace = at.shop): Promise<readonly Status[]> {
  const { status } = await at.api.get<{ status: { ephemeralContainerStatuses?: readonly Status[] } }>(
    `/api/v1/namespaces/${namespace}/pods/${pod}`,
  );
  return status.ephemeralContainerStatuses ?? [];
}

async function allEnded(pod: string, count: number): Promise<void> {
  let all: readonly Status[] = [];
  await until(
    async () => {
      all = await added(pod);
      return all.length === count && all.every(({ state }) => state?.terminated);
    },
    () => `${count} that have ended in ${JSON.stringify(all)}`,
    clusterMs,
  );
}

/** A pod of its own: what was added stays there. */
async function talker(name: string, namespace = at.shop): Promise<void> {
  const script = `
    const http = require('node:http');
    let n = 0;
    http.createServer((_, answer) => answer.end()).listen(8080, () =>
      setInterval(() => http.get({ port: 8080, path: '/tick/' + ++n, agent: false }, (a) => a.resume()).on('error', () => {}), 100));
    process.on('SIGTERM', () => process.exit());`;
  await at.api.post(`/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: podSpec(script, []),
  });
  await until(
    async () =>
      (await at.api.get<{ status: { phase?: string } }>(`/api/v1/namespaces/${namespace}/pods/${name}`))
        .status.phase === 'Running',
    () => `${name} runs`,
    clusterMs,
  );
}

const inPod = (...words: string[]): Running => watch(at, ...words, '--via', 'ephemeral');

test('a pod: every exchange, nothing of what the agent itself says; the container ends with the watch', {
  skip: without,
}, async (t) => {
  await talker('alone');
  const began = performance.now();
  const run = inPod('alone', '-o', 'json');
  await sawTicks(run, 1);
  t.diagnostic(`from Enter to the first exchange: ${Math.round(performance.now() - began)} ms`);
  await sawTicks(run, 20);
  const { code, stdout, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /ephemeral container porthole-\w+ was added; the pod's spec lists it/);
  assert.deepEqual(missing(run), []);
  assert.doesNotMatch(stdout, /"port":74(1[4-9]|[23]\d|4[0-5])\b/);
  await allEnded('alone', 1);
});

test('two clients on one pod: two containers, both see all, neither ends the other', {
  skip: without,
}, async () => {
  await talker('shared');
  const runs = [inPod('shared'), inPod('shared')];
  for (const run of runs) await sawTicks(run, 5);
  assert.equal((await runs[0]!.stop()).code, 0);
  await sawTicks(runs[1]!, ticks(runs[1]!).length + 10);
  const { code, stdout } = await runs[1]!.stop();
  assert.equal(code, 0);
  assert.deepEqual(missing(runs[1]!), []);
  assert.doesNotMatch(stdout, /:74\d\d /);
  await allEnded('shared', 2);
});

test('a pod that is deleted has gone, and the one in its place gets a container', {
  skip: without,
}, async () => {
  const run = inPod('deploy/web');
  await sawTicks(run, 5);
  const [pod] = await at.names('app=web');
  await at.api.delete(`${at.pods}/${pod}`);
  await run.saw(new RegExp(`${pod}: the pod is (gone|being deleted)`));
  await until(
    () => new Set(run.stderr().match(/ephemeral container porthole-\w+ was added/g)).size === 3,
    () => run.stderr(),
    clusterMs,
  );
  await sawTicks(run, ticks(run).length + 10);
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
});

test('a client that is killed; a deadline; an image that is missing', { skip: without }, async (t) => {
  await talker('left');
  const run = inPod('left');
  await sawTicks(run, 1);
  await run.stop('SIGKILL');
  const began = performance.now();
  await allEnded('left', 1);
  t.diagnostic(`ended ${Math.round((performance.now() - began) / 1000)} s after the client was killed`);

  const late = inPod('left', '--deadline', '20');
  await sawTicks(late, 1);
  const { code, stderr } = await late.ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /the agent has reached its deadline of 20 s\n {2}--deadline/);
  await allEnded('left', 2);

  const none = await inPod('left', '--agent-image', 'localhost/porthole-nothing:1').ended;
  assert.equal(none.code, 1);
  assert.match(
    none.stderr,
    /the agent cannot start: \w+: .*\n {2}is the image .* goes on listing porthole-\w+/,
  );
});

test('PodSecurity: baseline admits it where agents on nodes are refused, restricted does not', {
  skip: without,
}, async () => {
  await talker('guarded', at.strict);
  const there = ['--namespace', at.strict];
  const byJob = await porthole(['watch', ...kube(at, 'guarded', ...there)]);
  assert.match(byJob.stderr, /does not admit the agent's pod in namespace .*--via ephemeral/s);
  const doctor = await porthole(['doctor', '-k', 'guarded', ...there]);
  assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr);
  assert.match(doctor.stdout, /can be watched \(.*by --via ephemeral\)|by standing agents/);
  const run = inPod('guarded', ...there);
  await sawTicks(run, 5);
  assert.equal((await run.stop()).code, 0);

  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await at.api.apply(`/api/v1/namespaces/${at.strict}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: at.strict, labels },
  });
  const refused = await inPod('guarded', ...there).ended;
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /does not admit the container in this pod: .*PodSecurity "restricted.*\n {2}a packet socket/,
  );
  assert.equal((await added('guarded', at.strict)).length, 1);
});

test('rights: the role of deploy/rbac is enough, with that of every watch', { skip: without }, async () => {
  await talker('governed');
  const user = `${at.name}-guest`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${at.shop}`;
  const grant = async (file: string) => {
    const text = readFileSync(new URL(`../../deploy/rbac/${file}.yaml`, import.meta.url), 'utf8');
    const [{ rules }] = loadAllYaml(text) as [{ rules: object[] }];
    const kind = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: `guest-${file}` } };
    await at.api.post(`${rbac}/roles`, { ...kind, kind: 'Role', rules });
    await at.api.post(`${rbac}/rolebindings`, {
      ...kind,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: `guest-${file}` },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }],
    });
  };
  await grant('watch');
  await until(async () => {
    const { code, stderr } = await inPod('governed', '--as', user).ended;
    assert.equal(code, 1, stderr);
    return /you may not add a container to this pod: .*cannot patch resource "pods\/ephemeralcontainers"/.test(
      stderr,
    );
  }, 'which right is missing');
  await grant('ephemeral');
  const run = inPod('governed', '--as', user);
  await sawTicks(run, 3);
  assert.equal((await run.stop()).code, 0);
});
