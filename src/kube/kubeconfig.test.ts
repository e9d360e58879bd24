import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubeConfig } from './kubeconfig.ts';

const config = (user: object) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: 'https://192.0.2.1:6443', 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    'current-context': 'x',
  });

const credential = JSON.stringify({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status: { token: 'of the plugin' },
});

test('a kubeconfig is read without the generated API: tokens, plugins, passwords', async () => {
  const Config = await kubeConfig();
  for (const [user, header] of [
    [{ token: 'abc' }, 'Bearer abc'],
    [{ username: 'ann', password: 'x' }, undefined],
    [
      {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'printf',
          args: ['%s', credential],
          interactiveMode: 'Never',
        },
      },
      'Bearer of the plugin',
    ],
  ] as const) {
    const loaded = new Config();
    loaded.loadFromString(config(user));
    assert.equal(loaded.getCurrentCluster()?.server, 'https://192.0.2.1:6443');
    const options: { headers?: Record<string, string>; auth?: string } = {};
    await loaded.applyToHTTPSOptions(options as never);
    assert.equal(options.headers?.['Authorization'], header);
    if (header === undefined) assert.equal(options.auth, 'ann:x');
  }
});

test('the hook is gone afterwards: the whole library can still be loaded', async () => {
  await kubeConfig();
  const { CoreV1Api, dumpYaml } = await import('@kubernetes/client-node');
  assert.equal(typeof CoreV1Api, 'function');
  assert.equal(dumpYaml({ a: 1 }), 'a: 1\n');
});
