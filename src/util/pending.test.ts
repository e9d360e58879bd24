import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pending } from './pending.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (b: Uint8Array) => new TextDecoder().decode(b);

test('bytes wait in order, what was read goes', () => {
  const p = new Pending();
  assert.equal(text(p.append(bytes('abc'))), 'abc');
  assert.equal(text(p.append(bytes('def'))), 'abcdef');
  p.keepFrom(4);
  assert.equal(p.length, 2);
  assert.equal(text(p.append(bytes('g'.repeat(2000)))), `ef${'g'.repeat(2000)}`);
  assert.equal(p.take().length, 2002);
  assert.equal(p.length, 0);
  p.append(bytes('x'));
  p.keepFrom(1);
  assert.equal(p.length, 0);
});
