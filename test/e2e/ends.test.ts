/** Who is at both ends: processes, one conversation seen in several namespaces, and never ourselves. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { type Docker, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { addNetns, inNetns, ip, join, startInNetns } from '../support/netns.ts';
import { start, stopAll } from '../support/porthole.ts';
import { upbeat } from '../support/upbeat.ts';
import { sleep, until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'cc');
after(stopAll);

interface End {
  readonly address: string;
  readonly port: number;
  readonly process?: { readonly pid: number; readonly comm: string; readonly target: string } | null;
}

interface Line {
  readonly type: string;
  readonly target: string;
  readonly fields: Record<string, unknown>;
  readonly connection: {
    readonly client: End;
    readonly server: End;
    readonly views?: readonly { target: string }[];
  };
}

const exchanges = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.type === 'exchange');

/** Three namespaces in a row; the middle one publishes a port of the last, and hides the first behind itself. */
function translated(): { names: [string, string, string]; skip: string } {
  const names: [string, string, string] = [addNetns('s1'), addNetns('s2'), addNetns('s3')];
  const [client, router, server] = names;
  join([client, '10.97.1.2/24'], [router, '10.97.1.1/24'], 'left');
  join([router, '10.97.2.1/24'], [server, '10.97.2.2/24'], 'right');
  inNetns(router, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  const nat = (...args: string[]) => inNetns(router, 'iptables', '-t', 'nat', ...args);
  try {
    nat(
      '-A',
      'PREROUTING',
      '-p',
      'tcp',
      '-d',
      '10.97.1.1',
      '--dport',
      '8080',
      '-j',
      'DNAT',
      '--to',
      '10.97.2.2:80',
    );
    nat('-A', 'POSTROUTING', '-o', 'right', '-j', 'MASQUERADE');
  } catch (error) {
    return {
      names,
      skip: `needs iptables that translates addresses: ${(error as Error).message.split('\n')[0]}`,
    };
  }
  return { names, skip: '' };
}

/** One request, by a program that lives no longer than that. */
const ask = (netns: string, address: string, port: number, path: string) =>
  inNetns(
    netns,
    'bash',
    '-c',
    `exec 3<>/dev/tcp/${address}/${port}; printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`,
  );

test('a published port, seen from client, router and server: told once, with both processes', {
  skip,
}, async (t) => {
  const { names, skip: missing } = translated();
  if (missing) return t.skip(missing);
  const [client, , server] = names;
  const serving = startInNetns(server, upbeat(), 'serve', '80');
  t.after(() => serving.kill('SIGKILL'));
  ip('-n', client, 'route', 'add', 'default', 'via', '10.97.1.1');
  const spec = names.map((name) => `netns:${name}`).join(',');
  const merged = start(['watch', '--json', spec]);
  const each = start(['watch', '--json', '--both-sides', '--no-processes', spec]);
  await Promise.all([merged.listening(), each.listening()]);
  // The server may not listen yet.
  await until(() => {
    try {
      return ask(client, '10.97.1.1', 8080, '/file.txt').includes('I am Server');
    } catch {
      return false;
    }
  }, 'the server');
  ask(client, '10.97.1.1', 8080, '/once');
  const wanted = (line: Line) => line.fields['http.request.uri'] === '/once';
  await until(() => exchanges(each.stdout()).filter(wanted).length >= 3, 'all views');
  await until(() => exchanges(merged.stdout()).some(wanted), 'the merged view');
  await Promise.all([each.stop(), merged.stop()]);
  const views = exchanges(each.stdout()).filter(wanted);
  // The router has two sides.
  assert.equal(views.length, 4);
  assert.ok(views.every((line) => line.connection.client.process === undefined));
  const told = exchanges(merged.stdout()).filter(wanted);
  assert.equal(told.length, 1, merged.stdout());
  const [line] = told as [Line];
  const { connection } = line;
  assert.equal(connection.client.address, '10.97.1.2');
  assert.deepEqual([connection.server.address, connection.server.port], ['10.97.2.2', 80]);
  assert.deepEqual([...new Set(connection.views?.map((view) => view.target))], names);
  assert.equal(line.target, names.join('+'));
  assert.deepEqual(
    [connection.server.process?.comm, connection.server.process?.pid],
    ['upbeat', serving.pid],
  );
  // Whoever is gone too soon to be looked at is told only where the kernel tells of it.
  if (connection.client.process) assert.match(connection.client.process.comm, /^(bash|cat)$/);
  assert.match(merged.stderr(), /seen in several places and told once/);
});

test('our own questions to a daemon over TCP are not captured; those of others are', {
  skip: skip || need('docker'),
}, async (t) => {
  const free = createServer();
  await new Promise<void>((done) => free.listen(0, '127.0.0.1', done));
  const { port } = free.address() as { port: number };
  await new Promise((done) => free.close(done));
  const docker: Docker = await startDocker({ tcpPort: port });
  t.after(() => docker.stop());
  const env = { DOCKER_HOST: `tcp://localhost:${port}`, DOCKER_CONTEXT: '' };
  const watch = start(['watch', '--json', 'host', 'port', String(port)], { env });
  await watch.listening();
  // The follower of runtimes asks when a container starts: by us, too.
  docker.start('ends', [], 'idle');
  await sleep(500);
  execFileSync('docker', ['-H', `tcp://127.0.0.1:${port}`, 'version'], { stdio: 'ignore' });
  await watch.saw('/version');
  await watch.stop();
  const agents = new Set(exchanges(watch.stdout()).map((line) => line.fields['http.user_agent']));
  assert.equal(agents.has('porthole'), false, [...agents].join());
  assert.ok([...agents].some((agent) => String(agent).startsWith('Docker-Client')));
  // It did ask.
  const asked = await start(['ps', '-q'], { env }).ended;
  assert.match(asked.stdout, /^ends$/m);
});
