import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SseEvent, SseParser } from './parser.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'utf8'));

function parse(text: string, { cut = 1e9, keep = 1000 } = {}): SseEvent[] {
  const events: SseEvent[] = [];
  const parser = new SseParser(keep, (event) => events.push(event));
  const b = bytes(text);
  for (let at = 0; at < b.length; at += cut) parser.data(b.subarray(at, at + cut), 7);
  parser.end(9);
  return events;
}
const short = (events: readonly SseEvent[]) => events.map(({ event, id, data }) => [event, id, data]);

test("the examples of HTML's section 9.2.6", () => {
  assert.deepEqual(short(parse('data: YHOO\ndata: +2\ndata: 10\n\n')), [['', undefined, 'YHOO\n+2\n10']]);
  const second =
    ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n';
  assert.deepEqual(short(parse(second)), [
    ['', '1', 'first event'],
    ['', '', 'second event'],
    ['', undefined, ' third event'],
  ]);
  assert.deepEqual(short(parse('data\n\ndata\ndata\n\ndata:')), [
    ['', undefined, ''],
    ['', undefined, '\n'],
    ['', undefined, ''],
  ]);
  assert.deepEqual(short(parse('data:test\n\ndata: test\n\n')), [
    ['', undefined, 'test'],
    ['', undefined, 'test'],
  ]);
});

test('every line end, a byte order mark, fields nobody knows; the same at every cut', () => {
  const text =
    '\ufeffevent: a\r\ndata: 1\r\n\r\nevent: b\rdata: 2\r\rretry: 10\nretry: x\nfoo: bar\ndata: 3\n\nid: 5\n\n';
  const whole = parse(text);
  assert.deepEqual(short(whole), [
    ['a', undefined, '1'],
    ['b', undefined, '2'],
    ['', undefined, '3'],
  ]);
  assert.deepEqual(
    whole.map((e) => [e.retry, e.cut]),
    [
      [undefined, false],
      [undefined, false],
      ['10', false],
    ],
  );
  for (let cut = 1; cut < text.length; cut++)
    assert.deepEqual(parse(text, { cut }), whole, `pieces of ${cut}`);
});

test('long lines and long events are counted, and kept to the limit', () => {
  const [event] = parse(`data: ${'x'.repeat(50_000)}\ndata: ${'y'.repeat(10)}\n\n`, { keep: 100 });
  assert.deepEqual([event!.data, event!.dataLength, event!.wireBytes], ['x'.repeat(100), 50_011, 50_025]);
  const parser = new SseParser(100, () => {});
  for (let i = 0; i < 1000; i++) parser.data(bytes('x'.repeat(1000)), 0);
  assert.ok(parser.buffered < 1000);
});

test('bytes lost, and an end in the middle', () => {
  const events: SseEvent[] = [];
  const parser = new SseParser(100, (event) => events.push(event));
  parser.data(bytes('data: one\n\ndata: tw'), 1);
  parser.gap(30, 2);
  parser.data(bytes('rest\n\ndata: three\n\ndata: fo'), 3);
  parser.end(4);
  assert.deepEqual(
    events.map((e) => [e.data, e.lost, e.cut, e.startAt, e.endAt]),
    [
      ['one', 0, false, 1, 1],
      ['twrest', 30, false, 1, 3],
      ['three', 0, false, 3, 3],
      ['fo', 0, true, 3, 4],
    ],
  );
});
