import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange, Inner, Side } from '../../model/index.ts';
import { latin1, type Options, play, type Step } from '../testing/play.ts';
import { detect } from './detect.ts';
import { http2 } from './index.ts';
import {
  block,
  clientHello,
  data,
  frame,
  get,
  goaway,
  headers,
  hex,
  join,
  ok,
  ping,
  reset,
  serverHello,
  settings,
  windowUpdate,
} from './testing/build.ts';

const hello: Step[] = [
  ['>', clientHello],
  ['<', serverHello],
];

/** What is said, exchanges in short; `weird` and `violation` as they come. */
function talk(steps: readonly Step[], options: Options = {}) {
  let most = 0;
  const watch = (analyzer: { buffered(): number }) => {
    most = Math.max(most, analyzer.buffered());
  };
  const played = play(http2, steps, { ...options, watch });
  return { ...played, events: played.events.filter((e) => e !== 'confirmed'), most };
}
const short = (e: Exchange) =>
  `${e.fields['http.request.method'] ?? '?'} ${e.fields['http.request.uri'] ?? '?'} -> ${e.fields['http.response.code'] ?? e.fields['http2.end'] ?? '?'} ${e.outcome}`;
const lacks = (e: Exchange) =>
  e.missing.map((m) => [m.kind, m.side, m.bytes].filter((v) => v !== undefined).join(' '));
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1');

test('one exchange, with all that is known of it', () => {
  const { exchanges } = talk([
    ...hello,
    [
      '>',
      join(
        headers(1, {
          ':method': 'POST',
          ':scheme': 'https',
          ':path': '/form?x=1',
          ':authority': 'a.example',
          'user-agent': 't/1',
          'content-type': 'text/plain',
        }),
        data(1, 'a='),
        data(1, 'b', true),
      ),
    ],
    [
      '<',
      join(
        headers(1, { ':status': '103' }),
        ok(1, false, { 'content-type': 'text/html', 'content-encoding': 'GZIP, br' }),
      ),
    ],
    ['<', join(data(1, 'ok'), headers(1, { 'x-sum': 'abc' }, true))],
  ]);
  assert.equal(exchanges.length, 1);
  const [e] = exchanges;
  assert.deepEqual(JSON.parse(JSON.stringify(e!.fields)), {
    'http.request.method': 'POST',
    'http.request.uri': '/form?x=1',
    'http.response.code': 200,
    'http.host': 'a.example',
    'http.request.version': 'HTTP/2',
    'http.response.version': 'HTTP/2',
    'http.user_agent': 't/1',
    'http.content_type': 'text/html',
    'http.time': 1e6,
    'http.informational': ['103'],
    'http2.streamid': 1,
    'http2.headers.scheme': 'https',
  });
  assert.deepEqual([e!.startAt, e!.endAt, e!.outcome, e!.missing, e!.weirds], [3e6, 5e6, 'ok', [], []]);
  assert.deepEqual(e!.response!.trailers, [['x-sum', 'abc']]);
  assert.equal(text(e!.request!.body!.bytes), 'a=b');
  assert.deepEqual(e!.response!.body!.encodings, ['gzip', 'br']);
  assert.equal(e!.request!.headers[0]![0], ':method');
});

test('streams interleave; each is told when it is over', () => {
  const { exchanges } = talk([
    ...hello,
    ['>', join(get(1, '/1'), get(3, '/2'), get(5, '/3'))],
    [
      '<',
      join(
        ok(3),
        ok(1),
        data(1, 'a'),
        data(3, 'bb', true),
        headers(5, { ':status': '404' }, true),
        data(1, 'c', true),
      ),
    ],
  ]);
  assert.deepEqual(exchanges.map(short), [
    'GET /2 -> 200 ok',
    'GET /3 -> 404 clientError',
    'GET /1 -> 200 ok',
  ]);
  assert.deepEqual(
    exchanges.map((e) => text(e.response!.body?.bytes)),
    ['bb', '', 'ac'],
  );
});

