import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Input, KeyReader } from './keys.ts';

const bytes = (text: string) => Buffer.from(text);
const key = (name: string): Input => ({ kind: 'key', key: name });

const rows: readonly (readonly [sent: string, ...found: (string | Input)[]])[] = [
  ['j', 'j'],
  ['Gé日', 'G', 'é', '日'],
  ['\r\n\t\x7f\b ', 'enter', 'enter', 'tab', 'backspace', 'backspace', 'space'],
  ['\x03\x06\x13\x1a\x00', 'ctrl-c', 'ctrl-f', 'ctrl-s', 'ctrl-z', 'ctrl-space'],
  ['\x1b[A\x1bOB\x1b[H\x1bOF', 'up', 'down', 'home', 'end'],
  ['\x1b[5~\x1b[6~\x1b[3~\x1b[1~', 'pageup', 'pagedown', 'delete', 'home'],
  ['\x1b[1;5A\x1b[1;2C\x1b[6;3~', 'ctrl-up', 'shift-right', 'alt-pagedown'],
  ['\x1b[Z\x1bOP\x1b[24~', 'shift-tab', 'f1', 'f12'],
  ['\x1bx\x1b\r', 'alt-x', 'alt-enter'],
  ['\x1b[97;5u\x1b[13;2u', 'ctrl-a', 'shift-enter'],
  ['\x1b[200~a\nb\x1b[201~c', { kind: 'paste', text: 'a\nb' }, 'c'],
  [
    '\x1b[<0;5;7M\x1b[<0;5;7m\x1b[<64;1;1M\x1b[<65;1;1M',
    { kind: 'mouse', action: 'press', x: 4, y: 6 },
    { kind: 'mouse', action: 'release', x: 4, y: 6 },
    { kind: 'mouse', action: 'up', x: 0, y: 0 },
    { kind: 'mouse', action: 'down', x: 0, y: 0 },
  ],
  ['\x1b[<2;5;7M\x1b[<35;5;7M'],
  [
    '\x1b]11;rgb:0/0/0\x07\x1b]11;rgb:f/f/f\x1b\\\x1b[?62;4c',
    { kind: 'answer', text: ']11;rgb:0/0/0' },
    { kind: 'answer', text: ']11;rgb:f/f/f' },
    { kind: 'answer', text: '?62;4c' },
  ],
  ['\x1b[99;99;99y\x1b[Ij', 'j'],
  ['\x1b\x1b[Ak', 'escape', 'up', 'k'],
];

for (const [sent, ...found] of rows) {
  const wanted = found.map((one) => (typeof one === 'string' ? key(one) : one));
  test(`keys of ${JSON.stringify(sent)}, cut anywhere`, () => {
    assert.deepEqual(new KeyReader().feed(bytes(sent)), wanted);
    for (let cut = 1; cut < bytes(sent).length; cut++) {
      const reader = new KeyReader();
      const all = [...reader.feed(bytes(sent).subarray(0, cut)), ...reader.feed(bytes(sent).subarray(cut))];
      assert.deepEqual(all, wanted, `cut at ${cut}`);
    }
  });
}

test('an escape alone is a key once nothing follows', () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.feed(bytes('\x1b')), []);
  assert.equal(reader.isWaiting, true);
  assert.deepEqual(reader.flush(), [key('escape')]);
  assert.equal(reader.isWaiting, false);
});

test('alt and bracket are keys too, once nothing follows', () => {
  const reader = new KeyReader();
  reader.feed(bytes('\x1b['));
  assert.deepEqual(reader.flush(), [key('alt-[')]);
});

test('of a text that is too long the beginning is kept, and none of it becomes a key', () => {
  const reader = new KeyReader();
  const found = [
    ...reader.feed(bytes(`\x1b[200~${'q'.repeat(50_000)}`)),
    ...reader.feed(bytes('r'.repeat(100_000))),
    ...reader.feed(bytes('q'.repeat(100_000))),
    ...reader.feed(bytes('\x1b[201~j')),
  ];
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['paste', 'key'],
  );
  assert.ok(found[0]!.kind === 'paste' && /^q+r+$/.test(found[0].text) && found[0].text.length < 160_000);
});

test('a sequence that never ends is thrown away', () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.feed(bytes(`\x1b]52;${'x'.repeat(10_000)}`)), []);
  assert.deepEqual(reader.feed(bytes('j')), [key('j')]);
});
