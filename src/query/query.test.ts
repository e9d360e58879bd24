import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Exchange } from '../model/index.ts';
import { compile, createSchema } from './index.ts';
import { body, entries, message, post, schema } from './testing/entries.ts';

/** What of the four entries matches. */
function matching(query: string): string {
  const { matches } = compile(query, schema, { clock: { baseSec: Date.UTC(2026, 10, 24, 10) / 1000 } });
  return Object.entries(entries)
    .filter(([, entry]) => matches(entry))
    .map(([name]) => name)
    .join(' ');
}

function table(title: string, rows: readonly (readonly [query: string, matches: string])[]): void {
  test(title, () => {
    for (const [query, expected] of rows) assert.equal(matching(query), expected, query);
  });
}

const all = 'post lookup unanswered talk';

table('nothing asked is everything', [
  ['', all],
  ['  \n', all],
]);

table('fields, protocols and groups alone ask whether they are there', [
  ['http', 'post unanswered'],
  ['dns', 'lookup'],
  ['tcp', 'post unanswered talk'],
  ['udp', 'lookup'],
  ['ip', 'post unanswered talk'],
  ['ipv6', 'lookup'],
  ['http.host', 'post'],
  ['http.request', 'post unanswered'],
  ['http.response', 'post'],
  ['http.chunked', 'post'],
  ['http.user_agent', ''],
  ['request', 'post lookup unanswered talk'],
  ['container', 'post lookup talk'],
  ['request.body', 'post'],
  ['!http', 'lookup talk'],
  ['not not http', 'post unanswered'],
]);

table('comparisons', [
  ['http.request.method == "POST"', 'post'],
  ['http.request.method == POST', 'post'],
  ["http.request.method eq 'POST'", 'post'],
  ['http.request.method == "post"', ''],
  ['http.response.code >= 500', 'post'],
  ['http.response.code ge 0x1f4 and http.response.code le 0764', 'post'],
  ['http.response.code == 0b111110100', 'post'],
  ['http.response.code > 500', ''],
  ['http.response.code lt 1e3', 'post'],
  ['500 <= http.response.code', 'post'],
  ['400 < http.response.code <= 500', 'post'],
  ['http.request.method > "GET"', 'post'],
  ['http.request.method < "H"', 'unanswered'],
  ['http.chunked == false', 'post'],
  ['http.chunked == 0', 'post'],
  ['http.chunked != true', 'post'],
  ['dns.flags.truncated == true', 'lookup'],
  ['client == server', ''],
  ['ip.src != ip.dst', all],
  ['response.size > request.size', 'post lookup'],
  ['header.host == http.host', 'post'],
]);

table('a missing field is neither equal nor unequal; not turns that around', [
  ['http.host == "x"', ''],
  ['http.host != "x"', 'post'],
  ['!(http.host == "x")', all],
  ['not http.host == "api.example.org"', 'lookup unanswered talk'],
  ['http.host not in {"x"}', all],
  ['http.response.code !== 1', 'post'],
]);

table('fields with several values: any of them, != all of them', [
  ['dns.a == 10.1.2.3', 'lookup'],
  ['dns.a != 10.1.2.3', ''],
  ['dns.a != 10.9.9.9', 'lookup'],
  ['dns.a === 10.1.2.3', ''],
  ['dns.a !== 10.1.2.3', 'lookup'],
  ['dns.a ~= 10.1.2.3', 'lookup'],
  ['any dns.a != 10.1.2.3', 'lookup'],
  ['all dns.a == 10.1.2.3', ''],
  ['all dns.a == 10.0.0.0/8', ''],
  ['all dns.a > 10.1.2.2', 'lookup'],
  ['dns.a all_ne 10.1.2.3', ''],
  ['tcp.port == 8080', 'post unanswered talk'],
  ['all tcp.port > 8000', 'post unanswered talk'],
  ['all tcp.port > 8080', ''],
  ['count(dns.a) == 2', 'lookup'],
  ['count(http.informational) > 1', 'post'],
  ['count(dns.aaaa) == 0', ''],
  ['http.informational contains "Early"', 'post'],
]);

table('addresses and networks', [
  ['ip.addr == 10.0.0.5', 'post unanswered talk'],
  ['ip.addr == 10.0.0.0/24', 'post unanswered talk'],
  ['ip.addr == 0.0.0.0/0', 'post unanswered talk'],
  ['ip.addr == 2001:DB8:0::53', 'lookup'],
  ['ip.addr == 2001:db8::/32', 'lookup'],
  ['ipv6.addr == 2001:db8::/127', ''],
  ['ipv6.dst == 2001:db8::52/127', 'lookup'],
  ['ip.src == 192.0.2.80', ''],
  ['ip.dst == 192.0.2.80', 'post unanswered talk'],
  ['ip.addr > 192.0.2.79', 'post unanswered talk'],
  ['ip.addr in {10.0.0.1..10.0.0.9}', 'post unanswered talk'],
  ['ip.addr in {172.16.0.0/12, 192.0.0.0/8}', 'post unanswered talk'],
  ['peer == 10.0.0.0/8', 'post unanswered talk'],
  ['peer == "api.example.org"', 'post unanswered talk'],
  ['peer == shop or server == shop', 'post unanswered talk'],
  ['server == shop', ''],
  ['dns.aaaa == 2001:db8:0:0::a', 'lookup'],
  ['dns.a in {192.168.0.0/16}', 'lookup'],
]);

