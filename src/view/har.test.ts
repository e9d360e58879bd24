import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { platform } from '../cli/platform.ts';
import type { DeclaredFields } from '../model/index.ts';
import { inners, protocols } from '../protocols/registry.ts';
import { HarError, readHar } from './har-read.ts';
import { createDesk, type Desk } from './index.ts';
import { deskOf } from './testing/desk.ts';
import { harComplaints } from './testing/har-check.ts';

const fixtures = (name: string) => join(import.meta.dirname, '..', 'protocols', name, 'fixtures');
const fields = new Map<string, DeclaredFields>(
  [...protocols, ...inners].map(({ name, title, fields }) => [name, { title, fields }]),
);
const harTextOf = (desk: Desk) => Buffer.from(desk.save({ query: '' }, 'har').bytes).toString();
const rowsOf = (desk: Desk, query = '') => desk.list({ query }).rows(0, 1000);

function opened(text: string): Desk {
  const desk = createDesk({ platform, rules: undefined, isLive: false });
  readHar(text, desk.sink, fields);
  return desk;
}

for (const [folder, name] of [
  ['http', 'nginx-keepalive'],
  ['grpc', 'connect-json'],
  ['graphql', 'yoga'],
] as const)
  test(`HAR of ${name} is as the specification has it`, async () => {
    const har = JSON.parse(harTextOf(await deskOf(fixtures(folder), name)));
    assert.ok(har.log.entries.length > 0);
    assert.deepEqual(harComplaints(har), []);
  });

test('the check finds what is wrong', () => {
  const entry = {
    startedDateTime: 'now',
    time: 3,
    cache: {},
    timings: { send: 1, wait: -1, receive: 1 },
    request: {},
    odd: 1,
  };
  const found = harComplaints({ log: { version: '1.2', creator: { name: 'x' }, entries: [entry] } });
  for (const part of [
    'creator.version',
    'startedDateTime',
    'odd',
    'response is missing',
    'request.url',
    '.time is 3',
    'wait must',
  ])
    assert.ok(
      found.some((line) => line.includes(part)),
      part,
    );
});

test('a HAR says what tshark says of the same capture', async (t) => {
  const file = join(fixtures('http'), 'nginx-keepalive.pcap');
  const ask = (filter: string, ...names: string[]) =>
    spawnSync('tshark', [
      '-r',
      file,
      '-d',
      'tcp.port==18080,http',
      '-Y',
      filter,
      '-T',
      'fields',
      ...names.flatMap((name) => ['-e', name]),
    ]);
  const asked = ask('http.request', 'http.request.method', 'http.request.uri', 'frame.time_epoch');
  if (asked.error) return t.skip('no tshark');
  const lines = (text: Buffer) =>
    text
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
  const requests = lines(asked.stdout);
  const responses = lines(
    ask('http.response', 'http.response.code', 'http.content_type', 'http.content_length_header').stdout,
  );
  const { entries } = JSON.parse(
    harTextOf(await deskOf(fixtures('http'), 'nginx-keepalive', { rules: undefined })),
  ).log;
  assert.equal(entries.length, requests.length);
  for (const [i, { request, response, startedDateTime, timings }] of entries.entries()) {
    const [method, uri, epoch] = requests[i]!;
    assert.deepEqual(
      [request.method, new URL(request.url).pathname + new URL(request.url).search],
      [method, uri],
    );
    const before = Math.max(0, timings.connect) + Math.max(0, timings.dns);
    assert.ok(Math.abs(Date.parse(startedDateTime) + before - Number(epoch) * 1000) < 1.5);
    const [code, type, length] = responses[i]!;
    assert.equal(`${response.status}`, code);
    if (type) assert.equal(response.content.mimeType, type);
    if (length && method !== 'HEAD') assert.equal(`${response.bodySize}`, length);
  }
});

test('what was saved opens again as it was', async () => {
  const desk = await deskOf(fixtures('http'), 'nginx-keepalive', { rules: undefined });
  const again = opened(harTextOf(desk));
  const shown = (one: Desk) =>
    rowsOf(one, 'http').map(({ operation, subject, result, outcome, server, requestBytes }) => ({
      ...{ operation, subject, result, outcome, server, requestBytes },
    }));
  assert.deepEqual(shown(again), shown(desk));
  const texts = (one: Desk) =>
    rowsOf(one, 'http').map(({ id }) => one.detail(id)!.sections.map(({ body }) => body?.text));
  // Fields differ: not all are in a HAR. Bodies do not.
  assert.deepEqual(texts(again), texts(desk));
});

