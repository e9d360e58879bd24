import assert from 'node:assert/strict';
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { md5 } from './md5.ts';
import { hkdfExpandLabel, hkdfExtract, hmacSha256, sha256 } from './sha256.ts';

const hex = (b: Uint8Array) => Buffer.from(b).toString('hex');
/** Bytes that differ by length and place. */
const sample = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + length * 7) & 255);

test('md5 and sha256 give what node:crypto gives, at every length around the block', () => {
  for (const length of [...Array(300).keys(), 1023, 4096, 100_001]) {
    const b = sample(length);
    assert.equal(hex(md5(b)), createHash('md5').update(b).digest('hex'), `md5 of ${length} bytes`);
    assert.equal(hex(sha256(b)), createHash('sha256').update(b).digest('hex'), `sha256 of ${length} bytes`);
  }
});

test('hmac with short, whole and long keys', () => {
  for (const keyLength of [0, 1, 20, 63, 64, 65, 200])
    for (const length of [0, 1, 55, 64, 300]) {
      const key = sample(keyLength);
      const b = sample(length);
      const expected = createHmac('sha256', key).update(b).digest('hex');
      assert.equal(hex(hmacSha256(key, b)), expected, `key ${keyLength}, data ${length}`);
    }
});

test('hkdf is the platform’s', () => {
  const secret = sample(33);
  const salt = sample(20);
  for (const [label, length] of [
    ['client in', 32],
    ['quic key', 16],
    ['x', 100],
  ] as const) {
    const text = `tls13 ${label}`;
    const label8 = Uint8Array.of(length >> 8, length, text.length, ...Buffer.from(text), 0);
    const expected = Buffer.from(hkdfSync('sha256', secret, salt, label8, length)).toString('hex');
    assert.equal(hex(hkdfExpandLabel(hkdfExtract(salt, secret), label, length)), expected);
  }
});
