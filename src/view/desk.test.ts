import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { platform } from '../cli/platform.ts';
import { defaultRules } from '../redact/index.ts';
import { context, exchange, message, body as plainBody } from '../sinks/testing/exchanges.ts';
import { createDesk, type Desk } from './index.ts';
import { deskOf } from './testing/desk.ts';

const run = promisify(execFile);
const protocol = (name: string) => join(import.meta.dirname, '..', 'protocols', name, 'fixtures');
const keepalive = () => deskOf(protocol('http'), 'nginx-keepalive');
const all = (desk: Desk, query = '', more = {}) => {
  const list = desk.list({ query, ...more });
  const rows = list.rows(0, 1000);
  list.close();
  return rows;
};

/** A desk without packets, for what is not about protocols. */
function empty(limits = {}): Desk {
  const desk = createDesk({ platform, rules: defaultRules, limits });
  desk.sink.open!(context);
  return desk;
}
const numbered = (n: number, more = {}) =>
  exchange({
    startAt: n * 1e6,
    endAt: n * 1e6 + (n % 7) * 1000,
    fields: { 'x.method': 'GET', 'x.path': `/${n}` },
    ...more,
  });

test('rows are made of the declared roles', async () => {
  const rows = all(await keepalive());
  assert.deepEqual(
    rows.slice(0, 4).map(({ operation, subject, result, outcome }) => [operation, subject, result, outcome]),
    [
      ['GET', '/file.txt', '200 OK', 'ok'],
      ['GET', '/missing', '404 Not Found', 'clientError'],
      ['GET', '/moved', '301 Moved Permanently', 'ok'],
      ['HEAD', '/file.txt', '200 OK', 'ok'],
    ],
  );
  assert.ok(rows.every(({ durationNs, requestBytes }) => durationNs! > 0 && requestBytes > 0));
});

test('a query narrows, an order sorts, columns are added', async () => {
  const desk = await keepalive();
  assert.deepEqual(
    all(desk, 'http.response.code >= 400').map(({ subject }) => subject),
    ['/missing', '/file.txt'],
  );
  const times = all(desk, '', { order: { column: 'duration', descending: true } }).map(
    (row) => row.durationNs!,
  );
  assert.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  );
  const [row] = all(desk, 'http.response.code == 301', {
    columns: ['http.response.code', 'response.header.location'],
  });
  assert.equal(row!.extra[0], '301');
  assert.match(row!.extra[1]!, /file\.txt$/);
  assert.deepEqual(all(desk, 'no such thing ==='), []);
  assert.equal(desk.check('http.response.code >=').state, 'incomplete');
  assert.equal(desk.check('http.response.cod == 1').state, 'wrong');
  assert.ok(desk.complete('http.resp', 9).some(({ text }) => text === 'http.response.code'));
});

test('a detail has every part, and its facts select what they say', async () => {
  const desk = await keepalive();
  const [row] = all(desk, 'http.response.code == 404');
  const detail = desk.detail(row!.id)!;
  const [fields, request, response] = detail.sections;
  assert.equal(fields!.title, 'Fields');
  assert.match(request!.startLine, /^GET \/missing HTTP\/1\.1$/);
  assert.equal(response!.body!.viewer, 'html');
  assert.match(response!.body!.text, /<title>/);
  assert.ok(detail.timing.totalNs! > 0 && detail.timing.waitNs! >= 0);
  const queries = detail.sections
    .flatMap(({ facts, headers }) => [...facts, ...headers])
    .filter(({ query }) => query !== '');
  assert.ok(queries.length > 5);
  for (const { query } of [...queries, ...detail.connection.filter((fact) => fact.query !== '')])
    assert.ok(
      all(desk, query).some(({ id }) => id === row!.id),
      query,
    );
});

test('what is masked is masked in every way out', async () => {
  const desk = await keepalive();
  const [row] = all(desk, 'header.authorization');
  for (const as of ['curl', 'fetch', 'httpie', 'raw', 'har', 'json'] as const) {
    const text = desk.copy(row!.id, as);
    assert.doesNotMatch(text, /dXNlcjpzZWNyZXQ|session=abc|token=xyz/, as);
    assert.ok(text.length > 50, as);
  }
  const bytes = Buffer.from(desk.save({ ids: [row!.id] }, 'pcapng').bytes).toString('latin1');
  assert.match(bytes, /GET \/file\.txt/);
  assert.doesNotMatch(bytes, /dXNlcjpzZWNyZXQ|session=abc|token=xyz/);
  assert.doesNotMatch(JSON.stringify(desk.detail(row!.id)), /dXNlcjpzZWNyZXQ/);
});

