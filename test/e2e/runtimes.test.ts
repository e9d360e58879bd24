/** Every runtime, its real daemon: found by itself, by name, id prefix and label, and its traffic seen. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttp2 } from 'node:http2';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Target } from '../../src/model/index.ts';
import { Containerd } from '../../src/target/containerd/index.ts';
import { Cri } from '../../src/target/cri/index.ts';
import { list, resolve, TargetError, watchEvents } from '../../src/target/index.ts';
import { type ContainerdDaemon, type Pod, startContainerd } from '../support/containerd.ts';
import { startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { addNetns, startInNetns } from '../support/netns.ts';
import { type Podman, startPodman } from '../support/podman.ts';
import { porthole, start } from '../support/porthole.ts';
import { temporaryDirectory, upbeat } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const noContainerd = need('linux', 'root', 'cc', 'containerd', 'cni');
const noPodman = need('linux', 'root', 'cc', 'podman');

/** Names that no other test uses: every runtime of the machine is asked here. */
const tag = `rt${process.pid}`;
const names = (targets: readonly Target[]) => targets.map((t) => t.name);
const find = async (spec: string, options = {}) => names(await resolve(spec, options));

async function refusal(looking: Promise<unknown>): Promise<string> {
  try {
    await looking;
  } catch (error) {
    assert.ok(error instanceof TargetError, String((error as Error).stack));
    return `${error.kind}: ${error.message} | ${error.hint}`;
  }
  return assert.fail('nothing was refused');
}

/** Asks for /file.txt over the loopback of the process's namespace while `porthole watch SPEC` looks on. */
async function seesTraffic(pid: number, port: number, spec: string, ...options: string[]): Promise<void> {
  const watch = start(['watch', ...options, spec, `port ${port}`]);
  await watch.listening();
  const caller: ChildProcess = spawn(
    'nsenter',
    [`--net=/proc/${pid}/ns/net`, '--', upbeat(), 'call', '127.0.0.1', String(port), '/file.txt', '50'],
    { stdio: 'ignore' },
  );
  try {
    await watch.saw('/file.txt');
  } finally {
    caller.kill('SIGKILL');
  }
  const { code, stdout } = await watch.stop();
  assert.equal(code, 0);
  assert.match(stdout, /GET \/file\.txt/);
}

/** What `ps` tells, from a process of its own. */
async function ps(...args: string[]): Promise<Target[]> {
  const { code, stdout, stderr } = await porthole(['ps', '--json', ...args]);
  assert.equal(code, 0, stderr);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Target);
}

let containerd: ContainerdDaemon;
let pod: Pod;
let app: string;
before(async () => {
  if (noContainerd) return;
  containerd = await startContainerd();
  containerd.run('default', `${tag}-native`, ['--label', `tier=${tag}n`], 'serve', '8001');
  containerd.run('aside', `${tag}-nerd`, ['--label', `nerdctl/name=${tag}-nerdy`], 'idle');
  pod = await containerd.runPod({
    namespace: `${tag}shop`,
    name: `${tag}web-7d9`,
    labels: { app: `${tag}a` },
  });
  app = await containerd.runInPod(pod, 'app', ['serve', '8002']);
  await containerd.runInPod(pod, 'sidecar', ['idle']);
});
after(async () => {
  await containerd?.stop();
});

test('containerd: name, nerdctl name, id, label, runtime:name, in any namespace', {
  skip: noContainerd,
}, async () => {
  for (const spec of [
    `${tag}-native`,
    `${tag}-nat`,
    `containerd:${tag}-native`,
    `label=tier=${tag}n`,
    `${tag}-na*`,
  ]) {
    const [target, ...rest] = await resolve(spec);
    assert.equal(rest.length, 0, spec);
    assert.equal(target!.runtime, 'containerd');
    assert.equal(target!.name, `${tag}-native`);
    assert.match(containerd.ctr('default', 'tasks', 'ls'), new RegExp(`${tag}-native +${target!.pid} `));
  }
  assert.deepEqual(await find(`${tag}-nerdy`), [`${tag}-nerdy`]);
  assert.deepEqual(await find(`${tag}-nerd`), [`${tag}-nerdy`]);
  const [target] = await resolve(`${tag}-native`);
  await seesTraffic(target!.pid, 8001, `${tag}-native`);
});

