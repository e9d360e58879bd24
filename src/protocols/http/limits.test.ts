import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../testing/play.ts';
import { http } from './index.ts';
import { get, talk } from './testing/talk.ts';

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
