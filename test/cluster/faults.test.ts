/** A real cluster when things go wrong: one clear line, nothing left, no packet silently lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { porthole } from '../support/porthole.ts';
import { sleep, until } from '../support/wait.ts';
import { cluster, clusterMs, kube, missing, Relay, sawTicks, ticks, watch, without } from './stage.ts';

const at = cluster();

test('the way to the API server is cut, then away for 5 s: told, and nothing is lost', {
  skip: without,
}, async () => {
  const relay = await Relay.start(at);
  try {
    const run = watch(at, 'client', '--kubeconfig', relay.kubeconfig);
    await sawTicks(run, 5);
    relay.cut();
    await run.saw(/is broken/);
    await run.saw(/connected again after/);
    await sawTicks(run, ticks(run).length + 5);
    relay.isDown = true;
    relay.cut();
    await run.saw(/pods are not followed for the moment/);
    await sleep(5000);
    relay.isDown = false;
    await run.saw(/connected again after [5-9]\.\d s/);
    await run.saw(/pods are followed again/);
    await sawTicks(run, ticks(run).length + 60);
    const { code, stderr } = await run.stop();
    assert.equal(code, 0, stderr);
    assert.deepEqual(missing(run), [], run.stdout() + stderr);
  } finally {
    relay.close();
  }
});

test("the agent's pod is deleted or killed: another takes its place, and the gap is told", {
  skip: without,
}, async () => {
  const run = watch(at, 'client');
  await sawTicks(run, 5);
  const [pod] = await at.names('app.kubernetes.io/name=porthole-agent');
  await at.api.delete(`${at.pods}/${pod}`, { gracePeriodSeconds: '0' });
  await until(
    () => /begun anew: [\d.]+ s were not captured/.test(run.stdout() + run.stderr()),
    () => run.stdout() + run.stderr(),
    clusterMs,
  );
  const before = ticks(run).length;
  await sawTicks(run, before + 10);
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  // Once, in the middle.
  const gaps = missing(run).filter((n, i, all) => n !== (all[i - 1] ?? -1) + 1);
  assert.ok(gaps.length <= 1, `${missing(run)}`);
});

test('a Job that somebody deletes ends the watch; so does its deadline', { skip: without }, async () => {
  const run = watch(at, 'client');
  await sawTicks(run, 1);
  const { items } = await at.api.list(at.jobs);
  const [job] = items as { metadata: { name: string } }[];
  await at.api.delete(`${at.jobs}/${job!.metadata.name}`, { propagationPolicy: 'Background' });
  const end = await run.ended;
  assert.equal(end.code, 1, end.stderr);
  assert.match(end.stderr, /porthole: \S+: somebody has deleted the agent's job\n$/);

  const late = watch(at, 'client', '--deadline', '12');
  await sawTicks(late, 1);
  const { code, stderr } = await late.ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /the agent has reached its deadline of 12 s\n {2}--deadline/);
});

test('a watched pod is deleted: it leaves', { skip: without }, async () => {
  const run = watch(at, 'svc/web');
  await sawTicks(run, 5);
  const [pod] = await at.names('app=web');
  await at.api.delete(`${at.pods}/${pod}`);
  await until(
    () => new RegExp(`- ${pod} `).test(run.stderr()) && /\+ web-/.test(run.stderr()),
    () => run.stderr(),
    clusterMs,
  );
  await sawTicks(run, ticks(run).length + 5);
  assert.equal((await run.stop()).code, 0);
});

test('an image that is missing, a namespace that refuses, Ctrl-C meanwhile', { skip: without }, async () => {
  const image = ['--agent-image', 'localhost/porthole-nothing:1'];
  const missingImage = await porthole(['watch', ...kube(at, 'client', ...image)]);
  assert.equal(missingImage.code, 1);
  assert.match(missingImage.stderr, /the agent cannot start: \w+: .*\n {2}is the image/);
  const refused = await porthole(['watch', ...kube(at, 'client', '--agent-namespace', at.strict)]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /does not admit the agent's pod in namespace .*PodSecurity.*\n {2}it needs/);
  const run = watch(at, 'client');
  await run.saw('starting an agent');
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    (await at.api.list(at.jobs)).items.filter(
      (job) => !(job as { metadata: { deletionTimestamp?: string } }).metadata.deletionTimestamp,
    ),
    [],
  );
});

test('rights, one after the other: which one is missing is said', { skip: without }, async () => {
  const user = `${at.name}-nobody`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${at.shop}`;
  const meta = { name: 'nobody' };
  const rules: object[] = [];
  const grant = async (apiGroups: string[], resources: string[], verbs: string[]) => {
    rules.push({ apiGroups, resources, verbs });
    const kind = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: meta };
    await at.api.apply(`${rbac}/roles/nobody`, { ...kind, kind: 'Role', rules });
  };
  const fails = async (message: RegExp) => {
    await until(async () => {
      const { code, stderr } = await porthole(['watch', ...kube(at, 'deploy/web', '--as', user)]);
      assert.equal(code, 1, stderr);
      return message.test(stderr);
    }, `${message}`);
  };
  await fails(/cannot get resource "deployments"|cannot list resource "pods"/);
  await at.api.post(`${rbac}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: meta,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'nobody' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }],
  });
  await grant(['apps'], ['deployments'], ['get']);
  await fails(/cannot list resource "pods"/);
  await grant([''], ['pods'], ['list', 'watch']);
  await fails(/you may not start an agent in namespace .*cannot create resource "jobs"/);
  await grant(['batch'], ['jobs'], ['create', 'get', 'list', 'delete']);
  await fails(/cannot (get|create) resource "pods\/portforward"/);
  await grant([''], ['pods/portforward'], ['get', 'create']);
  const run = watch(at, 'deploy/web', '--as', user);
  await sawTicks(run, 3);
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /you may not create events/);
});

test('a client that is killed: the agent ends by silence, the cluster deletes its Job', {
  skip: without,
}, async (t) => {
  const run = watch(at, 'client');
  await sawTicks(run, 1);
  await run.stop('SIGKILL');
  const began = performance.now();
  await until(
    async () => (await at.left()).length === 0,
    () => 'nothing left of a client that was killed',
    300_000,
  );
  t.diagnostic(
    `nothing left ${Math.round((performance.now() - began) / 1000)} s after the client was killed`,
  );
});
