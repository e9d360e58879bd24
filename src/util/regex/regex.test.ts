import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, PatternError } from './index.ts';

test('what PCRE matches', () => {
  const rows: readonly (readonly [pattern: string, subject: string, matches: boolean])[] = [
    ['', '', true],
    ['abc', 'xxABCxx', true],
    ['(?-i)abc', 'xxABCxx', false],
    ['(?-i:a)B', 'ab', true],
    ['(?-i:a)B', 'Ab', false],
    ['a(?-i)b|B', 'AB', true],
    ['a(?-i)b|B', 'Ab', true],
    ['(?-i)(a(?i)b)C', 'aBC', true],
    ['(?-i)(a(?i)b)C', 'aBc', false],
    ['^abc$', 'abc', true],
    ['^abc$', 'abc\n', true],
    ['^abc$', 'abc\n\n', false],
    ['^abc\\z', 'abc\n', false],
    ['^abc\\Z', 'abc\n', true],
    ['^b', 'a\nb', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['a\\Nc', 'a\nc', false],
    ['colou?r', 'color', true],
    ['^(?:ab)*$', 'ababab', true],
    ['^(?:ab)*$', 'ababa', false],
    ['^a{2,3}$', 'aaa', true],
    ['^a{2,3}$', 'aaaa', false],
    ['^a{2}$', 'aa', true],
    ['^a{2,}$', 'aaaaa', true],
    ['^a{,3}$', 'a{,3}', true],
    ['^x{0}$', '', true],
    ['a+?b', 'aaab', true],
    ['^(a|b|)c$', 'c', true],
    ['\\bcat\\b', 'a cat!', true],
    ['\\bcat\\b', 'concat', false],
    ['\\Bcat', 'concat', true],
    ['^\\d\\D\\w\\W\\s\\S$', '1a_- x', true],
    ['[[:alpha:]_][^[:space:]]', '_x', true],
    ['[]a]', ']', true],
    ['[^]a]', ']', false],
    ['[a\\-z]', '-', true],
    ['[a-]', '-', true],
    ['[\\d.]+$', '1.2', true],
    ['[\\x41-\\x43]', 'b', true],
    ['\\x{41}\\x42\\0', 'AB\0', true],
    ['\\.\\*\\[', '.*[', true],
    ['{', '{', true],
    ['(?<year>\\d{4})-(?P<month>\\d\\d)', '2026-11', true],
    ['(a*)*b', 'aaab', true],
    ['(a*)*$', 'aaac', true],
    ['(|a)+b', 'ab', true],
  ];
  for (const [pattern, subject, matches] of rows) {
    const matcher = createMatcher(pattern);
    assert.equal(matcher.text(subject), matches, `${pattern} over ${JSON.stringify(subject)}`);
    assert.equal(matcher.bytes(Buffer.from(subject, 'latin1')), matches, `${pattern} over bytes`);
    assert.equal(matcher.text(subject), matches, `${pattern} again`);
  }
});

test('characters of more than one byte are their UTF-8', () => {
  const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
  assert.equal(createMatcher('^m\u00fcl+er$').text(bytes('m\u00fcller')), true);
  assert.equal(createMatcher('^[\u00e4\u00fc]+$').text(bytes('\u00fc\u00e4')), true);
  assert.equal(createMatcher('\u20ac{2}').text(bytes('\u20ac\u20ac')), true);
  assert.equal(createMatcher('\\x{20ac}').text('\u20ac'), true, 'a text that is no bytes');
  assert.equal(createMatcher('^..$').text(bytes('\u00fc')), true);
});

test('what needs backtracking is refused, with its place', () => {
  const rows: readonly (readonly [pattern: string, position: number, message: RegExp])[] = [
    ['a(?=b)', 1, /kind of group/],
    ['(?<!a)b', 0, /kind of group/],
    ['(?>a)', 0, /kind of group/],
    ['(a)\\1', 3, /references/],
    ['(?<n>a)\\k<n>', 7, /references/],
    ['a++', 2, /possessive/],
    ['a**', 2, /repetition of a repetition/],
    ['*a', 0, /nothing to repeat/],
    ['(a', 0, /not closed/],
    ['a)', 1, /closes nothing/],
    ['[a', 0, /not closed/],
    ['[z-a]', 1, /backwards/],
    ['a{3,2}', 1, /cannot be/],
    ['\\p{L}', 0, /not taken/],
    ['[[:foo:]]', 1, /no class/],
    ['a\\', 1, /ends in a backslash/],
    ['(a{100}){100}', 0, /unfolds to/],
    ['(?:a|b){1000}x{100}', 0, /unfolds to/],
    ['('.repeat(60) + ')'.repeat(60), 51, /deeper/],
  ];
  for (const [pattern, position, message] of rows)
    assert.throws(
      () => createMatcher(pattern),
      (error) => error instanceof PatternError && message.test(error.message) && error.position === position,
      pattern,
    );
});

test('patterns that hang backtracking engines take time by the length of the subject', () => {
  const long = 'a'.repeat(100_000);
  for (const pattern of [
    '(a+)+$',
    '(a|a)*b',
    '(.*)*x',
    'a*a*a*a*a*b',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '.*.*=.*',
  ])
    createMatcher(pattern).text(`${long}!`);
});

test('a pattern that makes a new state for every byte is given up, and that is counted', () => {
  const matcher = createMatcher('a[ab]{400}c');
  let seed = 1;
  let subject = '';
  for (let i = 0; i < 60_000; i++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    subject += seed & 0x10000 ? 'a' : 'b';
  }
  assert.equal(matcher.text(subject), false);
  assert.equal(matcher.givenUp, 1);
  assert.equal(matcher.text(`a${'b'.repeat(400)}c`), true, 'and the next subject is looked at again');
});

test('the same as the platform does over random patterns', () => {
  let state = 42;
  const below = (n: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const pick = (list: readonly string[]) => list[below(list.length)]!;
  const atoms = ['a', 'b', 'B', '.', '[ab]', '[^a]', '\\w', '\\W', '\\d', '\\b', '\\B', '^', '$', ' ', '1'];
  const pattern = (depth: number): string => {
    let text = '';
    for (let n = 1 + below(4); n > 0; n--) {
      const isGroup = depth > 0 && below(4) === 0;
      const atom = isGroup ? `(?:${pattern(depth - 1)})` : pick(atoms);
      const counts = ['', '', '*', '+', '?', '{2}', '{1,3}', '*?'];
      // An assertion cannot be repeated, and a group of nothing else is treated in another way elsewhere.
      text += isGroup || !/^(?:\\[bB]|\^|\$)$/.test(atom) ? atom + pick(counts) : atom;
      if (below(6) === 0) text += '|';
    }
    return text;
  };
  for (let i = 0; i < 3000; i++) {
    const text = pattern(3);
    const ours = createMatcher(text);
    const theirs = new RegExp(text, 'i');
    for (let j = 0; j < 8; j++) {
      const subject = Array.from({ length: below(9) }, () => pick(['a', 'b', 'A', '1', ' ', '-'])).join('');
      assert.equal(ours.text(subject), theirs.test(subject), `${text} over '${subject}'`);
    }
  }
});