table('texts', [
  ['http.host contains "example"', 'post'],
  ['http.host contains "EXAMPLE"', ''],
  ['http.host matches "EXAMPLE"', 'post'],
  ['http.host matches "(?-i)EXAMPLE"', ''],
  ['http.host ~ r"^api\\..*\\.org$"', 'post'],
  ['http.host matches "^api\\.x"', ''],
  ['http.request.uri matches "\\?x=\\d$"', 'post'],
  ['lower(http.request.method) == "post"', 'post'],
  ['upper(http.host) == "API.EXAMPLE.ORG"', 'post'],
  ['len(http.host) == 15', 'post'],
  ['len(http.request.uri) > 5', 'post'],
  ['http.request.method[0:2] == "PO"', 'post'],
  ['http.request.method[0] == 0x50', 'post'],
  ['http.request.method[-2:] == 53:54', 'post'],
  ['http.request.method[1-2] == "OS"', 'post'],
  ['http.request.method[0,3] == "PT"', 'post'],
  ['http.request.method[:3] == "GET"', 'unanswered'],
  ['http.request.method[3:]', 'post'],
  ['http.request.method[0:9]', ''],
  ['http.host[0:3] in {"api", "www"}', 'post'],
  ['string(http.response.code) matches "^5"', 'post'],
  ['http.request.method in {GET, "HEAD"}', 'unanswered'],
  ['http.request.method in {"A".."H"}', 'unanswered'],
  ['http.request.method in {A B C D E F G GET}', 'unanswered'],
]);

table('numbers', [
  ['http.response.code in {200..299, 500}', 'post'],
  ['http.response.code in {1, 2, 3, 4, 5, 6, 7, 8, 500}', 'post'],
  ['dns.id & 0x1000', 'lookup'],
  ['dns.id & 1', ''],
  ['dns.id & 0xff == 0x34', 'lookup'],
  ['http.response.code + 1 == 501', 'post'],
  ['http.response.code % 100 == 0', 'post'],
  ['{http.response.code - 100} * 2 == 800', 'post'],
  ['http.response.code -1 == 499', 'post'],
  ['http.response.code / 0 > 1', ''],
  ['max(tcp.port) == 40000 && min(tcp.srcport, tcp.dstport) == 8080', 'post unanswered talk'],
  ['abs(request.size - response.size) == 1200', 'post'],
]);

table('durations and sizes', [
  ['duration > 250ms', 'post'],
  ['duration > 0.25', 'post'],
  ['duration == 1ms', 'lookup talk'],
  ['duration == 1000us', 'lookup talk'],
  ['duration < 1m', all],
  ['http.time == 250ms', 'post'],
  ['http.time > 0.2 and http.time < 0.3', 'post'],
  ['duration in {200ms..0.4}', 'post'],
  ['duration * 2 > 500ms', 'post'],
  ['duration > http.time', 'post'],
  ['size == 2000', 'post'],
  ['size > 1.9kB', 'post'],
  ['size > 1.9KiB', 'post'],
  ['size > 2KiB', ''],
  ['size >= 2k', 'post'],
  ['size < 1m', all],
  ['http.content_length > 1kB', 'post'],
  ['request.size == 0', 'talk'],
]);

table('times', [
  ['time >= 2026-11-24T10:00:06Z', 'lookup unanswered talk'],
  ['time < "2026-11-24 11:00:05.5+01:00"', 'post'],
  [`time == ${Date.UTC(2026, 10, 24, 10, 0, 7) / 1000}`, 'unanswered'],
  ['time - 1s == time', ''],
  ['time + 300ms - time == duration', 'post'],
]);

table('names of code points and their numbers', [
  ['dns.qry.type == "A"', 'lookup'],
  ['dns.qry.type == A', 'lookup'],
  ['dns.qry.type == 1', 'lookup'],
  ['dns.qry.type in {5, 28}', ''],
  ['dns.qry.type < 5', 'lookup'],
  ['dns.qry.type != 28', 'lookup'],
]);

