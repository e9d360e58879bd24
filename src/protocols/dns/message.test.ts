import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dns } from './index.ts';
import { parseMessage, readName } from './message.ts';
import { formatData } from './records.ts';
import { message, name, question, rr } from './testing/build.ts';

/** RFC 1035 section 4.2.2 */
const framed = (m: Uint8Array) => Uint8Array.from([m.length >> 8, m.length & 255, ...m]);
const ask = (text: string) => message({ questions: [question(text, 1)] });

test('names: escapes, compression, limits, loops', () => {
  const read = (bytes: number[], at = 0) => readName(Uint8Array.from(bytes), at, bytes.length);
  assert.equal(read([0])?.name, '.');
  assert.equal(read(name('a.b'))?.name, 'a.b');
  // A dot, a blank, a control character, UTF-8.
  assert.equal(read([6, 0x61, 0x2e, 0x20, 0x07, 0xc3, 0xbc, 0])?.name, 'a\\.\\032\\007\xc3\xbc');
  const compressed = [...name('b.example'), 1, 0x61, 0xc0, 0];
  assert.deepEqual(read(compressed, 11), { name: 'a.b.example', next: 15 });
  // To itself, forward, to and fro, into the middle of a loop.
  for (const [bytes, at] of [
    [[0xc0, 0], 0],
    [[0xc0, 2, 0xc0, 0], 0],
    [[0, 0xc0, 3, 0xc0, 1], 3],
    [[1, 0x61, 0xc0, 0], 0],
    [[1, 0x61, 0xc0, 0], 2],
  ] as [number[], number][])
    assert.equal(read(bytes, at), undefined, JSON.stringify(bytes));
  assert.equal(read([0x40, 0]), undefined);
  assert.equal(read([3, 0x61]), undefined);
  const long = Array.from({ length: 127 }, () => 'a').join('.');
  assert.equal(read(name(long))?.name, long);
  assert.equal(read(name(`${long}.b`)), undefined);
});

test('a chain of pointers has an end: each leads further back', () => {
  // Names of two bytes, each a pointer to the one before.
  const bytes = [0];
  while (bytes.length < 16_000) {
    const before = Math.max(0, bytes.length - 2);
    bytes.push(0xc0 | (before >> 8), before & 255);
  }
  assert.equal(readName(Uint8Array.from(bytes), bytes.length - 2, bytes.length)?.name, '.');
});

test('record data that does not fit its type is shown as it is', () => {
  const text = (type: number, data: number[]) => {
    const parsed = parseMessage(message({ flags: 0x8180, answers: [rr('x', type, data)] }))!;
    return formatData(parsed.bytes, parsed.records[0]!);
  };
  assert.equal(text(1, [1, 2, 3]), '\\# 3 010203');
  assert.equal(text(28, [1]), '\\# 1 01');
  assert.equal(text(15, [0]), '\\# 1 00');
  assert.equal(text(16, [5, 0x61]), '\\# 2 0561');
  assert.equal(text(6, [0, 0, 1]), '\\# 3 000001');
  assert.equal(text(5, [3, 0x61]), '\\# 2 0361');
  assert.equal(text(50, [1, 0, 0, 1]), '\\# 4 01000001');
  assert.equal(text(64, [0, 1, 0, 0, 1, 0, 9]), '\\# 7 00010000010009');
  assert.equal(text(257, [0, 9, 0x61]), '\\# 3 000961');
  assert.equal(text(9999, []), '\\# 0');
  assert.equal(text(9999, new Array<number>(100).fill(1)), `\\# 100 ${'01'.repeat(64)}...`);
  // A name that reaches beyond the record's data.
  const beyond = message({
    flags: 0x8180,
    counts: [0, 1, 0, 0],
    answers: [Uint8Array.from([...rr('x', 2, [3, 0x61]), 0x62, 0x63, 0])],
  });
  const parsed = parseMessage(beyond)!;
  assert.equal(formatData(parsed.bytes, parsed.records[0]!), '\\# 2 0361');
  // Types and codes without names.
  assert.equal(text(47, [...name('b'), 0, 1, 0x40, 0xff, 1, 0x80]), 'b A TYPE65280');
});

test('told from other protocols by content', () => {
  const detect = (bytes: Uint8Array, transport: 'tcp' | 'udp') =>
    dns.detect(bytes, new Uint8Array(0), transport);
  assert.equal(detect(ask('a.example'), 'udp'), 'yes');
  assert.equal(detect(message({ flags: 0x8182 }), 'udp'), 'yes');
  const no: [what: string, bytes: Uint8Array][] = [
    ['text', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['zeros', new Uint8Array(40)],
    ['NTP', Uint8Array.from([0x23, 0, 6, 0xec, ...new Array<number>(44).fill(0)])],
    [
      'a DTLS hello',
      Uint8Array.from([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 1, ...new Array<number>(40).fill(3)]),
    ],
    ['a QUIC initial', Uint8Array.from([0xc0, 0, 0, 0, 1, 8, ...new Array<number>(60).fill(0x5a)])],
    ['a class nobody uses', message({ questions: [question('a', 1, 77)] })],
    ['a question with an error', message({ flags: 0x0103, questions: [question('a', 1)] })],
    ['reserved bits', message({ flags: 0x0140, questions: [question('a', 1)] })],
    ['an opcode nobody uses', message({ flags: 0x7900, questions: [question('a', 1)] })],
    ['more questions than anybody asks', message({ questions: [question('a', 1)], counts: [200, 0, 0, 0] })],
    ['a name without end', message({ questions: [Uint8Array.of(9, 1, 2)], counts: [1, 0, 0, 0] })],
  ];
  for (const [what, bytes] of no) {
    assert.equal(detect(bytes, 'udp'), 'no', what);
    assert.notEqual(detect(framed(bytes), 'tcp'), 'yes', what);
  }
  // Known before a large message is whole.
  const large = framed(
    message({
      flags: 0x8180,
      questions: [question('a', 1)],
      answers: [rr('a', 16, new Array<number>(9000).fill(0))],
    }),
  );
  assert.equal(detect(large.subarray(0, 100), 'tcp'), 'yes');
});
