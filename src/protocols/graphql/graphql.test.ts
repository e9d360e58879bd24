import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, Message } from '../../model/index.ts';
import { connectionFor } from '../testing/play.ts';
import { type Operation, parseDocument } from './document.ts';
import { graphql } from './index.ts';
import { askedByBody, askedByUri } from './request.ts';

const short = (operations: readonly Operation[] | undefined) =>
  operations?.map(({ type, name, fields }) => `${type} ${name} {${fields.join(' ')}}`);

test('documents: types, names, what is selected', () => {
  const cases: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['{ a b }', ['query  {a b}']],
    ['query { a }', ['query  {a}']],
    ['query Q{a}', ['query Q {a}']],
    [
      'mutation M($a: [Int!]! = [1, 2], $b: In = {c: "}"}) @d(e: ")") { f(x: {y: [1]}) { g } }',
      ['mutation M {f}'],
    ],
    [
      'subscription S { a: b, c @skip(if: $d) ...F ... on T { e } ...{ h } ... @include(if: true) { i } }',
      ['subscription S {b c}'],
    ],
    [
      '# query X { y }\n\u00ef\u00bb\u00bf query A { b } fragment F on T { q } query C { d }',
      ['query A {b}', 'query C {d}'],
    ],
    ['query A { b(text: """block " } \\""" still""") c(s: "\\"}") }', ['query A {b c}']],
    ['query A { b', ['query A {b}']],
    ['query A($x: In', ['query A {}']],
    ['query', ['query  {}']],
    ['', undefined],
    ['hello', undefined],
    ['query A hello', undefined],
    ['fragment F on T { a }', undefined],
    ['type T { a: Int }', undefined],
  ];
  for (const [text, expected] of cases) assert.deepEqual(short(parseDocument(text)), expected, text);
});

test('hostile documents end', () => {
  for (const text of [
    '{'.repeat(100_000),
    '"""'.repeat(50_000),
    'query A {'.repeat(10_000),
    `{${'a '.repeat(50_000)}}`,
    '#'.repeat(100_000),
  ])
    parseDocument(text);
});

test('requests: where documents are', () => {
  const name = (asked: ReturnType<typeof askedByBody>) =>
    asked?.map((a) => `${a.type} ${a.name} ${a.hash ?? ''}`.trim());
  assert.deepEqual(name(askedByBody('application/json', '{"query":"query A { b }"}')), ['query A']);
  const two = '{"query":"query A { b } mutation C { d }","operationName":"C"}';
  assert.deepEqual(name(askedByBody('application/json', two)), ['mutation C']);
  assert.deepEqual(name(askedByBody('application/json', `[${two},{"query":"{ e }"}]`)), [
    'mutation C',
    'query',
  ]);
  assert.deepEqual(name(askedByBody('application/graphql', 'query A { b }')), ['query A']);
  const hash = 'ab'.repeat(32);
  const persisted = `{"operationName":"P","extensions":{"persistedQuery":{"version":1,"sha256Hash":"${hash}"}}}`;
  assert.deepEqual(name(askedByBody('application/json', persisted)), [`undefined P ${hash}`]);
  for (const other of [
    '{"query":"hello"}',
    '{"query":{"match":{}}}',
    '{"a":1}',
    '[1]',
    '[]',
    'x',
    '',
    '{"operationName":"A"}',
  ])
    assert.equal(askedByBody('application/json', other), undefined, other);
  assert.deepEqual(name(askedByUri('/graphql?query=query+A%7Bb%7D&x=1')), ['query A']);
  assert.deepEqual(
    name(askedByUri(`/g?extensions=${encodeURIComponent(`{"persistedQuery":{"sha256Hash":"${hash}"}}`)}`)),
    [`undefined  ${hash}`],
  );
  for (const other of ['/search?query=shoes', '/x', '/x?query=', '/x?extensions=1'])
    assert.equal(askedByUri(other), undefined, other);
});

function exchange(more: Partial<Exchange> = {}): Exchange {
  const request: Message = {
    startAt: 0,
    endAt: 0,
    wireBytes: 1,
    startLine: '',
    headers: [['Content-Type', 'application/json']],
    trailers: [],
  };
  return {
    protocol: 'http',
    connection: connectionFor({}),
    startAt: 0,
    endAt: 0,
    fields: {
      'http.request.method': 'POST',
      'http.request.uri': '/graphql',
      'http.content_type': 'application/json',
    },
    outcome: 'unanswered',
    missing: [],
    weirds: [],
    request,
    ...more,
  };
}

function talk(request: string, response: string): Exchange {
  const asked = exchange();
  assert.equal(graphql.claims(asked), true);
  const out = { exchange() {}, weird() {} };
  const inner = graphql.open(asked, { connection: asked.connection, bodyLimit: 0 });
  inner.data('client', Buffer.from(request), 0, out);
  const answer: Message = { startAt: 0, endAt: 0, wireBytes: 1, startLine: '', headers: [], trailers: [] };
  const answered = exchange({ response: answer, outcome: 'ok' });
  inner.answered?.(answered);
  inner.data('server', Buffer.from(response), 0, out);
  assert.ok(inner.buffered() <= graphql.bufferLimit);
  return inner.finish(answered, out);
}

test('errors are an outcome, by their code', () => {
  const of = (response: string) => {
    const { outcome, fields } = talk('{"query":"{ a }"}', response);
    return [outcome, fields['graphql.errors'], fields['graphql.error'], fields['graphql.error_code']];
  };
  assert.deepEqual(of('{"data":{"a":1}}'), ['ok', undefined, undefined, undefined]);
  assert.deepEqual(
    of('{"errors":[{"message":"no \\"a\\"","extensions":{"code":"FORBIDDEN"}},{}],"data":null}'),
    ['clientError', 2, 'no "a"', 'FORBIDDEN'],
  );
  assert.deepEqual(of('{"errors":[{"message":"x","extensions":{"code":"BOOM"}}]}'), [
    'serverError',
    1,
    'x',
    'BOOM',
  ]);
  assert.deepEqual(of('[{"data":{}},{"errors":[{"message":"x"}]}]'), ['failed', 1, 'x', undefined]);
  assert.deepEqual(of('<html>'), ['ok', undefined, undefined, undefined]);
});

test('what is no GraphQL comes back as it was, and holds nothing once that is known', () => {
  const finished = talk('{"name":"ada"}', 'x'.repeat(200_000));
  assert.equal(finished.protocol, 'http');
  const big = talk(`{"name":"${'x'.repeat(300_000)}"}`, '');
  assert.equal(big.protocol, 'http');
  for (const [type, method] of [
    ['application/json', 'PUT'],
    ['text/plain', 'POST'],
    [undefined, 'POST'],
  ] as const)
    assert.equal(
      graphql.claims(exchange({ fields: { 'http.request.method': method, 'http.content_type': type } })),
      false,
    );
});