table('what every entry has', [
  ['container == "web"', 'post lookup talk'],
  ['target == sidecar', 'lookup'],
  ['pod == "web+sidecar"', 'lookup'],
  ['container contains "we"', 'post lookup talk'],
  ['protocol == http', 'post unanswered'],
  ['protocol in {dns, tcp}', 'lookup talk'],
  ['transport == "udp"', 'lookup'],
  ['connection == 8', 'lookup'],
  ['port == 53', 'lookup'],
  ['udp.dstport == 53', 'lookup'],
  ['error', 'post unanswered'],
  ['not error', 'lookup talk'],
  ['error contains "Internal"', 'post'],
  ['error == "500 Internal Server Error"', 'post'],
  ['error == "server error"', 'post'],
  ['error matches "no ANSWER"', 'unanswered'],
  ['outcome == "serverError"', 'post'],
  ['outcome != ok', 'post unanswered'],
  ['ended == rst', 'talk'],
  ['missing', 'post unanswered'],
  ['missing == bodyCut', 'post'],
  ['weird', 'post'],
  ['weird contains "bare"', 'post'],
]);

table('headers and bodies', [
  ['header.content-type contains "json"', 'post'],
  ['header["Content-Type"] contains "html"', 'post'],
  ['request.header.content-type contains "html"', ''],
  ['response.header["content-type"] matches "^text/"', 'post'],
  ['header.x-trace == second', 'post'],
  ['header.x-trace != second', ''],
  ['count(header.x-trace) == 2', 'post'],
  ['header.x-checksum', 'post'],
  ['header.nothing', ''],
  ['header contains "charset"', 'post'],
  ['request.line matches "^get"', 'unanswered'],
  ['body contains "overflow"', 'post'],
  ['request.body contains "overflow"', ''],
  ['body contains "Jürgen"', 'post'],
  ['request.body contains "J\\u00fcrgen"', 'post'],
  ['request.body contains "J\\xc3\\xbc"', 'post'],
  ['request.body matches "j\\xc3.rgen"', 'post'],
  ['request.body matches "[äöü]rgen"', 'post'],
  ['request.body[0:2] == 7b:22', 'post'],
  ['body contains 3c:68:31', 'post'],
  ['len(response.body) == 23', 'post'],
]);

table('free text', [
  ['overflow', 'post'],
  ['"Stack OVERFLOW"', 'post'],
  ['/slow', 'unanswered'],
  ['500', 'post'],
  ['login post', 'post'],
  ['login slow', ''],
  ['shop and not login', 'unanswered talk'],
  ['10.0.0.5', 'post unanswered talk'],
  ['10.0.0.50 or 0.0.0.5', ''],
  ['10.1.0.0/16', 'lookup'],
  ['"J\u00dcRGEN" or "jürgen"', 'post'],
  ['http contains "Stack"', 'post'],
  ['dns contains "Stack"', ''],
  ['text matches "status|stack +over"', 'post'],
  ['frame contains "db.internal"', 'lookup'],
]);

table('and binds tighter than or, not tightest', [
  ['http or dns and udp', 'post lookup unanswered'],
  ['(http or dns) and udp', 'lookup'],
  ['not http and dns', 'lookup'],
  ['!(http && dns) AND (error || dns)', 'post lookup unanswered'],
  ['http||dns&&tcp', 'post unanswered'],
]);

test('bodies are looked into with their content encodings undone', () => {
  const packed = body(gzipSync('a secret in a body'), ['gzip']);
  const entry = { ...post, request: message('POST / HTTP/1.1', { body: packed }) };
  let undone = 0;
  const platform = {
    decompress: (encoding: string, bytes: Uint8Array) => {
      undone++;
      return encoding === 'gzip' ? { bytes: gunzipSync(bytes), complete: true } : undefined;
    },
  };
  const query = compile('body contains "secret" and body matches "in a" and secret', schema, { platform });
  assert.equal(query.matches(entry), true);
  assert.equal(undone, 1, 'once an entry');
  assert.equal(compile('body contains "secret"', schema).matches(entry), false);
  assert.equal(query.needsBody, true);
});

test('a query tells what it looks at', () => {
  const query = compile('http.host == "x" or header.accept and not error', schema);
  assert.deepEqual([...query.uses].sort(), ['error', 'header.accept', 'http.host']);
  assert.equal(query.needsBody, false);
  assert.equal(query.needsHeads, true);
  for (const [text, needs] of [
    ['http.host == "x"', false],
    ['request.header["accept"]', true],
    ['response.header contains "x"', true],
    ['body contains "x"', false],
    ['anything', true],
  ] as const)
    assert.equal(compile(text, schema).needsHeads, needs, text);
  assert.equal(compile('anything', schema).needsBody, true);
});