test('a pod of this node: by pod/NAME, NAMESPACE/POD, id, label; its containers too', {
  skip: noContainerd,
}, async () => {
  const name = pod.name;
  for (const spec of [
    name,
    `pod/${name}`,
    `pod:${pod.namespace}/${name}`,
    `${pod.namespace}/${name}`,
    `pod:${tag}*/${tag}web-*`,
    `cri:${name}`,
    pod.sandboxId.slice(0, 13),
    pod.sandboxId,
    `label=app=${tag}a`,
    `label=io.kubernetes.pod.name=${name}`,
    `${tag}web-*`,
  ])
    assert.deepEqual(await find(spec), [name], spec);
  for (const spec of [`${name}/app`, `pod/${name}/app`, app.slice(0, 13), `cri:${name}/app`])
    assert.deepEqual(await find(spec), [`${name}/app`], spec);
  const [sandbox] = await resolve(`pod/${name}`);
  const [inside] = await resolve(`pod/${name}/app`);
  assert.equal(sandbox!.netns, inside!.netns);
  assert.notEqual(sandbox!.pid, inside!.pid);
  assert.match(sandbox!.addresses[0]!, /^10\.214\./);
  assert.match(inside!.image, /porthole-upbeat/);
  await seesTraffic(sandbox!.pid, 8002, `pod/${name}`);
  assert.match(await refusal(resolve(`pod/${name}x`)), /^unknown: no pod '.*' on this node \| did you mean /);
  assert.match(await refusal(resolve(`other/${name}`)), /^unknown: no compose container and no pod/);
});

test('a container that was started again is the new one; the sandbox stays', {
  skip: noContainerd,
}, async () => {
  const [before] = await resolve(`pod/${pod.name}`);
  const first = await containerd.runInPod(pod, 'phoenix', ['idle']);
  await containerd.stopContainer(first);
  assert.match(
    await refusal(resolve(`${pod.name}/phoenix`)),
    /^not-running: .*\/phoenix.* not running.* exited/,
  );
  const second = await containerd.runInPod(pod, 'phoenix', ['idle'], 1);
  const [now] = await resolve(`${pod.name}/phoenix`);
  assert.equal(now!.id, second);
  const [stays] = await resolve(`pod/${pod.name}`);
  assert.equal(stays!.pid, before!.pid);
});

test('the same pod name in two namespaces is ambiguous', { skip: noContainerd }, async () => {
  const twin = await containerd.runPod({ namespace: `${tag}blog`, name: pod.name, isHostNetwork: true });
  assert.match(
    await refusal(resolve(`pod/${pod.name}`)),
    new RegExp(`^ambiguous: .* is in 2 namespaces: ${tag}blog/${pod.name} and ${tag}shop/${pod.name}`),
  );
  assert.match(await refusal(resolve(pod.name)), /^ambiguous: /);
  assert.match(await refusal(resolve(`${twin.namespace}/${pod.name}`)), /^host-network: /);
  assert.deepEqual(await find(`${pod.namespace}/${pod.name}`), [pod.name]);
  const everything = await find('all', { runtime: 'cri' });
  assert.ok(everything.includes(pod.name) && !everything.includes(`${pod.name}/app`));
});

test('ps has every container of every runtime once', { skip: noContainerd }, async () => {
  const { stdout: words } = await porthole(['ps', '-q']);
  for (const word of [
    `containerd:${tag}-native`,
    `pod:${pod.namespace}/${pod.name}`,
    `pod/${pod.name}/app`,
  ]) {
    assert.ok(words.split('\n').includes(word), `${word} in ${words}`);
    assert.equal((await resolve(word)).length, 1);
  }
  const all = await ps();
  const mine = all.filter((t) => t.name.startsWith(tag)).map((t) => `${t.runtime} ${t.name}`);
  for (const expected of [
    `containerd ${tag}-native`,
    `containerd ${tag}-nerdy`,
    `cri ${pod.name}`,
    `cri ${pod.name}/app`,
  ])
    assert.equal(mine.filter((m) => m === expected).length >= 1, true, `${expected} in ${mine}`);
  assert.equal(all.filter((t) => t.id === pod.sandboxId).length, 1);
  assert.equal(all.filter((t) => t.id === app).length, 1);
  const only = await ps('--runtime', 'cri', '--socket', containerd.socket);
  const ofRuntimes = only.filter((t) => t.id !== '').map((t) => `${t.runtime} ${t.name}`);
  assert.deepEqual(
    ofRuntimes.filter((text) => !text.startsWith('cri ')),
    [],
  );
  assert.ok(only.some((t) => t.id === app));
});

test('events of containerd: start and end, with the name', { skip: noContainerd }, async () => {
  const seen: string[] = [];
  const events = await watchEvents((e) => void seen.push(`${e.action} ${e.name} ${e.exitCode}`), {
    runtimes: [new Containerd({ path: containerd.socket })],
  });
  try {
    containerd.run('default', `${tag}-short`, [], 'exit', '200', '7');
    await until(
      () => seen.includes(`die ${tag}-short 7`),
      () => `the end among ${seen}`,
    );
    assert.ok(seen.includes(`start ${tag}-short -1`));
  } finally {
    events.close();
  }
});

