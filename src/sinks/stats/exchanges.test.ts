import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, FieldSpec } from '../../model/index.ts';
import { createRedactor } from '../../redact/index.ts';
import { connection, exchange, message } from '../testing/exchanges.ts';
import { Exchanges } from './exchanges.ts';

const spec = (name: string, role: FieldSpec['role'], grouping?: FieldSpec['grouping']): FieldSpec => ({
  ...{ name, type: 'string', label: '', description: '' },
  ...(role ? { role } : {}),
  ...(grouping ? { grouping } : {}),
});
const fields = new Map([
  [
    'p',
    { title: 'P', fields: [spec('p.op', 'operation'), spec('p.path', 'subject'), spec('p.out', 'result')] },
  ],
  [
    'n',
    {
      title: 'N',
      fields: [spec('n.type', 'operation'), spec('n.name', 'subject', 'none'), spec('n.out', 'result')],
    },
  ],
  ['v', { title: 'V', fields: [spec('v.op', 'operation'), spec('v.key', 'subject', 'value')] }],
  ['bare', { title: 'Bare', fields: [] }],
]);

const make = (...exchanges: readonly Exchange[]): Exchanges => {
  const made = new Exchanges(fields, 5, createRedactor().exchange);
  for (const each of exchanges) made.add(each);
  return made;
};
const p = (op: string, path: string, more: Partial<Exchange> = {}) =>
  exchange({ protocol: 'p', fields: { 'p.op': op, 'p.path': path, 'p.out': '200 OK' }, ...more });
const endpoints = (made: Exchanges) =>
  made.endpoints
    .top(99)
    .rows.map((row) => `${row.protocol} ${row.operation} ${row.subject} ${row.outcomes.total}`);

test('entries are grouped as their fields declare', () => {
  const n = (name: string) => exchange({ protocol: 'n', fields: { 'n.type': 'A', 'n.name': name } });
  const v = (key: string) => exchange({ protocol: 'v', fields: { 'v.op': 'GET', 'v.key': key } });
  const made = make(
    ...[p('GET', '/users/1'), p('GET', '/users/2?x=1'), p('GET', '/users/3'), p('PUT', '/users/4')],
    ...[n('a.example'), n('b.example')],
    ...[v('user/12345678'), v('user/12345679')],
    ...[exchange({ protocol: 'bare', fields: {} }), exchange({ protocol: 'unheard', fields: {} })],
  );
  assert.deepEqual(endpoints(made), [
    'P GET /users/{id} 3',
    'N A  2',
    'P PUT /users/{id} 1',
    'V GET user/12345678 1',
    'V GET user/12345679 1',
    'Bare Bare  1',
    'unheard unheard  1',
  ]);
});

test('the same path of two servers is two endpoints; of one name behind two addresses one', () => {
  const at = (address: string, name?: string) => ({
    connection: { ...connection, server: { address, port: 80, ...(name === undefined ? {} : { name }) } },
  });
  const made = make(
    ...[p('GET', '/', at('10.0.0.1')), p('GET', '/', at('10.0.0.2'))],
    ...[p('GET', '/', at('10.0.0.3', 'web')), p('GET', '/', at('10.0.0.4', 'web'))],
  );
  assert.deepEqual(
    made.endpoints.top(9).rows.map((row) => [row.server.name ?? row.server.address, row.outcomes.total]),
    [
      ['web', 2],
      ['10.0.0.1', 1],
      ['10.0.0.2', 1],
    ],
  );
});

test('latency is of exchanges with both messages', () => {
  const { request: _, ...answer } = p('GET', '/');
  const { response: __, ...question } = p('GET', '/', { outcome: 'unanswered', endAt: 99e9 });
  const made = make(p('GET', '/', { startAt: 0, endAt: 5e6 }), answer, question);
  const row = made.endpoints.top(1).rows[0]!;
  assert.deepEqual([row.outcomes.total, row.latency.count, row.latency.max], [3, 1, 5e6]);
  assert.equal(made.protocols.at('P').latency.count, 1);
  assert.equal(made.slowest.list().length, 1);
});

test('errors are told by what was asked and what was answered, names in full', () => {
  const lookup = (name: string) =>
    exchange({
      ...{ protocol: 'n', outcome: 'clientError' },
      fields: { 'n.type': 'A', 'n.name': name, 'n.out': 'NXDOMAIN' },
    });
  const { response: _, ...lost } = p('GET', '/users/7', {
    outcome: 'unanswered',
    fields: { 'p.op': 'GET', 'p.path': '/users/7' },
  });
  const made = make(
    ...[lookup('a.example'), lookup('a.example'), lookup('b.example'), lost],
    p('GET', '/users/1', {
      outcome: 'serverError',
      fields: { 'p.op': 'GET', 'p.path': '/users/1', 'p.out': '500' },
    }),
    p('GET', '/', { outcome: 'info' }),
  );
  assert.deepEqual(
    made.errors.top(9).rows.map((row) => [row.operation, row.subject, row.result, row.outcome, row.count]),
    [
      ['A', 'a.example', 'NXDOMAIN', 'clientError', 2],
      ['A', 'b.example', 'NXDOMAIN', 'clientError', 1],
      ['GET', '/users/{id}', 'no answer', 'unanswered', 1],
      ['GET', '/users/{id}', '500', 'serverError', 1],
    ],
  );
  assert.equal(made.protocols.at('P').outcomes.bad, 2);
});

test('what is kept as text has no secrets, and is UTF-8 where its bytes are', () => {
  const slow = p('GET', '/caf\xc3\xa9?token=s3cret&page=1', {
    fields: { 'p.op': 'GET', 'p.path': '/caf\xc3\xa9?token=s3cret&page=1', 'p.out': '500' },
    outcome: 'serverError',
  });
  const made = make(slow, p('GET', 'http://me:pw@shop.example/x'));
  const texts = JSON.stringify([made.slowest.list(), made.errors.top(9).rows, made.endpoints.top(9).rows]);
  assert.ok(!/s3cret|pw@/.test(texts), texts);
  assert.equal(made.slowest.list().find((s) => s.outcome !== 'ok')!.subject, '/café?token=***&page=1');
  assert.equal(made.errors.top(1).rows[0]!.subject, '/café');
});

test('a hundred thousand paths nobody has keep the endpoints that are used, and every sum', () => {
  const made = make();
  for (let i = 0; i < 300; i++) made.add(p('GET', '/real'));
  const word = (i: number) => [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  for (let i = 0; i < 100_000; i++)
    made.add(p('GET', `/${word(i)}`, { outcome: 'clientError', startAt: 0, endAt: i }));
  const { rows, others } = made.endpoints.top(1);
  assert.deepEqual([rows[0]!.subject, rows[0]!.outcomes.total], ['/real', 300]);
  assert.deepEqual([others.outcomes.clientError, others.latency.count], [100_000, 100_000]);
  assert.ok(made.endpoints.size <= 1024 && made.errors.size <= 1024);
  assert.equal(made.errors.top(0).others.count, 100_000);
  assert.equal(made.slowest.list().length, 5);
});

test('values without end are cut', () => {
  const long = 'x'.repeat(100_000);
  const made = make(
    exchange({
      protocol: 'v',
      fields: { 'v.op': long, 'v.key': long },
      request: message(''),
      outcome: 'failed',
    }),
  );
  const row = made.endpoints.top(1).rows[0]!;
  assert.ok(row.operation.length <= 200 && row.subject.length <= 200);
  assert.ok(made.slowest.list()[0]!.subject.length <= 200);
});
