/**
 * The seed scenario, on real Docker: a container FROM scratch answers another one over a bridge; Porthole
 * shows what they say beside tcpdump in the same namespace, and leaves the container as it was.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Docker, portrait, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { launch, start } from '../support/porthole.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'docker', 'cc', 'tcpdump');
const withPayload = '(((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)';

let docker: Docker;
before(async () => {
  if (skip) return;
  docker = await startDocker();
  docker.start('upbeat', ['--ip', `${docker.prefix}.10`], 'serve', '8000');
  docker.start(
    'caller',
    ['--ip', `${docker.prefix}.20`],
    'call',
    `${docker.prefix}.10`,
    '8000',
    '/file.txt',
    '150',
  );
});
after(() => docker?.stop());

test('watch shows request and answer; the container is as it was', { skip }, async () => {
  const was = portrait(docker, 'upbeat');
  assert.equal(was.processes.length, 1);
  assert.equal(was.filesystem, '');
  const watch = start(['watch', 'upbeat', '-vv'], { env: docker.env });
  await until(
    () => watch.stdout().split('I am Server').length > 3,
    () => `three answers:\n${watch.stderr()}`,
  );
  const { code, stdout, stderr } = await watch.stop();
  assert.equal(code, 0);
  assert.match(stdout, /^[\d:.]+ caller:\d+ -> upbeat:8000 GET \/file\.txt -> 200 OK .+ 62 B\/96 B$/m);
  assert.match(stdout, /^ {2}> GET \/file\.txt HTTP\/1\.1$/m);
  assert.match(stdout, /^ {2}< I am Server$/m);
  assert.match(stderr, /^porthole: listening on upbeat\/lo, upbeat\/eth0$/m);
  assert.match(
    stderr,
    /^\d+ packets captured\n\d+ packets received by filter\n0 packets dropped by kernel$/m,
  );
  assert.deepEqual(portrait(docker, 'upbeat'), was);
});

/** Printed packets: a line that begins with IP, and its payload's lines. */
const blocks = (text: string) => text.split(/^(?=IP )/m).filter((block) => block.startsWith('IP '));

test('dump prints what tcpdump prints beside it in the same namespace', { skip }, async () => {
  const was = portrait(docker, 'upbeat');
  const flags = ['-nn', '-A', '-s', '0', '-t', '-S'];
  const dump = start(['dump', 'upbeat', ...flags, withPayload], { env: docker.env });
  const pid = String(docker.pid('upbeat'));
  const peer = launch('nsenter', ['-t', pid, '-n', 'tcpdump', '-i', 'eth0', '-l', ...flags, withPayload]);
  await Promise.all([dump.listening(), peer.listening()]);
  const enough = (text: string) => text.split('I am Server').length > 8;
  await until(
    () => enough(dump.stdout()) && enough(peer.stdout()),
    () => `packets:\n${dump.stdout()}${dump.stderr()}\n${peer.stdout()}${peer.stderr()}`,
  );
  const [ours, theirs] = await Promise.all([dump.stop(), peer.stop()]);
  assert.equal(ours.code, 0);
  assert.match(ours.stdout, /GET \/file\.txt/);
  // Both were started and stopped at different packets: what lies between is compared.
  const mine = blocks(ours.stdout);
  const peers = blocks(theirs.stdout);
  const first = mine.find((block) => peers.includes(block));
  const last = mine.findLast((block) => peers.includes(block));
  assert.ok(first && last, `nothing in common:\n${ours.stdout}\n${theirs.stdout}`);
  const common = (list: string[]) => list.slice(list.indexOf(first), list.lastIndexOf(last) + 1);
  assert.ok(common(mine).length >= 10);
  assert.deepEqual(common(mine), common(peers));
  assert.deepEqual(portrait(docker, 'upbeat'), was);
});

test('a filter of trailing words, of one text, and after -- is the same', { skip }, async () => {
  for (const words of [['tcp', 'port', '8000'], ['tcp port 8000'], ['--', 'tcp', 'port', '8000']]) {
    const { code, stdout, stderr } = await start(['watch', 'upbeat', '-c', '12', ...words], {
      env: docker.env,
    }).ended;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /GET \/file\.txt -> 200 OK/);
    assert.match(stderr, /, filter: tcp port 8000\n/);
  }
});

test('`porthole NAME` is `porthole watch NAME`; --json gives one object a line', { skip }, async () => {
  const plain = await start(['upbeat', '-c', '12'], { env: docker.env }).ended;
  assert.match(plain.stdout, /GET \/file\.txt -> 200 OK/);
  const { stdout } = await start(['upbeat', '-c', '12', '--json'], { env: docker.env }).ended;
  const entries = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const exchange = entries.find((e) => e.protocol === 'http');
  assert.equal(exchange?.fields['http.request.uri'], '/file.txt', stdout);
  assert.equal(exchange.fields['http.response.code'], 200);
});

test('a container that ends while watched with --once: a line says so, exit status 0', { skip }, async () => {
  docker.start('brief', [], 'exit', '1500', '3');
  const watch = start(['watch', '--once', 'brief'], { env: docker.env });
  const { code, stdout, stderr } = await watch.ended;
  assert.equal(code, 0, stderr);
  assert.match(`${stdout}${stderr}`, /brief ended \(process \d+ exited\)/);
  assert.match(stderr, /^\d+ packets? captured$/m);
});
