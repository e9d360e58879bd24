import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Agents } from './agents.ts';
import { ApiError, type KubeApi } from './api.ts';
import { install, installedSettings, readToken, standingStatus, uninstall } from './install.ts';
import { digestConfig, type InstallSettings, type KubeObject, tokenSecret } from './install-objects.ts';
import { agentsVia } from './standing.ts';

/** Objects by their paths, as an API server keeps them: no defaults, no admission. */
class Store {
  readonly objects = new Map<string, KubeObject>();
  readonly forbidden = new Set<string>();
  readonly log: string[] = [];

  get api(): KubeApi {
    return this as unknown as KubeApi;
  }

  async get(path: string): Promise<KubeObject> {
    this.#allow(path);
    const found = this.objects.get(path);
    if (!found) throw new ApiError(`${path} not found`, 404, 'NotFound');
    return found;
  }

  async apply(path: string, object: KubeObject): Promise<object> {
    this.#allow(path);
    this.log.push(`apply ${object.kind}`);
    const { stringData } = object as { stringData?: Record<string, string> };
    const data = Object.entries(stringData ?? {}).map(([k, v]) => [k, Buffer.from(v).toString('base64')]);
    this.objects.set(path, stringData ? { ...object, data: Object.fromEntries(data) } : object);
    return object;
  }

  async delete(path: string): Promise<object> {
    await this.get(path);
    this.log.push(`delete ${path}`);
    this.objects.delete(path);
    return {};
  }

  async list(path: string): Promise<{ items: KubeObject[] }> {
    return {
      items: [...this.objects].flatMap(([key, object]) =>
        key.startsWith(`${path}/`) && !key.slice(path.length + 1).includes('/') ? [object] : [],
      ),
    };
  }

  #allow(path: string): void {
    if (this.forbidden.has(path)) throw new ApiError(`${path} is forbidden`, 403, 'Forbidden');
  }
}

const settings: InstallSettings = {
  namespace: 'porthole',
  release: '1.2.3',
  image: 'example.org/agent:1.2.3',
  pullPolicy: 'IfNotPresent',
  socket: '/run/x.sock',
  memoryMiB: 512,
};
const quiet = { rotate: false, note() {} };
const secretPath = `/api/v1/namespaces/porthole/secrets/${tokenSecret}`;
const digestPath = `/api/v1/namespaces/porthole/configmaps/${digestConfig}`;
const place = '/api/v1/namespaces/porthole';
const daemonSet = '/apis/apps/v1/namespaces/porthole/daemonsets/porthole-agent';

async function tokenOf(store: Store): Promise<string> {
  const read = await readToken(store.api, 'porthole');
  assert.ok('token' in read);
  return read.token;
}

test('a token is made once, its digest is what agents get, and rotate makes another', async () => {
  const store = new Store();
  await install(store.api, settings, quiet);
  const first = await tokenOf(store);
  const digest = (store.objects.get(digestPath) as unknown as { data: { sha256: string } }).data.sha256;
  assert.equal(digest, createHash('sha256').update(first).digest('hex'));
  for (const [path, object] of store.objects)
    assert.equal(
      JSON.stringify(object).includes(Buffer.from(first).toString('base64')),
      path === secretPath,
      path,
    );

  await install(store.api, { ...settings, release: '1.3.0' }, quiet);
  assert.equal(await tokenOf(store), first);

  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'porthole-agent-x' } };
  store.objects.set(`${place}/pods/porthole-agent-x`, pod);
  await install(store.api, settings, { ...quiet, rotate: true });
  assert.notEqual(await tokenOf(store), first);
  assert.ok(!store.objects.has(`${place}/pods/porthole-agent-x`), 'it would let the old token in');
});

test('an upgrade goes on with the socket and the image of before', async () => {
  const store = new Store();
  await install(store.api, settings, quiet);
  assert.deepEqual(await installedSettings(store.api, 'porthole', '1.3.0'), {
    image: 'example.org/agent:1.3.0',
    socket: '/run/x.sock',
    release: '1.2.3',
  });
  assert.equal((await standingStatus(store.api, 'porthole'))?.release, '1.2.3');
  assert.equal(await installedSettings(store.api, 'elsewhere', '1.3.0'), undefined);
});

test('what somebody else has made is neither changed nor deleted', async () => {
  const store = new Store();
  const theirs = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'porthole', labels: { a: 'b' } } };
  store.objects.set(place, theirs);
  const notes: string[] = [];
  await install(store.api, settings, { rotate: false, note: (text) => notes.push(text) });
  assert.equal(store.objects.get(place), theirs);
  assert.match(notes[0]!, /no label pod-security/);
  await uninstall(store.api, 'porthole');
  assert.deepEqual([...store.objects.keys()], [place]);

  const labels = { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/component': 'standing' };
  store.objects.set(daemonSet, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'porthole-agent', labels },
    spec: { template: { spec: { containers: [{}] } } },
  });
  await assert.rejects(installedSettings(store.api, 'porthole', '1.3.0'), /kept by Helm/);
  assert.deepEqual(await uninstall(store.api, 'porthole'), []);
});

test('uninstall leaves nothing, and a namespace in which others are', async () => {
  const store = new Store();
  await install(store.api, settings, quiet);
  await uninstall(store.api, 'porthole');
  assert.equal(store.objects.size, 0);

  await install(store.api, settings, quiet);
  // As kubectl makes it, by the recipe in deploy/standing.yaml.
  for (const path of [secretPath, digestPath]) {
    const { metadata, ...object } = store.objects.get(path)!;
    store.objects.set(path, { ...object, metadata: { name: metadata.name } } as KubeObject);
  }
  await uninstall(store.api, 'porthole');
  assert.equal(store.objects.size, 0);

  await install(store.api, settings, quiet);
  const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs' } };
  store.objects.set(`${place}/configmaps/theirs`, other);
  await uninstall(store.api, 'porthole');
  assert.deepEqual([...store.objects.keys()], [place, `${place}/configmaps/theirs`]);
});

test('standing agents are used by whoever may read their token', async () => {
  const store = new Store();
  const job = { tokenOf: () => 'of the job' } as unknown as Agents;
  const via = async (way: 'standing' | 'job' | 'auto') =>
    agentsVia(store.api, way, 'porthole', await readToken(store.api, 'porthole'), () => job);
  assert.equal(await via('auto'), job);
  await assert.rejects(via('standing'), /no standing agents in namespace porthole/);
  await install(store.api, settings, quiet);
  const token = await tokenOf(store);
  for (const way of ['auto', 'standing'] as const) assert.equal((await via(way)).tokenOf('n1'), token);
  assert.equal(await via('job'), job);
  store.forbidden.add(secretPath);
  assert.equal(await via('auto'), job);
  await assert.rejects(via('standing'), /you may not read secret/);
});
