/** ./porthole: by a symlink, from anywhere, for another user, in a clone that was never installed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { need } from '../support/need.ts';
import { launcher, porthole } from '../support/porthole.ts';
import { temporaryDirectory } from '../support/upbeat.ts';

const version = /^porthole \d+\.\d+\.\d+ \(Node v(2[2-9]|[3-9]\d)\./;

test('through symlinks, absolute and relative, from any directory', async () => {
  const directory = temporaryDirectory('launcher');
  mkdirSync(join(directory, 'a b'));
  symlinkSync(launcher, join(directory, 'absolute'));
  symlinkSync('../absolute', join(directory, 'a b', 'relative'));
  for (const [path, cwd] of [
    [launcher, '/'],
    [join(directory, 'absolute'), directory],
    [join(directory, 'a b', 'relative'), '/tmp'],
    ['./a b/relative', directory],
  ] as const) {
    const { code, stdout, stderr } = await porthole(['version'], { launcher: path, cwd });
    assert.equal(code, 0, stderr);
    assert.match(stdout, version);
  }
});

test('with almost no environment', async () => {
  const bare = ['env', '-i', 'PATH=/usr/bin:/bin'];
  const { code, stdout, stderr } = await porthole(['version'], { through: bare });
  assert.equal(code, 0, stderr);
  assert.match(stdout, version);
});

test('a clone that was never installed installs itself once, and says so', {
  skip: need('git'),
}, async (t) => {
  const root = resolve(import.meta.dirname, '../..');
  if (!existsSync(join(root, '.git'))) return t.skip('not a git checkout: nothing to clone');
  const clone = join(temporaryDirectory('clone'), 'porthole');
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone], { stdio: 'pipe' });
  const options = { launcher: join(clone, 'porthole'), cwd: '/' };
  const first = await porthole(['filter', '-ddd', 'ip'], options);
  if (
    first.code !== 0 &&
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i.test(first.stderr)
  )
    return t.skip('no package registry can be reached');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /^porthole: installing npm packages into \S+\/node_modules \(once\) \.\.\.\n/);
  const second = await porthole(['filter', '-ddd', 'ip'], options);
  assert.equal(second.stderr, '');
  assert.equal(second.stdout, first.stdout);
  assert.match(first.stdout, /^\d+\n/);
});
