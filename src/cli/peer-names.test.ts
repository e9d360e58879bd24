import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '../model/index.ts';
import { namesOf } from './peer-names.ts';

let count = 0;

function target(
  name: string,
  address: string,
  labels: Record<string, string> = {},
  change: Partial<Target> = {},
) {
  const id = `id${++count}`;
  const rest = {
    image: '',
    pid: 0,
    startTime: '',
    netnsPath: '',
    hostNetwork: false,
    interfaces: [],
    since: 0,
  };
  return {
    runtime: 'docker',
    name,
    id,
    netns: 100 + count,
    labels,
    addresses: [address],
    ...rest,
    ...change,
  };
}

const compose = (project: string, service: string, more: Record<string, string> = {}) => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
  ...more,
});

test('a service that is one container is called by its name, all else by the name of the container', () => {
  const db = target('shop-db-1', '10.0.0.1', compose('shop', 'db'));
  const targets = [
    db,
    // Told of twice: watched, and a neighbour.
    db,
    target('shop-db-run-1', '10.0.0.6', compose('shop', 'db', { 'com.docker.compose.oneoff': 'True' })),
    target('shop-web-1', '10.0.0.2', compose('shop', 'web')),
    target('shop-web-2', '10.0.0.3', compose('shop', 'web')),
    target('blog-web-1', '10.0.0.4', compose('blog', 'web')),
    target('plain', '10.0.0.5'),
  ];
  assert.deepEqual(
    [...namesOf(targets)],
    [
      ['10.0.0.1', 'db'],
      ['10.0.0.6', 'shop-db-run-1'],
      ['10.0.0.2', 'shop-web-1'],
      ['10.0.0.3', 'shop-web-2'],
      ['10.0.0.4', 'blog-web-1'],
      ['10.0.0.5', 'plain'],
    ],
  );
});

test('a pod has all its names; the host, and what everybody has, have none', () => {
  const targets = [
    target('app', '10.0.0.1'),
    target('sidecar', '10.0.0.1'),
    target('agent', '192.0.2.1', {}, { hostNetwork: true }),
    target('any', '127.0.0.1'),
    target('link', 'fe80::1'),
  ];
  assert.deepEqual([...namesOf(targets)], [['10.0.0.1', 'app+sidecar']]);
});
