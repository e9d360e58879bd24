/** Every way to name a target, asked of a real Docker daemon and real namespaces. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Docker as Engine } from '../../src/target/docker/index.ts';
import {
  groupByNamespace,
  list,
  ownPorts,
  resolve,
  revalidate,
  TargetError,
  watchEvents,
} from '../../src/target/index.ts';
import { openLive } from '../../src/watch/index.ts';
import { type Docker, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { addNetns, removeNetns } from '../support/netns.ts';
import { porthole, start } from '../support/porthole.ts';
import { temporaryDirectory } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'docker', 'cc', 'ip');
const tcpPort = 20_000 + (process.pid % 5000);
const hostPort = tcpPort + 5000;

let docker: Docker;
let web: string;
const engine = (env: Record<string, string> = {}) => new Engine({ env: { ...docker.env, ...env } });
const find = (spec: string, options: Parameters<typeof resolve>[1] = {}) =>
  resolve(spec, { runtimes: [engine()], ...options });
const names = async (spec: string) => (await find(spec)).map((t) => t.name);

const compose = (project: string, unit: string, ...more: string[]) => [
  ...['--label', `com.docker.compose.project=${project}`],
  ...['--label', `com.docker.compose.service=${unit}`],
  ...more,
];

before(async () => {
  if (skip) return;
  docker = await startDocker({ tcpPort });
  web = docker.start('shop-web-1', [...compose('shop', 'web', '--label', 'tier=front')], 'serve', '80');
  docker.start('shop-db-1', compose('shop', 'db'), 'idle');
  docker.start('shop-web-run-1', compose('shop', 'web', '--label', 'com.docker.compose.oneoff=True'), 'idle');
  docker.start('blog-web-1', compose('blog', 'web', '--label', 'tier=front'), 'idle');
  docker.start('sidecar', ['--network', 'container:shop-web-1'], 'hold', '5353');
  docker.start('onhost', ['--network', 'host'], 'hold', String(hostPort));
  docker.start('done', [], 'exit', '0', '3');
  docker.run('create', '--name', 'fresh', 'porthole-upbeat', 'idle');
});
after(async () => {
  await docker?.stop();
});

/** What is thrown, in one line: kind, message, hint. */
async function refusal(looking: Promise<unknown>): Promise<string> {
  try {
    await looking;
  } catch (error) {
    assert.ok(error instanceof TargetError, String((error as Error).stack));
    return `${error.kind}: ${error.message} | ${error.hint}`;
  }
  return assert.fail('nothing was refused');
}

test('name, full id, id prefix, runtime:name', { skip }, async () => {
  for (const spec of ['shop-web-1', web, web.slice(0, 12), web.slice(0, 7), 'docker:shop-web-1']) {
    const [target, ...rest] = await find(spec);
    assert.equal(rest.length, 0);
    assert.equal(target!.name, 'shop-web-1');
    assert.equal(target!.id, web);
    assert.equal(target!.pid, docker.pid('shop-web-1'));
    assert.equal(target!.netns, statSync(`/proc/${target!.pid}/ns/net`).ino);
    assert.deepEqual(target!.interfaces, ['lo', 'eth0']);
    assert.match(target!.addresses[0]!, new RegExp(`^${docker.prefix.replaceAll('.', '\\.')}\\.\\d+$`));
    assert.equal(target!.hostNetwork, false);
    assert.ok(Math.abs(Date.now() - target!.since) < 120_000);
    assert.equal(revalidate(target!), 'same');
    assert.equal(revalidate({ ...target!, startTime: '1' }), 'replaced');
  }
});

test('an ambiguous prefix names the candidates', { skip }, async () => {
  // Two of any 17 ids begin with the same digit.
  const ids: string[] = docker.run('ps', '-a', '-q', '--no-trunc').split('\n');
  const twins = () => ids.find((id, i) => ids.findIndex((other) => other[0] === id[0]) < i);
  while (!twins()) ids.push(docker.run('create', '--label', 'extra', 'porthole-upbeat', 'idle'));
  const said = await refusal(find(twins()![0]!));
  assert.match(
    said,
    /^ambiguous: '[0-9a-f]' may be \S+ \([0-9a-f]{12}\)(, \S+ \([0-9a-f]{12}\))* or \S+ \([0-9a-f]{12}\)/,
  );
});

