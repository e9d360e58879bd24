import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile, QueryError, type QueryErrorReason } from './index.ts';
import { schema } from './testing/entries.ts';

function errorOf(query: string): QueryError {
  try {
    compile(query, schema);
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
  return assert.fail(`${query} compiles`);
}

/** The spot is marked by what stands there; '' is the end. */
type Row = readonly [query: string, reason: QueryErrorReason, spot: string, message: RegExp, help?: RegExp];

const rows: readonly Row[] = [
  // syntax
  ['http and', 'syntax', '', /ends too early/, /a field/],
  ['http or or dns', 'syntax', 'or', /unexpected or/],
  ['(http', 'syntax', '(', /'\(' is not closed/],
  ['http)', 'syntax', ')', /closes nothing/],
  ['http dns', 'syntax', 'dns', /unexpected dns/, /'and' or 'or'/],
  ['http.host "x"', 'syntax', '"x"', /unexpected "x"/, /'and' or 'or'/],
  ['http.host == ', 'syntax', '', /ends too early/, /a value/],
  ['http.host == "x', 'syntax', '"', /quote is not closed/],
  ['tcp.port = 80', 'syntax', '=', /unexpected character =/, /'=='/],
  ['http.host == \u201cx\u201d', 'syntax', '\u201c', /unexpected character/, /straight/],
  ['http | dns', 'syntax', '|', /unexpected character/, /'or'/],
  ['http.host == a?b', 'syntax', '?', /unexpected character/, /quotes/],
  ['http.host == "a\\qb"', 'syntax', '\\q', /is no escape/, /r"\.\.\."/],
  ['all http.host', 'syntax', '', /ends too early/, /a comparison/],
  ['len(http.host)', 'syntax', '', /no test yet/, /a comparison/],
  ['tcp.port in {}', 'syntax', '}', /unexpected }/],
  ['tcp.port in 80', 'syntax', '80', /unexpected 80/, /'{'/],
  ['http.host[a] == "x"', 'syntax', 'a', /unexpected a/, /\[0:4\]/],
  ['server', 'syntax', 'server', /every entry has server/, /"server"/],
  ['http.host matches x', 'syntax', 'x', /pattern in quotes/],
  ['http.host matches "a(b"', 'syntax', '(', /in the pattern: '\(' is not closed/],
  ['http.host matches "a(?=b)"', 'syntax', '(?=', /in the pattern/, /backtracking/],
  ['size > - 5', 'syntax', '-', /unexpected -/, /right before its number/],
  // names
  ['http.requst.method == "GET"', 'name', 'http.requst.method', /no field/, /http\.request\.method/],
  ['http.requst.method', 'name', 'http.requst.method', /no field/, /For the text/],
  ['eror == true', 'name', 'eror', /no field eror/, /did you mean error\?/],
  ['status == 200', 'name', 'status', /no field/, /http\.response\.code/],
  ['frame.len > 100', 'name', 'frame.len', /no field/, /size/],
  ['http.request == 1', 'name', 'http.request', /group/, /http\.request\.method/],
  ['lenn(http.host) > 1', 'name', 'lenn', /no function/, /did you mean len/],
  // types
  ['http.response.code == "500"', 'type', '"500"', /is a number, and "500" is text/, /without quotes/],
  ['http.response.code == abc', 'type', 'abc', /is a number/],
  ['http.request.method == 5', 'type', '5', /is text, and 5 is a number/, /"5"/],
  ['http.request.method > 5', 'type', '5', /is text/, /len\(/],
  ['duration > 1MB', 'type', '1MB', /a duration, and 1MB is a size/, /250ms/],
  ['http.response.code > 5s', 'type', '5s', /a number, and 5s is a duration/],
  ['size > big', 'type', 'big', /a size/, /KiB/],
  ['http.chunked == maybe', 'type', 'maybe', /a boolean/, /true or false/],
  ['http.chunked > false', 'type', '>', /no order/],
  ['http.response.code contains 5', 'type', 'contains', /has no 'contains'/, /string\(/],
  ['ip.addr == web', 'type', 'web', /is an address/, /peer/],
  ['ip.addr == "10.0.0.1"', 'type', '"10.0.0.1"', /is an address/, /without quotes/],
  ['ip.addr > 10.0.0.0/8', 'type', '10.0.0.0/8', /is a network/],
  ['ip.addr == 10.0.0.0/33', 'type', '10.0.0.0/33', /is an address/],
  ['time > "noon"', 'type', '"noon"', /a time/, /2026/],
  ['http.host == http.time', 'type', '==', /a duration/],
  ['http.host matches http.request.uri', 'type', 'matches', /pattern in quotes/],
  ['http == 1', 'type', 'http', /a protocol/, /contains/],
  ['1 == 1', 'type', '1', /one side of a comparison is a field/],
  ['duration + size > 1', 'type', 'duration + size', /no meaning/],
  ['http.response.code[0] == 1', 'type', 'http.response.code[0]', /no slices/],
  ['http.host["x"]', 'type', 'http.host["x"]', /by name/, /header\[/],
  ['lower(http.response.code) == "x"', 'type', 'http.response.code', /takes text/],
  ['len(http.host, http.host) > 1', 'type', 'http.host', /takes one field/],
  // values
  ['outcome == "failde"', 'value', '"failde"', /never "failde"/, /failed/],
  ['protocol == HTTP', 'value', 'HTTP', /never "HTTP"/, /did you mean http\?/],
  ['dns.qry.type == AA', 'value', 'AA', /never "AA"/],
  ['http.response.code in {300..200}', 'value', '300..200', /backwards/],
  ['http.host[3-1] == "x"', 'value', '3-1', /backwards/],
  ['""', 'value', '""', /nothing is looked for/],
  // the other language
  [
    'tcp port 80',
    'language',
    'tcp port 80',
    /tcpdump's language/,
    /tcp\.port == 80.*porthole watch TARGET 'tcp port 80'/,
  ],
  ['port 80', 'language', 'port 80', /tcpdump's language/, /port == 80/],
  ['host 10.0.0.1', 'language', 'host', /tcpdump's language/, /peer == 10\.0\.0\.1/],
  [
    'src host web and port 80',
    'language',
    'src host web and port 80',
    /tcpdump's language/,
    /client == "web" and port == 80/,
  ],
  ['dst port 443', 'language', 'dst port 443', /tcpdump's language/, /tcp\.dstport == 443/],
  ['net 10.0.0.0/8', 'language', 'net', /tcpdump's language/, /peer == 10\.0\.0\.0\/8/],
  ['tcp[13] & 2 != 0', 'language', 'tcp[13] & 2 != 0', /tcpdump's language/],
  ['icmp or arp', 'language', 'icmp', /tcpdump's language/, /"icmp"/],
];

for (const [query, reason, spot, message, help] of rows)
  test(`${query} is a mistake, shown where it is, with what would fit`, () => {
    const error = errorOf(query);
    assert.equal(error.reason, reason, `${query}: ${error.format()}`);
    assert.match(error.message, message, query);
    if (spot !== '') assert.equal(query.slice(error.position, error.position + error.length), spot, query);
    else if (reason === 'syntax') assert.ok(error.position >= query.trimEnd().length, query);
    if (help) assert.match(`${error.expected}\n${error.hint}`, help, query);
  });

test('the caret stands under the spot', () => {
  assert.equal(
    errorOf('error and http.respnse.code >= 500').format(),
    [
      'query: there is no field http.respnse.code',
      '  error and http.respnse.code >= 500',
      '            ^^^^^^^^^^^^^^^^^',
      'did you mean http.response.code?',
    ].join('\n'),
  );
});

test('what is too long or too deep is refused, not tried', () => {
  assert.equal(errorOf('a'.repeat(70_000)).reason, 'limit');
  assert.equal(errorOf(`${'('.repeat(200)}http${')'.repeat(200)}`).reason, 'limit');
  assert.equal(errorOf(`${'not '.repeat(200)}http`).reason, 'limit');
  assert.equal(errorOf(`http.response.code ${'+ 1'.repeat(200)} > 1`).reason, 'limit');
  assert.equal(errorOf(`${'len('.repeat(150)}http.host${')'.repeat(150)} > 1`).reason, 'limit');
  assert.equal(errorOf(`http.host${'[0:1]'.repeat(150)} == "x"`).reason, 'limit');
});

test('what is only long is taken', () => {
  const ors = Array.from({ length: 2000 }, (_, i) => `http.response.code == ${i}`).join(' or ');
  assert.equal(typeof compile(ors, schema).matches, 'function');
  const set = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join(', ');
  assert.equal(typeof compile(`ip.addr in {${set}}`, schema).matches, 'function');
});
