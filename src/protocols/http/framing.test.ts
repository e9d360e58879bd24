import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../testing/play.ts';
import { bodyText, get, ok, talk } from './testing/talk.ts';

test('chunked: extensions, trailers, an empty one', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const { exchanges, events } = talk([
    ['>', get('/1') + get('/2')],
    ['<', `${chunked}5;name="v;x"\r\nhello\r\n006\r\n world\r\n0;last\r\nX-Sum: abc\r\nX-More: d\r\n\r\n`],
    ['<', `${chunked}0\r\n\r\n`],
  ]);
  assert.deepEqual(events, ['GET /1 -> 200', 'GET /2 -> 200']);
  assert.equal(bodyText(exchanges[0]!.response!.body), 'hello world');
  assert.equal(exchanges[0]!.response!.body!.totalLength, 11);
  assert.deepEqual(exchanges[0]!.response!.trailers, [
    ['X-Sum', 'abc'],
    ['X-More', 'd'],
  ]);
  assert.equal(exchanges[1]!.response!.body, undefined);
});

test('a chunked request, other codings before chunked, any case', () => {
  const { exchanges, events } = talk([
    ['>', 'PUT / HTTP/1.1\r\ntransfer-encoding: GZIP, Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
    ['<', ok('')],
  ]);
  assert.deepEqual(events, ['PUT / -> 200']);
  assert.equal(bodyText(exchanges[0]!.request!.body), 'abc');
});

test('no body whatever the headers say: HEAD, 1xx, 204, 304', () => {
  const { events } = talk([
    ['>', 'HEAD /h HTTP/1.1\r\n\r\n'],
    ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n'],
    ['>', get('/204')],
    ['<', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'],
    ['>', get('/304')],
    ['<', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['>', get('/end')],
    ['<', ok('x')],
  ]);
  assert.deepEqual(events, ['HEAD /h -> 200', 'GET /204 -> 204', 'GET /304 -> 304', 'GET /end -> 200']);
});

test('a body until the connection closes: whole by FIN, cut by anything else', () => {
  const steps = (reason: 'fin' | 'rst'): Step[] => [
    ['>', 'GET / HTTP/1.0\r\n\r\n'],
    ['<', 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall '],
    ['<', 'of it'],
    ['>end', reason],
    ['<end', reason],
  ];
  const { exchanges, events } = talk(steps('fin'));
  assert.deepEqual(events, ['GET / -> 200']);
  assert.equal(bodyText(exchanges[0]!.response!.body), 'all of it');
  assert.deepEqual(talk(steps('rst')).events, ['GET / -> 200 [messageCut response]']);
});

test('HTTP/1.0 with keep-alive goes on behind a length', () => {
  const answer = 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx';
  const ask = (path: string) => `GET ${path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`;
  const { events } = talk([
    ['>', ask('/1')],
    ['<', answer],
    ['>', ask('/2')],
    ['<', answer],
  ]);
  assert.deepEqual(events, ['GET /1 -> 200', 'GET /2 -> 200']);
});

test('bodies are kept up to the limit and counted beyond it', () => {
  const { exchanges, events } = talk(
    [
      ['>', get('/')],
      ['<', ok('x'.repeat(500))],
    ],
    { bodyLimit: 100 },
  );
  assert.deepEqual(events, ['GET / -> 200 [bodyCut response 100]']);
  const { body } = exchanges[0]!.response!;
  assert.deepEqual([body!.bytes.length, body!.totalLength], [100, 500]);
  // No bodies wanted: that is no incompleteness.
  assert.deepEqual(
    talk(
      [
        ['>', get('/')],
        ['<', ok('xyz')],
      ],
      { bodyLimit: 0 },
    ).events,
    ['GET / -> 200'],
  );
});

test('content encodings stay on the body, named in the order applied', () => {
  const { exchanges } = talk([
    ['>', get('/')],
    ['<', ok('\x1f\x8b', 'Content-Encoding: deflate\r\nContent-Encoding: identity, GZIP\r\n')],
  ]);
  assert.deepEqual(exchanges[0]!.response!.body!.encodings, ['deflate', 'gzip']);
});

test('folded headers, bare LF, headers without colon, spaces before it: read and named', () => {
  const { exchanges, events } = talk([
    ['>', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['<', 'HTTP/1.1 200 OK\r\nX-Long: one\r\n two\r\n\tthree\r\nnonsense\r\nContent-Length : 1\r\n\r\nx'],
  ]);
  assert.deepEqual(events.slice(-1), [
    'GET / -> 200 {http_bare_lf, http_folded_header, http_header_without_colon, http_space_before_colon}',
  ]);
  assert.deepEqual(exchanges[0]!.response!.headers[0], ['X-Long', 'one two three']);
  assert.equal(bodyText(exchanges[0]!.response!.body), 'x');
});

test('empty lines before a request are passed over', () => {
  assert.deepEqual(
    talk([
      ['>', `\r\n\r\n${get('/')}`],
      ['<', `\r\n${ok('')}`],
    ]).events,
    ['GET / -> 200'],
  );
});

test('RFC 9112 section 6.3: which length counts', () => {
  const cases: [head: string, rest: string, events: string[]][] = [
    // Transfer-Encoding wins, and is named.
    [
      'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n',
      '2\r\nab\r\n0\r\n\r\n',
      ['GET / -> 200 {http_length_and_transfer_encoding}'],
    ],
    ['Content-Length: 2\r\nContent-Length: 2\r\n', 'ab', ['GET / -> 200']],
    ['Content-Length: 2, 2\r\n', 'ab', ['GET / -> 200']],
    // Nobody can tell where it ends: with the connection.
    [
      'Content-Length: 2\r\nContent-Length: 3\r\n',
      'abc',
      ['GET / -> 200 [messageCut response] {http_bad_content_length}'],
    ],
    ['Content-Length: -1\r\n', 'abc', ['GET / -> 200 [messageCut response] {http_bad_content_length}']],
    ['Content-Length: 0x2\r\n', 'abc', ['GET / -> 200 [messageCut response] {http_bad_content_length}']],
    [
      'Transfer-Encoding: gzip\r\n',
      'abc',
      ['GET / -> 200 [messageCut response] {http_transfer_encoding_not_chunked}'],
    ],
    [
      'Transfer-Encoding: chunked, gzip\r\n',
      'abc',
      ['GET / -> 200 [messageCut response] {http_transfer_encoding_not_chunked}'],
    ],
  ];
  for (const [head, rest, expected] of cases) {
    const { events } = talk([
      ['>', get('/')],
      ['<', `HTTP/1.1 200 OK\r\n${head}\r\n${rest}`],
    ]);
    assert.deepEqual(
      events.filter((e) => !e.startsWith('weird')),
      expected,
      head,
    );
  }
  // A request without length has no body.
  const { events } = talk([
    ['>', 'POST /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n'],
    ['<', ok('') + ok('')],
  ]);
  assert.deepEqual(events, ['POST /1 -> 200', 'GET /2 -> 200']);
});

test('chunk sizes that are none end the message; the next one is found again', () => {
  for (const bad of [
    'zz\r\n',
    '-1\r\n',
    '\r\n',
    '5\r\nhelloXX\r\n',
    '1234567890abcd\r\n',
    `${' '.repeat(5000)}1\r\n`,
  ]) {
    const { events } = talk([
      ['>', get('/1') + get('/2')],
      ['<', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${bad}junk\r\n${ok('fine')}`],
    ]);
    assert.deepEqual(
      events,
      ['weird http_bad_chunk', 'GET /1 -> 200 [messageCut response] {http_bad_chunk}', 'GET /2 -> 200'],
      JSON.stringify(bad),
    );
  }
});
