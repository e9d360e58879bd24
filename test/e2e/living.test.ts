/** Targets that come, go and come back, on real daemons: who joins and leaves, what is captured and written. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Docker, image, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { porthole, start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'docker', 'cc', 'tshark');

let docker: Docker;
before(async () => {
  if (!skip) docker = await startDocker();
});
after(async () => {
  stopAll();
  await docker?.stop();
});

const startContainer = (name: string, ...command: string[]) =>
  docker.later('run', '--detach', '--name', name, '--network', docker.network, image, ...command);

const here = () => ['--socket', docker.host.replace('unix://', '')];
/** A busy daemon tells of exit codes late: then they are left out. */
const joined = (name: string) => new RegExp(`^\\+ ${name} \\(docker, [0-9a-f]{12}\\) joined$`, 'm');

test('a group lives: one view, one file with an interface block for each interface of each', {
  skip,
}, async () => {
  const file = join(temporaryDirectory('living'), 'out.pcapng');
  docker.start('web-1', [], 'tick', '127.0.0.1', '9', '20');
  docker.start('other', [], 'tick', '127.0.0.1', '9', '20');
  const watch = start(['dump', ...here(), '-nn', '-w', file, '--print', '/^web-\\d+$/', 'udp port 9']);
  await watch.listening();
  assert.match(watch.stderr(), /listening on web-1\/lo, web-1\/eth0, filter/);
  await startContainer('web-2', 'tick', '127.0.0.1', '9', '20');
  await watch.saw(joined('web-2'));
  await startContainer('web-x', 'tick', '127.0.0.1', '9', '20');
  await watch.saw(/web-2\/lo In {2}IP 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.9: UDP, length 16/);
  await docker.later('kill', 'web-1');
  await watch.saw(/^- web-1 left(: exit code 137)?$/m);
  const { code, stdout, stderr } = await watch.stop();
  assert.equal(code, 0);
  assert.match(stdout, /web-1\/lo In {2}IP /);
  assert.doesNotMatch(stdout + stderr, /other|web-x/);
  const names = execFileSync('tshark', ['-r', file, '-T', 'fields', '-e', 'frame.interface_name'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
  assert.deepEqual([...new Set(names.split('\n').filter(Boolean))].sort(), ['web-1/lo', 'web-2/lo']);
});

test('a name is followed through a restart, with a marked gap', { skip }, async () => {
  const file = join(temporaryDirectory('living'), 'out.pcapng');
  docker.start('back', [], 'tick', '127.0.0.1', '9', '20');
  const watch = start(['dump', ...here(), '-nn', '--print', 'back', '-w', file, 'udp port 9']);
  await watch.listening();
  await docker.later('kill', 'back');
  await watch.saw(/^- back left(: exit code 137)?$/m);
  await watch.saw(/nothing is left to watch: waiting for it to come back \(Ctrl-C ends; --once ends here\)/);
  const before = watch.stdout().length;
  await docker.later('start', 'back');
  await watch.saw(/^\+ back \(docker, [0-9a-f]{12}\) joined again$/m);
  await watch.saw(/back was away for \d+ ms, from \S+ to \S+: nothing was captured in between$/m);
  await until(() => watch.stdout().length > before, 'packets of the second run');
  const { code, stdout, stderr } = await watch.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /\x1b\[/, 'no colours but on a terminal');
  assert.match(stdout, /^\d\d:\d\d:\d\d\.\d{6} IP 127/, 'a single name needs no label');
  const info = execFileSync('capinfos', [file], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  assert.equal(info.match(/Name = back\/lo/g)?.length, 2);
  assert.match(info, /Comment = back was away for \d+ ms/);
});

test('--wait begins before there is anything, and sees the first packet; --once ends with the last', {
  skip,
}, async () => {
  const watch = start(['dump', ...here(), '-nn', '--wait', '--once', 'early', 'udp port 9']);
  await watch.saw('waiting for early');
  await startContainer('early', 'flood', '127.0.0.1', '9', '64', '1000');
  const { code, stdout, stderr } = await watch.ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, joined('early'));
  assert.match(stderr, /^- early left(: exit code 0)?$/m);
  assert.equal(stdout.match(/> 127\.0\.0\.1\.9: UDP/g)?.length, 1000);
});

test('--once ends with a plain name; an id that is removed cannot come back; --wait is for containers', {
  skip,
}, async () => {
  const id = docker.start('short', [], 'idle');
  const once = start(['watch', ...here(), '--once', 'short']);
  await once.listening();
  const byId = start(['watch', ...here(), id.slice(0, 12)]);
  await byId.listening();
  await docker.later('rm', '--force', 'short');
  assert.equal((await once.ended).code, 0);
  const { code, stderr } = await byId.ended;
  assert.equal(code, 0, stderr);
  const refused = await porthole(['watch', '--wait', 'pid:1']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--wait: 'pid:1' names no container/);
});

test('a container that shares the network of another joins it', { skip }, async () => {
  docker.start('house', [], 'idle');
  const watch = start(['watch', ...here(), 'house,guest*', '--wait']);
  await watch.listening();
  await docker.later('run', '--detach', '--name', 'guest', '--network', 'container:house', image, 'idle');
  await watch.saw(/^\+ guest \(docker, [0-9a-f]{12}\) joined: it shares the network of house$/m);
  await docker.later('kill', 'guest');
  await watch.saw(/^- guest left(: exit code 137)?$/m);
  const { code, stderr } = await watch.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /house left/);
});

test('opener and lookout keep root, the parser does not; both end when it is killed', { skip }, async () => {
  docker.start('guarded', [], 'idle');
  const watch = start(['watch', ...here(), 'guarded']);
  await watch.listening();
  const pid = watch.child.pid!;
  const uid = (of: number) => /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${of}/status`, 'latin1'))![1];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number);
  assert.equal(children.length, 2);
  assert.notEqual(uid(pid), '0');
  assert.deepEqual(children.map(uid), ['0', '0']);
  await watch.stop('SIGKILL');
  await until(() => children.every((child) => !existsSync(`/proc/${child}`)), 'the end of both');
});
