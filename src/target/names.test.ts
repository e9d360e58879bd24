/** The words that name targets: globs, selectors, groups, sizes of mistakes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Target } from '../model/index.ts';
import { TargetError } from './errors.ts';
import { matchesGlob } from './glob.ts';
import { groupByNamespace } from './group.ts';
import type { Container } from './runtime.ts';
import { type ContainerSelector, parseSelectors, selects } from './selector.ts';

test('globs: as the shell has them', () => {
  for (const [pattern, yes, no] of [
    ['web-*', ['web-', 'web-1', 'web-a-b'], ['web', 'aweb-1']],
    ['*', ['', 'x'], []],
    ['a?c', ['abc', 'a*c'], ['ac', 'abbc']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
    ['[!a-c]x', ['dx'], ['ax']],
    ['[]]x', [']x'], ['x']],
    ['a[b', ['a[b'], ['ab']],
    ['*-*-1', ['a-b-1', 'a-b-c-1'], ['a-1', 'a-b-12']],
  ] as const) {
    for (const text of yes) assert.ok(matchesGlob(pattern, text), `${pattern} ${text}`);
    for (const text of no) assert.ok(!matchesGlob(pattern, text), `${pattern} ${text}`);
  }
});

test('globs of stars and letters agree with a regular expression, and end soon', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 });
  fc.assert(
    fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, text) => {
      const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      assert.equal(matchesGlob(pattern, text), regex.test(text));
    }),
  );
  assert.ok(!matchesGlob(`${'a*'.repeat(500)}b`, 'a'.repeat(5000)));
});

test('what each form means', () => {
  const kinds = (spec: string) => parseSelectors(spec).map(({ text: _, ...rest }) => rest);
  assert.deepEqual(kinds('web'), [{ kind: 'name', name: 'web', runtime: '' }]);
  assert.deepEqual(kinds('docker:web, pid:7 ,host'), [
    { kind: 'name', name: 'web', runtime: 'docker' },
    { kind: 'pid', pid: 7 },
    { kind: 'host' },
  ]);
  assert.deepEqual(kinds('web-*'), [{ kind: 'glob', pattern: 'web-*', runtime: '' }]);
  assert.deepEqual(kinds('label=a=b=c'), [{ kind: 'label', key: 'a', value: 'b=c' }]);
  assert.deepEqual(kinds('label=a'), [{ kind: 'label', key: 'a', value: undefined }]);
  assert.deepEqual(kinds('compose:web'), [{ kind: 'compose', project: '', unit: 'web' }]);
  assert.deepEqual(kinds('shop/web'), [{ kind: 'compose', project: 'shop', unit: 'web' }]);
  assert.deepEqual(kinds('compose:shop/web'), kinds('shop/web'));
  assert.deepEqual(kinds('netns:a'), [{ kind: 'netns', name: 'a' }]);
  assert.deepEqual(kinds('/run/netns/a'), [{ kind: 'path', path: '/run/netns/a' }]);
  assert.deepEqual(kinds('netns:/run/netns/a'), kinds('/run/netns/a'));
  assert.deepEqual(kinds('image:nginx,all'), [{ kind: 'image', pattern: 'nginx' }, { kind: 'all' }]);
  assert.deepEqual(kinds('./a'), [{ kind: 'path', path: './a' }]);
});

test('any text is a selector or a TargetError of kind usage', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.ok(parseSelectors(text).length >= 1);
      } catch (error) {
        assert.ok(error instanceof TargetError && error.kind === 'usage', String(error));
      }
    }),
  );
});

const container = (name: string, labels: Record<string, string> = {}): Container => ({
  runtime: 'docker',
  id: `${name}${'0'.repeat(60)}`,
  name,
  image: '',
  state: 'running',
  pid: 1,
  exitCode: -1,
  labels,
  addresses: [],
  startedAt: 0,
});

test('a selector picks by name, id, label, compose labels; one-off containers are not meant', () => {
  const picks = (spec: string, c: Container) => selects(parseSelectors(spec)[0] as ContainerSelector, c);
  const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };
  const web = container('abc', labels);
  assert.ok(picks('abc', web) && picks('abc00', web) && picks('shop/web', web) && picks('compose:web', web));
  assert.ok(picks('*/w?b', web) && picks('label=com.docker.compose.service=web', web));
  assert.ok(!picks('bc', web) && !picks('blog/web', web) && !picks('label=web', web));
  const once = container('abd', { ...labels, 'com.docker.compose.oneoff': 'True' });
  assert.ok(!picks('compose:web', once));
  // A label that every object has by nature is none of its own.
  assert.ok(!picks('label=constructor', web));
});

test('an image by what people call it', () => {
  const picks = (pattern: string, image: string) =>
    selects(parseSelectors(`image:${pattern}`)[0] as ContainerSelector, { ...container('a'), image });
  const whole = `docker.io/library/nginx:1.27@sha256:${'a'.repeat(64)}`;
  for (const pattern of ['nginx', 'nginx:1.27', 'docker.io/library/nginx', 'docker.io/*', 'ngin?', whole])
    assert.ok(picks(pattern, whole), pattern);
  for (const pattern of ['nginx:1.2', 'ngin', 'library', '1.27']) assert.ok(!picks(pattern, whole), pattern);
  // A port is no tag.
  assert.ok(picks('localhost:5000/web', 'localhost:5000/web') && picks('web', 'localhost:5000/web'));
  assert.ok(!picks('*', ''));
});

const target = (name: string, netns: number, more: Partial<Target> = {}): Target => ({
  runtime: 'docker',
  name,
  id: `${name}${'0'.repeat(60)}`,
  image: '',
  pid: netns,
  startTime: '1',
  netnsPath: `/proc/${netns}/ns/net`,
  netns,
  hostNetwork: false,
  labels: {},
  addresses: [],
  interfaces: [],
  since: 0,
  ...more,
});

test('one group a namespace, one label a group', () => {
  const groups = groupByNamespace([
    target('a', 1),
    target('b', 2, { id: `2${'0'.repeat(63)}` }),
    target('c', 1, { pid: 9 }),
    target('a', 1),
    target('b', 3, { id: `3${'0'.repeat(63)}` }),
  ]);
  assert.deepEqual(
    groups.map((g) => [g.netns, g.label]),
    [
      [1, 'a+c'],
      [2, 'b@200000000000'],
      [3, 'b@300000000000'],
    ],
  );
  // A file outlives every process: it is the better one to open.
  const [both] = groupByNamespace([
    target('a', 1),
    target('n', 1, { pid: 0, netnsPath: '/run/netns/n', runtime: 'netns', id: '' }),
  ]);
  assert.equal(both!.netnsPath, '/run/netns/n');
  const many = groupByNamespace(['a', 'b', 'c', 'd', 'e'].map((name, i) => target(name, 1, { pid: i + 1 })));
  assert.equal(many[0]!.label, 'a+b+c+2');
});