test('label, compose, glob, list', { skip }, async () => {
  assert.deepEqual((await names('label=tier=front')).sort(), ['blog-web-1', 'shop-web-1']);
  assert.deepEqual((await names('label=tier')).sort(), ['blog-web-1', 'shop-web-1']);
  assert.deepEqual(await names('compose:db'), ['shop-db-1']);
  assert.deepEqual(await names('shop/web'), ['shop-web-1']);
  assert.deepEqual((await names('*/web')).sort(), ['blog-web-1', 'shop-web-1']);
  assert.deepEqual((await names('shop-*-1')).sort(), ['shop-db-1', 'shop-web-1', 'shop-web-run-1']);
  assert.deepEqual(await names('shop-db-1,blog-web-1,shop-db-1'), ['shop-db-1', 'blog-web-1']);
  assert.match(
    await refusal(find('compose:web')),
    /^ambiguous: 'compose:web' is in 2 compose projects: blog\/web and shop\/web/,
  );
});

test('pid, namespace name, namespace file', { skip }, async () => {
  const pid = docker.pid('shop-web-1');
  const netns = statSync(`/proc/${pid}/ns/net`).ino;
  for (const spec of [`pid:${pid}`, `/proc/${pid}/ns/net`, `netns:/proc/${pid}/ns/net`])
    assert.equal((await find(spec))[0]!.netns, netns, spec);
  const named = addNetns('named');
  try {
    const [target] = await find(`netns:${named}`);
    assert.equal(target!.netns, statSync(`/run/netns/${named}`).ino);
    assert.deepEqual(target!.interfaces, []);
    assert.match(await refusal(find(`netns:${named.slice(0, -1)}`)), new RegExp(`did you mean .*${named}`));
    assert.match(await refusal(find(named)), new RegExp(`netns:${named} is a network namespace`));
  } finally {
    removeNetns(named);
  }
  assert.match(await refusal(find('pid:4194304')), /^unknown: there is no process 4194304 here/);
  assert.match(await refusal(find('pid:0')), /^usage: 'pid:0': a pid is a number from 1 to 4194304/);
  assert.match(await refusal(find('/etc/passwd')), /^unknown: \/etc\/passwd is not a namespace file/);
  assert.match(await refusal(find('/etc')), /^unknown: \/etc is a directory/);
  assert.match(
    await refusal(find('/proc/self/ns/mnt')),
    /^unknown: .* is a namespace, but not of the network/,
  );
});

test('two containers in one namespace are one capture', { skip }, async () => {
  const groups = groupByNamespace(await find('shop-web-1,sidecar,shop-db-1'));
  assert.deepEqual(
    groups.map((g) => g.label),
    ['shop-web-1+sidecar', 'shop-db-1'],
  );
  const watch = start(['watch', 'shop-web-1,sidecar'], { env: docker.env });
  await watch.listening();
  const { stderr } = await watch.stop();
  assert.match(stderr, /listening on shop-web-1\+sidecar\/lo, shop-web-1\+sidecar\/eth0\n/);
});

test("the host's network needs --host, and is narrowed to the container's ports", { skip }, async () => {
  assert.match(
    await refusal(find('onhost')),
    /^host-network: onhost uses the network of the host: .* \| add --host/,
  );
  const [target] = await find('onhost', { host: true });
  assert.equal(target!.hostNetwork, true);
  assert.deepEqual(await ownPorts(target!), [hostPort]);
  const { code, stderr } = await porthole(['watch', 'onhost'], { env: docker.env });
  assert.equal(code, 1);
  assert.match(stderr, /^porthole: onhost uses the network of the host.*\n {2}add --host.*\n$/);
  const [host] = await find('host');
  assert.equal(host!.netns, statSync('/proc/self/ns/net').ino);
});

test('what does not run is told with its state', { skip }, async () => {
  await until(
    () => docker.run('inspect', '--format', '{{.State.Status}}', 'done') === 'exited',
    'the end of done',
  );
  assert.match(
    await refusal(find('done')),
    /^not-running: done is not running: exited with exit code 3 \| docker start done/,
  );
  assert.match(await refusal(find('fresh')), /^not-running: fresh is not running: created/);
  docker.run('pause', 'shop-db-1');
  assert.deepEqual(await names('shop-db-1'), ['shop-db-1']);
  docker.run('unpause', 'shop-db-1');
});

test('an unknown name tells the nearest ones', { skip }, async () => {
  assert.match(
    await refusal(find('shop-wbe-1')),
    /^unknown: no container 'shop-wbe-1' \| did you mean shop-web-1/,
  );
  assert.match(await refusal(find('web')), /^unknown: no container 'web' \| did you mean (blog|shop)\/web/);
  assert.match(await refusal(find('label=tier=back')), /'tier' is front/);
  assert.match(await refusal(find('zzz-*')), /^unknown: no container matches 'zzz-\*' \| running: /);
});

