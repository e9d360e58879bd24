import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, Message } from '../../model/index.ts';
import { connectionFor } from '../testing/play.ts';
import { jsonrpc } from './index.ts';

function exchange(contentType: string, response?: string): Exchange {
  const message = (type: string): Message => ({
    startAt: 0,
    endAt: 0,
    wireBytes: 1,
    startLine: '',
    headers: [['content-type', type]],
    trailers: [],
  });
  return {
    protocol: 'http',
    connection: connectionFor({}),
    startAt: 0,
    endAt: 0,
    fields: { 'http.request.method': 'POST', 'http.content_type': contentType },
    outcome: response === undefined ? 'unanswered' : 'ok',
    missing: [],
    weirds: [],
    request: message(contentType),
    ...(response === undefined ? {} : { response: message(response) }),
  };
}

function talk(request: string, response: string, responseType = 'application/json') {
  const asked = exchange('application/json');
  assert.equal(jsonrpc.claims(asked), true);
  const out = { exchange() {}, weird() {} };
  const inner = jsonrpc.open(asked, { connection: asked.connection, bodyLimit: 0 });
  inner.data('client', Buffer.from(request), 0, out);
  const answered = exchange('application/json', responseType);
  inner.answered?.(answered);
  inner.data('server', Buffer.from(response), 0, out);
  const { protocol, fields, outcome } = inner.finish(answered, out);
  const own = Object.entries(fields).filter(
    ([name, value]) => name.startsWith('jsonrpc.') && value !== undefined,
  );
  return [protocol, outcome, Object.fromEntries(own.map(([name, value]) => [name.slice(8), value]))];
}

test("the specification's examples", () => {
  const call = (more: string) => `{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23]${more}}`;
  assert.deepEqual(talk(call(', "id": 1'), '{"jsonrpc": "2.0", "result": 19, "id": 1}'), [
    'jsonrpc',
    'ok',
    { method: 'subtract', id: '1' },
  ]);
  assert.deepEqual(talk(call(''), ''), ['jsonrpc', 'ok', { method: 'subtract', notification: true }]);
  const notFound = '{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"}';
  assert.deepEqual(talk(call(', "id": "1"'), notFound), [
    'jsonrpc',
    'clientError',
    { method: 'subtract', id: '1', 'error.code': -32601, 'error.message': 'Method not found' },
  ]);
  const batch =
    '[{"jsonrpc":"2.0","method":"sum","id":"1"},{"jsonrpc":"2.0","method":"notify"},{"jsonrpc":"2.0","method":"get","id":9}]';
  const answers = `[{"jsonrpc":"2.0","result":7,"id":"1"},${notFound},${notFound}]`;
  assert.deepEqual(talk(batch, answers), [
    'jsonrpc',
    'clientError',
    {
      method: 'sum, notify, get',
      id: '1, 9',
      batch: 3,
      errors: 2,
      'error.code': -32601,
      'error.message': 'Method not found',
    },
  ]);
});

test('whose fault an error is', () => {
  const of = (code: string) =>
    talk('{"jsonrpc":"2.0","method":"a","id":1}', `{"jsonrpc":"2.0","error":{"code":${code}}}`)[1];
  assert.deepEqual(['-32700', '-32602', '-32603', '-32000', '7', '"x"'].map(of), [
    'clientError',
    'clientError',
    'serverError',
    'serverError',
    'failed',
    'failed',
  ]);
});

test('an answer in events', () => {
  const events =
    'event: message\r\ndata: {"jsonrpc":"2.0","method":"progress"}\r\n\r\ndata: {"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}\n\n';
  assert.deepEqual(talk('{"jsonrpc":"2.0","method":"a","id":1}', events, 'text/event-stream'), [
    'jsonrpc',
    'failed',
    { method: 'a', id: '1', 'error.code': 1, 'error.message': 'no' },
  ]);
});

test('what is something else comes back as it was', () => {
  for (const request of [
    '',
    '{}',
    '[]',
    '[1]',
    '{"method":"a"}',
    '{"jsonrpc":"1.0","method":"a"}',
    '{"jsonrpc":"2.0"}',
    '[{"jsonrpc":"2.0","method":"a"},{}]',
    'x',
  ])
    assert.deepEqual(talk(request, '{"jsonrpc":"2.0","result":1}'), ['http', 'ok', {}], request);
});
