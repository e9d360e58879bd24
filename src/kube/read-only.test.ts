/** --read-only: whatever is asked of it, nothing that would change a cluster leaves the client. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Channels, KubeApi } from './api.ts';

const seen: string[] = [];
const server = createServer((request, answer) => {
  seen.push(`${request.method} ${request.url}`);
  answer.setHeader('content-type', 'application/json');
  answer.end('{"items":[],"metadata":{"resourceVersion":"1"}}');
});
const directory = mkdtempSync(join(tmpdir(), 'porthole-read-only-'));
const kubeconfig = join(directory, 'config');

before(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'c',
    }),
  );
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true });
});

const pods = '/api/v1/namespaces/shop/pods';
const review = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const nobody = { data() {}, ended() {} };

const changes: readonly (readonly [string, (api: KubeApi) => Promise<object | Channels>])[] = [
  ['POST of a pod', (api) => api.post(pods, {})],
  ['POST of an event', (api) => api.post('/api/v1/namespaces/shop/events', {})],
  ['POST that only looks like a review', (api) => api.post(`${pods}/selfsubjectaccessreviews`, {})],
  ['a dry run of something less', (api) => api.post(pods, {}, { dryRun: '' })],
  ['apply', (api) => api.apply(`${pods}/web`, {})],
  ['DELETE', (api) => api.delete(`${pods}/web`)],
  ['exec', (api) => api.channels(`${pods}/web/exec`, [['command', 'rm']], nobody)],
  ['attach', (api) => api.channels(`${pods}/web/attach`, [], nobody)],
];
for (const [title, ask] of changes)
  test(`${title} is not sent`, async () => {
    const api = await KubeApi.load({ kubeconfig, readOnly: true });
    const count = seen.length;
    await assert.rejects(ask(api), /--read-only: '.*' would change the cluster and was not sent/);
    assert.equal(seen.length, count);
    // The same without it goes out: to a server that knows no WebSocket the connection fails there.
    const free = await KubeApi.load({ kubeconfig });
    await ask(free).catch(() => {});
    assert.equal(seen.length, count + 1);
  });

test('what changes nothing is sent', async () => {
  const api = await KubeApi.load({ kubeconfig, readOnly: true });
  const count = seen.length;
  await api.list(pods);
  await api.post(review, {});
  await api.post(pods, {}, { dryRun: 'All' });
  await api.channels(`${pods}/agent/portforward`, [['ports', '7414']], nobody).catch(() => {});
  assert.deepEqual(seen.slice(count), [
    `GET ${pods}?limit=500`,
    `POST ${review}`,
    `POST ${pods}?dryRun=All`,
    `GET ${pods}/agent/portforward?ports=7414`,
  ]);
});
