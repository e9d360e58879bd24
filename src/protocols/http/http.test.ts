import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Options, play, type Step } from '../testing/play.ts';
import { http } from './index.ts';

/** What is said, without the confirmation that comes with the first head. */
function talk(steps: readonly Step[], options?: Options) {
  const played = play(http, steps, options);
  return { ...played, events: played.events.filter((e) => e !== 'confirmed') };
}
const bodyText = (b: { bytes: Uint8Array } | undefined) => b && Buffer.from(b.bytes).toString('latin1');

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${more}\r\n`;
const ok = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

test('one exchange, with all that is known of it', () => {
  const { exchanges, events } = talk([
    ['>', 'POST /form?x=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: t/1\r\nContent-Length: 3\r\n\r\na=b'],
    ['<', 'HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nX-Y:  z \r\n\r\nok'],
  ]);
  assert.deepEqual(events, ['POST /form?x=1 -> 201']);
  const [e] = exchanges;
  assert.deepEqual(Object.fromEntries(Object.entries(e!.fields).filter(([, value]) => value !== undefined)), {
    'http.request.method': 'POST',
    'http.request.uri': '/form?x=1',
    'http.response.code': 201,
    'http.response.phrase': 'Created',
    'http.host': 'a.example',
    'http.request.version': 'HTTP/1.1',
    'http.response.version': 'HTTP/1.1',
    'http.user_agent': 't/1',
    'http.content_type': 'text/plain',
    'http.time': 1e6,
  });
  assert.deepEqual([e!.startAt, e!.endAt, e!.outcome], [1e6, 2e6, 'ok']);
  assert.deepEqual(e!.response!.headers, [
    ['Content-Type', 'text/plain'],
    ['Content-Length', '2'],
    ['X-Y', 'z'],
  ]);
  assert.equal(e!.request!.startLine, 'POST /form?x=1 HTTP/1.1');
  assert.deepEqual([bodyText(e!.request!.body), bodyText(e!.response!.body)], ['a=b', 'ok']);
  assert.equal(e!.request!.wireBytes, 83);
  assert.equal(e!.response!.wireBytes, 81);
});

test('pipelined requests get the answers in their order', () => {
  const { events } = talk([
    ['>', get('/1') + get('/2') + get('/3')],
    ['<', `${ok('one')}HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n`],
    ['<', ok('three')],
  ]);
  assert.deepEqual(events, ['GET /1 -> 200', 'GET /2 -> 404', 'GET /3 -> 200']);
});

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

test('100 Continue and 103 come before the answer', () => {
  const { exchanges, events } = talk([
    ['>', 'POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n'],
    ['<', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['>', 'data'],
    ['<', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'],
    ['<', ok('done')],
  ]);
  assert.deepEqual(events, ['POST / -> 200']);
  assert.deepEqual(exchanges[0]!.fields['http.informational'], ['100 Continue', '103 Early Hints']);
  assert.equal(bodyText(exchanges[0]!.request!.body), 'data');
});

test('Upgrade hands over what follows on both sides, with the exchange that agreed', () => {
  const { events, children } = talk([
    ['>', get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')],
    ['>', 'early'],
    ['<', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02hi'],
  ]);
  assert.deepEqual(children, [{ protocol: 'websocket', client: 'early', server: '\x81\x02hi' }]);
  assert.equal(events[0], 'GET /ws -> 101');
  const h2c = talk([
    ['>', get('/', 'Upgrade: h2c\r\n')],
    ['<', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n'],
  ]);
  assert.equal(h2c.children[0]!.protocol, 'http2');
});

test('an Upgrade that is not agreed to goes on as HTTP, what was sent ahead too', () => {
  const { events } = talk([
    ['>', get('/1', 'Upgrade: h2c\r\n') + get('/2')],
    ['<', ok('1')],
    ['<', ok('2')],
  ]);
  assert.deepEqual(events, ['GET /1 -> 200', 'GET /2 -> 200']);
  const oneSided = talk([['>', get('/1', 'Upgrade: h2c\r\n') + get('/2')]]);
  assert.deepEqual(oneSided.events, ['GET /1 -> ? [noResponse]', 'GET /2 -> ? [noResponse]']);
});

test('CONNECT: a tunnel when agreed, HTTP when not', () => {
  const connect = 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n';
  const agreed = talk([
    ['>', `${connect}\x16\x03\x01`],
    ['<', 'HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\nabcde'],
  ]);
  assert.deepEqual(agreed.children, [{ protocol: '', client: '\x16\x03\x01', server: 'abcde' }]);
  const refused = talk([
    ['>', connect],
    ['<', 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno'],
    ['>', get('http://a.example/')],
    ['<', ok('x')],
  ]);
  assert.deepEqual(refused.events, ['CONNECT a.example:443 -> 407', 'GET http://a.example/ -> 200']);
});

test('a tunnel whose answer is never seen is handed over before it takes much memory', () => {
  const { events, children } = talk([
    ['>', 'CONNECT a.example:443 HTTP/1.1\r\n\r\n'],
    ['>', 'x'.repeat(70_000)],
  ]);
  assert.equal(events[0], 'CONNECT a.example:443 -> ? [noResponse]');
  assert.equal(children.length, 1);
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

test('an answer before the request is over waits for it', () => {
  const { exchanges, events } = talk([
    ['>', 'POST /big HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345'],
    ['<', 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!'],
    ['>', '67890'],
    ['>', get('/next')],
    ['<', ok('x')],
  ]);
  assert.deepEqual(events, ['POST /big -> 413', 'GET /next -> 200']);
  assert.equal(bodyText(exchanges[0]!.request!.body), '1234567890');
  const given = talk([
    ['>', 'POST /big HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345'],
    ['<', 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno!'],
    ['<end', 'fin'],
    ['>end', 'rst'],
  ]);
  assert.deepEqual(given.events, ['POST /big -> 413 [messageCut request]']);
});

test('requests without answers are told when the connection ends', () => {
  assert.deepEqual(
    talk([
      ['>', get('/1') + get('/2')],
      ['<', ok('1')],
      ['<end', 'fin'],
    ]).events,
    ['GET /1 -> 200', 'GET /2 -> ? [noResponse]'],
  );
  assert.deepEqual(talk([['>', 'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc']]).events, [
    'POST / -> ? [messageCut request, noResponse]',
  ]);
  // Half closed by the server first: what the client asks then is told too.
  assert.deepEqual(
    talk([
      ['<end', 'fin'],
      ['>', get('/late')],
      ['>end', 'fin'],
    ]).events,
    ['GET /late -> ? [noResponse]'],
  );
});

test('one side only: answers without requests', () => {
  const { events } = talk([
    ['<', ok('1')],
    ['<', ok('2')],
  ]);
  assert.deepEqual(events, ['? -> 200 [noRequest]', '? -> 200 [noRequest]']);
});

test('one side only: requests with large bodies keep theirs', () => {
  const post = `POST / HTTP/1.1\r\nContent-Length: 600\r\n\r\n${'x'.repeat(600)}`;
  const { events, exchanges } = talk(
    Array.from({ length: 20 }, (): Step => ['>', post]),
    { bodyLimit: 1000 },
  );
  assert.equal(exchanges.length, 20);
  assert.deepEqual([...new Set(events)], ['POST / -> ? [noResponse]']);
});

test('joined in the middle of a message: from the next one on', () => {
  const { events } = talk(
    [
      ['<', 'rest of a body\nHTTP is nice\nthe end\n'],
      ['>', 'tail of a request body'],
      ['<', ok('answer to what was not seen')],
      ['>', get('/next')],
      ['<', ok('x')],
    ],
    { joinedMidStream: true },
  );
  assert.deepEqual(events, ['? -> 200 [joinedMidStream]', 'GET /next -> 200']);
});

test('bytes lost within a body of known length cost only themselves', () => {
  const { events, exchanges } = talk([
    ['>', get('/1')],
    ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc'],
    ['<gap', 90],
    ['<', `1234567${ok('next')}`],
    ['>', get('/2')],
  ]);
  assert.deepEqual(events, [
    'GET /1 -> 200 [bytesLost response 90]',
    '? -> 200 [noRequest]',
    'GET /2 -> ? [noResponse]',
  ]);
  assert.equal(exchanges[0]!.response!.body!.totalLength, 100);
  assert.equal(exchanges[0]!.response!.wireBytes, 140);
});

test('bytes lost within a chunk cost only themselves, beyond it the rest of the message', () => {
  const start: Step[] = [
    ['>', get('/1') + get('/2')],
    ['<', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n01'],
  ];
  const within = talk([...start, ['<gap', 8], ['<', `\r\n0\r\n\r\n${ok('2')}`]]);
  assert.deepEqual(within.events, ['GET /1 -> 200 [bytesLost response 8]', 'GET /2 -> 200']);
  const beyond = talk([...start, ['<gap', 9], ['<', `\n0\r\n\r\n${ok('2')}`]]);
  assert.deepEqual(beyond.events, [
    'GET /1 -> 200 [bytesLost response 9, messageCut response]',
    'GET /2 -> 200',
  ]);
});

test('a lost response is missing where it was, and the next is found', () => {
  const { events } = talk([
    ['>', get('/1')],
    ['<gap', 300],
    ['<', `tail of its body\r\n`],
    ['>', get('/2')],
    ['<', ok('2')],
  ]);
  assert.deepEqual(events, ['GET /1 -> ? [noResponse, bytesLost response 300]', 'GET /2 -> 200']);
});

test('a lost request is missing where it was, and the next is found', () => {
  const { events } = talk([
    ['>', get('/1')],
    ['<', ok('1')],
    ['>gap', 60],
    ['<', ok('2')],
    ['>', get('/3')],
    ['<', ok('3')],
  ]);
  assert.deepEqual(events, ['GET /1 -> 200', '? -> 200 [noRequest, bytesLost request 60]', 'GET /3 -> 200']);
});

test('a hole in a head costs that message', () => {
  const { events } = talk([
    ['>', 'GET /1 HTTP/1.1\r\nHos'],
    ['>gap', 10],
    ['>', 'xyz\r\n\r\n'],
    ['<', ok('1')],
    ['>', get('/2')],
    ['<', ok('2')],
  ]);
  assert.deepEqual(events, ['? -> 200 [noRequest, bytesLost request 30]', 'GET /2 -> 200']);
});

test('a hole behind an Upgrade', () => {
  const { events } = talk([
    ['>', get('/1', 'Upgrade: h2c\r\n')],
    ['>gap', 10],
    ['>', `x\r\n${get('/2')}`],
    ['<', ok('1')],
    ['<', ok('2')],
  ]);
  assert.deepEqual(events, ['GET /1 -> 200', 'GET /2 -> 200 [bytesLost request 10]']);
});

test('heads have a limit; it is the same however they come', () => {
  const head = (size: number) => {
    const start = 'GET / HTTP/1.1\r\nX: ';
    return `${start}${'y'.repeat(size - start.length - 4)}\r\n\r\n`;
  };
  for (const cut of [undefined, 1000]) {
    const options = cut === undefined ? {} : { cut };
    assert.deepEqual(talk([['>', head(65_536)]], options).events, ['GET / -> ? [noResponse]']);
    assert.deepEqual(talk([['>', head(65_537)]], options).events, ['violation client: http_head_too_long']);
  }
});

test('16 MB of header hold no more than the limit', () => {
  let most = 0;
  const megabyte = 'X: y\r\n'.repeat(175_000);
  const { events } = talk(
    [['>', 'GET / HTTP/1.1\r\n'], ...Array.from({ length: 16 }, (): Step => ['>', megabyte])],
    {
      cut: 1460,
      watch: (analyzer) => {
        most = Math.max(most, analyzer.buffered());
      },
    },
  );
  assert.deepEqual(events, ['violation client: http_head_too_long']);
  assert.ok(most <= http.bufferLimit, String(most));
});

test('a thousand pipelined requests hold no more than the limit, bodies included', () => {
  let most = 0;
  const bodyLimit = 10_000;
  const post = `POST / HTTP/1.1\r\nX: ${'y'.repeat(1000)}\r\nContent-Length: 3000\r\n\r\n${'z'.repeat(3000)}`;
  const steps = Array.from({ length: 3000 }, (): Step => ['>', post]);
  // The server has spoken: these are pipelined, not a capture of one side.
  const { exchanges } = talk([['<', 'HTTP/1.1 100 Continue\r\n\r\n'], ...steps], {
    bodyLimit,
    watch: (analyzer) => {
      most = Math.max(most, analyzer.buffered());
    },
  });
  assert.equal(exchanges.length, 3000);
  assert.ok(most <= http.bufferLimit + 2 * bodyLimit, String(most));
});

test('what is no HTTP is said at the first line, and what was under way is told', () => {
  assert.deepEqual(talk([['>', '\x16\x03\x01\x02\x00\x01\x00']]).events, ['violation client: no start line']);
  assert.deepEqual(talk([['>', 'hello there\r\n']]).events, ['violation client: no start line']);
  assert.deepEqual(talk([['>', 'GET /no-version\r\n']]).events, ['violation client: no start line']);
  assert.deepEqual(
    talk([
      ['>', get('/1') + get('/2')],
      ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
      ['>', '\0\0\0\0\0'],
    ]).events,
    ['GET /1 -> 200 [messageCut response]', 'GET /2 -> ? [noResponse]', 'violation client: no start line'],
  );
});

test('a protocol inside the bodies gets them unframed and has the last word', () => {
  const seen: string[] = [];
  const { exchanges } = talk(
    [
      ['>', 'POST /rpc HTTP/1.1\r\nContent-Length: 3\r\n\r\nask'],
      ['<', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nansw\r\n2\r\ner\r\n0\r\n\r\n'],
      ['>', get('/plain')],
      ['<', ok('no rpc')],
    ],
    {
      inner: (exchange, before) =>
        exchange.fields['http.request.uri'] !== '/rpc'
          ? undefined
          : (before ?? {
              data: (side, bytes) => void seen.push(`${side} ${Buffer.from(bytes).toString()}`),
              gap: (side, length) => void seen.push(`${side} gap ${length}`),
              finish: (e) => ({ ...e, fields: { ...e.fields, 'rpc.seen': seen.length } }),
            }),
    },
  );
  assert.deepEqual(seen, ['client ask', 'server answ', 'server er']);
  assert.equal(exchanges[0]!.fields['rpc.seen'], 3);
  assert.equal(exchanges[1]!.fields['rpc.seen'], undefined);
});
