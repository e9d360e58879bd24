import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Container, livingSelectors } from '../target/index.ts';
import { idOfCgroup } from './arrivals.ts';
import { Membership } from './membership.ts';
import type { Member } from './messages.ts';

const id = (digit: string) => digit.repeat(64);

function container(name: string, more: Partial<Container> = {}): Container {
  return {
    ...{ runtime: 'docker', id: id('a'), name, image: 'nginx:1.27', state: 'running', pid: 7, exitCode: -1 },
    ...{ labels: {}, addresses: [], startedAt: 0 },
    ...more,
  };
}

const member = (name: string, of: string, runtime = 'docker'): Member => ({
  ...{ runtime, id: of, name, pid: 7, startTime: '1' },
});

const membership = (spec: string, known: readonly Member[] = []) =>
  new Membership(livingSelectors(spec), known);

test('a name is that of any run, of one runtime; a container made anew under it too', () => {
  const web = membership('web', [member('web', id('a'))]);
  assert.ok(web.wants(container('web', { id: id('b') })));
  assert.ok(!web.wants(container('web', { runtime: 'podman' })));
  assert.ok(!web.wants(container('web2')));
  web.removed(id('a'));
  assert.ok(!web.isOver, 'it may be made again');
});

test('an id is that of one container: when it is removed, nothing is left to come', () => {
  const one = membership('aaaa', [member('web', id('a'))]);
  assert.ok(one.wants(container('renamed')));
  assert.ok(!one.wants(container('web', { id: id('b') })));
  assert.ok(!one.isOver);
  one.removed(id('a'));
  assert.ok(one.isOver);
});

test('a short hex word is a name until it is known better: ids begin with anything', () => {
  const cafe = membership('cafe');
  assert.ok(!cafe.wants(container('web', { id: 'cafe'.padEnd(64, '0') })));
  assert.ok(cafe.wants(container('cafe')));
  cafe.bind(member('cafe', id('b'), 'podman'));
  assert.ok(!cafe.wants(container('cafe')), 'the first one found is the one that is meant');
  assert.ok(membership('cafe12345678').wants(container('web', { id: 'cafe12345678'.padEnd(64, '0') })));
});

test('groups: globs, patterns, labels, images, all; several words', () => {
  const wants = (spec: string, name: string, more: Partial<Container> = {}) =>
    membership(spec).wants(container(name, more));
  assert.ok(wants('web-*', 'web-1'));
  assert.ok(wants('/^web-\\d+$/', 'web-12') && !wants('/^web-\\d+$/', 'web-x') && !wants('/web/', 'WEB'));
  assert.ok(wants('/web/i', 'WEB') && wants('/^(a|web){1,2}$/,db', 'webweb') && wants('/^x{1,2}$/,db', 'db'));
  assert.ok(wants('label=tier', 'x', { labels: { tier: 'front' } }));
  assert.ok(wants('image:nginx', 'x') && !wants('image:redis', 'x'));
  assert.ok(wants('all', 'x') && wants('pid:7,all', 'x') && !wants('pid:7,netns:x', 'x'));
  assert.throws(() => livingSelectors('/web(/'), { name: 'TargetError', kind: 'usage' });
  assert.deepEqual(livingSelectors('/run/netns/blue,/proc/7/ns/net'), [], 'paths stay paths');
});

test('the id that a cgroup is called by', () => {
  const sixtyFour = '0123456789abcdef'.repeat(4);
  for (const name of [
    sixtyFour,
    `docker-${sixtyFour}.scope`,
    `libpod-${sixtyFour}`,
    `libpod-${sixtyFour}.scope`,
    `cri-containerd-${sixtyFour}.scope`,
    `system.slice:docker:${sixtyFour}`,
  ])
    assert.equal(idOfCgroup(name), sixtyFour, name);
  assert.equal(idOfCgroup('web'), 'web', "containerd's own");
  for (const name of ['cron.service', 'user.slice', 'session-3.scope', 'docker.socket'])
    assert.equal(idOfCgroup(name), '', name);
});
