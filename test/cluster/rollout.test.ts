/**
 * A deployment is rolled again and again under load while it is watched: how soon each new pod is captured, and which
 * of its requests were missed. PORTHOLE_TEST_ROLLOUTS says how often (2); figures are told, not judged.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentImage } from '../../src/cli/kube-options.ts';
import { until } from '../support/wait.ts';
import type { Cluster } from './stage.ts';
import { cluster, clusterMs, watch, without } from './stage.ts';

const at = cluster();
const rollouts = Number(process.env['PORTHOLE_TEST_ROLLOUTS'] ?? 2);
const replicas = 4;

/** Serves on while it ends: its place in the service is taken back meanwhile. */
const server = `
const name = require('node:os').hostname();
require('node:http').createServer((_, answer) => answer.end(name)).listen(8080);
process.on('SIGTERM', () => setTimeout(() => process.exit(), 3000));
`;
/** Some 50 requests a second, each with a connection and a number of its own; says who answered which. */
const client = `
const http = require('node:http');
let n = 0;
setInterval(() => {
  const id = ++n, at = Date.now();
  http.get({ host: process.argv[1], port: 80, path: '/roll/' + id, agent: false, timeout: 2000 }, (answer) => {
    let name = '';
    answer.on('data', (bytes) => { name += bytes; });
    answer.on('end', () => console.log('answered', id, at, name));
  }).on('timeout', function () { this.destroy(); }).on('error', (error) => console.log('failed', id, at, error.code));
}, 20);
process.on('SIGTERM', () => process.exit());
`;

const container = (script: string, args: readonly string[]) => ({
  name: 'app',
  image: agentImage(),
  imagePullPolicy: 'IfNotPresent',
  command: ['/usr/bin/node', '-e', script, ...args],
});

const deployment = ({ shop }: Cluster) => `/apis/apps/v1/namespaces/${shop}/deployments/roll`;

