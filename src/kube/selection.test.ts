import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWatchable, podOf, selectionOf, selectorText } from './selection.ts';

const of = (target?: string, more = {}) => selectionOf(target, { namespace: 'shop', ...more });

test("kubectl's words", () => {
  for (const [text, kind, name] of [
    ['web-7d9', 'pod', 'web-7d9'],
    ['pod/web-7d9', 'pod', 'web-7d9'],
    ['po/web', 'pod', 'web'],
    ['deploy/web', 'deployment', 'web'],
    ['Deployment/web', 'deployment', 'web'],
    ['deployments.apps/web', 'deployment', 'web'],
    ['deployments.v1.apps/web', 'deployment', 'web'],
    ['svc/cart', 'service', 'cart'],
    ['sts/db', 'statefulset', 'db'],
    ['ds/log', 'daemonset', 'log'],
    ['job/once', 'job', 'once'],
    ['node/worker-1.example.org', 'node', 'worker-1.example.org'],
  ] as const) {
    const { object, namespace } = of(text);
    assert.deepEqual([object?.kind.name, object?.name, namespace], [kind, name, 'shop'], text);
  }
  assert.deepEqual(of(undefined, { labels: 'app=web' }), { labels: 'app=web', namespace: 'shop' });
  assert.deepEqual(of(undefined, { allNamespaces: true }), { labels: '', namespace: '' });
  assert.equal(of('node/a', { allNamespaces: true }).namespace, '');
});

test('what cannot be meant is told in a line', () => {
  for (const [text, more, message] of [
    [undefined, {}, /which pod/],
    ['web', { labels: 'a=b' }, /not both/],
    ['deploi/web', {}, /no kind of object 'deploi'/],
    ['secret/x', {}, /no kind of object 'secret'/],
    ['pod/a/b', {}, /'a\/b' is no name/],
    ['Web_1', {}, /'Web_1' is no name/],
    ['pod/', {}, /'' is no name/],
    ['web', { allNamespaces: true }, /single namespace/],
  ] as const)
    assert.throws(() => of(text, more), { message }, `${text}`);
  assert.throws(() => of('deploi/web'), { hint: 'do you mean deploy/web?' });
});

test('selectors as text', () => {
  assert.equal(selectorText({ matchLabels: { app: 'web', tier: 'a' } }), 'app=web,tier=a');
  assert.equal(
    selectorText({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'env', operator: 'NotIn', values: ['test'] },
        { key: 'x', operator: 'Exists' },
        { key: 'y', operator: 'DoesNotExist' },
      ],
    }),
    'app=web,tier in (a,b),env notin (test),x,!y',
  );
  assert.throws(
    () => selectorText({ matchExpressions: [{ key: 'x', operator: 'Gt', values: ['1'] }] }),
    /'Gt'/,
  );
});

test('pods, whole and empty', () => {
  const pod = podOf({
    metadata: {
      namespace: 'shop',
      name: 'web-7d9-x',
      uid: 'u1',
      labels: { app: 'web' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-7d9', controller: true }],
    },
    spec: { nodeName: 'n1', containers: [{ name: 'web' }, { name: 'proxy' }] },
    status: {
      phase: 'Running',
      podIPs: [{ ip: '10.0.0.7' }, { ip: 'fd00::7' }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  });
  assert.deepEqual(pod.addresses, ['10.0.0.7', 'fd00::7']);
  assert.equal(pod.owner, 'ReplicaSet/web-7d9');
  assert.equal(pod.ready, true);
  assert.equal(isWatchable(pod), true);
  assert.equal(isWatchable({ ...pod, hostNetwork: true }), false);
  assert.equal(isWatchable({ ...pod, phase: 'Succeeded' }), false);
  assert.equal(isWatchable(podOf({})), false);
});