test('files of Chrome and Firefox open', () => {
  const chrome = {
    log: {
      version: '1.2',
      creator: { name: 'WebInspector', version: '537.36' },
      pages: [],
      entries: [
        {
          _connectionId: '38',
          _initiator: { type: 'other' },
          _priority: 'VeryHigh',
          _resourceType: 'document',
          cache: {},
          connection: '443',
          request: {
            method: 'POST',
            url: 'https://shop.example/api/orders?x=%C3%A9#top',
            httpVersion: 'http/2.0',
            headers: [
              { name: ':method', value: 'POST' },
              { name: 'x-name', value: 'Zoë' },
            ],
            queryString: [{ name: 'x', value: '%C3%A9' }],
            cookies: [],
            headersSize: -1,
            bodySize: 9,
            postData: { mimeType: 'application/json', text: '{"a":"é"}' },
          },
          response: {
            status: 201,
            statusText: '',
            httpVersion: 'http/2.0',
            headers: [{ name: 'content-type', value: 'image/png' }],
            cookies: [],
            content: { size: 4, mimeType: 'image/png', text: 'iVBORw==', encoding: 'base64' },
            redirectURL: '',
            headersSize: -1,
            bodySize: -1,
            _transferSize: 240,
            _error: null,
          },
          serverIPAddress: '[2001:db8::7]',
          startedDateTime: '2026-01-02T03:04:05.678Z',
          time: 60,
          timings: {
            blocked: 5,
            dns: 10,
            ssl: 8,
            connect: 15,
            send: 1,
            wait: 20,
            receive: 9,
            _blocked_queueing: 1,
          },
        },
        {
          request: { method: 'GET', url: 'wss://shop.example/live', httpVersion: 'HTTP/1.1', headers: [] },
          response: {
            status: 101,
            statusText: 'Switching Protocols',
            httpVersion: 'HTTP/1.1',
            headers: [],
            content: { size: 0, mimeType: 'x-unknown' },
          },
          startedDateTime: '2026-01-02T03:04:06.000Z',
          time: 1000,
          timings: { send: 0, wait: 1, receive: 0 },
          _webSocketMessages: [
            { type: 'send', time: 1767323046.5, opcode: 1, data: 'hello' },
            { type: 'receive', time: 1767323047, opcode: 2, data: 'AQID' },
          ],
        },
        {
          request: { method: 'GET', url: 'http://gone.example/', httpVersion: '', headers: [] },
          response: {
            status: 0,
            statusText: '',
            httpVersion: '',
            headers: [],
            _error: 'net::ERR_NAME_NOT_RESOLVED',
            content: {},
          },
          startedDateTime: '2026-01-02T03:04:04.000Z',
          time: 3,
          timings: { blocked: -1, send: -1, wait: -1, receive: -1 },
        },
      ],
    },
  };
  const desk = opened(JSON.stringify(chrome));
  const rows = rowsOf(desk);
  assert.deepEqual(
    rows.map(({ operation, subject, outcome, server }) => [operation, subject, outcome, server]),
    [
      ['GET', '/', 'failed', 'gone.example:80'],
      ['POST', '/api/orders?x=%C3%A9', 'ok', 'shop.example:443'],
      ['GET', '/live', 'ok', 'shop.example:443'],
    ],
  );
  assert.equal(rows[0]!.result, 'net::ERR_NAME_NOT_RESOLVED');
  assert.equal(rows[1]!.at, Date.parse('2026-01-02T03:04:05.678Z') + 30);
  assert.equal(rows[1]!.durationNs, 30e6);
  const [, request, response] = desk.detail(rows[1]!.id)!.sections;
  assert.ok(request!.headers.some(({ value }) => value === 'Zoë'));
  assert.match(request!.body!.text, /"a": "é"/);
  assert.deepEqual([...response!.body!.bytes], [0x89, 0x50, 0x4e, 0x47]);
  assert.match(desk.copy(rows[1]!.id, 'curl'), /--resolve 'shop\.example:443:\[2001:db8::7\]'/);
  const bodies = desk.detail(rows[2]!.id)!.sections.flatMap(({ body }) => (body ? [[...body.bytes]] : []));
  assert.deepEqual(bodies, [[...Buffer.from('hello')], [1, 2, 3]]);

  // Firefox: a browser's name, params without text, sizes that are not known, no connection.
  const firefox = opened(
    `\ufeff${JSON.stringify({
      log: {
        version: '1.2',
        creator: { name: 'Firefox', version: '140.0' },
        browser: { name: 'Firefox', version: '140.0' },
        entries: [
          {
            startedDateTime: '2026-01-02T04:04:05.678+01:00',
            request: {
              bodySize: 7,
              method: 'POST',
              url: 'http://[2001:db8::1]:8080/form',
              httpVersion: 'HTTP/1.1',
              headers: [],
              postData: {
                mimeType: 'application/x-www-form-urlencoded',
                params: [{ name: 'a b', value: '1&2' }],
                text: '',
              },
            },
            response: {
              status: 404,
              statusText: 'Not Found',
              httpVersion: 'HTTP/1.1',
              headers: [],
              content: { mimeType: 'text/html', size: 100, text: '' },
            },
            timings: { blocked: 0, dns: 0, connect: 0, ssl: 0, send: 0, wait: 5, receive: 0 },
            time: 5,
          },
        ],
      },
    })}`,
  );
  const [row] = rowsOf(firefox);
  assert.deepEqual(
    [row!.client, row!.server, row!.outcome],
    ['Firefox', '[2001:db8::1]:8080', 'clientError'],
  );
  const sections = firefox.detail(row!.id)!;
  assert.equal(Buffer.from(sections.sections[1]!.body!.bytes).toString(), 'a%20b=1%262');
  assert.equal(sections.missing.length, 1);
});

