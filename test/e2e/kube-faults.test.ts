/** `watch -k` when things go wrong: one clear line, nothing left, no packet silently lost. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kubeStage } from '../support/kube-stage.ts';
import { need } from '../support/need.ts';
import { porthole } from '../support/porthole.ts';
import { until } from '../support/wait.ts';

const without = need('linux', 'root', 'cc', 'containerd', 'cni');
const { nodes, directory, shop, kube, watch, ask, listening } = kubeStage(without);

test('the forwarded port breaks: it is told, and nothing is lost', { skip: without }, async () => {
  const run = watch('web-1');
  await listening(run, 'n1');
  await ask('n1', 'web-1', '/before');
  await run.saw('/before');
  nodes.api.isDown = true;
  nodes.api.cut();
  await ask('n1', 'web-1', '/meanwhile');
  await run.saw('is broken');
  await run.saw('pods are not followed for the moment');
  nodes.api.isDown = false;
  await run.saw('/meanwhile');
  await run.saw('connected again after');
  await run.saw('pods are followed again');
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.equal(stderr.match(/are not followed/g)?.length, 1, stderr);
});

test('a watch that the server ends, and one whose versions it has forgotten, go on', {
  skip: without,
}, async () => {
  const run = watch('deploy/web');
  await listening(run, 'n1', 'n2');
  nodes.api.bookmark();
  nodes.api.compact();
  const lists = () => nodes.api.asked.filter((what) => what === 'watch pods').length;
  const before = lists();
  await until(
    () => lists() > before,
    () => `another watch: ${nodes.api.asked}`,
  );
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
});

test('an agent that is killed is told, and another takes its place', { skip: without }, async () => {
  const run = watch('web-1');
  await listening(run, 'n1');
  await ask('n1', 'web-1', '/before');
  await run.saw('/before');
  for (const { child, isOver } of nodes.agents.values()) if (!isOver) child.kill('SIGKILL');
  await run.saw(/n1: the agent has ended: it was killed/);
  await run.saw(/begun anew: [\d.]+ s were not captured/);
  await until(
    () => run.stderr().match(/listening to/g)?.length === 2,
    () => run.stderr(),
  );
  await ask('n1', 'web-1', '/after');
  await run.saw('/after');
  assert.deepEqual(nodes.jobs(), ['n1']);
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  // From the break until the next one listened.
  assert.match(
    stderr,
    /n1: \d+ packets, 0 dropped, .* over the wire .*, \d+\.\d s not captured, the clock agrees/,
  );
});

test('a Job that somebody deletes ends the watch, and so does its deadline', { skip: without }, async () => {
  const run = watch('web-1');
  await listening(run, 'n1');
  const [job] = nodes.api.list('jobs');
  nodes.api.remove('jobs', job!.metadata.namespace, job!.metadata.name);
  const { code, stderr } = await run.ended;
  assert.equal(code, 1);
  assert.match(stderr, /porthole: n1: somebody has deleted the agent's job\n$/);

  const late = watch('web-1', '--deadline', '10');
  await listening(late, 'n1');
  const end = await late.ended;
  assert.equal(end.code, 1);
  assert.match(end.stderr, /n1: the agent has reached its deadline of 10 s\n {2}--deadline/);
});

test('two clients on one pod see the same, and neither ends the other', { skip: without }, async () => {
  const runs = [watch('web-1'), watch('web-1')];
  for (const run of runs) await listening(run, 'n1');
  await ask('n1', 'web-1', '/both');
  for (const run of runs) await run.saw('/both');
  assert.equal((await runs[0]!.stop()).code, 0);
  assert.deepEqual(nodes.jobs(), ['n1']);
  await ask('n1', 'web-1', '/second');
  await runs[1]!.saw('/second');
  assert.equal((await runs[1]!.stop()).code, 0);
});

test('Ctrl-C before the agent runs deletes its Job; what it waits for is said', {
  skip: without,
}, async () => {
  nodes.isPulling = true;
  const run = watch('web-1');
  await run.saw(/n1: the agent does not run yet: Pulling image/);
  assert.deepEqual(nodes.jobs(), ['n1']);
  const { code } = await run.stop();
  nodes.isPulling = false;
  assert.equal(code, 0);
  assert.deepEqual(nodes.jobs(), []);
});

test('what does not come to be is one line, and leaves nothing', { skip: without }, async () => {
  const failing = async (args: string[], message: RegExp) => {
    const { code, stderr } = await porthole(['watch', ...kube(...args)]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /packets captured|bug in Porthole/);
    assert.deepEqual(nodes.jobs(), []);
  };
  nodes.missingImages.add('localhost/nothing:1');
  await failing(
    ['web-1', '--agent-image', 'localhost/nothing:1'],
    /\nporthole: n1: the agent cannot start: ErrImagePull: failed to pull.*\n {2}is the image/,
  );
  nodes.baseline.add('strict');
  await failing(
    ['web-1', '--agent-namespace', 'strict'],
    /\nporthole: n1: the cluster does not admit the agent's pod in namespace strict: .*violates PodSecurity.*\n {2}it needs hostPID/,
  );
  await failing(['web-9'], /^porthole: pod shop\d+\/web-9: there is none\n/);
  await failing(['deploy/nope'], /^porthole: no deployment 'nope' in namespace shop/);
  await failing(['web-1', 'tcp prot 80'], /prot/);
  nodes.api.rewrite = (bytes) => Buffer.from(bytes.toString().replace('"versions":[1]', '"versions":[99]'));
  await failing(
    ['web-1'],
    /\nporthole: n1: porthole .* speaks version 99 of the agents' protocol, .*\n {2}use the same release/,
  );
  nodes.api.rewrite = (bytes) => bytes;
});

for (const [what, message] of [
  ['list pods', /cannot list resource "pods"/],
  ['get deployments', /cannot get resource "deployments"/],
  [
    'create jobs',
    /you may not start an agent in namespace .*cannot create resource "jobs" in API group "batch"/,
  ],
  ['create pods/portforward', /cannot create resource "pods\/portforward"/],
] as const)
  test(`without the right to ${what}: which one is missing is said`, { skip: without }, async () => {
    nodes.api.forbidden.add(what);
    const { code, stderr } = await porthole(['watch', ...kube('deploy/web')]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
    assert.match(stderr, /docs\/kubernetes\.md/);
    assert.deepEqual(nodes.jobs(), []);
  });

test('without rights that can be done without, the watch goes on', { skip: without }, async () => {
  for (const what of ['watch pods', 'list services', 'create events', 'delete jobs'])
    nodes.api.forbidden.add(what);
  const run = watch('web-1');
  await listening(run, 'n1');
  await run.saw(/pods are not followed for the moment: .*cannot watch resource "pods"/);
  await ask('n1', 'web-1', '/still');
  await run.saw('/still');
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /could not be deleted .*cannot delete resource "jobs".*it ends by itself/);
  for (const { metadata } of nodes.api.list('jobs')) nodes.api.remove('jobs', shop, metadata.name);
});

test('wrong credentials are told', { skip: without }, async () => {
  const wrong = join(directory, 'wrong');
  writeFileSync(wrong, JSON.stringify(nodes.api.kubeconfig(shop, 'nonsense')));
  const { code, stderr } = await porthole(['watch', '-k', '--kubeconfig', wrong, 'web-1']);
  assert.equal(code, 1);
  assert.match(stderr, /Unauthorized\n {2}the credentials of the kubeconfig are not accepted/);
});

test('a client that is killed: its agent hears nothing more and ends', { skip: without }, async () => {
  const run = watch('web-1');
  await listening(run, 'n1');
  const agent = [...nodes.agents.values()].at(-1)!;
  await run.stop('SIGKILL');
  await until(
    () => /the client said nothing for 20 s/.test(agent.log),
    () => agent.log,
    40_000,
  );
  // Its Job has ended for the cluster then: after 60 s without a client, and it is deleted by ttlSecondsAfterFinished.
  for (const { metadata } of nodes.api.list('jobs')) nodes.api.remove('jobs', shop, metadata.name);
});
