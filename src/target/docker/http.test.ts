import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HttpError, ResponseReader } from './http.ts';

/** Feeds pieces of `size` bytes, then the end; returns status and body. */
function read(text: string, size: number): { status: number; body: string; done: boolean } {
  const parts: Buffer[] = [];
  const reader = new ResponseReader((bytes) => void parts.push(Buffer.from(bytes)));
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  reader.end();
  return { status: reader.status, body: Buffer.concat(parts).toString('latin1'), done: reader.done };
}

const answers: [string, string][] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
  ['HTTP/1.0 200 OK\r\n\r\nuntil the end', 'until the end'],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n2\r\n!!\r\n0\r\nA: b\r\n\r\n',
    'hello!!',
  ],
  ['HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', ''],
  ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
];

test('the same answer at every cut size', () => {
  for (const [text, body] of answers)
    for (let size = 1; size <= text.length; size++) {
      const got = read(text, size);
      assert.equal(got.body, body, `${JSON.stringify(text)} in pieces of ${size}`);
      assert.ok(got.done);
    }
});

test('what is cut short, endless or not HTTP is an HttpError', () => {
  for (const text of [
    '',
    'SSH-2.0-OpenSSH\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell',
    'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n',
    `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`,
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1'.repeat(70_000)}`,
  ])
    for (const size of [1, 7, 65_536])
      assert.throws(() => read(text, size), HttpError, `${text.slice(0, 60)} in pieces of ${size}`);
});

test('mutated answers throw HttpError or are read, never anything else', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...answers.map(([text]) => text)),
      fc.nat(200),
      fc.string({ maxLength: 3 }),
      fc.integer({ min: 1, max: 40 }),
      (text, at, put, size) => {
        const mutated = text.slice(0, at) + put + text.slice(at + 1);
        try {
          read(mutated, size);
        } catch (error) {
          assert.ok(error instanceof HttpError, String(error));
        }
      },
    ),
  );
});
