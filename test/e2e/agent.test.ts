/** An agent beside real pods (containerd's CRI), and a client whose connections break. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { tokenDigest } from '../../src/agent/index.ts';
import { type Connect, KubeError, RemoteSource } from '../../src/kube/index.ts';
import type { FrameCollector } from '../../src/model/index.ts';
import { createPipeline } from '../../src/pipeline/index.ts';
import { protocols } from '../../src/protocols/registry.ts';
import type { Want } from '../../src/remote/index.ts';
import { resolve } from '../../src/target/index.ts';
import { type ContainerdDaemon, type Pod, startContainerd } from '../support/containerd.ts';
import { need } from '../support/need.ts';
import { launcher } from '../support/porthole.ts';
import { until } from '../support/wait.ts';

const without = need('linux', 'root', 'cc', 'containerd', 'cni');
const tag = `ag${process.pid}`;

let containerd: ContainerdDaemon;
let pod: Pod;
const children: ChildProcess[] = [];
const sources: RemoteSource[] = [];

before(async () => {
  if (without) return;
  containerd = await startContainerd();
  pod = await containerd.runPod({ namespace: tag, name: `${tag}web-1`, labels: { app: tag } });
  await containerd.runInPod(pod, 'app', ['serve', '8002']);
});
after(async () => {
  for (const source of sources) source.stop();
  for (const child of children) child.kill('SIGKILL');
  await containerd?.stop();
});

const token = 'a token of the test';

/** An agent's process, and connections to it that break when the test says so. */
class Agent {
  readonly #child: ChildProcess;
  readonly #port: Promise<number>;
  #socket: Socket | undefined;
  /** Refuses connections while it is set. */
  isDown = false;
  stderr = '';
  code: number | null | undefined;

