import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, complete } from './index.ts';
import { schema } from './testing/entries.ts';

/** `|` is the cursor. What stands before, the part that is replaced, and the texts of the candidates. */
function at(marked: string): { replaced: string; texts: string[] } {
  const cursor = marked.indexOf('|');
  const text = marked.slice(0, cursor) + marked.slice(cursor + 1);
  const { from, to, candidates } = complete(text, cursor, schema);
  return { replaced: text.slice(from, to), texts: candidates.map((c) => c.text) };
}

function offers(marked: string, ...expected: readonly string[]): void {
  const { texts } = at(marked);
  for (const text of expected) assert.ok(texts.includes(text), `${marked}: ${text} in ${texts.join(' ')}`);
}

test('names where a test begins', () => {
  offers('|', 'time', 'http.host', 'http', 'tcp', 'not', 'len(', 'container', 'target');
  assert.deepEqual(at('http.req|').texts.slice(0, 2), ['http.request.method', 'http.request.uri']);
  offers('http and dns.q|', 'dns.qry.name', 'dns.qry.type');
  offers('not (err|', 'error');
  assert.equal(at('http and http.re|st').replaced, 'http.rest');
});

test('a part of a name finds it, behind those that begin so', () => {
  assert.deepEqual(at('method|').texts, ['http.request.method']);
  assert.equal(at('por|').texts[0], 'port');
  offers('por|', 'tcp.port');
});

test('operators that have a meaning for the field', () => {
  assert.deepEqual(at('http.host |').texts, ['==', '!=', 'contains', 'matches', 'in', 'and', 'or']);
  offers('http.response.code |', '>=', 'in');
  assert.deepEqual(at('http.chunked |').texts, ['==', '!=', 'and', 'or']);
  assert.deepEqual(at('http |').texts, ['contains', 'matches', 'and', 'or']);
  assert.deepEqual(at('http.host con|').texts, ['contains']);
  assert.ok(!at('ip.addr |').texts.includes('contains'));
  offers('len(http.host) |', '<');
});

test('values, where they are known', () => {
  assert.deepEqual(at('outcome == |').texts.slice(0, 2), ['"ok"', '"clientError"']);
  assert.deepEqual(at('outcome == serv|').texts, ['"serverError"']);
  assert.deepEqual(at('outcome == "serv|').texts, ['"serverError"']);
  assert.equal(at('http and outcome == "serv|').replaced, '"serv');
  assert.deepEqual(at("outcome in {'ok', 'un|").texts, ["'unanswered'"]);
  assert.deepEqual(at('http.chunked == |').texts, ['true', 'false']);
  assert.deepEqual(at('protocol == d|').texts, ['"dns"', '"udp"'].slice(0, 1));
  assert.deepEqual(at('dns.qry.type in {AA|').texts, ['"AAAA"']);
  assert.deepEqual(at('duration > 250|').texts.slice(0, 3), ['250ns', '250us', '250ms']);
  offers('size > 1.5|', '1.5MB', '1.5KiB');
  assert.deepEqual(at('http.host == |').texts, []);
});

test('what joins tests, and what goes into calls', () => {
  assert.deepEqual(at('http.host == "x" |').texts, ['and', 'or']);
  assert.deepEqual(at('(http) |').texts, ['and', 'or']);
  offers('len(http.h|', 'http.host');
  offers('all dns.|', 'dns.a');
});

test('nothing behind a mistake', () => {
  assert.deepEqual(at('http.host == == |').texts, []);
  assert.deepEqual(at('a = |').texts, []);
});

test('every candidate says what it is', () => {
  for (const { text, label, description } of complete('', 0, schema).candidates) {
    assert.ok(text !== '' && label !== '' && description !== '', text);
    assert.ok(text.startsWith(label.replace('()', '')));
  }
});

test('a line that is being typed is empty, incomplete, valid or invalid', () => {
  const rows = [
    ['', 'empty'],
    ['  ', 'empty'],
    ['http', 'valid'],
    ['http.requ', 'incomplete'],
    ['http.request.method', 'valid'],
    ['http.request.method =', 'invalid'],
    ['http.request.method ==', 'incomplete'],
    ['http.request.method == "GE', 'incomplete'],
    ['http.request.method == "GET"', 'valid'],
    ['http.request.method == "GET" and', 'incomplete'],
    ['(http or dns', 'incomplete'],
    ['http.response.code in {200,', 'incomplete'],
    ['http.response.code == "200"', 'invalid'],
    ['http.nothing == 1', 'invalid'],
  ] as const;
  for (const [text, state] of rows) assert.equal(check(text, schema).state, state, text);
  assert.match(check('http.nothing == 1', schema).error!.format(), /\^{12}/);
  assert.match(check('methd', schema).notes.join(), /did you mean/);
});
