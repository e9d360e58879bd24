import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { Aes128, Aes128Gcm } from './aes.ts';

const hex = (b: Uint8Array) => Buffer.from(b).toString('hex');
const sample = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => (i * i + 37 * i + seed * 101) & 255);

test('the block of FIPS 197 appendix B', () => {
  const b = Buffer.from('3243f6a8885a308d313198a2e0370734', 'hex');
  new Aes128(Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex')).encrypt(b, 0, b, 0);
  assert.equal(hex(b), '3925841d02dc09fbdc118597196a0b32');
});

test('blocks and GCM give what node:crypto gives', () => {
  for (let seed = 0; seed < 60; seed++) {
    const key = sample(16, seed);
    const block = sample(16, seed + 1);
    const out = new Uint8Array(16);
    new Aes128(key).encrypt(block, 0, out, 0);
    const ecb = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    assert.equal(hex(out), ecb.update(block).toString('hex'));

    const nonce = sample(12, seed + 2);
    const associated = sample(seed * 3, seed + 3);
    const plain = sample(seed * 23, seed + 4);
    const gcm = createCipheriv('aes-128-gcm', key, nonce).setAAD(associated);
    const sealed = Buffer.concat([gcm.update(plain), gcm.final(), gcm.getAuthTag()]);
    const opener = new Aes128Gcm(key);
    assert.equal(hex(opener.open(nonce, associated, sealed)!), hex(plain), `seed ${seed}`);
    for (const at of [0, sealed.length >> 1, sealed.length - 1]) {
      const bad = Uint8Array.from(sealed);
      bad[at]! ^= 1;
      assert.equal(opener.open(nonce, associated, bad), undefined, 'a changed bit is told by the tag');
    }
  }
});

test('less than a tag opens to nothing', () => {
  assert.equal(new Aes128Gcm(sample(16, 1)).open(sample(12, 1), sample(3, 1), sample(15, 1)), undefined);
});
