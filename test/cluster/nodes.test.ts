/** A workload whose pods are on several nodes of a real cluster. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { need } from '../support/need.ts';
import { start } from '../support/porthole.ts';
import { until } from '../support/wait.ts';
import { cluster, clusterMs, kube, podSpec, server, without } from './stage.ts';

const at = cluster();

/** Asks each of the addresses, again and again. */
const asker = `
const http = require('node:http');
let n = 0;
setInterval(() => {
  n++;
  for (const host of process.argv.slice(1))
    http.get({ host, port: 8080, path: '/tick/' + n, agent: false, timeout: 500 }, (a) => a.resume()).on('error', () => {});
}, 100);
process.on('SIGTERM', () => process.exit());
`;

interface PodItem {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIP?: string };
}

let spread: PodItem[] = [];

/** A pod on each of two nodes, and one that asks them; once for both tests. */
async function hasTwoNodes(t: TestContext): Promise<boolean> {
  if (spread.length === 0) await makeSpread();
  if (spread.length === 0) t.skip('needs two nodes that are ready');
  return spread.length > 0;
}

async function makeSpread(): Promise<void> {
  const { items } = await at.api.list('/api/v1/nodes');
  const nodes = items.filter((node) =>
    (node as { status: { conditions?: { type: string; status: string }[] } }).status.conditions?.some(
      ({ type, status }) => type === 'Ready' && status === 'True',
    ),
  );
  if (nodes.length < 2) return;
  const labels = { app: 'spread' };
  await at.api.apply(`/apis/apps/v1/namespaces/${at.shop}/deployments/spread`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'spread' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...podSpec(server, []),
          // Nodes that others are kept away from do as well.
          tolerations: [{ operator: 'Exists' }],
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
              ],
            },
          },
        },
      },
    },
  });
  await at.ready('app=spread', 2);
  const pods = (await at.api.list(at.pods, { labelSelector: 'app=spread' })).items as PodItem[];
  await at.api.post(at.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'asker', labels: { app: 'asker' } },
    spec: podSpec(
      asker,
      pods.map(({ status }) => status.podIP!),
    ),
  });
  await at.ready('app=asker', 1);
  spread = pods;
}

test('a workload over two nodes in one file: an interface block for each interface of each pod, named', {
  skip: without || need('tshark'),
}, async (t) => {
  if (!(await hasTwoNodes(t))) return;
  assert.equal(new Set(spread.map(({ spec }) => spec.nodeName)).size, 2);
  const file = join(at.directory, 'spread.pcapng');
  const run = start(['dump', ...kube(at, 'deploy/spread', '-U', '-w', file)]);
  for (const { spec } of spread) await run.saw(new RegExp(`listening to .* on ${spec.nodeName}\\b`));
  const fields = ['-T', 'fields', '-e', 'frame.interface_id', '-e', 'frame.interface_name', '-e', 'ip.dst'];
  const rows = () => {
    // A file that is being written may end within a block: tshark says so by its status.
    const { stdout: text } = spawnSync(
      'tshark',
      ['-r', file, '-Y', 'tcp.flags.syn==1 && tcp.flags.ack==0', ...fields],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    return text
      .trim()
      .split('\n')
      .map((row) => row.split('\t'));
  };
  const namesOf = () => new Set(rows().map(([, name]) => name));
  const wanted = spread.map(({ metadata }) => `${metadata.name}/eth0`);
  await until(
    () => wanted.every((name) => namesOf().has(name)),
    () => `${wanted} in ${[...namesOf()]}`,
    clusterMs,
  );
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  const ids = new Map<string, Set<string>>();
  for (const [id = '', name = '', to] of rows()) {
    const pod = spread.find(({ status }) => status.podIP === to);
    // What is sent to a pod is seen at that pod's own interface.
    if (pod) assert.equal(name, `${pod.metadata.name}/eth0`);
    ids.set(name, (ids.get(name) ?? new Set()).add(id));
  }
  for (const name of wanted) assert.equal(ids.get(name)?.size, 1, name);
  const names = execFileSync('tshark', ['-n', '-r', file, '-q', '-z', 'hosts'], {
    encoding: 'utf8',
  });
  for (const { metadata } of spread) assert.ok(names.includes(metadata.name), `${metadata.name} by name`);
});

test('both nodes are told of, each with its figures', { skip: without }, async (t) => {
  if (!(await hasTwoNodes(t))) return;
  const run = start(['watch', '--no-status', ...kube(at, 'deploy/spread')]);
  const seen = ({ metadata: { name } }: PodItem) => run.stdout().includes(`-> ${name}:8080 GET /tick/`);
  await until(
    () => spread.every(seen),
    () => run.stdout() + run.stderr(),
    clusterMs,
  );
  const { code, stderr } = await run.stop();
  assert.equal(code, 0, stderr);
  for (const { spec } of spread)
    assert.match(stderr, new RegExp(`${spec.nodeName}: \\d+ packets, 0 dropped`), stderr);
  t.diagnostic(
    stderr
      .split('\n')
      .filter((line) => line.includes('over the wire'))
      .join('; '),
  );
});
