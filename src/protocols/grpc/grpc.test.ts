import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Exchange, Message } from '../../model/index.ts';
import { connectionFor } from '../testing/play.ts';
import { grpc } from './index.ts';
import { percentDecoded, timeoutNs } from './status.ts';

type Headers = Message['headers'];

function message(headers: Headers, trailers: Headers = [], body?: string): Message {
  const bytes = Buffer.from(body ?? '');
  const own = { startAt: 0, endAt: 9, wireBytes: 0, startLine: '', headers, trailers };
  return body === undefined
    ? own
    : { ...own, body: { bytes, totalLength: bytes.length, contentType: '', encodings: [] } };
}

const type = 'application/grpc';

function asked(contentType: string | undefined, more: Headers = [], uri = '/a.b.Greeter/Hello'): Exchange {
  return {
    protocol: 'http2',
    connection: connectionFor({}),
    startAt: 0,
    endAt: 9,
    fields: { 'http.request.method': 'POST', 'http.request.uri': uri, 'http.content_type': contentType },
    outcome: 'unanswered',
    missing: [],
    weirds: [],
    request: message(contentType === undefined ? more : [['content-type', contentType], ...more]),
  };
}

const answered = (exchange: Exchange, headers: Headers, trailers: Headers = [], code = 200): Exchange => ({
  ...exchange,
  fields: { ...exchange.fields, 'http.response.code': code },
  outcome: code === 200 ? 'ok' : 'serverError',
  response: message(headers, trailers),
});

function frame(flags: number, content: string | Uint8Array): Uint8Array {
  const body = Buffer.from(content);
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(body.length, 1);
  return Uint8Array.from(Buffer.concat([head, body]));
}

const hi = frame(0, Buffer.from([10, 2, 104, 105]));

interface Step {
  readonly side: 'client' | 'server';
  readonly what: Uint8Array | number;
}
const up = (what: Uint8Array | number): Step => ({ side: 'client', what });
const down = (what: Uint8Array | number): Step => ({ side: 'server', what });

function talk(
  request: Exchange,
  steps: readonly Step[],
  end: Exchange,
  { cut = 1e9, bodyLimit = 1000 } = {},
) {
  assert.equal(grpc.claims(request), true);
  const exchanges: Exchange[] = [];
  const weirds: string[] = [];
  const out = {
    exchange: (e: Exchange) => void exchanges.push(e),
    weird: (name: string) => void weirds.push(name),
  };
  const inner = grpc.open(request, { connection: connectionFor({}), bodyLimit });
  let at = 0;
  let most = 0;
  for (const { side, what } of steps) {
    at += 1000;
    if (side === 'server' && end.response)
      inner.answered?.({ ...end, response: { ...end.response, trailers: [] } });
    if (typeof what === 'number') inner.gap(side, what, at, out);
    else for (let i = 0; i < what.length; i += cut) inner.data(side, what.slice(i, i + cut), at, out);
    most = Math.max(most, inner.buffered());
  }
  const finished = inner.finish(end, out);
  return { exchanges, finished, weirds, most };
}

const result = ({ fields, outcome }: Exchange) =>
  [fields['grpc.status_code'], fields['grpc.status_message'], fields['grpc.end'], outcome]
    .filter((v) => v !== undefined)
    .join(' ');

test('a call of one message each way is one entry', () => {
  for (const cut of [1e9, 1, 3]) {
    const request = asked(type, [['grpc-timeout', '250m']]);
    const end = answered(request, [['content-type', type]], [['grpc-status', '0']]);
    const { exchanges, finished } = talk(request, [up(hi), down(hi)], end, { cut });
    assert.deepEqual(exchanges, []);
    assert.deepEqual(JSON.parse(JSON.stringify(finished.fields)), {
      'http.request.method': 'POST',
      'http.request.uri': '/a.b.Greeter/Hello',
      'http.content_type': type,
      'http.response.code': 200,
      'grpc.service': 'a.b.Greeter',
      'grpc.method': 'Hello',
      'grpc.protocol': 'gRPC',
      'grpc.status_code': 'OK',
      'grpc.request.messages': 1,
      'grpc.response.messages': 1,
      'grpc.timeout': 250e6,
    });
    assert.deepEqual([finished.protocol, finished.outcome], ['grpc', 'ok']);
    assert.deepEqual(
      finished.messages!.map((m) => [
        m.side,
        m.at,
        m.wireBytes,
        Buffer.from(m.body.bytes).toString('hex'),
        m.body.contentType,
        m.body.method,
      ]),
      [
        ['request', 1000, 9, '0a026869', 'application/protobuf', '/a.b.Greeter/Hello'],
        ['response', 2000, 9, '0a026869', 'application/protobuf', '/a.b.Greeter/Hello'],
      ],
    );
  }
});

