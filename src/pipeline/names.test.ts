import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../model/index.ts';
import { Names } from './names.ts';

const answer = (fields: Exchange['fields'], more: Partial<Exchange> = {}) =>
  ({ protocol: 'dns', outcome: 'ok', fields, ...more }) as Exchange;

test('addresses are named by what was asked; what the watcher knows comes first', () => {
  const names = new Names(new Map([['10.0.0.1', 'web']]));
  names.learn(
    answer({ 'dns.qry.type': 'A', 'dns.qry.name': 'www.example', 'dns.a': ['10.0.0.1', '10.0.0.2'] }),
  );
  names.learn(answer({ 'dns.qry.type': 'AAAA', 'dns.qry.name': 'six.example', 'dns.aaaa': ['2001:db8::1'] }));
  assert.deepEqual(
    ['10.0.0.1', '10.0.0.2', '2001:db8::1', '10.0.0.3'].map((address) => names.of(address)),
    ['web', 'www.example', 'six.example', undefined],
  );
  assert.equal(names.learned('10.0.0.1'), 'www.example');
});

test('a name looked up for an address stands behind the one it was reached by', () => {
  const names = new Names();
  const ptr = (name: string, result: string) =>
    names.learn(answer({ 'dns.qry.type': 'PTR', 'dns.qry.name': name, 'dns.result': result }));
  ptr('2.0.0.10.in-addr.arpa', 'host-2.example');
  ptr(`1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, 'six.example');
  assert.equal(names.of('10.0.0.2'), 'host-2.example');
  assert.equal(names.of('2001:db8::1'), 'six.example');
  names.learn(answer({ 'dns.qry.type': 'A', 'dns.qry.name': 'db.example', 'dns.a': ['10.0.0.2'] }));
  ptr('2.0.0.10.in-addr.arpa', 'host-2.example');
  assert.equal(names.of('10.0.0.2'), 'db.example');
  ptr('_http._tcp.local', 'x.example');
  ptr('3.0.0.10.in-addr.arpa', 'no answer');
  assert.equal([...names.entries()].length, 2);
});

test('errors and other protocols name nothing; names are text; the oldest goes', () => {
  const names = new Names();
  names.learn(answer({ 'dns.qry.name': 'a', 'dns.a': ['1.1.1.1'] }, { outcome: 'clientError' }));
  names.learn(answer({ 'dns.qry.name': 'a', 'dns.a': ['1.1.1.1'] }, { protocol: 'http' }));
  names.learn(answer({ 'dns.qry.name': 'M\xc3\xbcller.local', 'dns.a': ['2.2.2.2'] }));
  assert.deepEqual([names.of('1.1.1.1'), names.of('2.2.2.2')], [undefined, 'Müller.local']);
  for (let i = 0; i < 20_000; i++) names.learn(answer({ 'dns.qry.name': `n${i}`, 'dns.a': [`a${i}`] }));
  assert.equal([...names.entries()].length, 16_384);
  assert.equal(names.of('2.2.2.2'), undefined);
});
