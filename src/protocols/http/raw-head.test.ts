import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok, talk } from './testing/talk.ts';

const requestOf = (head: string) =>
  talk([
    ['>', head],
    ['<', ok('')],
  ]).exchanges[0]!.request!;

test('the head as it was sent, without what follows it', () => {
  const head = 'POST /x HTTP/1.1\r\nHost: a\r\nX-Tag:  b \r\nContent-Length: 4\r\n\r\n';
  const { rawHead, headers, startLine } = requestOf(`${head}body`);
  assert.equal(rawHead, head);
  for (const text of [startLine, ...headers.flat()]) assert.ok(rawHead.includes(text), text);
});

test('none where a header is not in it as it stands', () => {
  const { rawHead, headers } = requestOf('GET /x HTTP/1.1\r\nHost: a\r\nX-Tag: b\r\n c\r\n\r\n');
  assert.equal(rawHead, undefined);
  assert.deepEqual(headers[1], ['X-Tag', 'b c']);
});