test('hostile and cut files give one line, or nothing that was not said', () => {
  const whole = JSON.stringify({ log: { entries: [{ request: { method: 'GET', url: 'http://a/' } }] } });
  const lineOf = (text: string) => {
    try {
      opened(text);
    } catch (error) {
      assert.ok(error instanceof HarError, `${error}`);
      return error.message;
    }
    return '';
  };
  assert.equal(lineOf(whole), '');
  for (let end = 0; end < whole.length; end++)
    assert.match(lineOf(whole.slice(0, end)), /^[^\n]+$/, `${end}`);
  assert.match(lineOf(whole.slice(0, 20)), /cut off/);
  for (const text of ['[]', 'null', '7', '{"log":[]}', '{"log":{"entries":{}}}', '\x1b[2J<script>'])
    assert.match(lineOf(text), /^no HAR file: [^\x1b<]+$/);
  // Every value of a right file in turn is something else.
  const odd = [null, -1, 1e308, '', '\ud800', [], {}, true, [[]], '__proto__', 'x'.repeat(10_000)];
  const entry = {
    ...{ startedDateTime: '2026-01-02T03:04:05Z', time: 1, serverIPAddress: '10.0.0.1', connection: '1' },
    request: {
      ...{ method: 'GET', url: 'http://a.example/b', httpVersion: 'HTTP/1.1', headersSize: 1, bodySize: 1 },
      headers: [{ name: 'a', value: 'b' }],
      postData: { text: 'x', mimeType: 'y', params: [{ name: 'a', value: 'b' }] },
    },
    response: {
      status: 200,
      statusText: 'OK',
      headers: [],
      content: { size: 1, text: 'x', encoding: 'base64' },
    },
    timings: { send: 1, wait: 1, receive: 1, dns: 1 },
    _webSocketMessages: [{ type: 'send', time: 1, opcode: 1, data: 'x' }],
  };
  const paths: (readonly string[])[] = [];
  const walk = (value: unknown, path: readonly string[]) => {
    if (path.length > 0) paths.push(path);
    if (typeof value === 'object' && value !== null)
      for (const [name, one] of Object.entries(value)) walk(one, [...path, name]);
  };
  walk(entry, []);
  assert.ok(paths.length > 30);
  for (const path of paths)
    for (const value of odd) {
      const copy = structuredClone(entry) as Record<string, unknown>;
      let at = copy;
      for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
      at[path.at(-1)!] = value;
      const desk = opened(JSON.stringify({ log: { entries: [copy] } }));
      for (const { id } of rowsOf(desk)) {
        assert.ok(desk.detail(id));
        desk.copy(id, 'curl');
      }
    }
});
