import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scalarOf, scanItems, scanMembers, scanValue } from './json-scan.ts';

const bytesOf = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const textOf = (bytes: string | undefined) => bytes && Buffer.from(bytes, 'latin1').toString('utf8');

test('the outer layer of an object, the last of each name', () => {
  const text = ' {"a": "x\\"y", "b":[1,{"a":2}], "c":{"d":"}"}, "e":-1.5e3 ,"f":true,"a":null} rest';
  const members = scanMembers(text, 0)!;
  const shown = [...members].map(([name, v]) => `${name} ${v.kind} ${text.slice(v.from, v.to)}`);
  assert.deepEqual(shown, [
    'a literal null',
    'b array [1,{"a":2}]',
    'c object {"d":"}"}',
    'e number -1.5e3',
    'f literal true',
  ]);
  assert.deepEqual(
    scanItems(text, members.get('b')!.from)!.map((v) => v.kind),
    ['number', 'object'],
  );
});

test('strings: escapes undone, as UTF-8', () => {
  const text = bytesOf('{"k\\u0041": "gr\\u00fc\\u00dfe \\ud83d\\ude00 \\ud83d \\n\\/ 世"}');
  const [[name, value]] = [...scanMembers(text, 0)!];
  assert.deepEqual([name, textOf(scalarOf(text, value))], ['kA', 'grüße 😀 ? \n/ 世']);
});

test('cut anywhere: what is there is told', () => {
  const whole = '{"query":"{ a }","variables":{"x":[1,2]},"n":12}';
  for (let length = 0; length < whole.length; length++) {
    const members = scanMembers(whole.slice(0, length), 0);
    if (length === 0) assert.equal(members, undefined);
    else
      for (const [name, v] of members!)
        assert.ok(['query', 'variables', 'n'].includes(name) && v.to <= length + 1);
  }
  const cut = whole.slice(0, 13);
  assert.deepEqual(
    [scalarOf(cut, scanMembers(cut, 0)!.get('query')), scanMembers(cut, 0)!.get('query')!.cut],
    ['{ a', true],
  );
});

test('no object, no array, no value', () => {
  for (const text of ['', ' ', 'x', ']', '1', '"a"']) assert.equal(scanMembers(text, 0), undefined, text);
  for (const text of ['', '{', 'x']) assert.equal(scanItems(text, 0), undefined, text);
  for (const text of ['', ' ', 'x', '}', ',']) assert.equal(scanValue(text, 0), undefined, text);
});

test('a hundred thousand nested arrays cost their length', () => {
  const deep = '['.repeat(100_000);
  assert.equal(scanValue(deep, 0)!.cut, true);
  assert.equal(scanMembers(`{"a":${deep}${']'.repeat(100_000)},"b":1}`, 0)!.has('b'), true);
});

test('property: members and items are those of JSON.parse', () => {
  const same = (text: string, value: unknown, found: ReturnType<typeof scanValue>): void => {
    assert.ok(found && !(found.cut && found.kind !== 'number' && found.kind !== 'literal'));
    if (typeof value === 'string') assert.equal(textOf(scalarOf(text, found)), value);
    else if (Array.isArray(value)) {
      const items = scanItems(text, found.from)!;
      assert.equal(items.length, value.length);
      value.forEach((one, i) => void same(text, one, items[i]));
    } else if (typeof value === 'object' && value !== null) {
      const members = scanMembers(text, found.from)!;
      assert.equal(members.size, Object.keys(value).length);
      for (const [name, one] of Object.entries(value)) same(text, one, members.get(bytesOf(name)));
    } else assert.equal(text.slice(found.from, found.to), JSON.stringify(value));
  };
  // Strings without lone halves of pairs, which UTF-8 has no bytes for.
  const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' });
  fc.assert(
    fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
      const text = bytesOf(JSON.stringify(value, null, indent));
      same(text, JSON.parse(JSON.stringify(value)), scanValue(text, 0));
    }),
    { numRuns: 1000 },
  );
});
