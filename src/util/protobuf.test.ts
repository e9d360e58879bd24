import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { layOutProtobuf, parseProtobuf, previewProtobuf } from './protobuf.ts';

const hex = (digits: string) => Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
const preview = (digits: string) => previewProtobuf(hex(digits), { limit: 200 });

test("the encoding guide's examples", () => {
  assert.equal(preview('08 96 01'), '{1: 150}');
  assert.equal(preview('12 07 74 65 73 74 69 6e 67'), '{2: "testing"}');
  assert.equal(preview('1a 03 08 96 01'), '{3: {1: 150}}');
  assert.equal(preview('08 fe ff ff ff ff ff ff ff ff 01'), '{1: -2}');
  assert.equal(preview('22 05 68 65 6c 6c 6f 28 01 28 02 28 03'), '{4: "hello", 5: 1, 5: 2, 5: 3}');
  assert.equal(preview('32 06 03 8e 02 9e a7 05'), '{6: 0x038e029ea705}');
  assert.equal(preview('0b 10 05 0c 18 01'), '{1: {2: 5}, 3: 1}', 'a group');
});

test('numbers of fixed size, as integers and as what they are as floating point', () => {
  assert.equal(preview('0d 00 00 80 3f'), '{1: 0x3f800000 (1)}');
  assert.equal(preview('09 18 2d 44 54 fb 21 09 40'), '{1: 0x400921fb54442d18 (3.141593)}');
  assert.equal(preview('0d 01 00 00 00'), '{1: 0x00000001}');
});

test('texts, messages and bytes are told apart', () => {
  // "hi" reads as field 13 = 105, too.
  assert.equal(preview('0a 02 68 69'), '{1: "hi"}');
  // A message of one text looks like a text that begins with a line feed.
  assert.equal(preview('0a 07 0a 05 68 65 6c 6c 6f'), '{1: {1: "hello"}}');
  assert.equal(preview('0a 02 ff fe'), '{1: 0xfffe}');
  assert.equal(preview('0a 00'), '{1: ""}');
  assert.equal(preview('0a 08 67 72 c3 bc c3 9f 65 22'), '{1: "gr\xc3\xbc\xc3\x9fe\\""}');
});

test('laid out in lines', () => {
  const b = hex('0a 05 77 6f 72 6c 64 12 09 08 01 12 05 0a 03 61 62 63 18 2a');
  assert.equal(
    layOutProtobuf(b, { limit: 1000 }),
    ['1: "world"', '2 {', '  1: 1', '  2 {', '    1: "abc"', '  }', '}', '3: 42'].join('\n'),
  );
  assert.match(layOutProtobuf(b, { limit: 5 })!, /^1: "world"\n\.\.\.$/);
});

test('what is no message, and what is the beginning of one', () => {
  for (const wrong of ['00 01', '07', '0c', '0b 10 05 14', '08 ff ff ff ff ff ff ff ff ff ff 01', '0e'])
    assert.equal(parseProtobuf(hex(wrong), true), undefined, wrong);
  for (const cut of ['08', '08 96', '12 07 74', '0d 01 02', '0b 10 05']) {
    assert.equal(parseProtobuf(hex(cut)), undefined, cut);
    assert.equal(parseProtobuf(hex(cut), true)?.cut, true, cut);
  }
  assert.equal(previewProtobuf(hex('12 07 74 65 73'), { limit: 100, mayBeCut: true }), '{2: "tes", ...}');
  assert.deepEqual(parseProtobuf(new Uint8Array(0)), { fields: [], cut: false });
});

test('hostile: many fields, groups and messages within each other', () => {
  const many = new Uint8Array(100_000).fill(8);
  assert.ok(parseProtobuf(many, true)!.fields.length <= 10_000);
  assert.equal(parseProtobuf(new Uint8Array(100_000).fill(0x0b), true), undefined);
  let nested = Buffer.from([8, 1]);
  while (nested.length < 100) nested = Buffer.concat([Buffer.from([0x0a, nested.length]), nested]);
  assert.ok(layOutProtobuf(nested, { limit: 1e6 })!.length < 2000);
});

test('any bytes at all: no exception, and what is cut says a part of what the whole says', () => {
  const random = new Random(3);
  for (let i = 0; i < 20_000; i++) {
    const b = Uint8Array.from({ length: random.below(40) }, () =>
      random.chance(2) ? random.below(32) : random.below(256),
    );
    const whole = parseProtobuf(b);
    layOutProtobuf(b, { limit: 500, mayBeCut: true });
    if (!whole) continue;
    const part = parseProtobuf(b.subarray(0, random.below(b.length + 1)), true)!;
    assert.ok(part && part.fields.length <= whole.fields.length);
  }
});