test('ways to end: reset by either, refused by GOAWAY, cut off, never answered', () => {
  const { exchanges } = talk([
    ...hello,
    ['>', join(get(1, '/1'), get(3, '/3'), get(5, '/5', false), get(7, '/7'), get(9, '/9'), get(11, '/11'))],
    ['<', join(reset(1, 7), ok(3), reset(3, 2), ok(5, true))],
    ['>', join(data(5, 'more'), reset(5, 0), reset(7, 8))],
    ['<', join(ok(9), data(9, 'hal'), goaway(9, 0))],
    ['<end', 'fin'],
  ]);
  assert.deepEqual(
    exchanges.map((e) => [short(e), e.fields['http2.end'], lacks(e)]),
    [
      ['GET /1 -> reset by server: REFUSED_STREAM failed', 'reset by server: REFUSED_STREAM', []],
      ['GET /3 -> 200 failed', 'reset by server: INTERNAL_ERROR', []],
      ['GET /5 -> 200 ok', undefined, []],
      ['GET /7 -> reset by client: CANCEL failed', 'reset by client: CANCEL', []],
      ['GET /11 -> refused by GOAWAY: NO_ERROR failed', 'refused by GOAWAY: NO_ERROR', []],
      ['GET /9 -> 200 ok', undefined, ['messageCut response']],
    ],
  );
});

test('GOAWAY with an error is told, and ends what waits', () => {
  const { exchanges } = talk([
    ...hello,
    ['>', get(1, '/')],
    ['<', goaway(1, 11, 'calm down')],
    ['<end', 'rst'],
    ['>end', 'rst'],
  ]);
  assert.deepEqual(
    exchanges.map((e) => e.fields['http2.end']),
    ['GOAWAY by server: ENHANCE_YOUR_CALM (calm down)', 'ended by GOAWAY: ENHANCE_YOUR_CALM'],
  );
});

test('pushed streams, CONNECT, a client that pushes', () => {
  const promise = frame(
    5,
    4,
    1,
    join(hex('00000002'), block({ ':method': 'GET', ':path': '/style.css', ':scheme': 'http' })),
  );
  const { exchanges, events } = talk([
    ...hello,
    [
      '>',
      join(
        get(1, '/'),
        headers(3, { ':method': 'CONNECT', ':authority': 'db:5432' }),
        frame(5, 4, 1, join(hex('00000002'), hex('82'))),
      ),
    ],
    ['<', join(promise, ok(1, true), ok(2), data(2, 'p{}', true), ok(3), data(3, 'x', true))],
    ['>', data(3, 'y', true)],
  ]);
  assert.deepEqual(exchanges.map(short), [
    'GET / -> 200 ok',
    'GET /style.css -> 200 ok',
    'CONNECT db:5432 -> 200 ok',
  ]);
  assert.deepEqual(
    exchanges.map((e) => e.fields['http2.pushed']),
    [undefined, true, undefined],
  );
  assert.ok(events.includes('weird http2_client_pushes'));
});

test('waiting for a window is told, waiting for the sender is not', () => {
  const { exchanges } = talk([
    ['>', join(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings({ 4: 10 }))],
    ['<', serverHello],
    ['>', join(get(1, '/1'), get(3, '/2'))],
    ['<', join(ok(1), data(1, '0123456789'))],
    ['<', join(ok(3), data(3, '01234'))],
    ['>', ping],
    ['>', windowUpdate(1, 10)],
    ['<', join(data(1, '01', true), data(3, '0123', true))],
  ]);
  assert.deepEqual(
    exchanges.map((e) => e.fields['http2.stalled']),
    [3e6, undefined],
  );
});

test('a block in many frames, and one that is interrupted', () => {
  const whole = block({ ':method': 'GET', ':path': '/long', ':scheme': 'http', 'x-a': 'b' });
  const { exchanges } = talk([
    ...hello,
    [
      '>',
      join(
        frame(1, 1, 1, whole.subarray(0, 3)),
        frame(9, 0, 1),
        frame(9, 0, 1, whole.subarray(3, 20)),
        frame(9, 4, 1, whole.subarray(20)),
      ),
    ],
    ['<', ok(1, true)],
  ]);
  assert.deepEqual(exchanges.map(short), ['GET /long -> 200 ok']);
  const broken = talk([
    ...hello,
    ['>', join(frame(1, 1, 1, whole.subarray(0, 3)), ping, get(3, '/next'))],
    ['<', join(ok(1, true), ok(3, true))],
  ]);
  assert.deepEqual(broken.exchanges.map(short), ['? ? -> 200 ok', 'GET /next -> 200 ok']);
  assert.deepEqual(broken.exchanges[0]!.weirds, ['http2_header_block_lost']);
});