test('what is right but perhaps not meant is noted', () => {
  const notes = (query: string) => compile(query, schema).notes.join('\n');
  assert.match(notes('methd'), /looked for as text; did you mean http\.request\.method\?/);
  assert.match(notes('dns.flags.truncated'), /alone asks whether the field is there/);
  assert.match(notes('client == server'), /server is the field here; for the text: "server"/);
  assert.equal(notes('overflow and http.request.method == "GET"'), '');
});

test('protocols that ride on others are both, those that borrow names are not', () => {
  const field = (name: string) => ({ name, type: 'string', label: '', description: '' }) as const;
  const layered = createSchema([
    { name: 'http', title: 'HTTP/1', fields: [field('http.host')] },
    { name: 'http2', title: 'HTTP/2', fields: [field('http.host'), field('http2.streamid')] },
    { name: 'graphql', title: 'GraphQL', fields: [field('graphql.operation')] },
  ]);
  const layers = (protocol: string, fields: Exchange['fields']) =>
    ['http', 'http2', 'graphql'].filter((name) =>
      compile(name, layered).matches({ ...post, protocol, fields }),
    );
  assert.deepEqual(layers('http', { 'http.host': 'a' }), ['http']);
  assert.deepEqual(layers('http2', { 'http.host': 'a' }), ['http2']);
  assert.deepEqual(layers('graphql', { 'http.host': 'a', 'graphql.operation': 'b' }), ['http', 'graphql']);
  assert.deepEqual(layers('graphql', { 'http.host': 'a', 'http2.streamid': '1', 'graphql.operation': 'b' }), [
    'http2',
    'graphql',
  ]);
});

test('messages within an exchange are searched as bodies are', () => {
  const part = { at: 0, wireBytes: 9, body: body('needle in a message') };
  const asked: Exchange = { ...post, messages: [{ ...part, side: 'request' }] };
  const found = (query: string) => compile(query, schema, {}).matches(asked);
  assert.equal(found('body contains "needle"'), true);
  assert.equal(found('request.body contains "needle"'), true);
  assert.equal(found('response.body contains "needle"'), false);
  assert.equal(found('body contains "no such"'), false);
});

test('what went wrong on the way is an error of any protocol, and a transport is all that it carries', () => {
  const transports = createSchema([
    { name: 'http', title: 'HTTP/1', fields: [] },
    { name: 'tcp', title: 'tcp', fields: [{ name: 'tcp.syns', type: 'number', label: '', description: '' }] },
  ]);
  const { request: _request, response: _response, ...bare } = post;
  const refused: Exchange = {
    ...bare,
    protocol: 'tcp',
    fields: { 'tcp.syns': 1 },
    outcome: 'failed',
    error: { kind: 'connection refused', text: 'connection refused' },
  };
  const cut: Exchange = { ...post, error: { kind: 'reset by server', text: 'reset by server after 9 B' } };
  const matching = (query: string) => [refused, cut, entries.talk].map(compile(query, transports).matches);
  assert.deepEqual(matching('error contains "refused"'), [true, false, false]);
  assert.deepEqual(matching('error'), [true, true, false]);
  assert.deepEqual(matching('"reset by server"'), [false, true, false]);
  assert.deepEqual(matching('tcp'), [true, true, true]);
  assert.deepEqual(matching('protocol == tcp'), [true, false, true]);
  assert.deepEqual(matching('tcp.syns == 1'), [true, false, false]);
  assert.match(compile('error == true', transports).notes[0]!, /alone/);
});

test('ends in a cluster, probes and sides of a mesh', () => {
  const { post: plain } = entries;
  const connection = {
    ...plain.connection,
    client: { ...plain.connection.client, kube: { namespace: 'shop', pod: 'caller', node: 'n1' } },
    server: {
      ...plain.connection.server,
      kube: { namespace: 'cart', pod: 'web-1', workload: 'deploy/web', service: 'web', node: 'n2' },
    },
    mesh: { side: 'outbound', proxy: 'istio-proxy' } as const,
  };
  const entry: Exchange = { ...plain, connection, probe: ['liveness', 'readiness'] };
  const asks = (query: string) => compile(query, schema).matches(entry);
  for (const query of [
    'client.pod == "caller" && server.pod == "web-1"',
    'namespace == "cart" && namespace == "shop" && client.namespace == "shop"',
    'workload == "deploy/web" && server.workload contains "web" && !client.workload',
    'service == "web" && server.service',
    'node == "n2" && client.node == "n1" && server.node == "n2"',
    'probe == "readiness" && probe',
    'mesh.side == "outbound" && mesh.proxy == "istio-proxy" && mesh',
  ])
    assert.ok(asks(query), query);
  for (const query of ['probe', 'mesh.side', 'client.pod', 'workload', 'namespace'])
    assert.equal(matching(query), '', query);
  assert.throws(() => compile('mesh.side == "sideways"', schema), /mesh\.side is never "sideways"/);
});