test('messages of a stream are told as they come, from the second on', () => {
  const request = asked(type);
  const end = answered(request, [], [['grpc-status', '0']]);
  const { exchanges } = talk(
    request,
    [up(hi), down(hi), down(frame(0, [16, 1] as never)), up(frame(0, '')), down(hi)],
    end,
  );
  assert.deepEqual(
    exchanges.map((e) => [
      e.fields['grpc.sent'],
      e.fields['grpc.received'],
      e.startAt,
      e.outcome,
      (e.request ?? e.response)!.wireBytes,
    ]),
    [
      [undefined, '#1 {1: "hi"}', 2000, 'info', 9],
      [undefined, '#2 {2: 1}', 3000, 'info', 7],
      ['#1 {1: "hi"}', undefined, 1000, 'info', 9],
      ['#2', undefined, 4000, 'info', 5],
      [undefined, '#3 {1: "hi"}', 5000, 'info', 9],
    ],
  );
});

test('statuses, in words, and whose fault they are', () => {
  const request = asked(type);
  const of = (headers: Headers, trailers: Headers, code = 200) =>
    result(talk(request, [], answered(request, headers, trailers, code)).finished);
  assert.equal(
    of(
      [],
      [
        ['grpc-status', '5'],
        ['grpc-message', 'no%20such%20%E2%88%85'],
      ],
    ),
    'NOT_FOUND no such \xe2\x88\x85 clientError',
  );
  assert.equal(of([['grpc-status', '14']], []), 'UNAVAILABLE serverError');
  assert.equal(of([], [['grpc-status', '99']]), '99 clientError');
  assert.equal(
    of(
      [],
      [
        ['grpc-status', '0'],
        ['grpc-message', 'OK'],
      ],
    ),
    'OK ok',
  );
  assert.equal(of([], []), 'no status failed');
  assert.equal(of([], [['<unknown 62>', '<unknown>']]), 'ok');
  assert.equal(of([], [], 503), 'HTTP 503 serverError');
  const cancelled = {
    ...answered(request, [], []),
    outcome: 'failed' as const,
    fields: { ...request.fields, 'http2.end': 'reset by client: CANCEL' },
  };
  assert.equal(result(talk(request, [], cancelled).finished), 'failed');
  assert.equal(talk(request, [], cancelled).finished.fields['http2.end'], 'reset by client: CANCEL');
  assert.equal(
    result(talk(request, [], { ...request, missing: [{ kind: 'noResponse' }] }).finished),
    'unanswered',
  );
});

test('compressed messages keep their bytes; what they begin with is shown all the same', () => {
  const zipped = frame(1, gzipSync(Buffer.concat([hi.subarray(5), hi.subarray(5)])));
  const request = asked(type, [['grpc-encoding', 'gzip']]);
  const end = answered(request, [['content-type', type]], [['grpc-status', '0']]);
  const { exchanges, finished } = talk(request, [up(zipped), up(zipped), down(zipped)], end);
  assert.deepEqual(
    exchanges.map((e) => [e.fields['grpc.sent'], e.fields['grpc.compressed_flag']]),
    [
      ['#1 {1: "hi", 1: "hi"}', true],
      ['#2 {1: "hi", 1: "hi"}', true],
    ],
  );
  // The server named no encoding: by the first bytes.
  assert.deepEqual(
    finished.messages!.map((m) => m.body.encodings),
    [['gzip'], ['gzip'], ['gzip']],
  );
});

test('gRPC-Web: trailers in the body, base64 in pieces', () => {
  const trailers = frame(0x80, 'Grpc-Status:5\r\ngrpc-message: gone%21\r\n');
  const request = asked('application/grpc-web+proto');
  const end = answered(request, [['content-type', 'application/grpc-web+proto']]);
  assert.equal(
    result(talk(request, [up(hi), down(hi), down(trailers)], end).finished),
    'NOT_FOUND gone! clientError',
  );
  const text = (bytes: Uint8Array) => Uint8Array.from(Buffer.from(Buffer.from(bytes).toString('base64')));
  const asText = asked('application/grpc-web-text');
  for (const cut of [1e9, 1, 3]) {
    const { finished } = talk(
      asText,
      [up(text(hi)), down(text(hi)), down(text(hi)), down(text(trailers))],
      answered(asText, []),
      { cut },
    );
    assert.equal(result(finished), 'NOT_FOUND gone! clientError');
    assert.deepEqual(
      [
        finished.fields['grpc.request.messages'],
        finished.fields['grpc.response.messages'],
        finished.fields['grpc.protocol'],
      ],
      [1, 2, 'gRPC-Web'],
    );
  }
});

