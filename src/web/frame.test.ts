import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, encodeFrame } from './frame.ts';

test('what is encoded comes back, bytes too', () => {
  const message = {
    id: 1,
    is: { text: 'é "\u0000', bytes: new Uint8Array([0, 1, 255]), more: [new Uint8Array(0), null, true] },
    times: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5],
  };
  assert.deepEqual(decodeFrame(encodeFrame(message)), message);
});

test('bytes are where the head says, whatever the frame is a view of', () => {
  const frame = encodeFrame({ a: new Uint8Array([1, 2]), b: new Uint8Array([3]) });
  const within = new Uint8Array(frame.length + 8);
  within.set(frame, 5);
  const found = decodeFrame(within.subarray(5, 5 + frame.length)) as Record<string, Uint8Array>;
  assert.deepEqual([...found['a']!, ...found['b']!], [1, 2, 3]);
});

test('what is no frame is none', () => {
  const frame = encodeFrame({ a: 1, bytes: new Uint8Array(3) });
  // Cut in the head; its bytes alone may be fewer.
  for (let length = 0; length < frame.length - 3; length++)
    assert.equal(decodeFrame(frame.subarray(0, length)), undefined, String(length));
  assert.equal(decodeFrame(new Uint8Array([255, 255, 255, 255, 1])), undefined);
  assert.equal(decodeFrame(new Uint8Array([0, 0, 0, 1, 0xff])), undefined);
});

test('a place of bytes that lie is no more than what is there', () => {
  const text = new TextEncoder().encode('{"a":{"$bytes":[0,1000000000]},"b":{"$bytes":["x",1]}}');
  const frame = new Uint8Array(4 + text.length + 2);
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(text, 4);
  const found = decodeFrame(frame) as { a: Uint8Array; b: unknown };
  assert.equal(found.a.length, 2);
  assert.deepEqual(found.b, { $bytes: ['x', 1] });
});