// What is missing.

const long = 'x'.repeat(300);
const conversation = (): { client: Uint8Array[]; server: Uint8Array[] } => ({
  client: [
    join(headers(1, { ':method': 'GET', ':path': '/1', ':scheme': 'http' }, true, true)),
    // Static method and scheme; the path by name, in the table already.
    join(headers(3, join(hex('82 86 bf'), Buffer.alloc(0)), true)),
  ],
  server: [
    join(headers(1, { ':status': '200' }, false, true), data(1, long, true)),
    join(headers(3, hex('be'), true)),
  ],
});

test('bytes lost within data: the place is still known', () => {
  const { client, server } = conversation();
  const all = join(...server);
  const from = all.indexOf(120) + 50;
  for (const cut of [undefined, 1]) {
    const { exchanges } = talk(
      [
        ...hello,
        ['>', join(...client)],
        ['<', all.subarray(0, from)],
        ['<gap', 100],
        ['<', all.subarray(from + 100)],
      ],
      cut ? { cut } : {},
    );
    assert.deepEqual(
      exchanges.map((e) => [short(e), ...lacks(e)]),
      [['GET /1 -> 200 ok', 'bytesLost response 100'], ['GET /1 -> 200 ok']],
    );
    assert.equal(exchanges[0]!.response!.body!.totalLength, 300);
    assert.equal(exchanges[0]!.response!.body!.bytes.length, 200);
  }
});

test('frames lost: the next ones are found, the table is not what it was', () => {
  const { client, server } = conversation();
  for (const cut of [undefined, 1, 5]) {
    const { exchanges, events } = talk(
      [
        ...hello,
        ['>', client[0]!],
        ['<', server[0]!],
        ['>gap', client[1]!.length + 40],
        ['<gap', server[1]!.length],
        ['>', join(headers(5, hex('82 86 bf'), true))],
        ['<', join(headers(5, hex('be'), true))],
      ],
      cut ? { cut } : {},
    );
    assert.deepEqual(
      exchanges.map((e) => [short(e), ...lacks(e)]),
      [
        ['GET /1 -> 200 ok'],
        [
          'GET ? -> ? info',
          `bytesLost request ${client[1]!.length + 40}`,
          `bytesLost response ${server[1]!.length}`,
        ],
      ],
    );
    assert.deepEqual(exchanges[1]!.request!.headers.at(-1), ['<unknown 63>', '<unknown>']);
    assert.deepEqual(exchanges[1]!.weirds, ['http2_unknown_header']);
    assert.ok(events.includes('weird http2_frames_lost'));
  }
});

test('an answer whose end was lost, a request whose end was lost', () => {
  const { exchanges } = talk([
    ...hello,
    ['>', get(1, '/1', false)],
    ['>', data(1, 'abc')],
    ['>gap', 12],
    ['<', join(ok(1), data(1, 'ok', true))],
    ['>', join(windowUpdate(0, 100), get(3, '/3'))],
    ['<', ok(3, true)],
  ]);
  assert.deepEqual(
    exchanges.map((e) => [short(e), ...lacks(e)]),
    [['GET /1 -> 200 ok', 'bytesLost request 12'], ['GET /3 -> 200 ok']],
  );
});

test('joined in the middle: of a frame, at a frame; both directions alone', () => {
  const { client, server } = conversation();
  const later: Step[] = [
    ['>', join(headers(5, hex('82 86 bf'), true))],
    ['<', join(headers(5, hex('88'), false), data(5, 'body', true))],
    ['>', get(7, '/7')],
    ['<', ok(7, true)],
  ];
  const joined = { joinedMidStream: true };
  for (const cut of [undefined, 1, 3]) {
    const { exchanges } = talk([['>', client[1]!.subarray(4)], ['<', server[0]!.subarray(60)], ...later], {
      ...joined,
      ...(cut ? { cut } : {}),
    });
    assert.deepEqual(exchanges.slice(-2).map(short), ['GET ? -> 200 ok', 'GET /7 -> 200 ok']);
  }
  const only = (mark: string) =>
    talk(
      later.filter(([what]) => what === mark),
      joined,
    ).exchanges;
  assert.deepEqual(
    only('>').map((e) => [short(e), ...lacks(e)]),
    [
      ['GET ? -> ? unanswered', 'noResponse'],
      ['GET /7 -> ? unanswered', 'noResponse'],
    ],
  );
  assert.deepEqual(
    only('<').map((e) => [short(e), ...lacks(e)]),
    [
      ['? ? -> 200 ok', 'joinedMidStream'],
      ['? ? -> 200 ok', 'joinedMidStream'],
    ],
  );
});

