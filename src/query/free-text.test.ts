import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, Message } from '../model/index.ts';
import { compile } from './index.ts';
import { post, schema } from './testing/entries.ts';

const head = 'GET /items HTTP/1.1\r\nHost: shop.example\r\nX-Tag: Blue-Whale\r\n\r\n';

/** A message that says what of it was taken apart. */
function lazy(rawHead: string | undefined, trailers: Message['trailers'] = []) {
  let looks = 0;
  const request: Message = {
    ...post.request!,
    startLine: 'GET /items HTTP/1.1',
    trailers,
    rawHead,
    get headers() {
      looks++;
      return [
        ['Host', 'shop.example'],
        ['X-Tag', 'Blue-Whale'],
      ] as const;
    },
  };
  const { body: _, ...bare } = { ...request, headers: [] };
  const message: Message = Object.defineProperty({ ...bare }, 'headers', { get: () => request.headers });
  looks = 0;
  const entry: Exchange = { ...post, request: message, fields: {} };
  return {
    matches: (query: string) => compile(query, schema).matches(entry),
    looks: () => looks,
  };
}

test('a head that does not hold the text is not taken apart', () => {
  const entry = lazy(head);
  assert.equal(entry.matches('humpback'), false);
  assert.equal(entry.looks(), 0);
  assert.equal(entry.matches('blue-whale'), true);
  assert.ok(entry.looks() > 0);
});

test('what is in the head but in none of its texts is not found', () => {
  const entry = lazy(head);
  assert.equal(entry.matches('"X-Tag: Blue"'), false);
  assert.equal(entry.matches('"example\\r\\nX-Tag"'), false);
});

test('trailers are no part of the head, and heads may not be told', () => {
  assert.equal(lazy(head, [['x-sum', 'abc123']]).matches('abc123'), true);
  assert.equal(lazy(undefined).matches('BLUE-whale'), true);
});

test('a head says nothing of networks and addresses', () => {
  const entry = lazy('GET / HTTP/1.1\r\nX:10.7.0.9\r\n\r\n');
  // Its headers are the others': neither is there.
  assert.equal(entry.matches('10.7.0.9'), false);
  assert.equal(entry.matches('10.7.0.0/16'), false);
  assert.ok(entry.looks() > 0);
});
