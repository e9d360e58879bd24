import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterFacts, RightFact } from '../../kube/index.ts';
import { version } from '../version.ts';
import { clusterText, findingsOf } from './cluster.ts';

const right = (text: string, allowed = true, without = ''): RightFact => ({
  right: text,
  namespace: 'shop',
  allowed,
  without,
});

const whole: ClusterFacts = {
  server: 'https://192.0.2.1:6443',
  version: 'v1.35.0',
  context: 'prod',
  who: 'ann',
  pods: { title: 'pods of deployment shop/web', watchable: 2, others: [] },
  error: '',
  nodes: [
    {
      name: 'n1',
      arch: 'arm64',
      os: 'linux',
      runtime: 'containerd://2.0.1',
      kernel: '6.1.0',
      ready: true,
      pods: 2,
    },
  ],
  watch: [right('list pods'), right('create events', true, 'nobody is told')],
  standing: {
    namespace: 'porthole',
    rights: [right('get secrets/porthole-token')],
    installed: { release: version(), wanted: 1, ready: 1 },
  },
  onDemand: { namespace: 'shop', rights: [right('create jobs.batch')], refused: '', asked: true },
  ephemeral: {
    namespace: 'shop',
    rights: [right('patch pods/ephemeralcontainers')],
    refused: '',
    asked: true,
  },
};

const codes = (facts: Partial<ClusterFacts>) =>
  findingsOf({ ...whole, ...facts }).map(({ severity, code }) => `${severity} ${code}`);

test('what works is no finding', () => {
  assert.deepEqual(codes({}), []);
  assert.match(
    clusterText(whole, [], false),
    /^pods of deployment shop\/web can be watched \(by standing agents, by agents on demand\)\n/,
  );
});

test('one way is enough', () => {
  const none = { ...whole.standing, installed: null };
  const refused = { ...whole.onDemand, refused: 'violates PodSecurity "baseline:latest"' };
  assert.deepEqual(codes({ standing: none }), ['note kube-no-standing']);
  assert.deepEqual(codes({ onDemand: refused }), ['note kube-no-job']);
  const [inPods] = findingsOf({ ...whole, standing: none, onDemand: refused });
  assert.equal(inPods?.code, 'kube-only-ephemeral');
  assert.match(inPods?.advice ?? '', /^--via ephemeral works/);
  const ephemeral = { ...whole.ephemeral, refused: 'violates PodSecurity "restricted:latest"' };
  const [both] = findingsOf({ ...whole, standing: none, onDemand: refused, ephemeral });
  assert.equal(both?.code, 'kube-no-way');
  assert.match(both?.advice ?? '', /--agent-namespace/);
  assert.match(both?.sentence ?? '', /PodSecurity/);
});

test('rights: what nothing works without, and what is only nice', () => {
  assert.deepEqual(codes({ watch: [right('list pods', false)] }), ['error kube-rights-pods']);
  assert.deepEqual(codes({ watch: [right('create events', false, 'nobody is told')] }), ['note kube-less']);
  const denied = { ...whole.standing, rights: [right('get secrets/porthole-token', false)] };
  assert.deepEqual(codes({ standing: denied }), ['note kube-no-standing']);
});

test('agents of another release, nodes of another kind', () => {
  const old = { ...whole.standing, installed: { release: '0.0.1', wanted: 3, ready: 2 } };
  assert.deepEqual(codes({ standing: old }), ['warning kube-skew', 'warning kube-not-ready']);
  const [node] = whole.nodes;
  assert.deepEqual(codes({ nodes: [{ ...node!, os: 'windows', arch: 'amd64' }] }), ['error kube-node-kind']);
  assert.deepEqual(codes({ nodes: [{ ...node!, arch: '', os: '', ready: undefined }] }), []);
});

test('a target without pods', () => {
  assert.deepEqual(codes({ pods: { title: 'pod shop/x', watchable: 0, others: ['x is Pending'] } }), [
    'error kube-no-pods',
  ]);
});
