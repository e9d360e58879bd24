/** Which runtimes are asked, and how pods and machines are called. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pidOf } from './cri/messages.ts';
import { newestOfEach, pick } from './cri/pods.ts';
import { discover, isContainerdIdle } from './discover.ts';
import { TargetError } from './errors.ts';
import { machineOf } from './machines.ts';
import { parseListening } from './proc/unix.ts';
import { resolve } from './resolve.ts';
import type { Container, PodPlace, Runtime } from './runtime.ts';
import { type ContainerSelector, parseSelectors, selects } from './selector.ts';

const directory = mkdtempSync(join(tmpdir(), 'porthole-discover-'));
after(() => rmSync(directory, { recursive: true }));

const file = (name: string) => {
  const path = join(directory, name);
  writeFileSync(path, '');
  return { path, inode: 1 };
};

test('/proc/net/unix: listeners with a path', () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
00000000d6368ccf: 00000002 00000000 00010000 0001 01 3729847 /tmp/a b/podman.sock
0000000003472fc4: 00000003 00000000 00000000 0001 03 3933449 /run/docker.sock
00000000199f0280: 00000002 00000000 00010000 0005 01 3724603 /proc/self/fd/13/attach
00000000199f0281: 00000002 00000000 00010000 0001 01 5 @abstract
`;
  assert.deepEqual(parseListening(text), [
    { path: '/tmp/a b/podman.sock', inode: 3729847 },
    { path: '/proc/self/fd/13/attach', inode: 3724603 },
  ]);
});

test('runtimes by the sockets that are listened on, in the order they are believed', async () => {
  const listening = ['docker.sock', 'containerd.sock', 'crio.sock', 'podman.sock', 'mysql.sock'].map(file);
  const kinds = async (options: Parameters<typeof discover>[0]) =>
    (await discover({ listening, env: {}, ...options })).map((r) => r.name);
  const all = (await kinds({})).filter((name) => name !== 'machine');
  assert.deepEqual([...new Set(all)], ['cri', 'docker', 'podman', 'containerd']);
  assert.ok(all.filter((name) => name === 'cri').length >= 2, 'containerd and CRI-O');
  assert.deepEqual([...new Set(await kinds({ runtime: 'docker' }))], ['docker']);
  assert.deepEqual(await kinds({ socket: '/x/crio.sock' }), ['cri']);
  assert.deepEqual(await kinds({ socket: '/x/containerd.sock' }), ['cri', 'containerd']);
  assert.deepEqual(await kinds({ socket: 'unix:///x/y', runtime: 'podman' }), ['podman']);
  // A daemon that was named is the only one of its kind.
  const named = await kinds({ env: { DOCKER_HOST: 'unix:///x' } });
  assert.equal(named.filter((name) => name === 'docker').length, 1);
  await assert.rejects(kinds({ socket: '/x/y' }), { kind: 'usage' });
  await assert.rejects(kinds({ runtime: 'rkt' }), {
    kind: 'usage',
    message: /there is containerd, cri, docker/,
  });
});

test("a containerd with nothing but Docker's is not asked for a name", () => {
  const tasks = join(directory, 'state', 'io.containerd.runtime.v2.task');
  mkdirSync(join(tasks, 'moby', 'x'), { recursive: true });
  mkdirSync(join(tasks, 'default'));
  const socket = join(directory, 'state', 'containerd.sock');
  assert.equal(isContainerdIdle(socket), true);
  mkdirSync(join(tasks, 'default', 'web'));
  assert.equal(isContainerdIdle(socket), false);
  assert.equal(isContainerdIdle('/nowhere/containerd.sock'), false);
});

test('machines by their cgroup', () => {
  const name = (path: string) => machineOf(`4:memory:${path}\n0::/init.scope\n`);
  assert.deepEqual(name('/machine.slice/machine-deb\\x2d12.scope/payload'), {
    kind: 'systemd-nspawn',
    name: 'deb-12',
    cgroup: 'machine-deb\\x2d12.scope',
  });
  assert.equal(name('/machine.slice/systemd-nspawn@web.service')?.name, 'web');
  assert.deepEqual(name('/lxc.payload.db/init.scope'), { kind: 'lxc', name: 'db', cgroup: 'lxc.payload.db' });
  assert.equal(name('/lxc.payload/db')?.name, 'db');
  assert.equal(name('/lxc/old')?.name, 'old');
  assert.equal(name('/user.slice/user-0.slice'), undefined);
  assert.equal(machineOf(''), undefined);
});

const container = (name: string, more: Partial<Container> = {}): Container => ({
  runtime: 'cri',
  id: `${name}-id`.padEnd(64, '0'),
  name,
  image: '',
  state: 'running',
  pid: 0,
  exitCode: -1,
  labels: {},
  addresses: [],
  startedAt: 1,
  ...more,
});
const inPod = (namespace: string, name: string, unit = ''): Container => {
  const pod: PodPlace = { namespace, name, container: unit, sandboxId: `${namespace}${name}` };
  return container(unit === '' ? name : `${name}/${unit}`, {
    pod,
    id: unit === '' ? pod.sandboxId : `${namespace}${name}${unit}`,
  });
};

test('of one name the running one, then the newest', () => {
  const old = container('a', { id: '1', state: 'exited', startedAt: 9 });
  const now = container('a', { id: '2', startedAt: 5 });
  const other = container('b', { id: '3', state: 'exited', startedAt: 1 });
  const newer = container('b', { id: '4', state: 'exited', startedAt: 2 });
  assert.deepEqual(
    newestOfEach([old, now, newer, other]).map((c) => c.id),
    ['2', '4'],
  );
  assert.equal(pick([now, newer], 'b')?.id, '4');
  assert.equal(pick([container('x', { id: 'ab' }), container('y', { id: 'ac' })], 'a'), undefined);
});

test('the pid in the verbose part of a status, wherever the runtime puts it', () => {
  assert.equal(pidOf({ info: '{"pid": 4711, "sandboxID": "x"}' }), 4711);
  assert.equal(pidOf({ pid: '12' }), 12);
  for (const info of ['', 'x', '[]', 'null', '{"pid":"7"}', '{"pid":-1}']) assert.equal(pidOf({ info }), 0);
  assert.equal(pidOf({}), 0);
});

test('the words for pods; A/B is what there is', () => {
  const picks = (spec: string, c: Container) => selects(parseSelectors(spec)[0] as ContainerSelector, c);
  const pod = inPod('shop', 'web-7d9');
  const app = inPod('shop', 'web-7d9', 'app');
  for (const spec of ['pod/web-7d9', 'pod:shop/web-7d9', 'pod:web-*', 'shop/web-7d9', 'pod/web-*'])
    assert.ok(picks(spec, pod) && !picks(spec, app), spec);
  for (const spec of ['web-7d9/app', 'pod/web-7d9/app', 'pod/*/app'])
    assert.ok(picks(spec, app) && !picks(spec, pod), spec);
  assert.ok(!picks('compose:shop/web-7d9', pod) && !picks('blog/web-7d9', pod));
  for (const wrong of ['pod/', 'pod:', 'pod/a/b/c', 'port:0', 'port:x', 'port:65536', 'comm:'])
    assert.throws(() => parseSelectors(wrong), TargetError, wrong);
});

test('two readings of A/B are ambiguous, and so is a pod of two namespaces', async () => {
  const compose = container('shop-web-1', {
    runtime: 'docker',
    labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
  });
  const runtime = (...all: Container[]): Runtime => ({
    name: 'cri',
    find: async (name) => pick(all, name),
    list: async () => all,
    watchEvents: async () => ({ close() {} }),
  });
  const ask = (spec: string, ...all: Container[]) => resolve(spec, { runtimes: [runtime(...all)] });
  await assert.rejects(ask('shop/web', compose, inPod('shop', 'web')), {
    kind: 'ambiguous',
    message: "'shop/web' may be docker:shop-web-1 or pod shop/web",
    hint: 'say which: compose:shop/web or pod:shop/web',
  });
  await assert.rejects(ask('shop/web', inPod('x', 'shop', 'web'), inPod('shop', 'web')), {
    kind: 'ambiguous',
    hint: 'say which: pod/shop/web or pod:shop/web',
  });
  await assert.rejects(ask('pod/web', inPod('a', 'web'), inPod('b', 'web')), {
    kind: 'ambiguous',
    message: "'pod/web' is in 2 namespaces: a/web and b/web",
  });
});
