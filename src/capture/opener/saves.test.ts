/** What may be saved and where: a compromised parser gets new, plainly named files in one directory and no more. */
import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Opener, openNew } from './index.ts';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'porthole-saves-'));
});
after(() => rmSync(directory, { recursive: true }));

const spec = () => ({
  directory,
  uid: process.getuid!(),
  gid: process.getgid!(),
  mode: 0o600,
});

test('a new file is private, and is where it was said', () => {
  const { fd, path } = openNew(spec(), 'one two.har');
  writeSync(fd, 'x');
  closeSync(fd);
  assert.equal(path, join(directory, 'one two.har'));
  assert.equal(readFileSync(path, 'utf8'), 'x');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('what is there is never opened, links neither', () => {
  writeFileSync(join(directory, 'there'), 'kept');
  symlinkSync(join(directory, 'elsewhere'), join(directory, 'link'));
  for (const name of ['there', 'link']) assert.throws(() => openNew(spec(), name), { code: 'EEXIST' }, name);
  assert.equal(readFileSync(join(directory, 'there'), 'utf8'), 'kept');
  assert.ok(!existsSync(join(directory, 'elsewhere')));
});

test('a name is a name: no way elsewhere, no hidden file', () => {
  for (const name of [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    '/etc/x',
    '.bashrc',
    '-rf',
    'a\0b',
    'a\nb',
    'x'.repeat(300),
  ])
    assert.throws(() => openNew(spec(), name), { code: 'EINVAL' }, JSON.stringify(name));
});

test('the opener process gives it, where that was agreed on', {
  skip: process.platform !== 'linux' && 'needs Linux',
}, async () => {
  const opener = Opener.start();
  await opener.configure(undefined, undefined, spec());
  const { fd, path } = opener.newFile('by-opener.json');
  writeSync(fd, '{}');
  closeSync(fd);
  assert.equal(readFileSync(path, 'utf8'), '{}');
  assert.throws(() => opener.newFile('by-opener.json'), { code: 'EEXIST' });
  assert.throws(() => opener.newFile('../x'), { code: 'EINVAL' });
  opener.close();
  const without = Opener.start();
  await without.configure(undefined);
  assert.throws(() => without.newFile('x.json'), /no more may be saved/);
  without.close();
});
