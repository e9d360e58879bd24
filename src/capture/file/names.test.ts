import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readNames } from './names.ts';

const directory = mkdtempSync(join(tmpdir(), 'porthole-names-'));
after(() => rmSync(directory, { recursive: true }));

function namesIn(bytes: Uint8Array): [string, string][] {
  const path = join(directory, 'file');
  writeFileSync(path, bytes);
  const fd = openSync(path, 'r');
  try {
    return readNames(fd);
  } finally {
    closeSync(fd);
  }
}

/** A block of the draft's section 3.1, in either byte order. */
function block(type: number, body: Buffer, isBig: boolean): Buffer {
  const bytes = Buffer.alloc(12 + body.length);
  const put = (value: number, at: number) =>
    isBig ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at);
  put(type, 0);
  put(bytes.length, 4);
  body.copy(bytes, 8);
  put(bytes.length, bytes.length - 4);
  return bytes;
}

function file(isBig: boolean): Buffer {
  const section = Buffer.alloc(16, 0xff);
  const short = (value: number) => (isBig ? [value >> 8, value & 255] : [value & 255, value >> 8]);
  section.set(isBig ? [0x1a, 0x2b, 0x3c, 0x4d] : [0x4d, 0x3c, 0x2b, 0x1a]);
  section.set([...short(1), 0, 0], 4);
  const record = Buffer.from([...short(1), ...short(8), 10, 0, 0, 7, ...Buffer.from('web\0'), 0, 0, 0, 0]);
  const parts: [number, Buffer][] = [
    [0x0a0d0d0a, section],
    // Of a kind nobody knows, longer than what is read at once.
    [0x0bad, Buffer.alloc(3_000_000)],
    [4, record],
  ];
  return Buffer.concat(parts.map(([type, body]) => block(type, body, isBig)));
}

test('names are found behind anything, in either byte order and any section', () => {
  for (const isBig of [false, true]) assert.deepEqual(namesIn(file(isBig)), [['10.0.0.7', 'web']]);
  assert.equal(namesIn(Buffer.concat([file(true), file(false)])).length, 2);
});

test('what is cut, damaged or of another kind has those before the damage', () => {
  const whole = file(false);
  for (const cut of [0, 5, 27, 30, 3_000_050, whole.length - 1])
    assert.deepEqual(namesIn(whole.subarray(0, cut)), []);
  const wrong = Buffer.concat([whole, Buffer.from([4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]), whole]);
  assert.equal(namesIn(wrong).length, 1);
  assert.deepEqual(namesIn(Buffer.from('a text that is no capture file at all')), []);
});