  constructor() {
    const args = ['agent', '--listen', '0', '--idle', '5', '--node', 'n1'];
    this.#child = spawn(launcher, [...args, '--runtime', 'cri', '--socket', containerd.socket], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PORTHOLE_TOKEN_SHA256: tokenDigest(token) },
    });
    children.push(this.#child);
    this.#port = new Promise((found) => {
      this.#child.stderr!.on('data', (bytes: Buffer) => {
        this.stderr += bytes.toString();
        const port = /agent on 127\.0\.0\.1:(\d+)/.exec(this.stderr)?.[1];
        if (port !== undefined) found(Number(port));
      });
    });
    this.#child.once('close', (code) => {
      this.code = code;
    });
  }

  readonly connect: Connect = async (listener) => {
    const socket = connect(await this.#port, '127.0.0.1');
    await new Promise<void>((done, fail) => {
      socket.once('connect', done);
      socket.once('error', (error) => fail(new KubeError(error.message)));
      if (this.isDown) socket.destroy(new Error('the network is down'));
    });
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) =>
      listener.bytes(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)),
    );
    let why = 'closed';
    socket.on('error', (error) => {
      why = error.message;
    });
    socket.once('close', () => listener.ended(why));
    return { send: (text) => void socket.write(text), close: () => void socket.destroy() };
  };

  /** In the middle of a line. */
  break(): void {
    this.isDown = true;
    this.#socket!.write('{"say":"ac');
    this.#socket!.destroy(new Error('the network is down'));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

const wanted = (pods: Partial<Want['pods']>, filter = 'tcp port 8002'): Want => ({
  pods: { namespace: tag, name: '', labels: '', ...pods },
  filter,
  snaplen: 262144,
  ringBytes: 0,
  bodyLimit: 65536,
  mode: 'packets',
  who: 'a test',
});

function watch(agent: Agent, want: Want, given = token) {
  const paths: string[] = [];
  const notes: string[] = [];
  const members: string[] = [];
  const interfaces: string[] = [];
  const welcomed: string[] = [];
  const pipeline = createPipeline({
    protocols,
    bodyLimit: 65536,
    sinks: [
      {
        exchange: (exchange) =>
          paths.push(String(exchange.fields['http.request.uri'] ?? exchange.request?.startLine)),
        note: (text) => notes.push(text),
        interface: (iface) => interfaces.push(iface.name),
      },
    ],
  });
  const source = new RemoteSource({
    connect: agent.connect,
    node: 'n1',
    release: 'test',
    token: given,
    want,
    onMember: (mark, text) => members.push(`${mark} ${text}`),
    onWelcome: (welcome) => welcomed.push(welcome.node),
  });
  sources.push(source);
  const running = source.run(pipeline as FrameCollector).then(
    () => pipeline.finish(source.counters()),
    (error: Error) => error,
  );
  return { source, paths, notes, members, interfaces, welcomed, running };
}

/** Asks once over the loopback of the pod, and waits for the answer. */
async function ask(path: string): Promise<void> {
  const [target] = await resolve(`pod:${tag}/${pod.name}`, { runtime: 'cri', socket: containerd.socket });
  const call = [
    'exec 3<>/dev/tcp/127.0.0.1/8002',
    `printf 'GET ${path} HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n' >&3`,
    'cat <&3',
  ];
  const caller = spawn(
    'nsenter',
    [`--net=/proc/${target!.pid}/ns/net`, '--', 'timeout', '10', 'bash', '-c', call.join('; ')],
    { stdio: 'ignore' },
  );
  const code = await new Promise((done) => caller.once('close', done));
  assert.equal(code, 0, path);
}

test('a pod by its labels; the connection breaks and nothing is lost; what it counted comes at the end', {
  skip: without,
}, async () => {
  const agent = new Agent();
  const w = watch(agent, wanted({ labels: `app in (${tag},other)` }));
  await until(
    () => w.interfaces.some((name) => name.endsWith('/lo')),
    () => `interfaces: ${w.interfaces} ${w.notes} ${agent.stderr}`,
  );
  assert.deepEqual(w.welcomed, ['n1']);
  await ask('/first');
  await until(
    () => w.paths.includes('/first'),
    () => `${w.paths} ${w.notes} ${agent.stderr}`,
  );
  agent.break();
  await ask('/meanwhile');
  agent.isDown = false;
  await until(
    () => w.paths.includes('/meanwhile'),
    () => `${w.paths} ${w.notes} ${agent.stderr}`,
  );
  assert.match(w.notes.join('\n'), /the connection to the agent is broken \(the network is down\)/);
  assert.match(w.notes.join('\n'), /connected again after/);
  await until(
    () => w.source.clock.best !== undefined,
    () => 'the agent answers a beat',
  );
  // One machine, one clock.
  const { offsetMs, uncertaintyMs } = w.source.clock.best!;
  assert.ok(Math.abs(offsetMs) <= uncertaintyMs + 1, `${offsetMs} +- ${uncertaintyMs}`);
  await ask('/last');
  await until(
    () => w.paths.includes('/last'),
    () => `${w.paths}`,
  );
  w.source.stop();
  assert.equal(await w.running, undefined);
  assert.deepEqual(w.paths, ['/first', '/meanwhile', '/last']);
  const { captured, received, dropped } = w.source.counters();
  assert.ok(captured > 0 && received === captured && dropped === 0, JSON.stringify(w.source.counters()));
  await until(
    () => agent.code !== undefined,
    () => 'the agent ends',
  );
  assert.equal(agent.code, 0, agent.stderr);
  assert.match(agent.stderr, /session for a test: pods:.*filter: tcp port 8002/);
  assert.match(agent.stderr, /is over after \d+ s: the client has ended it/);
});

test('a pod that starts later joins; an agent that is killed is told', { skip: without }, async () => {
  const agent = new Agent();
  const w = watch(agent, wanted({ name: `${tag}later` }, ''));
  await until(
    () => w.welcomed.length === 1 && agent.stderr.includes('waiting for'),
    () => `${agent.stderr}`,
  );
  const later = await containerd.runPod({ namespace: tag, name: `${tag}later` });
  await containerd.runInPod(later, 'app', ['serve', '8003']);
  await until(
    () => w.members.length > 0,
    () => `a member joins: ${w.notes} ${agent.stderr}`,
  );
  assert.match(w.members[0]!, new RegExp(`^\\+ ${tag}later .* on n1$`));
  agent.kill();
  const error = await w.running;
  assert.match(String((error as Error)?.message), /n1: .*could not be reached|n1: .*ended/);
});

test('refusals are one line; an agent without clients ends', { skip: without }, async () => {
  const agent = new Agent();
  const w = watch(agent, wanted({ labels: `app=${tag}` }, 'tcp prot 80'));
  const error = (await w.running) as Error;
  assert.match(error.message, /^n1: .*prot/s);
  await until(
    () => agent.code !== undefined,
    () => 'the agent ends',
  );
  assert.match(agent.stderr, /prot/);

  const other = new Agent();
  const v = watch(other, wanted({ labels: `app=${tag}` }), 'a wrong one');
  assert.match(((await v.running) as Error).message, /^n1: the token is not the one of this agent/);
  // Nobody comes any more: it ends by itself.
  await until(
    () => other.code !== undefined,
    () => `the agent ends: ${other.stderr}`,
  );
  assert.equal(other.code, 0);
  assert.match(other.stderr, /refused: a client with a wrong token.*no client: ended/s);
});
