/** `watch -k --via ephemeral`: an agent in the watched pod itself. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { EphemeralContainers } from '../support/kube-ephemeral.ts';
import { kubeStage } from '../support/kube-stage.ts';
import { need } from '../support/need.ts';
import { porthole } from '../support/porthole.ts';
import { until } from '../support/wait.ts';

const without = need('linux', 'root', 'cc', 'containerd', 'cni');
const { nodes, shop, kube, watch, ask, containerds } = kubeStage(without);
let containers: EphemeralContainers;

before(() => {
  containers = new EphemeralContainers(nodes, (node) => containerds.get(node)!.socket);
});
afterEach(() => {
  containers.level = 'privileged';
  containers.missingImages.clear();
});
after(() => containers.close());

const inPod = (...words: string[]) => watch(...words, '--via', 'ephemeral');

const listed = (pod: string) => containers.statuses(shop, pod).length;

async function allEnded(pod: string, count: number): Promise<void> {
  await until(
    () => {
      const all = containers.statuses(shop, pod);
      return all.length === count && all.every(({ state }) => 'terminated' in state);
    },
    () => `${count} that have ended: ${JSON.stringify(containers.statuses(shop, pod))}`,
  );
}

test('what the pod says, and nothing of what the agent says; no Job is made; it ends with the watch', {
  skip: without,
}, async () => {
  const before = listed('web-1');
  const run = inPod('web-1', '-o', 'json');
  await run.saw(`listening to pod ${shop}/web-1`);
  await ask('n1', 'web-1', '/one');
  await run.saw('/one');
  assert.deepEqual(nodes.jobs(), []);
  const { code, stdout, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /ephemeral container porthole-\w+ was added; the pod's spec lists it/);
  assert.doesNotMatch(stdout, /"port":74(1[4-9]|[23]\d|4[0-5])\b/);
  await allEnded('web-1', before + 1);
});

test('every pod of a workload; two clients on one pod, at the same time', { skip: without }, async () => {
  const before = listed('web-2');
  const runs = [inPod('deploy/web'), inPod('web-2')];
  for (const run of runs) await run.saw(`listening to pod ${shop}/web-2`);
  await runs[0]!.saw(`listening to pod ${shop}/web-1`);
  await ask('n2', 'web-2', '/both');
  for (const run of runs) await run.saw('/both');
  assert.equal((await runs[1]!.stop()).code, 0);
  await ask('n1', 'web-1', '/first');
  await runs[0]!.saw('/first');
  const { code, stdout } = await runs[0]!.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /:74(1[4-9]|[23]\d|4[0-5])\b/);
  await allEnded('web-2', before + 2);
});

test('PodSecurity: at baseline what the runtime gives by itself is asked for, restricted is told', {
  skip: without,
}, async () => {
  containers.level = 'baseline';
  const run = inPod('other');
  await run.saw(`listening to pod ${shop}/other`);
  assert.equal((await run.stop()).code, 0);
  const before = listed('other');
  containers.level = 'restricted';
  const refused = await inPod('other').ended;
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /does not admit the container in this pod: .*restricted.*\n {2}a packet socket needs/,
  );
  assert.doesNotMatch(refused.stderr, /was added/);
  assert.equal(listed('other'), before);
});

test('rights and images that are missing are told; nothing is added where nothing may be', {
  skip: without,
}, async () => {
  const before = listed('web-1');
  nodes.api.forbidden.add('patch pods/ephemeralcontainers');
  const refused = await inPod('web-1').ended;
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /you may not add a container to this pod: .*cannot patch resource .*\n {2}deploy\/rbac/,
  );
  assert.equal(listed('web-1'), before);
  nodes.api.forbidden.clear();
  containers.missingImages.add('localhost/none:1');
  const none = await inPod('web-1', '--agent-image', 'localhost/none:1').ended;
  assert.equal(none.code, 1);
  assert.match(
    none.stderr,
    /the agent cannot start: ErrImagePull: .*\n {2}is the image 'localhost\/none:1' there\?/,
  );
  const readOnly = await porthole(['watch', ...kube('web-1', '--via', 'ephemeral', '--read-only')]);
  assert.equal(readOnly.code, 2);
  assert.match(readOnly.stderr, /--read-only with --via ephemeral/);
});

test('a client that is killed ends its container; the deadline ends the watch', {
  skip: without,
}, async () => {
  const before = listed('web-2');
  const run = inPod('web-2');
  await run.saw('listening');
  await run.stop('SIGKILL');
  const late = inPod('other', '--deadline', '20');
  await late.saw('listening');
  const { code, stderr } = await late.ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /the agent has reached its deadline of 20 s\n {2}--deadline/);
  await allEnded('web-2', before + 1);
});

test('a pod that is deleted has gone: the others go on', { skip: without }, async () => {
  const run = inPod('deploy/web');
  for (const pod of ['web-1', 'web-2']) await run.saw(`listening to pod ${shop}/${pod}`);
  await nodes.end('n2', shop, 'web-2');
  nodes.api.cutTunnels();
  await run.saw(`${shop}/web-2: the pod is gone`);
  await ask('n1', 'web-1', '/still');
  await run.saw('/still');
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
});
