import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { builtInRules, createRedactor, parseRules, RulesError } from './index.ts';

test('names and patterns of a rules file', () => {
  const redactor = createRedactor(
    parseRules(
      JSON.stringify({
        headers: ['X-Ticket'],
        parameters: ['ticket'],
        fields: ['ticket', 'smtp.auth.username'],
        keys: ['iban'],
        patterns: [{ name: 'employee', pattern: '(?-i)\\bEMP-[0-9]{6}\\b' }],
        off: ['Cookie', 'card number'],
        allow: { names: ['sid'], texts: ['harmless'] },
      }),
    ),
  );
  const clean = redactor.exchange({
    fields: {
      'smtp.auth.username': 'ann',
      'http.request.uri': '/a?ticket=1&sid=2&token=harmless',
      'x.iban': 'x',
    },
    request: {
      startLine: 'GET /EMP-123456?ticket=1 HTTP/1.1',
      headers: [
        ['X-Ticket', '17'],
        ['Cookie', 'a=b'],
        ['X-Note', 'of EMP-123456, emp-123456, EMP-1234567'],
      ],
      trailers: [],
      startAt: 0,
      endAt: 0,
      wireBytes: 0,
    },
  } as never);
  assert.deepEqual(clean.fields, {
    'smtp.auth.username': '***',
    'http.request.uri': '/a?ticket=***&sid=2&token=harmless',
    'x.iban': 'x',
  });
  assert.equal(clean.request!.startLine, 'GET /***?ticket=*** HTTP/1.1');
  assert.deepEqual(clean.request!.headers, [
    ['X-Ticket', '***'],
    ['Cookie', 'a=b'],
    ['X-Note', 'of ***, emp-123456, EMP-1234567'],
  ]);
  assert.equal(
    redactor.text('', '{"IBAN":"DE02","card":"4111111111111111"}'),
    '{"IBAN":"***","card":"4111111111111111"}',
  );
  assert.equal(redactor.text('application/x-www-form-urlencoded', 'ticket=1&a=2'), 'ticket=***&a=2');
});

test('every built-in rule can be switched off, by the name it is counted under', () => {
  const text = JSON.stringify({ password: 'x', url: 'https://a:b@h/?token=x', card: '4111 1111 1111 1111' });
  const off = (...names: string[]) =>
    createRedactor(parseRules(JSON.stringify({ off: names }))).text('', text);
  assert.ok(off('JSON key').includes('"password":"x"'));
  assert.ok(off('URL password').includes('a:b@'));
  assert.ok(off('URL parameter').includes('token=x'));
  assert.ok(off('card number').includes('4111'));
  const none = createRedactor(parseRules(JSON.stringify({ off: builtInRules })));
  assert.equal(none.text('', text), text);
  assert.equal(none.tally.total, 0);
});

test('a mistake is one line that names the rule', () => {
  const cases: readonly (readonly [file: unknown, message: RegExp])[] = [
    ['{', /^no JSON: [^\n]+$/],
    [[], /^the file: an object \{\.\.\.\} is needed, not a list$/],
    [{ header: ['a'] }, /^header: no such setting; did you mean 'headers'\?$/],
    [{ headers: 'a' }, /^headers: a list \[\.\.\.\] is needed, not the string a$/],
    [{ keys: ['a', 1] }, /^keys\[1\]: a string is needed, not the number 1$/],
    [{ keys: [' '] }, /^keys\[0\]: it is empty$/],
    [{ off: ['JWTs'] }, /^off\[0\]: no rule is called 'JWTs'; did you mean 'JWT'\?$/],
    [{ allow: { name: [] } }, /^allow\.name: no such setting; did you mean 'names'\?$/],
    [{ patterns: [{ name: 'x' }] }, /^patterns\[0\]\.pattern: a string is needed, not nothing$/],
    [{ patterns: [{ name: 'x', pattern: '(a' }] }, /^patterns\[0\] \('x'\): [^\n]+, at character \d+/],
    [{ patterns: [{ name: 'x', pattern: '(a)\\1' }] }, /^patterns\[0\] \('x'\): /],
    [
      { patterns: [{ name: 'x', pattern: 'a*' }] },
      /^patterns\[0\] \('x'\): the pattern matches the empty text$/,
    ],
    [{ patterns: [{ name: 'x\n', pattern: 'a' }] }, /^patterns\[0\]\.name: control characters are in it$/],
    [{ keys: new Array(1001).fill('a') }, /^keys: 1001 entries; 1000 are the most$/],
  ];
  for (const [file, message] of cases)
    assert.throws(
      () => parseRules(typeof file === 'string' ? file : JSON.stringify(file)),
      (error) => error instanceof RulesError && message.test(error.message),
      JSON.stringify(file).slice(0, 100),
    );
});

test('a text too intricate for a pattern is masked from there on', () => {
  const redactor = createRedactor(
    parseRules(JSON.stringify({ patterns: [{ name: 'slow', pattern: '(?:a?){200}b' }] })),
  );
  const clean = redactor.text('', `c ${'a'.repeat(300_000)}b`);
  assert.match(clean, /^c a{0,500}\*\*\*$/);
});

test('the documentation names every rule, and its example is one', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/redaction.md'), 'utf8');
  for (const name of builtInRules) assert.ok(text.includes(`\`${name}\``), name);
  const example = /```json\n([\s\S]*?)```/.exec(text)![1]!;
  assert.equal(parseRules(example).patterns[0]!.name, 'employee');
});