test('JSON is that of the command line, of conversations too, masked', () => {
  const desk = empty();
  const start = new TextEncoder().encode('password=hunter2hunter2 AUTH\n');
  desk.sink.conversation!({
    ...{
      connection: exchange().connection,
      protocol: 'tcp',
      startAt: 0,
      endAt: 1,
      exchanges: 0,
      ended: 'fin',
    },
    ...{ clientBytes: start.length, serverBytes: 0, clientPackets: 1, serverPackets: 0, lostBytes: 0 },
    ...{ clientWireBytes: 90, serverWireBytes: 0, clientStart: start },
  });
  desk.sink.exchange!(numbered(1));
  const [conversation, one] = all(desk);
  assert.doesNotMatch(desk.copy(conversation!.id, 'json'), /hunter2/);
  assert.equal(JSON.parse(desk.copy(conversation!.id, 'json')).type, 'conversation');
  const { v, type, fields } = JSON.parse(desk.copy(one!.id, 'json'));
  assert.deepEqual([v, type, fields['x.path']], [1, 'exchange', '/1']);
  assert.equal(
    Buffer.from(desk.save({ query: '' }, 'json').bytes)
      .toString()
      .trimEnd()
      .split('\n').length,
    2,
  );
});

test('the packets of an exchange are its own, as a peer counts them', async (t) => {
  const desk = await keepalive();
  const rows = all(desk);
  const numbers = new Set<number>();
  for (const { id } of rows.filter(({ kind }) => kind === 'exchange')) {
    const { rows: packets } = desk.packets(id, 100);
    assert.ok(packets.length >= 2, `${id}`);
    assert.match(packets[0]!.text, /^IP /);
    for (const { number } of packets) numbers.add(number);
  }
  const { pieces, missing } = desk.stream(rows[0]!.id, 1e6);
  assert.equal(missing, '');
  assert.match(Buffer.from(pieces[0]!.bytes).toString(), /^GET \/file\.txt/);
  assert.deepEqual([pieces[0]!.side, pieces[1]!.side], ['client', 'server']);
  // tshark finds as many requests in what is saved.
  const saved = desk.save({ query: 'http' }, 'pcapng');
  if (spawnSync('tshark', ['--version']).error) return t.skip('no tshark');
  const directory = mkdtempSync(join(tmpdir(), 'porthole-desk-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'saved.pcapng');
  writeFileSync(file, saved.bytes);
  const { stdout } = await run('tshark', ['-r', file, '-d', 'tcp.port==18080,http', '-Y', 'http.request']);
  assert.equal(stdout.trim().split('\n').length, all(desk, 'http').length);
});

test('a copied curl sends the same again', async (t) => {
  if (spawnSync('curl', ['--version']).error) return t.skip('no curl');
  const seen: { method?: string; url?: string; headers: string[]; body: string }[] = [];
  const server = createServer(async (request, answer) => {
    let body = '';
    for await (const part of request) body += (part as Buffer).toString('latin1');
    seen.push({ method: request.method!, url: request.url!, headers: request.rawHeaders, body });
    answer.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const connection = { ...exchange().connection, server: { address: '127.0.0.1', port } };
  const fields = [
    { name: 'http.request.method', type: 'string', label: '', description: '' },
    { name: 'http.request.uri', type: 'string', label: '', description: '' },
  ] as const;
  const desk = createDesk({ platform, rules: undefined });
  desk.sink.open!({ clock: { baseSec: 0 }, fields: new Map([['http', { title: 'HTTP', fields }]]) });
  const bodies = [
    'it\'s 100% "quoted" $HOME `id` \\ \n@file é',
    '',
    new Uint8Array([0, 1, 2, 255, 254, 39, 10]),
  ];
  for (const [i, sent] of bodies.entries()) {
    const hasBody = sent.length > 0;
    const headers = [
      ['Host', 'shop.example'],
      ['X-Odd', `a'b"c$(id) ${i}`],
      ['X-Empty', ''],
      ...(hasBody ? [['Content-Type', 'text/odd; charset=utf-8']] : []),
    ] as [string, string][];
    desk.sink.exchange!(
      exchange({
        protocol: 'http',
        connection,
        startAt: i,
        fields: { 'http.request.method': hasBody ? 'PUT' : 'GET', 'http.request.uri': `/a%20b?q=${i}&x='"` },
        request: message(`PUT / HTTP/1.1`, { headers, ...(hasBody ? { body: plainBody(sent) } : {}) }),
      }),
    );
  }
  for (const [i, { id }] of all(desk).entries()) {
    const command = desk.copy(id, 'curl').replace(/^curl|\| curl/, '$& -s -S --max-time 10');
    await run('sh', ['-c', command]);
    const { method, url, headers, body } = seen.at(-1)!;
    const sent = bodies[i]!;
    assert.equal(method, sent.length > 0 ? 'PUT' : 'GET');
    assert.equal(url, `/a%20b?q=${i}&x='"`);
    assert.equal(body, Buffer.from(sent).toString('latin1'));
    assert.equal(headers[headers.indexOf('X-Odd') + 1], `a'b"c$(id) ${i}`);
    assert.equal(headers[headers.indexOf('X-Empty') + 1], '');
    assert.equal(headers[headers.indexOf('Host') + 1], `shop.example:${port}`);
  }
  assert.equal(seen.length, 3);
});

test('a first exchange has the handshake before it, later ones have none', async () => {
  const desk = await keepalive();
  const [first, second] = all(desk).map(({ id }) => desk.detail(id)!.timing);
  // tshark: SYN at 0.000000, the client's ACK at 0.000034.
  assert.equal(first!.connectNs, 34_000);
  assert.equal(first!.tlsNs, undefined);
  assert.equal(second!.connectNs, undefined);
});

test('HAR has bodies without their encodings', async () => {
  const desk = await keepalive();
  const { log } = JSON.parse(Buffer.from(desk.save({ query: '' }, 'har').bytes).toString());
  assert.equal(log.entries.length, all(desk, 'http').length);
  const compressed = log.entries.find((entry: { request: { url: string } }) =>
    entry.request.url.endsWith(':18080/'),
  );
  assert.match(compressed.response.content.text, /^<!doctype html>/);
});

test('statistics and map add up, and each group is what its query selects', async () => {
  for (const [folder, name] of [
    ['http', 'nginx-keepalive'],
    ['dns', 'bind-types'],
    ['grpc', 'connect-json'],
  ] as const) {
    const desk = await deskOf(protocol(folder), name);
    const { total, series, byOperation, byPeer, byProtocol, byError } = desk.statistics('', 10);
    const count = all(desk).length;
    assert.equal(total.count, count);
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    assert.equal(sum(series.entries), count);
    assert.ok(series.entries.length <= 10);
    const exchanges = all(desk).filter(({ kind }) => kind === 'exchange').length;
    assert.equal(sum(series.heat.flat()), exchanges);
    assert.equal(sum(byOperation.map((group) => group.count)), exchanges);
    for (const { key, query, count } of [...byOperation, ...byPeer, ...byProtocol]) {
      assert.equal(desk.check(query).state, 'valid', query);
      if (!byPeer.some((group) => group.key === key)) assert.equal(all(desk, query).length, count, query);
    }
    for (const { query } of byError) assert.equal(desk.check(query).state, 'valid', query);
    const { nodes, edges } = desk.map('', 100);
    assert.equal(sum(edges.map(({ group }) => group.count)), count);
    for (const { group } of edges) assert.equal(all(desk, group.query).length, group.count, group.query);
    for (const { query } of nodes) assert.equal(desk.check(query).state, 'valid', query);
  }
  const desk = await keepalive();
  assert.ok(desk.statistics('', 10).byOperation.some(({ key }) => key === 'GET /file.txt'));
});

test('sums are kept while entries come, end and go', () => {
  const desk = empty({ entries: 1000 });
  const count = () => desk.statistics('', 10).total.count;
  for (let n = 1; n <= 500; n++) desk.sink.exchange!(numbered(n));
  assert.equal(count(), 500);
  desk.sink.opened!(numbered(501, { outcome: 'unanswered' }));
  desk.turn(1);
  assert.equal(count(), 500);
  desk.sink.exchange!(numbered(501, { outcome: 'serverError' }));
  desk.turn(2);
  assert.equal(count(), 501);
  assert.equal(desk.statistics('', 10).total.errors, 1);
  assert.equal(desk.statistics('outcome == serverError', 10).total.count, 1);
  for (let n = 502; n <= 3000; n++) desk.sink.exchange!(numbered(n));
  for (let i = 0; i < 3; i++) desk.turn(3 + i);
  const { total, series } = desk.statistics('', 20);
  assert.equal(total.count, 1000);
  assert.ok(series.entries.length > 10 && series.entries.length <= 20);
  // A millisecond apart, the newest thousand of them: to the width of a bin.
  assert.ok(
    series.binMs * series.entries.length >= 999 && series.fromMs <= context.clock.baseSec * 1000 + 2001,
  );
});

test('lists stand still and grow; the edge is counted; marks stay', () => {
  const desk = empty({ entries: 100 });
  const list = desk.list({ query: '' });
  const even = desk.list({ query: 'x.path contains "/1"' });
  const sorted = desk.list({ query: '', order: { column: 'duration', descending: false } });
  for (let n = 1; n <= 250; n++) {
    desk.sink.exchange!(numbered(n));
    if (n === 60) desk.mark(60, true);
    if (n === 180) desk.mark(170, true);
  }
  assert.deepEqual(desk.state().let, 150);
  assert.equal(list.state().length, 100);
  assert.equal(list.rows(0, 1)[0]!.id, 151);
  assert.equal(list.position(200), 49);
  assert.equal(list.position(3), 0);
  assert.equal(even.state().length, 49);
  const durations = sorted.rows(0, 200).map(({ durationNs }) => durationNs!);
  assert.equal(durations.length, 100);
  assert.deepEqual(
    durations,
    durations.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    all(desk, '', { marked: true }).map(({ id }) => id),
    [170],
  );
  assert.equal(list.find('/222', 0, false), 71);
  desk.clear();
  assert.equal(list.state().length, 0);
});

test('what is under way becomes what it is, in its place', () => {
  const desk = empty();
  const failed = desk.list({ query: 'outcome == serverError' });
  const list = desk.list({ query: '' });
  desk.sink.opened!(numbered(1, { outcome: 'unanswered' }));
  desk.sink.exchange!(numbered(2));
  assert.deepEqual(
    list.rows(0, 9).map(({ outcome }) => outcome),
    ['open', 'ok'],
  );
  assert.equal(failed.state().length, 0);
  const { revision } = list.state();
  desk.sink.exchange!(numbered(1, { outcome: 'serverError' }));
  assert.deepEqual(
    list.rows(0, 9).map(({ id, outcome }) => [id, outcome]),
    [
      [1, 'serverError'],
      [2, 'ok'],
    ],
  );
  assert.equal(failed.state().length, 1);
  assert.notEqual(list.state().revision, revision);
});

test('a query over many entries is asked in slices, and is right in the end', () => {
  const desk = empty({ entries: 100_000, bytes: 1e9 });
  for (let n = 1; n <= 50_000; n++) desk.sink.exchange!(numbered(n));
  const list = desk.list({ query: 'text contains "/499"' });
  assert.ok(list.state().examined < 50_000);
  for (let i = 0; i < 3; i++) desk.turn(i);
  assert.equal(list.state().examined, 50_000);
  assert.equal(list.state().length, 111);
});

test('what the network sends is inert in rows, details and pictures', () => {
  const desk = empty();
  const nasty = '</svg><script>alert(1)</script>\x1b[2J\u202e;#';
  const bytes = Buffer.from(nasty).toString('latin1');
  desk.sink.exchange!(
    exchange({
      fields: { 'x.method': bytes, 'x.path': bytes, 'x.phrase': bytes },
      request: message(bytes, { headers: [[bytes, bytes]], body: plainBody(nasty, bytes) }),
    }),
  );
  const [row] = all(desk);
  const detail = desk.detail(row!.id)!;
  const bodies = detail.sections.map(({ body }) => body && { ...body, bytes: 0 });
  for (const text of [JSON.stringify(row), JSON.stringify([{ ...detail, sections: 0 }, bodies])])
    assert.doesNotMatch(text, /\\u001b|\u202e/i);
  const [svg, mermaid] = (['svg', 'mermaid'] as const).map((as) =>
    Buffer.from(desk.save({ query: '' }, as).bytes).toString(),
  );
  assert.doesNotMatch(svg!, /<script|\x1b/);
  assert.equal(svg!.match(/<\/svg>/g)!.length, 1);
  assert.doesNotMatch(mermaid!, /<script/);
  assert.equal(mermaid!.trim().split('\n').length, 5);
});

test('requests that came with one packet each become what they are', async () => {
  for (const [name, capture] of [
    ['http', 'nginx-pipelined'],
    ['http2', 'h2load'],
    ['http2', 'nginx-parallel'],
    ['dns', 'bind-tcp'],
  ] as const) {
    const rows = all(await deskOf(protocol(name), capture));
    assert.deepEqual(
      rows.filter(({ outcome }) => outcome === 'open'),
      [],
      capture,
    );
    const golden = readFileSync(join(protocol(name), `${capture}.events.ndjson`), 'utf8')
      .trim()
      .split('\n');
    assert.equal(rows.filter(({ kind }) => kind === 'exchange').length, golden.length, capture);
  }
});
