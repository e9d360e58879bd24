import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readlinkSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { need } from '../../../test/support/need.ts';
import { scratch } from '../../../test/support/scratch.ts';
import { upbeat } from '../../../test/support/upbeat.ts';
import { until } from '../../../test/support/wait.ts';
import { containerHosts, parseHosts } from './hosts.ts';

test('the first name of each address, in the form packets have it', () => {
  const text = `# of a container
127.0.0.1\tlocalhost
::1 localhost ip6-localhost
ff02::1 ip6-allnodes
fe00:0:0::0001 net
10.0.0.5 api api.example.org # the other one
10.0.0.5 second
2001:DB8:0:0::1   db
10.0.0.6
10.0.0.999 none
10.0.0.7 \x1b[31mred
10.0.0.8 ${'x'.repeat(300)}
`;
  assert.deepEqual(parseHosts(text), [
    ['fe00::1', 'net'],
    ['10.0.0.5', 'api'],
    ['2001:db8::1', 'db'],
  ]);
  const many = Array.from({ length: 10_000 }, (_, i) => `10.1.${i >> 8}.${i & 255} h${i}`).join('\n');
  assert.equal(parseHosts(many).length, 1024);
});

test("a process's own file; never a link, a pipe, or the end of a file without one", {
  skip: need('linux', 'root', 'cc'),
}, async () => {
  const root = scratch();
  /** Of a program whose root directory is one that `prepare` has filled. */
  const inside = async (prepare: (etc: string) => void, name: string) => {
    const place = join(root, name);
    mkdirSync(join(place, 'etc'), { recursive: true });
    copyFileSync(upbeat(), join(place, 'upbeat'));
    prepare(join(place, 'etc'));
    const child = spawn('chroot', [place, '/upbeat', 'idle'], { stdio: 'ignore' });
    try {
      await until(() => readlinkSync(`/proc/${child.pid}/root`) === place, 'chroot');
      return containerHosts(child.pid!);
    } finally {
      child.kill('SIGKILL');
    }
  };
  const secret = join(root, 'secret');
  writeFileSync(secret, '10.0.0.1 stolen\n');
  assert.deepEqual(await inside((etc) => writeFileSync(join(etc, 'hosts'), '10.0.0.2 mine\n'), 'plain'), [
    ['10.0.0.2', 'mine'],
  ]);
  assert.deepEqual(await inside((etc) => symlinkSync(secret, join(etc, 'hosts')), 'link'), []);
  assert.deepEqual(await inside((etc) => execFileSync('mkfifo', [join(etc, 'hosts')]), 'pipe'), []);
  assert.deepEqual(
    await inside((etc) => {
      writeFileSync(join(etc, 'hosts'), '10.0.0.2 mine\n');
      truncateSync(join(etc, 'hosts'), 2 ** 40);
    }, 'huge'),
    [['10.0.0.2', 'mine']],
  );
  assert.deepEqual(await inside(() => {}, 'none'), []);
  assert.deepEqual(containerHosts(0), []);
});
