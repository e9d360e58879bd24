/** `-k` on a cluster of many nodes and pods that are only told of: counts are exact, order and times are right. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Frame } from '../../src/model/index.ts';
import { CaptureDecoder } from '../../src/pcap/index.ts';
import { readFake } from '../support/fake-agents.ts';
import { FakeCluster, type FakeClusterOptions, namespace } from '../support/fake-cluster.ts';
import { type Running, start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const directory = temporaryDirectory('kube-scale');
const clusters: FakeCluster[] = [];
after(() => {
  stopAll();
  for (const cluster of clusters) cluster.close();
});

async function clusterOf(options: FakeClusterOptions) {
  const cluster = new FakeCluster(options);
  cluster.api.pageItems = 500;
  clusters.push(cluster);
  await cluster.listen();
  const kubeconfig = join(directory, `config-${clusters.length}`);
  writeFileSync(kubeconfig, JSON.stringify(cluster.api.kubeconfig(namespace)));
  const { agents, api } = cluster;
  const run = (command: string, ...args: string[]): Running =>
    start([command, '-k', '--kubeconfig', kubeconfig, '--via', 'job', ...args]);
  const asked = (what: string) => api.asked.filter((one) => one === what).length;
  return { cluster, api, agents, run, asked };
}

interface Seen {
  readonly node: number;
  readonly number: number;
  readonly trueMs: number;
  readonly atMs: number;
}

function readFile(path: string): Seen[] {
  const frames: Seen[] = [];
  const decoder = new CaptureDecoder();
  const out = {
    interface() {},
    frame({ buf, start: at, capLen, sec, nsec }: Frame) {
      frames.push({ ...readFake(buf.subarray(at, at + capLen)), atMs: sec * 1000 + nsec / 1e6 });
    },
    loss: () => assert.fail('a file that is damaged'),
  };
  decoder.feed(readFileSync(path), out);
  decoder.end(out);
  return frames;
}

/** How many frames are later than one before them. */
function overtaken(frames: readonly Seen[]): number {
  let latest = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const { atMs } of frames) {
    if (atMs < latest) count++;
    latest = Math.max(latest, atMs);
  }
  return count;
}

const late = (stderr: string) =>
  [...stderr.matchAll(/, ([\d,]+) out of order/g)].reduce(
    (n, [, one]) => n + Number(one!.replace(/,/g, '')),
    0,
  );

const hour = 3_600_000;
/** Of twenty nodes: two clocks are right, most are of one mind, the others have none at all. */
const aheadMs = (i: number) => (i < 2 ? 0 : i < 15 ? 5 * hour : (i - 30) * hour);

test('twenty nodes with clocks hours apart: every packet once, in order, at the time it was captured', async () => {
  const load = { packetsPerSecond: 250, packets: 300, bytes: 80, delayMs: 60 };
  const { cluster, agents, run, asked } = await clusterOf({ nodes: 20, pods: 60, load, aheadMs });
  const file = join(directory, 'twenty.pcapng');
  const running = run('dump', '--selector', 'app=web', '-w', file);
  await until(
    () => agents.every(({ isDone }) => isDone),
    () => `all have sent theirs: ${running.stderr()}`,
    60_000,
  );
  const { code, stderr } = await running.stop();
  assert.equal(code, 0, stderr);
  const frames = readFile(file);
  assert.equal(frames.length, 20 * 300, stderr);
  assert.match(stderr, /^6000 packets captured$/m);
  for (const { index } of agents) {
    const numbers = frames.filter(({ node }) => node === index).map(({ number }) => number);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
      `node ${index}`,
    );
  }
  // What the machine was too slow for is counted; nothing else is out of order.
  assert.equal(overtaken(frames), late(stderr), stderr);
  for (const { atMs, trueMs, node } of frames)
    assert.ok(Math.abs(atMs - trueMs) < 60_000, `node ${node}: ${atMs - trueMs} ms off`);
  // One offset for all that are of one mind: what was right between them stays as it is, to the nanosecond.
  const taken = (node: number) =>
    new Set(frames.filter((one) => one.node === node).map(({ atMs, trueMs }) => Math.round(atMs - trueMs)));
  for (let node = 0; node < 2; node++) assert.deepEqual([...taken(node)], [0]);
  // Comments of the interfaces' blocks.
  const comments = readFileSync(file, 'latin1').match(
    /node node-\d+; the clock is 1\d{4}\.\d s ahead of this machine's \(give or take \d+ ms\); 1\d{4}\.\d{6} s were taken off/g,
  );
  assert.equal(new Set(comments).size, 13);
  assert.match(stderr, /the clock is 1[78]\d{3}\.\d s ahead of this machine's/);
  for (const { node } of agents) assert.match(stderr, new RegExp(`${node}: 300 packets, 0 dropped, `));
  assert.deepEqual(
    ['list pods', 'watch pods', 'create jobs', 'delete jobs', 'create pods/portforward'].map((what) =>
      what === 'list pods' ? 'list pods' : asked(what),
    ),
    ['list pods', 1, 20, 20, 20],
  );
  assert.deepEqual(cluster.api.list('jobs'), []);
});

