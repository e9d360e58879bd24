import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, type Step } from '../testing/play.ts';
import { get, ok, talk } from './testing/talk.ts';

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

test('what is lost behind the last message is told at the end', () => {
  // A request whose beginning was lost, and that nobody answers.
  const { exchanges } = talk([
    ['>', get('/1')],
    ['<', ok('1')],
    ['>gap', 200],
    ['>', 'Accept: */*\r\n\r\n'],
    ['<end', 'fin'],
    ['>end', 'fin'],
  ]);
  assert.deepEqual(
    exchanges.map(({ missing }) => missing),
    [[], [{ kind: 'bytesLost', side: 'request', bytes: 200 }]],
  );
});

test('an answer that was begun before the request is not its answer', () => {
  // The request of the first was lost, and its body has no length.
  const { events } = talk([
    ['>gap', 100],
    ['<', 'HTTP/1.1 200 OK\r\n\r\nbegun'],
    ['>', get('/next')],
    ['<', ' and ended'],
    ['<end', 'fin'],
    ['>end', 'fin'],
  ]);
  assert.deepEqual(events, ['? -> 200 [noRequest]', 'GET /next -> ? [bytesLost request 100, noResponse]']);
});

test('one side only: answers without requests', () => {
  const { events } = talk([
    ['<', ok('1')],
    ['<', ok('2')],
  ]);
  assert.deepEqual(events, ['? -> 200 [noRequest]', '? -> 200 [noRequest]']);
});

test('one side only: answers to HEAD have no body, as what follows shows', () => {
  const head = (more: string) => `HTTP/1.1 200 OK\r\n${more}\r\n\r\n`;
  const server =
    head('Content-Length: 500') + head('Transfer-Encoding: chunked') + ok('1') + head('Content-Length: 9');
  const whole = talk([['<', `${server}HTTP/1.1x`]]);
  assert.deepEqual(whole.events, Array(4).fill('? -> 200 [noRequest]'));
  const lengths = whole.exchanges.map(({ response }) => response?.body?.totalLength ?? 0);
  // The last has what looks like an answer at first.
  assert.deepEqual(lengths, [0, 0, 1, 9]);
  for (let cut = 1; cut < 200; cut++)
    assert.deepEqual(
      talk([['<', `${server}HTTP/1.1x`]], { cut }).exchanges.map(plain),
      whole.exchanges.map(plain),
    );
  // Until nothing more comes.
  const cutOff = talk([['<', `${head('Content-Length: 9')}HTTP/1.1`]]);
  assert.deepEqual(cutOff.events, ['? -> 200 [noRequest, messageCut response]']);
  assert.equal(cutOff.exchanges[0]!.response!.body!.totalLength, 8);
  // Both sides seen: it is what it says it is.
  const asked = talk([
    ['>', get('/')],
    ['<', `${head('Content-Length: 19')}HTTP/1.1 200 OK\r\n\r\n`],
  ]);
  assert.deepEqual(asked.events, ['GET / -> 200']);
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