test('joined late, before the preface after all', () => {
  const { exchanges } = talk(
    [
      ...hello,
      ['>', headers(1, { ':method': 'GET', ':path': '/' }, true, true)],
      ['<', ok(1, true)],
      ['>', headers(3, hex('be bf'), true)],
      ['<', ok(3, true)],
    ],
    { joinedMidStream: true },
  );
  assert.deepEqual(exchanges.map(short), ['GET / -> 200 ok', 'GET / -> 200 ok']);
});

// What it is.

test('detection: by the preface, by frames, and which side is which', () => {
  const none = new Uint8Array(0);
  assert.equal(detect(clientHello, none), 'yes');
  assert.equal(detect(clientHello.subarray(0, 10), none), 'more');
  assert.equal(detect(none, serverHello), 'yes');
  assert.equal(detect(join(get(5, '/')), none), 'yes');
  assert.equal(detect(none, join(get(5, '/'))), 'no', 'servers do not ask');
  assert.equal(detect(join(ok(5)), none), 'no', 'clients do not answer');
  assert.equal(detect(none, join(headers(5, hex('3f e1 1f 88')))), 'yes');
  assert.equal(detect(join(data(5, 'some'), windowUpdate(0, 9)), none), 'yes');
  assert.equal(detect(join(data(5, 'some')).subarray(0, 11), none), 'more');
  for (const other of [
    'GET / HTTP/1.1\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    '*1\r\n$4\r\nPING\r\n',
    '\0\0\0\x08\x04\xd2\x16\x2f',
  ])
    assert.equal(detect(Buffer.from(other, 'latin1'), none), 'no', JSON.stringify(other));
});

