import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { standingObjects } from '../kube/index.ts';
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
