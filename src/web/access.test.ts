import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelRefusalOf, cookieName, cookieOf, isOwnHost, isToken, newToken, refusalOf } from './access.ts';

const access = { token: 'abc', port: 4870, address: '127.0.0.1' };
const welcome = {
  host: '127.0.0.1:4870',
  origin: 'http://127.0.0.1:4870',
  site: 'same-origin',
  cookie: 'porthole-4870=abc',
};

test('names that DNS could turn to us are none of ours', () => {
  for (const host of [
    '127.0.0.1:4870',
    '127.0.0.1',
    'localhost:9000',
    'LOCALHOST',
    '[::1]:4870',
    '127.8.9.1:1',
  ])
    assert.ok(isOwnHost(host, '127.0.0.1'), host);
  const foreign = [
    ...[
      'evil.example:4870',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil@127.0.0.1',
      '',
      undefined,
    ],
    ...[
      '10.0.0.1:4870',
      '[::2]:4870',
      '127.0.0.1:4870:1',
      'localhost:',
      '127.0.0.1/',
      '0x7f000001',
      '2130706433',
    ],
  ];
  for (const host of foreign) assert.ok(!isOwnHost(host, '127.0.0.1'), String(host));
});

test('whoever listens elsewhere is found by that address, everywhere by any; never by another name', () => {
  assert.ok(isOwnHost('10.0.0.5:4870', '10.0.0.5'));
  assert.ok(!isOwnHost('10.0.0.6:4870', '10.0.0.5'));
  assert.ok(isOwnHost('10.0.0.6:4870', '0.0.0.0'));
  assert.ok(isOwnHost('[fd00::1]:4870', '::'));
  assert.ok(!isOwnHost('evil.example', '0.0.0.0'));
});

test('each of the three is looked at', () => {
  assert.equal(refusalOf(welcome, access), undefined);
  assert.equal(refusalOf({ ...welcome, origin: undefined, site: 'none' }, access), undefined);
  assert.equal(
    refusalOf({ ...welcome, host: 'evil.example', origin: 'http://evil.example' }, access)?.status,
    403,
  );
  assert.equal(refusalOf({ ...welcome, origin: 'http://evil.example' }, access)?.status, 403);
  assert.equal(refusalOf({ ...welcome, origin: 'null' }, access)?.status, 403);
  assert.equal(refusalOf({ ...welcome, origin: 'http://127.0.0.1:3000' }, access)?.status, 403);
  assert.equal(refusalOf({ ...welcome, origin: undefined, site: 'cross-site' }, access)?.status, 403);
  // Another port of this host is the same site, and not the same origin.
  assert.equal(refusalOf({ ...welcome, origin: undefined, site: 'same-site' }, access)?.status, 403);
  assert.equal(refusalOf({ ...welcome, cookie: undefined }, access)?.status, 401);
  assert.equal(refusalOf({ ...welcome, cookie: 'porthole-4870=abd' }, access)?.status, 401);
  assert.equal(refusalOf({ ...welcome, cookie: 'porthole-4871=abc' }, access)?.status, 401);
});

test('a channel needs an origin', () => {
  assert.equal(channelRefusalOf(welcome, access), undefined);
  assert.equal(channelRefusalOf({ ...welcome, origin: undefined }, access)?.status, 403);
});

test('cookies', () => {
  assert.equal(cookieOf('a=1; porthole-4870=x=y; b=2', cookieName(4870)), 'x=y');
  assert.equal(cookieOf('xporthole-4870=1', cookieName(4870)), '');
  assert.equal(cookieOf(undefined, cookieName(4870)), '');
});

test('tokens', () => {
  assert.match(newToken(), /^[\w-]{24}$/);
  assert.notEqual(newToken(), newToken());
  assert.ok(isToken('abc', 'abc'));
  for (const given of ['', 'ab', 'abcd', 'ABC']) assert.ok(!isToken(given, 'abc'), given);
});
