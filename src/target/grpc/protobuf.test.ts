/** The wire format: against the examples of its own documentation, and under damage. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode, Message, mapFields, ProtobufError } from './protobuf.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('the examples of protobuf.dev/programming-guides/encoding', () => {
  assert.equal(hex(encode([[1, 150]])), '089601');
  assert.equal(hex(encode([[2, 'testing']])), '120774657374696e67');
  assert.equal(hex(encode([[3, [[1, 150]]]])), '1a03089601');
  // A negative number takes ten bytes.
  assert.equal(hex(encode([[1, -2]])), '08feffffffffffffffff01');
  assert.equal(hex(encode([[1, true]])), '0801');
  const message = new Message(Buffer.from('089601120774657374696e671a03089601', 'hex'));
  assert.equal(message.number(1), 150);
  assert.equal(message.string(2), 'testing');
  assert.equal(message.message(3).number(1), 150);
  assert.equal(new Message(Buffer.from('08feffffffffffffffff01', 'hex')).number(1), -2);
});

test('what is not there is empty; the last of several counts; unknown types are passed over', () => {
  const nothing = new Message(new Uint8Array(0));
  assert.equal(nothing.number(1), 0);
  assert.equal(nothing.string(1), '');
  assert.equal(nothing.message(1).number(1), 0);
  assert.deepEqual(nothing.map(1), {});
  assert.equal(nothing.has(1), false);
  assert.equal(new Message(Buffer.from('08010802', 'hex')).number(1), 2);
  // fixed64 and fixed32 before a varint.
  assert.equal(new Message(Buffer.from('09000000000000000015000000001807', 'hex')).number(3), 7);
});

test('maps, timestamps', () => {
  const message = new Message(
    encode([
      ...mapFields(7, { a: '1', __proto__x: '2', b: '' }),
      [
        8,
        [
          [1, 1_700_000_000],
          [2, 999_999_999],
        ],
      ],
    ]),
  );
  assert.deepEqual(message.map(7), { a: '1', __proto__x: '2', b: '' });
  assert.equal(message.timestamp(8), 1_700_000_000_999);
  const evil = new Message(encode(mapFields(1, JSON.parse('{"__proto__":"x"}'))));
  assert.ok(Object.hasOwn(evil.map(1), '__proto__'));
});

test('what was put in comes out', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }), fc.string(), (number, text) => {
      const message = new Message(
        encode([
          [1, number],
          [536_870_911, text],
        ]),
      );
      assert.equal(message.number(1), Number(number));
      assert.equal(message.string(536_870_911), Buffer.from(text).toString());
    }),
  );
});

test('any bytes are a message or a ProtobufError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        const message = new Message(bytes);
        for (let number = 1; number < 20; number++) {
          message.number(number);
          message.string(number);
          message.map(number);
        }
      } catch (error) {
        assert.ok(error instanceof ProtobufError, String(error));
      }
    }),
  );
  for (const damaged of ['08', '0a05', '0affffffffffffffffff01', '00', '0b', '08ffffffffffffffffffff01'])
    assert.throws(() => new Message(Buffer.from(damaged, 'hex')), ProtobufError, damaged);
});