test('a socket of any name is found by the process that listens', { skip: noContainerd }, async () => {
  const other = await startContainerd('oddly-named');
  try {
    other.run('default', `${tag}-odd`, [], 'idle');
    assert.deepEqual(await find(`${tag}-odd`), [`${tag}-odd`]);
    assert.deepEqual(await find(`${tag}-odd`, { runtime: 'containerd', socket: other.socket }), [
      `${tag}-odd`,
    ]);
    assert.match(
      await refusal(resolve(`${tag}-odd`, { socket: other.socket })),
      /^usage: --socket .*oddly-named.* \| say it with --runtime/,
    );
  } finally {
    await other.stop();
  }
});

test("Docker's containers are Docker's, not containerd's too", {
  skip: need('linux', 'root', 'cc', 'docker', 'ip'),
}, async () => {
  const docker = await startDocker();
  try {
    const id = docker.start(`${tag}-dock`, [], 'idle');
    const all = await list();
    assert.deepEqual(
      all.filter((t) => t.id === id).map((t) => t.runtime),
      ['docker'],
    );
    assert.deepEqual(await find(`${tag}-dock`), [`${tag}-dock`]);
    for (const spec of ['image:porthole-upbeat', 'image:porthole-upbe*', 'all'])
      assert.ok((await find(spec, { runtime: 'docker' })).includes(`${tag}-dock`), spec);
    const below = join(dirname(docker.host.slice('unix://'.length)), 'exec/containerd/containerd.sock');
    const [raw] = await resolve(id, { runtime: 'containerd', socket: below });
    assert.equal(raw!.runtime, 'containerd');
    assert.equal(raw!.pid, docker.pid(`${tag}-dock`));
  } finally {
    await docker.stop();
  }
});

for (const [title, options, more] of [
  ['rootful, runc', {}, false],
  ['rootful, crun', { runtime: 'crun' }, need('crun')],
  ['rootless', { uid: 61_234 }, need('userns')],
] as const)
  test(`Podman ${title}: without a daemon, by name, id and label`, { skip: noPodman || more }, async () => {
    const podman: Podman = startPodman(options);
    try {
      const name = `${tag}-pod${title.length}`;
      const id = podman.start(name, ['--label', `tier=${name}`], 'serve', '8003');
      for (const spec of [name, id, id.slice(0, 12), `podman:${name}`, `label=tier=${name}`]) {
        const [target, ...rest] = await resolve(spec);
        assert.equal(rest.length, 0, spec);
        assert.equal(target!.runtime, 'podman');
        assert.equal(target!.id, id);
        assert.equal(target!.pid, podman.pid(name));
        assert.match(target!.image, /porthole-upbeat/);
      }
      const [row, ...rest] = (await ps()).filter((t) => t.id === id);
      assert.equal(rest.length, 0);
      assert.equal(row!.runtime, 'podman');
      await seesTraffic(podman.pid(name), 8003, name);
      podman.run('kill', name);
      await until(async () => !(await list()).some((t) => t.id === id), 'the end of the container');
    } finally {
      podman.stop();
    }
  });

test('Podman by its API: what the disk does not tell', { skip: noPodman }, async () => {
  const podman = startPodman();
  try {
    const socket = await podman.serve();
    const id = podman.run(
      'create',
      '--name',
      `${tag}-created`,
      '--network',
      'none',
      'localhost/porthole-upbeat',
    );
    // Nothing of this storage runs: only the API knows that it is there.
    assert.match(await refusal(resolve(`${tag}-created`)), /^not-running: .*created \| podman start /);
    podman.run('start', `${tag}-created`);
    assert.deepEqual(await find(id.slice(0, 12), { runtime: 'podman', socket }), [`${tag}-created`]);
    const [row] = (await ps('--socket', socket)).filter((t) => t.id === id);
    assert.equal(row!.runtime, 'podman');
  } finally {
    podman.stop();
  }
});