function roll(on: Cluster, turn: number): Promise<object> {
  const labels = { app: 'roll' };
  return on.api.apply(deployment(on), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'roll' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } },
      template: {
        metadata: { labels, annotations: { turn: `${turn}` } },
        spec: {
          terminationGracePeriodSeconds: 5,
          enableServiceLinks: false,
          automountServiceAccountToken: false,
          containers: [
            {
              ...container(server, []),
              readinessProbe: { httpGet: { port: 8080, path: '/ready' }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  });
}

/** Every pod is of the latest turn, and ready. */
async function isRolled(on: Cluster): Promise<boolean> {
  const { status = {}, metadata } = await on.api.get<{
    status?: {
      observedGeneration?: number;
      updatedReplicas?: number;
      readyReplicas?: number;
      replicas?: number;
    };
    metadata: { generation: number };
  }>(deployment(on));
  return (
    status.observedGeneration === metadata.generation &&
    [status.updatedReplicas, status.readyReplicas, status.replicas].every((count) => count === replicas)
  );
}

interface Item {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** '50 %: 12 ms, 99 %: 40 ms, most: 44 ms' */
function figures(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!);
  return `50 %: ${at(0.5)} ms, 99 %: ${at(0.99)} ms, most: ${at(1)} ms (${sorted.length} pods)`;
}

test('rolled under load: every new pod joins, and what was missed is known', {
  skip: without,
  timeout: (rollouts + 2) * clusterMs,
}, async (t) => {
  await roll(at, 0);
  const { spec } = await at.api.post<{ spec: { clusterIP: string } }>(
    `/api/v1/namespaces/${at.shop}/services`,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'roll' },
      spec: { selector: { app: 'roll' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
  );
  await until(() => isRolled(at), 'the deployment', clusterMs);
  await at.api.post(at.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'asker' },
    spec: { terminationGracePeriodSeconds: 1, containers: [container(client, [spec.clusterIP])] },
  });

  const run = watch(at, 'deploy/roll', '-o', 'json', 'tcp port 8080');
  const joined = new Map<string, number>();
  run.child.stderr!.on('data', (bytes: Buffer) => {
    for (const [, name] of bytes.toString().matchAll(/\+ (roll-\S+)/g))
      if (!joined.has(name!)) joined.set(name!, Date.now());
  });
  const seen = () => new Set([...run.stdout().matchAll(/\/roll\/(\d+)/g)].map(([, id]) => Number(id)));
  await until(
    () => seen().size > 20,
    () => `requests of the watch:\n${run.stderr()}`,
    clusterMs,
  );
  const first = Math.max(...seen());

  const old = await at.names('app=roll');
  const ready = new Map<string, number>();
  const { version } = await at.api.list(at.pods, { labelSelector: 'app=roll' });
  const following = await at.api.watch(
    at.pods,
    { labelSelector: 'app=roll', resourceVersion: version },
    ({ object }) => {
      const { metadata, status } = object as Item;
      const isReady = status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
      if (isReady && !ready.has(metadata.name) && !old.includes(metadata.name))
        ready.set(metadata.name, Date.now());
    },
    () => {},
  );
  for (let turn = 1; turn <= rollouts; turn++) {
    await roll(at, turn);
    await until(
      () => isRolled(at),
      () => `rollout ${turn}`,
      clusterMs,
    );
  }
  following.stop();
  const log = await at.api.text(`${at.pods}/asker/log`);
  const failures = [...log.matchAll(/^failed (\d+) \d+ (\S+)$/gm)].filter(([, id]) => Number(id) > first);
  const answered = [...log.matchAll(/^answered (\d+) (\d+) (\S+)$/gm)]
    .map(([, id, ms, name]) => ({ id: Number(id), ms: Number(ms), name: name! }))
    .filter(({ id }) => id > first);
  assert.ok(answered.length > 0, `no answer is in the log of who asks:\n${log.slice(-2000)}`);
  const last = answered.at(-1)!.id;
  await until(
    () => seen().has(last),
    () => `request ${last} of the watch:\n${run.stderr()}`,
    clusterMs,
  );
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);

  const shown = seen();
  const missed = answered.filter(({ id }) => !shown.has(id));
  const firstAsked = new Map<string, number>();
  for (const { name, ms } of answered) if (!firstAsked.has(name)) firstAsked.set(name, ms);
  const pods = [...ready.keys()].filter((name) => joined.get(name)! > 0 && firstAsked.has(name));
  t.diagnostic(`${rollouts} rollouts, ${ready.size} pods ready, ${joined.size} joined`);
  t.diagnostic(
    `joined after Ready was told: ${figures(pods.map((name) => joined.get(name)! - ready.get(name)!))}`,
  );
  t.diagnostic(
    `joined after the first request was sent: ${figures(pods.map((name) => joined.get(name)! - firstAsked.get(name)!))}`,
  );
  t.diagnostic(
    `${last - first} requests, ${answered.length} of them answered, ${missed.length} of them missed`,
  );
  for (const [why, all] of Object.entries(Object.groupBy(failures, ([, , why]) => why!)))
    t.diagnostic(`not answered: ${all!.length} (${why})`);
  for (const { id, name, ms } of missed.slice(0, 20))
    t.diagnostic(`missed: /roll/${id} of ${name}, ${ms - (joined.get(name) ?? 0)} ms after it joined`);
  for (const line of stderr.match(/^\d+ packets dropped.*$/gm) ?? []) t.diagnostic(line);

  assert.deepEqual(
    [...firstAsked.keys()].filter((name) => ready.has(name) && !joined.has(name)),
    [],
  );
  // A pod that is asked before it has joined is told of above; once it has, nothing is missed.
  assert.deepEqual(
    missed.filter(({ name, ms }) => ms > (joined.get(name) ?? Number.POSITIVE_INFINITY)),
    [],
    stderr,
  );
});