test('a container that dies between look-up and open is told; nobody else is captured', {
  skip,
}, async () => {
  docker.start('short', [], 'idle');
  const groups = groupByNamespace(await find('short'));
  docker.run('rm', '--force', 'short');
  await assert.rejects(
    openLive(groups, {
      filter: () => [{ code: 6, jt: 0, jf: 0, k: 262_144 }],
      snaplen: 262_144,
      promiscuous: false,
      interfaces: [],
      ringBytes: 1 << 20,
      retireMs: 20,
      keepDoubles: false,
    }),
    {
      name: 'OpenerError',
      code: 'GONE',
      message: 'short ended (or was replaced) between look-up and open',
    },
  );
});

test('the daemon of DOCKER_HOST, over TCP, of a context', { skip }, async () => {
  const home = temporaryDirectory('home');
  const directory = join(home, '.docker');
  mkdirSync(directory);
  docker.run('--config', directory, 'context', 'create', 'aside', '--docker', `host=${docker.host}`);
  const environments: Record<string, string>[] = [
    { DOCKER_HOST: docker.host.slice('unix://'.length) },
    { DOCKER_HOST: `tcp://127.0.0.1:${tcpPort}` },
    { DOCKER_HOST: `127.0.0.1:${tcpPort}` },
    { DOCKER_HOST: '', HOME: home, DOCKER_CONTEXT: 'aside' },
    { DOCKER_HOST: '', DOCKER_CONFIG: directory, DOCKER_CONTEXT: 'aside' },
  ];
  for (const env of environments) {
    const [target] = await resolve('shop-web-1', { runtimes: [engine(env)] });
    assert.equal(target?.id, web, JSON.stringify(env));
  }
  docker.run('--config', directory, 'context', 'use', 'aside');
  const [target] = await resolve('shop-web-1', { runtimes: [engine({ DOCKER_HOST: '', HOME: home })] });
  assert.equal(target!.id, web);
  const said = await refusal(
    resolve('shop-web-1', { runtimes: [engine({ DOCKER_HOST: '', HOME: home, DOCKER_CONTEXT: 'gone' })] }),
  );
  assert.match(said, /^no-runtime: .*the docker context 'gone' is not defined in /);
});

test('no daemon, no permission, another program, silence', { skip }, async () => {
  const directory = temporaryDirectory('sockets');
  chmodSync(directory, 0o755);
  const ask = (path: string, silenceMs = 300) =>
    refusal(
      resolve('web', { runtimes: [new Engine({ env: { DOCKER_HOST: `unix://${path}` }, silenceMs })] }),
    );
  assert.match(
    await ask(join(directory, 'none')),
    /^no-runtime: no container 'web': no Docker socket: tried unix:\/\/\S+none \(from DOCKER_HOST\) \| is Docker installed/,
  );
  const servers: Server[] = [];
  const listen = (name: string, onConnection: Parameters<typeof createServer>[1]) =>
    new Promise<string>((done) => {
      const path = join(directory, name);
      servers.push(createServer(onConnection).listen(path, () => done(path)));
    });
  try {
    assert.match(
      await ask(await listen('talks', (s) => void s.end('SSH-2.0-OpenSSH_9\r\n'))),
      /^no-answer: .* does not answer as it should: not an HTTP answer/,
    );
    assert.match(
      await ask(await listen('web', (s) => void s.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'))),
      /^no-answer: .* does not answer as Docker does/,
    );
    assert.match(
      await ask(await listen('silent', () => {})),
      /^no-answer: .* does not answer: silent for 0.3 s/,
    );
    const stale = await listen('stale', () => {});
    await new Promise((done) => servers.pop()!.close(done));
    assert.match(await ask(stale), /^no-runtime: /);
  } finally {
    for (const server of servers) server.close();
  }
});

test('the list has everything once; events come as they happen', { skip }, async () => {
  const seen: string[] = [];
  const events = await watchEvents((e) => void seen.push(`${e.action} ${e.name} ${e.exitCode}`), {
    runtimes: [engine()],
  });
  try {
    docker.start('eventful', [], 'exit', '0', '7');
    await until(
      () => seen.includes('die eventful 7'),
      () => `die among ${seen}`,
    );
    assert.ok(seen.includes('start eventful -1'));
  } finally {
    events.close();
  }
  const named = addNetns('listed');
  try {
    const all = await list({ runtimes: [engine()] });
    const running = docker.run('ps', '--format', '{{.Names}}').split('\n').sort();
    assert.deepEqual(
      all.filter((t) => t.runtime === 'docker').map((t) => t.name),
      running,
    );
    assert.equal(all.filter((t) => t.runtime === 'netns' && t.name === named).length, 1);
    const other = all.filter((t) => t.runtime !== 'docker');
    assert.ok(other.every((t) => !t.hostNetwork));
  } finally {
    removeNetns(named);
  }
});