test('processes: by their name and by where they listen', {
  skip: need('linux', 'root', 'cc', 'ip'),
}, async () => {
  const port = 20_000 + (process.pid % 20_000);
  const netns = addNetns('proc');
  const server = startInNetns(netns, upbeat(), 'serve', String(port));
  try {
    await until(async () => (await resolve(`port:${port}`).catch(() => [])).length === 1, 'a listener');
    const [target] = await resolve(`port:${port}`);
    assert.equal(target!.pid, server.pid);
    assert.equal(target!.name, 'upbeat');
    assert.ok((await resolve('comm:upbeat')).some((t) => t.netns === target!.netns));
    assert.ok((await resolve('comm:upbea?')).some((t) => t.netns === target!.netns));
    assert.match(await refusal(resolve('comm:nosuchthing')), /^unknown: no process is called 'nosuchthing'/);
    await seesTraffic(server.pid!, port, `port:${port}`);
    const counted = start(['dump', '--port', String(port), '--count', 'tcp', 'port', String(port)]);
    await counted.listening();
    assert.equal((await counted.stop()).code, 0);
  } finally {
    server.kill('SIGKILL');
  }
  assert.match(await refusal(resolve(`port:${port}`)), /^unknown: nothing listens on port/);
});

test('a machine of systemd-nspawn or LXC by its cgroup', {
  skip: need('linux', 'root', 'cc', 'ip'),
}, async () => {
  const root = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((directory) => {
    try {
      mkdirSync(`${directory}/lxc.payload.${tag}`);
      return true;
    } catch {
      return false;
    }
  });
  assert.ok(root, 'a cgroup can be made');
  const netns = addNetns('lxc');
  const init = startInNetns(netns, upbeat(), 'idle');
  try {
    await until(() => init.pid, 'its pid');
    writeFileSync(`${root}/lxc.payload.${tag}/cgroup.procs`, String(init.pid));
    const [target] = await resolve(tag);
    assert.equal(target!.runtime, 'machine');
    assert.equal(target!.image, 'lxc');
    assert.equal(target!.pid, init.pid);
    assert.equal((await ps()).filter((t) => t.name === tag).length, 1);
  } finally {
    init.kill('SIGKILL');
    await until(() => {
      try {
        rmdirSync(`${root}/lxc.payload.${tag}`);
        return true;
      } catch {
        return false;
      }
    }, 'the end of the cgroup');
  }
});

test('a socket that hangs, one that talks nonsense, none at all: soon told', {
  skip: need('linux'),
}, async () => {
  const directory = temporaryDirectory('sockets');
  const servers: { close(): unknown }[] = [];
  const listen = (name: string, server: Server) =>
    new Promise<string>((done) => {
      const path = join(directory, name);
      servers.push(server.listen(path, () => done(path)));
    });
  const ask = (path: string) => refusal(new Cri({ path, silenceMs: 300 }).list());
  try {
    assert.match(
      await ask(
        await listen(
          'silent',
          createServer(() => {}),
        ),
      ),
      /^no-answer: .*silent for 0\.3 s/,
    );
    assert.match(
      await ask(
        await listen(
          'talks',
          createServer((s) => void s.end('SSH-2.0-OpenSSH_9\r\n')),
        ),
      ),
      /^no-answer: .* does not answer as it should/,
    );
    assert.match(await ask(join(directory, 'none')), /^no-runtime: nothing listens .*ENOENT/);
    const answers = (name: string, trailers: Record<string, string>, body: Buffer) => {
      const server = createHttp2();
      server.on('stream', (stream) => {
        stream.on('error', () => {});
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers(trailers));
        stream.end(body);
      });
      return listen(name, server as unknown as Server);
    };
    const frame = (flag: number, length: number, ...bytes: number[]) =>
      Buffer.from([flag, 0, 0, length >> 8, length & 255, ...bytes]);
    const ok = { 'grpc-status': '0' };
    assert.match(
      await ask(
        await answers('refuses', { 'grpc-status': '7', 'grpc-message': 'not%20you' }, Buffer.alloc(0)),
      ),
      /^permission: .* refuses: not you/,
    );
    assert.match(
      await ask(await answers('unknown', { 'grpc-status': '12' }, Buffer.alloc(0))),
      /^no-runtime: there is no CRI/,
    );
    assert.match(await ask(await answers('compressed', ok, frame(1, 0))), /^no-answer: .*compressed/);
    assert.match(
      await ask(await answers('huge', ok, Buffer.from([0, 255, 255, 255, 255]))),
      /^no-answer: .*4294967295 bytes/,
    );
    assert.match(await ask(await answers('cut', ok, frame(0, 9, 1))), /^no-answer: .*no message/);
    assert.match(
      await ask(await answers('garbage', ok, frame(0, 2, 0x0a, 0x7f))),
      /^no-answer: .*cut within a field/,
    );
    // The others are heard all the same.
    const silent = new Cri({ path: join(directory, 'silent'), silenceMs: 300 });
    const notes: string[] = [];
    await list({ runtimes: [silent], note: (text) => notes.push(text) });
    assert.match(notes.join('\n'), /silent for 0\.3 s/);
  } finally {
    for (const server of servers) server.close();
  }
});
