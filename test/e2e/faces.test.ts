/** What people see who give no target: the table, the picker, the demo, the help. */
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type Docker, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { addNetns, removeNetns } from '../support/netns.ts';
import { launcher, porthole, start, stopAll } from '../support/porthole.ts';
import { openTerminal } from '../support/terminal.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'docker', 'cc', 'ip', 'tmux');

let docker: Docker;
let box: string;
before(async () => {
  if (skip) return;
  docker = await startDocker();
  docker.start('0-upbeat', ['--ip', `${docker.prefix}.10`], 'serve', '8000');
  docker.start('1-caller', [], 'call', `${docker.prefix}.10`, '8000', '/file.txt', '100');
  box = addNetns('f');
});
after(async () => {
  stopAll();
  if (box) removeNetns(box);
  await docker?.stop();
});

test('ps: a table, names only, one object a line', { skip }, async () => {
  const table = await porthole(['ps'], { env: docker.env });
  assert.equal(table.code, 0);
  // Names of namespaces that others have left behind.
  assert.equal(table.stderr.replace(/^porthole: \/run\/netns\/\S+ is not a namespace file\n/gm, ''), '');
  const [head, first, second] = table.stdout.split('\n');
  assert.match(head!, /^NAME +RUNTIME +ID +IMAGE +PID +IPS +INTERFACES +SINCE$/);
  const id = docker.run('inspect', '--format', '{{.Id}}', '0-upbeat');
  const place = `porthole-upbeat +${docker.pid('0-upbeat')} +${docker.prefix}\\.10 +lo,eth0 +\\S`;
  assert.match(first!, new RegExp(`^0-upbeat +docker +${id.slice(0, 12)} +${place}`));
  assert.match(second!, /^1-caller +docker /);
  assert.match(
    table.stdout,
    new RegExp(`^${box} +netns +<none> +<none> +<none> +<none> +lo +<unknown>$`, 'm'),
  );

  const names = await porthole(['ps', '-q'], { env: docker.env });
  const lines = names.stdout.trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, 2), ['0-upbeat', '1-caller']);
  assert.ok(lines.includes(`netns:${box}`));

  const json = await porthole(['ps', '--json'], { env: docker.env });
  const targets = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(targets[0].id, id);
  assert.equal(targets[0].pid, docker.pid('0-upbeat'));
});

test('alone, not at a terminal: the table and what to do next', { skip }, async () => {
  const { code, stdout, stderr } = await porthole([], { env: docker.env });
  assert.equal(code, 0);
  assert.match(stdout, /^NAME +RUNTIME/);
  assert.equal(stderr, "porthole: 'porthole NAME' watches one; 'porthole --help' tells more\n");
});

test('the picker: arrows and letters choose, Enter watches, q leaves the screen as it was', {
  skip,
}, async () => {
  const terminal = openTerminal(docker.env);
  try {
    await terminal.sees(/^\$/m);
    terminal.type('echo before', 'Enter');
    await terminal.sees(/^before$/m);
    terminal.type(`'${launcher}'`, 'Enter');
    await terminal.sees(/^> 0-upbeat +docker +porthole-upbeat/m);
    assert.match(terminal.screen(), /^ {2}NAME +RUNTIME +IMAGE +IPS +IN +OUT +LO$/m);
    // Two looks make a rate.
    await terminal.sees(/^> 0-upbeat .* [\d.]+ k?B\/s +[\d.]+ k?B\/s +0 B\/s$/m);
    terminal.type('Down');
    await terminal.sees(/^> 1-caller/m);
    terminal.type('kjk');
    await terminal.sees(/^> 0-upbeat/m);
    terminal.type('q');
    await terminal.sees(/^\$ $|^\$$/m);
    assert.match(terminal.screen(), /^before$/m);
    assert.doesNotMatch(terminal.screen(), /RUNTIME/);

    terminal.type(`'${launcher}'`, 'Enter');
    await terminal.sees(/^> 0-upbeat/m);
    terminal.type('Enter');
    await terminal.sees(/^porthole watch 0-upbeat$/m);
    await terminal.sees(/1-caller -> 0-upbeat:8000 GET \/file\.txt -> 200 OK/);
    terminal.type('C-c');
    await terminal.sees(/^\d+ exchanges? in \d+ connections?\n\$$/m);
    terminal.type('echo status $?', 'Enter');
    await terminal.sees(/^status 0$/m);
  } finally {
    terminal.close();
  }
});

/** The processes that descend from one. */
function family(pid: number): number[] {
  let children: number[] = [];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    // Ended.
  }
  return [...children, ...children.flatMap(family)];
}

const lives = (pid: number) => {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
};

for (const signal of ['SIGINT', 'SIGKILL'] as const)
  test(`the demo talks HTTP and DNS; after ${signal} nothing is left of it`, { skip }, async () => {
    const demo = start(['demo', '-vv']);
    await demo.saw(/ A api\.demo\.internal -> 10\.88\.0\.20/);
    await demo.saw(/ GET \/file\.txt -> 200 OK/);
    await demo.saw(/^ {2}< I am Server$/m);
    await demo.saw(/ -> 503 Service Unavailable/);
    // What looks like a secret is masked.
    assert.doesNotMatch(demo.stdout(), /demo-secret-token/);
    const pids = family(demo.child.pid!);
    assert.ok(pids.length >= 3, 'opener, server, client');
    const inside = pids.map((pid) => readlinkSync(`/proc/${pid}/ns/net`));
    assert.ok(inside.some((netns) => netns !== readlinkSync('/proc/self/ns/net')));
    const { code } = await demo.stop(signal);
    if (signal === 'SIGINT') assert.equal(code, 0);
    await until(
      () => !pids.some(lives),
      () => `the end of ${pids.filter(lives)}`,
    );
  });

test('alone, with nothing to watch: the demo', { skip }, async () => {
  // A /proc and a /run in which no container or namespace can be seen.
  const through = [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    'sh',
    '-c',
    'mount -t tmpfs none /run && exec "$@"',
    'sh',
  ];
  const alone = start([], { through, env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
  await alone.saw(/no container here to watch: this is the demo/);
  await alone.saw(/ GET \/file\.txt -> 200 OK/);
  // unshare waits for it.
  for (const pid of family(alone.child.pid!).slice(0, 1)) process.kill(pid, 'SIGTERM');
  await alone.ended;
});

test('help and version, of everything', { skip: false }, async () => {
  const { stdout, code } = await porthole(['--help']);
  assert.equal(code, 0);
  assert.match(stdout, /^See what a container says/);
  for (const command of ['watch', 'dump', 'ps', 'filter', 'demo']) {
    for (const args of [
      [command, '--help'],
      [command, '-h'],
    ]) {
      const ended = await porthole(args);
      assert.equal(ended.code, 0, command);
      assert.equal(ended.stderr, '');
      assert.match(ended.stdout, new RegExp(`^Usage: porthole ${command} `, 'm'));
      assert.ok(
        ended.stdout.split('\n').every((line) => line.length <= 130),
        `a long line: ${command}`,
      );
    }
  }
  assert.match((await porthole(['version'])).stdout, /^porthole \d+\.\d+\.\d+ \(Node v\d+/);
  assert.equal((await porthole(['--version'])).stdout, (await porthole(['-V'])).stdout);
});
