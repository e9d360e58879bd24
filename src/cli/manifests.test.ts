import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadAllYaml, loadYaml } from '@kubernetes/client-node';
import { isTokenOf } from '../agent/index.ts';
import { capabilities, type KubeObject, standingObjects } from '../kube/index.ts';
import { agentImage, agentMemoryMiB } from './kube-options.ts';
import { manifestText } from './manifests.ts';
import { version } from './version.ts';

const settings = {
  namespace: 'porthole',
  release: version(),
  image: agentImage(),
  pullPolicy: 'IfNotPresent',
  socket: '',
  memoryMiB: agentMemoryMiB,
} as const;

test('deploy/standing.yaml is what install --dry-run prints', async () => {
  assert.equal(
    readFileSync(new URL('../../deploy/standing.yaml', import.meta.url), 'utf8'),
    await manifestText(settings),
    './porthole kube install --dry-run -o yaml > deploy/standing.yaml',
  );
});

test('no object of the manifests has the token, or more rights than are documented', () => {
  const objects = standingObjects({ ...settings, socket: '/run/x.sock' });
  assert.deepEqual(
    objects.map(({ kind }) => kind),
    ['Namespace', 'ServiceAccount', 'Role', 'NetworkPolicy', 'DaemonSet'],
  );
  const text = JSON.stringify(objects);
  for (const word of ['"privileged":true', 'hostNetwork', 'hostPath', 'secretKeyRef', 'stringData'])
    assert.ok(!text.includes(word), word);
  assert.match(text, /"--socket","\/run\/x\.sock"/);
  assert.doesNotMatch(JSON.stringify(standingObjects(settings)), /--socket/);
});

const chart = new URL('../../deploy/helm/porthole/', import.meta.url);
const helm = spawnSync('helm', ['version', '--short']).status === 0;

test("the chart's release is ours, and its agents have the capabilities that are documented", () => {
  const text = (file: string) => readFileSync(new URL(file, chart), 'utf8');
  const { version: chartVersion, appVersion } = loadYaml<{ version: string; appVersion: string }>(
    text('Chart.yaml'),
  );
  assert.deepEqual([chartVersion, appVersion], [version(), version()]);
  const [, added = ''] = /\n {14}add:\n((?: {16}- .*\n)+)/.exec(text('templates/daemonset.yaml')) ?? [];
  assert.deepEqual(loadYaml(added), [...capabilities]);
});

test('the chart makes the same objects as install', {
  skip: helm ? false : "no 'helm' here to render it",
}, () => {
  const rendered = execFileSync('helm', ['template', 'x', chart.pathname, '--namespace', 'porthole']);
  const made = loadAllYaml(rendered.toString()) as KubeObject[];
  for (const wanted of standingObjects(settings).filter(({ kind }) => kind !== 'Namespace')) {
    const found = made.find(({ kind }) => kind === wanted.kind);
    assert.deepEqual(unowned(found!), unowned(wanted), wanted.kind);
  }
  const [secret, config] = ['Secret', 'ConfigMap'].map((k) =>
    made.find(({ kind }) => kind === k),
  ) as unknown as [{ data: { token: string } }, { data: { sha256: string } }];
  assert.ok(isTokenOf(Buffer.from(secret.data.token, 'base64').toString(), config.data.sha256));
});

/** Without who keeps it. */
const unowned = (object: KubeObject): unknown =>
  JSON.parse(JSON.stringify(object).replaceAll('"app.kubernetes.io/managed-by":"Helm"', owner));
const owner = '"app.kubernetes.io/managed-by":"porthole"';
