import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns } from '../../sinks/text/width.ts';
import { ink } from '../draw/style.ts';
import { hexLines } from './hex-lines.ts';
import { jsonLines } from './json-lines.ts';
import { line, lineText, plain, textLines, untabbed, wrapped } from './lines.ts';

test('tabs end at stops, of what is wide too', () => {
  assert.equal(untabbed('a\tb\tccccc\td'), 'a   b   ccccc   d');
  assert.equal(untabbed('日\tx'), '日  x');
  assert.equal(untabbed('\t\t'), '        ');
});

test('text in lines: line feeds of any kind, and no more than asked for', () => {
  assert.deepEqual(textLines('a\r\nb\nc', ink.plain, 10).map(lineText), ['a', 'b', 'c']);
  assert.match(textLines('a\nb\nc', ink.plain, 2).map(lineText).join('|'), /^a\|b\|\.\.\. the rest/);
});

test('what is wrapped is all there, fits, and keeps its query', () => {
  const given = { parts: [plain('label  '), plain('値'.repeat(30))], query: 'q', indent: 7 };
  for (const width of [8, 13, 20, 40]) {
    const rows = wrapped(given, width);
    for (const row of rows) {
      assert.ok(columns(lineText(row)) <= width, `${width}: ${lineText(row)}`);
      assert.equal(row.query, 'q');
    }
    assert.equal(
      rows
        .map((row) => lineText(row).trim())
        .join('')
        .replace(/\s/g, ''),
      `label${'値'.repeat(30)}`,
    );
  }
  assert.deepEqual(wrapped(line(plain('short')), 80).map(lineText), ['short']);
});

test('bytes as xxd has them', () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, i) => (i === 0 ? 0x41 : i));
  const [first, second] = hexLines(bytes, 10).map(lineText);
  assert.equal(first, '00000000  41 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f   A···············');
  assert.equal(second, '00000010  10 11 12 13                                        ····');
  assert.match(hexLines(bytes, 1).map(lineText)[1]!, /4 bytes more/);
});

test('JSON: names, strings, numbers and words are told apart, and nothing is lost, whatever it is', () => {
  const [one] = jsonLines('  "name": "x: \\"1\\"", ', 10);
  assert.deepEqual(
    one!.parts.filter(([text]) => text.trim() !== '').map(([text, style]) => [text.trim(), style]),
    [
      ['"name"', ink.accent],
      [':', ink.dim],
      ['"x: \\"1\\""', ink.string],
      [',', ink.plain],
    ],
  );
  for (const text of [
    '{"a": -1.5e3, "b": [true, null, nulls]}',
    'not json at "all',
    '***',
    '"cut',
    '\\"',
    'é日',
  ])
    assert.equal(lineText(jsonLines(text, 10)[0]!), text);
});