test('Connect: unary and streaming, with and without an error', () => {
  const version: Headers = [
    ['connect-protocol-version', '1'],
    ['connect-timeout-ms', '1500'],
  ];
  const unary = asked('application/json', version);
  const json = [['content-type', 'application/json']] as const;
  const fine = talk(unary, [], answered(unary, json));
  assert.deepEqual([result(fine.finished), fine.finished.fields['grpc.timeout']], ['OK ok', 1500e6]);
  const error = Uint8Array.from(Buffer.from('{"code":"not_found","message":"gone"}'));
  assert.equal(
    result(talk(unary, [down(error)], answered(unary, json, [], 404)).finished),
    'NOT_FOUND gone clientError',
  );
  assert.equal(
    result(talk(unary, [down(error.subarray(0, 9))], answered(unary, json, [], 404)).finished),
    'HTTP 404 serverError',
  );
  const stream = asked('application/connect+json');
  const one = frame(0, '{"a":1}');
  const whole = talk(
    stream,
    [up(one), down(one), down(one), down(frame(2, '{}'))],
    answered(stream, [['content-type', 'application/connect+json']]),
  );
  assert.equal(result(whole.finished), 'OK ok');
  assert.deepEqual(
    whole.exchanges.map((e) => e.fields['grpc.received']),
    ['#1 {"a":1}', '#2 {"a":1}'],
  );
  const broken = frame(2, '{"error":{"code":"canceled"}}');
  assert.equal(result(talk(stream, [down(broken)], answered(stream, [])).finished), 'CANCELLED clientError');
  assert.equal(grpc.claims(asked(undefined, [], '/a.B/C?connect=v1&encoding=json')), true);
  for (const other of ['application/json', 'application/grpcx', 'text/html', undefined])
    assert.equal(grpc.claims(asked(other)), false, other);
});

test('a content type that a lost table held: believed when the end shows it', () => {
  const request = { ...asked(undefined), weirds: ['http2_unknown_header'] };
  const steps = [up(hi), down(hi), down(hi)];
  const right = talk(request, steps, answered(request, [], [['grpc-status', '0']]));
  assert.deepEqual(
    [result(right.finished), right.exchanges.length, right.finished.fields['grpc.response.messages']],
    ['OK ok', 0, 2],
  );
  const end = answered(request, []);
  const wrong = talk(request, [up(Buffer.from('{"json":1}')), down(hi)], end);
  assert.equal(wrong.finished, end);
  assert.deepEqual(wrong.weirds, []);
});

test('lost bytes: within a message, and with where the next one begins', () => {
  const request = asked(type);
  const end = answered(request, [['content-type', type]], [['grpc-status', '0']]);
  const long = frame(0, Buffer.concat([Buffer.from([10, 100]), Buffer.alloc(100, 'x')]));
  const inside = talk(
    request,
    [down(hi), down(long.subarray(0, 50)), down(20), down(long.subarray(70)), down(hi)],
    end,
  );
  assert.deepEqual(
    inside.exchanges.map((e) => e.missing),
    [[], [{ kind: 'bytesLost', side: 'response', bytes: 20 }], []],
  );
  assert.equal(inside.finished.fields['grpc.response.messages'], 3);
  const beyond = talk(
    request,
    [down(hi), down(long.subarray(0, 50)), down(200), down(Uint8Array.of(1, 2, 3)), down(hi), down(hi)],
    end,
  );
  assert.deepEqual(beyond.weirds, ['grpc_messages_lost']);
  assert.equal(
    beyond.finished.fields['grpc.response.messages'],
    4,
    'found again where data hold one message',
  );
  assert.ok(beyond.finished.weirds.includes('grpc_messages_lost'));
});

test('what is no frame is told once and left alone', () => {
  const request = asked(type);
  const { finished, weirds } = talk(request, [down(Buffer.from('<html>')), down(hi)], answered(request, []));
  assert.deepEqual([weirds, finished.fields['grpc.response.messages']], [['grpc_bad_frame'], 0]);
});

test('limits: long messages, many messages, lengths that lie', () => {
  const request = asked(type);
  const end = answered(request, [], [['grpc-status', '0']]);
  const big = frame(0, Buffer.alloc(100_000, 1));
  const { finished, most } = talk(
    request,
    [down(big), ...Array.from({ length: 3000 }, () => down(hi))],
    end,
    { bodyLimit: 2000 },
  );
  assert.ok(most <= grpc.bufferLimit + 4000, `${most}`);
  assert.deepEqual([finished.messages!.length, finished.fields['grpc.response.messages']], [1000, 3001]);
  assert.deepEqual(
    [finished.messages![0]!.body.bytes.length, finished.messages![0]!.body.totalLength],
    [2000, 100_000],
  );
  const lie = Uint8Array.from([0, 255, 255, 255, 255, 1, 2, 3]);
  assert.ok(
    talk(request, [down(lie), ...Array.from({ length: 100 }, () => down(big))], end, { bodyLimit: 100 })
      .most < 2000,
  );
  const none = talk(request, [up(hi), down(hi), down(hi)], end, { bodyLimit: 0 });
  assert.deepEqual(
    [none.finished.messages, none.exchanges[1]!.fields['grpc.received']],
    [undefined, '#2 {1: "hi"}'],
  );
});

test('grpc-message and grpc-timeout', () => {
  assert.equal(percentDecoded('a%20b%zz%'), 'a b%zz%');
  assert.deepEqual(['1H', '5S', '20m', '7u', '9n', '', 'm', '123456789S', '1x'].map(timeoutNs), [
    3600e9,
    5e9,
    20e6,
    7000,
    9,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
