import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineEditor } from './line-editor.ts';

const type = (line: LineEditor, ...keys: string[]) => {
  for (const key of keys) line.take({ kind: 'key', key });
  return `${line.text.slice(0, line.cursor)}|${line.text.slice(line.cursor)}`;
};

const rows: readonly (readonly [begin: string, keys: string[], end: string])[] = [
  ['', ['a', 'b', 'space', 'c'], 'ab c|'],
  ['abc', ['left', 'x'], 'abx|c'],
  ['abc', ['home', 'x', 'end', 'y'], 'xabcy|'],
  ['a😀b', ['left', 'left', 'x'], 'ax|😀b'],
  ['a😀', ['backspace'], 'a|'],
  ['abc', ['home', 'delete', 'delete'], '|c'],
  ['http.request.method == "GET"', ['ctrl-w'], 'http.request.method == |'],
  ['one two', ['alt-b', 'ctrl-k'], 'one |'],
  ['one two', ['alt-b', 'ctrl-u'], '|two'],
  ['', ['backspace', 'left', 'ctrl-w', 'ctrl-k'], '|'],
];
for (const [begin, keys, end] of rows)
  test(`${begin} ${keys.join(' ')}`, () => assert.equal(type(new LineEditor(begin), ...keys), end));

test('other keys are for somebody else', () => {
  const line = new LineEditor('a');
  for (const key of ['enter', 'escape', 'tab', 'pageup', 'f1'])
    assert.equal(line.take({ kind: 'key', key }), false, key);
});

test('what is pasted is one line without control characters, and no key', () => {
  const line = new LineEditor();
  line.take({ kind: 'paste', text: 'a\nb\tc\x1b[2J\x03' });
  assert.equal(line.text, 'a b c[2J');
});

test('the history, and back to what was being typed', () => {
  const history: string[] = [];
  for (const text of ['one', 'two', 'two']) new LineEditor(text, history).keep();
  assert.deepEqual(history, ['one', 'two']);
  const line = new LineEditor('th', history);
  assert.equal(type(line, 'up'), 'two|');
  assert.equal(type(line, 'up', 'up'), 'one|');
  assert.equal(type(line, 'down', 'down', 'down'), 'th|');
});
