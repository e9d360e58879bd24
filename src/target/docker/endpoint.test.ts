import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TargetError } from '../errors.ts';
import { fromEvent, fromInspect, fromList } from './containers.ts';
import { findEndpoint, homes } from './endpoint.ts';

const directory = mkdtempSync(join(tmpdir(), 'porthole-endpoint-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('DOCKER_HOST in every form', () => {
  for (const [host, address] of [
    ['unix:///a/b.sock', { path: '/a/b.sock' }],
    ['/a/b.sock', { path: '/a/b.sock' }],
    ['unix://', { path: '/var/run/docker.sock' }],
    ['tcp://10.0.0.1:2376', { host: '10.0.0.1', port: 2376 }],
    ['tcp://example.org', { host: 'example.org', port: 2375 }],
    ['tcp://[::1]:1/', { host: '::1', port: 1 }],
    ['localhost:7', { host: 'localhost', port: 7 }],
    ['tcp://:7', { host: '127.0.0.1', port: 7 }],
  ] as const)
    assert.deepEqual(findEndpoint({ DOCKER_HOST: host }, []).address, address, host);
  for (const [env, said] of [
    [{ DOCKER_HOST: 'ssh://me@there' }, /is on another host/],
    [{ DOCKER_HOST: 'npipe:////./pipe/docker' }, /'npipe:\/\/' is not supported/],
    [{ DOCKER_HOST: 'tcp://a:99999' }, /not an address of a daemon/],
    [{ DOCKER_HOST: 'tcp://a:1', DOCKER_TLS_VERIFY: '1' }, /TLS to the daemon is not supported/],
  ] as const)
    assert.throws(
      () => findEndpoint(env, []),
      (e: Error) => e instanceof TargetError && said.test(e.message),
    );
});

test('contexts: by name, the current one, and one that is not there', () => {
  const home = join(directory, 'home');
  const meta = join(home, '.docker', 'contexts', 'meta', 'deadbeef');
  mkdirSync(meta, { recursive: true });
  writeFileSync(
    join(meta, 'meta.json'),
    JSON.stringify({ Name: 'aside', Endpoints: { docker: { Host: 'unix:///aside.sock' } } }),
  );
  const found = (env: Record<string, string>) => findEndpoint(env, [home]);
  assert.deepEqual(found({ DOCKER_CONTEXT: 'aside' }).address, { path: '/aside.sock' });
  writeFileSync(join(home, '.docker', 'config.json'), '{"currentContext":"aside"}');
  assert.deepEqual(found({}).address, { path: '/aside.sock' });
  // The environment is above the context.
  assert.deepEqual(found({ DOCKER_HOST: '/other.sock' }).address, { path: '/other.sock' });
  writeFileSync(join(home, '.docker', 'config.json'), '{"currentContext":"gone"}');
  assert.throws(() => found({}), /the docker context 'gone' is not defined/);
  for (const broken of ['', 'not json', '[]', 'null', '{"currentContext":7}']) {
    writeFileSync(join(home, '.docker', 'config.json'), broken);
    assert.equal(found({}).origin, '');
  }
});

test("under sudo the caller's home is looked at too", () => {
  const passwd = join(directory, 'passwd');
  writeFileSync(passwd, 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n');
  assert.deepEqual(homes({ HOME: '/root', SUDO_UID: '1000' }, passwd), ['/root', '/home/ann']);
  assert.deepEqual(homes({ HOME: '/home/ann', SUDO_UID: '1000' }, passwd), ['/home/ann']);
  assert.deepEqual(homes({ HOME: '/root', SUDO_UID: '1001' }, passwd), ['/root']);
  assert.deepEqual(homes({}, passwd), []);
});

test('answers that lack fields, or are of another shape', () => {
  assert.deepEqual(fromList({}), undefined);
  assert.deepEqual(fromList([{}, null, 7, 'x', { Id: '' }]), []);
  assert.equal(fromInspect([]), undefined);
  assert.equal(fromEvent({ Type: 'network', Actor: { ID: 'x' } }), undefined);
  const [bare] = fromList([
    { Id: 'abcdefabcdef99', Names: ['/other/alias', '/web'], Status: 'Exited (3) 2 s ago' },
  ])!;
  assert.deepEqual([bare!.name, bare!.exitCode, bare!.pid], ['web', 3, 0]);
  const odd = fromInspect({
    Id: 'abcdefabcdef99',
    State: { Pid: -1, Running: true, StartedAt: '0001-01-01T00:00:00Z' },
  })!;
  assert.deepEqual([odd.name, odd.state, odd.pid, odd.startedAt], ['abcdefabcdef', 'running', 0, 0]);
  const died = fromEvent({
    Type: 'container',
    Action: 'die',
    Actor: { ID: 'x', Attributes: { name: 'web', exitCode: '137', tier: 'front' } },
    time: 1_700_000_000,
    timeNano: 1_700_000_000_500_000_000,
  })!;
  assert.deepEqual([died.exitCode, died.at, died.labels], [137, 1_700_000_000_500, { tier: 'front' }]);
});
