import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlain, kubeConfig, wholeKubeConfig } from './kubeconfig.ts';

const config = (user: object, cluster: object = {}) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'c',
        cluster: { server: 'https://192.0.2.1:6443', 'insecure-skip-tls-verify': true, ...cluster },
      },
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

test('a kubeconfig that needs more than the plain reader has is known by it, and read with the whole library', async () => {
  const Plain = await kubeConfig();
  const read = (Config: typeof Plain, user: object, cluster: object = {}) => {
    const loaded = new Config();
    loaded.loadFromString(config(user, cluster));
    return loaded;
  };
  const provider = (name: string, fields: object) => ({ 'auth-provider': { name, config: fields } });
  assert.ok(isPlain(read(Plain, { token: 'abc' })));
  assert.ok(isPlain(read(Plain, { exec: { command: 'printf', args: ['%s', credential] } })));
  assert.ok(isPlain(read(Plain, provider('tokenFile', { tokenFile: '/none' }))));
  for (const name of ['oidc', 'gcp', 'azure']) assert.ok(!isPlain(read(Plain, provider(name, {}))), name);

  const Whole = await wholeKubeConfig();
  assert.notEqual(Whole, Plain);
  // Valid until 2100: nobody has to be asked for another.
  const idToken = `eyB9.${Buffer.from('{"exp":4102444800}').toString('base64url')}.eyB9`;
  const options: { headers?: Record<string, string>; agent?: { constructor: { name: string } } } = {};
  await read(Whole, provider('oidc', { 'id-token': idToken, 'client-id': 'us' })).applyToHTTPSOptions(
    options as never,
  );
  assert.equal(options.headers?.['Authorization'], `Bearer ${idToken}`);

  const behind = { 'proxy-url': 'http://192.0.2.9:3128' };
  assert.ok(!isPlain(read(Plain, { token: 'abc' }, behind)));
  await read(Whole, { token: 'abc' }, behind).applyToHTTPSOptions(options as never);
  assert.equal(options.agent?.constructor.name, 'HttpsProxyAgent');
});