test('what is no HTTP/2 is told: after the preface, in words, or among frames that only looked so', () => {
  assert.match(
    talk([['>', 'PRI * HTTP/2.0\r\n\r\nXX']]).events.join(),
    /violation client: no connection preface/,
  );
  for (const cut of [1, 100]) {
    const { exchanges, events } = talk(
      [
        ['>', join(clientHello, get(1, '/'))],
        ['<', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
      ],
      { cut },
    );
    assert.deepEqual(
      exchanges.map((e) => e.fields['http2.end']),
      ['the server answers in HTTP/1'],
    );
    assert.match(events.at(-1)!, /violation/);
  }
  assert.match(
    talk([['<', frame(6, 0, 0, '12345678')]]).events.join(),
    /violation server: SETTINGS expected/,
  );
  const guess = talk([['>', join(ping, Buffer.alloc(400, 'text, not frames '))]], { joinedMidStream: true });
  assert.match(guess.events.join(), /violation client: no frames/);
});

test('frames that break the rules are told, and the next ones found', () => {
  for (const bad of [
    frame(6, 0, 0, 'short'),
    frame(3, 0, 1, 'shrt!'),
    frame(0, 0, 0, 'x'),
    frame(4, 0, 0, '12345'),
    frame(0, 0, 3, Buffer.alloc(20_000)),
  ]) {
    const { exchanges, events } = talk([...hello, ['>', join(bad)], ['>', get(5, '/5')], ['<', ok(5, true)]]);
    assert.deepEqual(exchanges.map(short), ['GET /5 -> 200 ok'], bad.subarray(0, 9).toString('hex'));
    assert.ok(events.some((e) => /weird http2_(bad_frame|frame_too_large)/.test(e)));
  }
  // Section 5.5: unknown types are ignored, of any length that is allowed.
  const extended = talk([
    ...hello,
    ['>', join(frame(0xbe, 0xff, 77, 'whatever'), frame(0x10, 0, 0, '1234u=1'), get(1, '/'))],
    ['<', ok(1, true)],
  ]);
  assert.deepEqual([extended.exchanges.map(short), extended.events.length], [['GET / -> 200 ok'], 1]);
});

// Limits.

test('bodies are kept to the limit, all of them together too, and counted', () => {
  const big = (id: number, length: number) =>
    join(ok(id), ...Array.from({ length: length / 10_000 }, () => data(id, 'y'.repeat(10_000))));
  const { exchanges, most } = talk(
    [
      ...hello,
      ['>', join(...Array.from({ length: 40 }, (_, i) => get(1 + 2 * i, '/')))],
      ...Array.from({ length: 40 }, (_, i): Step => ['<', big(1 + 2 * i, 100_000)]),
    ],
    { bodyLimit: 50_000 },
  );
  assert.equal(exchanges.length, 40);
  assert.ok(
    exchanges.every(
      (e) => e.response!.body!.totalLength === 100_000 && e.response!.body!.bytes.length <= 50_000,
    ),
  );
  assert.deepEqual(lacks(exchanges[0]!), ['bodyCut response 50000', 'messageCut response']);
  assert.ok(most <= http2.bufferLimit + 100_000);
  const none = talk([...hello, ['>', get(1, '/')], ['<', join(ok(1), data(1, 'abc', true))]], {
    bodyLimit: 0,
  });
  assert.deepEqual([none.exchanges[0]!.missing, none.exchanges[0]!.response!.body!.totalLength], [[], 3]);
});

test('hostile peers: endless blocks, floods of streams, heads that never end', () => {
  const flood: Step[] = [['>', frame(1, 1, 1, '\x82')]];
  for (let i = 0; i < 3000; i++) flood.push(['>', frame(9, 0, 1, Buffer.alloc(1000, '\0\x01a\x01b'))]);
  flood.push(['>', join(frame(9, 4, 1), get(3, '/3'))], ['<', ok(3, true)]);
  const endless = talk([...hello, ...flood]);
  assert.ok(endless.most < http2.bufferLimit);
  for (const weird of ['http2_many_continuations', 'http2_header_block_too_long'])
    assert.equal(endless.events.filter((e) => e === `weird ${weird}`).length, 1, weird);
  assert.ok(endless.exchanges.some((e) => short(e) === 'GET /3 -> 200 ok'));

  const streams = talk([
    ...hello,
    ...Array.from({ length: 5000 }, (_, i): Step => ['>', get(1 + 2 * i, '/')]),
  ]);
  assert.equal(streams.exchanges.length, 5000);
  assert.ok(streams.events.includes('weird http2_stream_forgotten'));
  assert.ok(streams.most < http2.bufferLimit);

  const fat = block({ ':path': '/', 'x-fat': 'f'.repeat(15_000) });
  const heads = talk([
    ...hello,
    ...Array.from({ length: 500 }, (_, i): Step => ['>', headers(1 + 2 * i, fat)]),
  ]);
  assert.equal(heads.exchanges.length, 500);
  assert.ok(heads.most < http2.bufferLimit);
});

test('resets in rapid succession (CVE-2023-44487) are exchanges, and hold nothing', () => {
  const steps = Array.from(
    { length: 3000 },
    (_, i): Step => ['>', join(get(1 + 2 * i, '/'), reset(1 + 2 * i, 8))],
  );
  const { exchanges, most } = talk([...hello, ...steps]);
  assert.equal(exchanges.length, 3000);
  assert.ok(exchanges.every((e) => e.outcome === 'failed'));
  assert.ok(most < 10_000);
});

// What rides inside.

test('bodies are fed to what rides inside, holes told, the exchange replaced', () => {
  const heard: string[] = [];
  const asked: (string | undefined)[] = [];
  const inner: Inner = {
    data: (side: Side, bytes: Uint8Array) => void heard.push(`${side} ${latin1(bytes)}`),
    gap: (side: Side, length: number) => void heard.push(`${side} [${length}]`),
    finish: (exchange) => ({ ...exchange, protocol: 'inside' }),
  };
  const { exchanges } = talk(
    [
      ...hello,
      ['>', join(get(1, '/', false), data(1, 'up', true))],
      ['<', join(ok(1), data(1, 'down').subarray(0, 11))],
      ['<gap', 2],
      ['<', join(data(1, '!', true))],
    ],
    {
      inner: (exchange) => {
        asked.push(`${exchange.request?.headers.length} ${exchange.response?.headers.length}`);
        return inner;
      },
    },
  );
  assert.deepEqual(asked, ['4 undefined', '4 1']);
  assert.deepEqual(heard, ['client up', 'server do', 'server [2]', 'server !']);
  assert.equal(exchanges[0]!.protocol, 'inside');
});
