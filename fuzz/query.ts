/** query: any text compiles or is a QueryError with a place in it; what compiles answers for any entry. */
import { check, compile, complete, QueryError } from '../src/query/index.ts';
import { entries, schema } from '../src/query/testing/entries.ts';
import { exchangeExpressions, frameExpressions } from '../src/query/testing/expressions.ts';
import type { Target } from './lib/target.ts';

const more = [
  '"free text" word 404 10.0.0.0/8 and not error',
  'duration > 250ms or size in {1kB..2MiB, 5} && time < "2026-11-24 10:15:30.5Z"',
  'header["content-type"] matches r"^text/(html|x-.*?)\\b" or request.header.accept',
  'request.body[0:2] == 7b:22 or "J\\u00fcrgen\\x00\\101" and container != web',
  '{response.size - request.size} * 2 > abs(3 - 5) and dns.qry.type in {1, AAAA}',
  'all dns.a in {10.0.0.0/8, 192.168.0.0..192.168.9.9} !== any ip.addr == 2001:db8::/32',
  'http contains "x" or text matches "(?-i)(a{2,3}|[^[:alpha:]\\\\d-])+$"',
  '((((not (!(error)))))) or 100ms < duration <= 1s',
];

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const all = Object.values(entries);

export const target: Target = {
  name: 'query',
  seeds: () =>
    [...more, ...frameExpressions, ...exchangeExpressions.flat()].map((text) => encoder.encode(text)),
  tokens: [
    ...[
      'and',
      'or',
      'not',
      '!',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      ',',
      '..',
      '"',
      "'",
      'r"',
      '\\',
      '&',
      '|',
      '~',
    ],
    ...[
      '==',
      '!=',
      '===',
      '!==',
      '<',
      '>=',
      ' in ',
      'contains',
      'matches',
      'any ',
      'all ',
      '+',
      '-',
      '*',
      '/',
      '%',
    ],
    ...[
      'http.host',
      'http.response.code',
      'dns.a',
      'dns.qry.type',
      'duration',
      'size',
      'time',
      'body',
      'peer',
    ],
    ...[
      'container',
      'error',
      'header.',
      'header["',
      'len(',
      'count(',
      'max(',
      'string(',
      'ip.addr',
      'missing',
    ],
    ...[
      '250ms',
      '1MB',
      '0x1f',
      '1e308',
      '-0',
      '10.0.0.1',
      '::1',
      '/33',
      '00:11:22:33:44:55',
      'true',
      '[0:3]',
    ],
    ...['(?:', '(?i)', '[^', '{1,9}', '*', '+', '\\d', '\\b', '^', '$', '|', '.*', '\u00fc', '\u{1f600}'],
  ],
  maxLength: 2048,
  run(input, random) {
    const text = decoder.decode(input);
    try {
      const query = compile(text, schema);
      for (const entry of all) if (typeof query.matches(entry) !== 'boolean') throw new Error('no answer');
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      checkError(error, text);
    }
    if (random.chance(4)) {
      const cursor = random.below(text.length + 1);
      const { from, to, candidates } = complete(text, cursor, schema);
      if (!(from >= 0 && from <= cursor && cursor <= to && to <= text.length))
        throw new Error(`completes ${from}..${to} at ${cursor}`);
      for (const candidate of candidates) if (candidate.text === '') throw new Error('an empty candidate');
      check(text, schema);
    }
  },
};

function checkError(error: QueryError, text: string): void {
  const { position, length, message } = error;
  if (error.query !== text || message === '') throw new Error('an error without its query or message');
  if (position < 0 || position > text.length || length < 1)
    throw new Error(`${message} at ${position}+${length} of ${text.length}`);
  // The end may be pointed at, nothing behind it.
  if (position + length > Math.max(text.length, position + 1))
    throw new Error(`${message} at ${position}+${length} of ${text.length}`);
  error.format();
}