test('a clock that is set while it is watched: its agent tells, and times go on', async () => {
  const load = { packetsPerSecond: 100, packets: 200, bytes: 80, delayMs: 0 };
  const { agents, run } = await clusterOf({ nodes: 2, pods: 2, load });
  const file = join(directory, 'set.pcapng');
  const running = run('dump', '--selector', 'app=web', '-w', file);
  await until(
    () => agents[0]!.captured >= 50,
    () => running.stderr(),
    60_000,
  );
  agents[0]!.aheadMs = 5 * hour;
  await until(
    () => agents.every(({ isDone }) => isDone),
    () => running.stderr(),
    60_000,
  );
  const { code, stderr } = await running.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /node-0: its clock was set forward by (18000|17999)\.\d{3} s/);
  const frames = readFile(file);
  assert.equal(frames.length, 400);
  const isOff = ({ atMs, trueMs }: Seen) => Math.abs(atMs - trueMs) > 60_000;
  assert.ok(!frames.some((one) => one.node === 1 && isOff(one)));
  // The one batch within which it was set, at most.
  const own = frames.filter(({ node }) => node === 0);
  const first = own.findIndex(isOff);
  const rest = own.slice(first < 0 ? own.length : first);
  const again = rest.findIndex((one) => !isOff(one));
  assert.ok(first < 0 || (first >= 49 && again > 0 && !rest.slice(again).some(isOff)), `${first} ${again}`);
});

test("the nodes' own times, where they are wanted; the order is that of true times", async () => {
  const load = { packetsPerSecond: 100, packets: 50, bytes: 80, delayMs: 30 };
  const { agents, run } = await clusterOf({ nodes: 3, pods: 3, load, aheadMs });
  const file = join(directory, 'own.pcapng');
  const running = run('dump', '--selector', 'app=web', '--no-clock-correction', '-w', file);
  await until(
    () => agents.every(({ isDone }) => isDone),
    () => running.stderr(),
    60_000,
  );
  const { code, stderr } = await running.stop();
  assert.equal(code, 0, stderr);
  const frames = readFile(file);
  assert.equal(frames.length, 150);
  for (const { atMs, trueMs, node } of frames) assert.equal(Math.round(atMs - trueMs), aheadMs(node));
  // Hours apart by their own times; by the true ones as near as clocks can be measured.
  let latest = 0;
  for (const { trueMs } of frames) {
    assert.ok(trueMs > latest - 60_000, `${latest - trueMs} ms out of order`);
    latest = Math.max(latest, trueMs);
  }
  assert.match(stderr, /node-2: 50 packets, .*ahead of this machine's .*: its times are its own/);
});

test('one node that cannot be watched holds up none of the others', async () => {
  const load = { packetsPerSecond: 100, packets: 20, bytes: 80, delayMs: 0 };
  const { cluster, agents, run } = await clusterOf({ nodes: 12, pods: 12, load });
  cluster.broken.add('node-5');
  const running = run('dump', '--selector', 'app=web', '-w', join(directory, 'eleven.pcapng'));
  await until(
    () => agents.every(({ isDone, node }) => isDone || node === 'node-5'),
    () => running.stderr(),
    60_000,
  );
  const { code, stderr } = await running.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /node-5: the agent cannot start: ErrImageNeverPull/);
  assert.match(stderr, /node-5: 0 packets, .*given up/);
  assert.match(stderr, /^220 packets captured$/m);
  // Some have a line each, the others one together.
  assert.equal(stderr.match(/^porthole: listening to /gm)?.length, 8);
  assert.deepEqual(cluster.api.list('jobs'), []);
});

test('thirty thousand pods: sixty pages, one watch, nothing asked a second time when pods change', async () => {
  const load = { packetsPerSecond: 0, packets: 0, bytes: 80, delayMs: 0 };
  const { api, run, asked } = await clusterOf({ nodes: 3, pods: 30_000, load });
  api.tooMany = 1;
  api.forgotten = 1;
  const running = run('dump', '--all-namespaces', '-w', join(directory, 'all.pcapng'));
  await until(
    () => /listening to .* on node-2/.test(running.stderr()) && asked('watch pods') === 1,
    () => `all are listened to, one watch: ${running.stderr()} ${api.urls.length}`,
    60_000,
  );
  // 60 pages, after one that was forgotten before the second came; the agents' own pods are listed by themselves.
  assert.equal(api.urls.filter((url) => /^\/api\/v1\/pods\?.*limit=500/.test(url)).length, 62);
  assert.deepEqual([api.tooMany, api.forgotten], [0, 0]);
  const before = api.asked.length;
  for (let i = 0; i < 1000; i++) {
    const pod = api.get('pods', namespace, `web-${i}`)!;
    api.put('pods', { ...pod, metadata: { ...pod.metadata, labels: { app: 'web', changed: 'yes' } } });
  }
  api.bookmark();
  const { code, stderr } = await running.stop();
  assert.equal(code, 0, stderr);
  // What was asked at the end: to list and delete the Jobs, Events of the pods.
  const asks = new Set(api.asked.slice(before));
  for (const what of asks) assert.match(what, /^(list jobs|delete jobs|create events)$/);
});
