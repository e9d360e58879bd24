import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyText, get, ok, talk } from './testing/talk.ts';

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

test('what rides inside is asked with the heads that are known', () => {
  const asked: string[] = [];
  const heads = (e: { headers: readonly unknown[] } | undefined) => (e ? e.headers.length : '-');
  talk(
    [
      ['>', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na'],
      ['>', 'b'],
      ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ],
    {
      inner: (exchange, before) => {
        asked.push(
          `${heads(exchange.request)} ${heads(exchange.response)} ${exchange.request!.body ? 'body' : 'no body'} ${before === undefined}`,
        );
        return undefined;
      },
    },
  );
  assert.deepEqual(asked, ['2 - no body true', '2 1 body true']);
});
