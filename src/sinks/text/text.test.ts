import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { platform } from '../../cli/platform.ts';
import type { Exchange, Loss, SourceCounters } from '../../model/index.ts';
import { createRedactor } from '../../redact/index.ts';
import { body, connection, context, exchange, message } from '../testing/exchanges.ts';
import { escapeBlock, escapeLine } from './escape.ts';
import { createTextSink, type TextOptions } from './index.ts';
import { layOutJson } from './json-layout.ts';
import { columns, cutEnd, cutMiddle } from './width.ts';

process.env['TZ'] = 'UTC';
const counters = {} as SourceCounters;

function sinkOf(options: Partial<TextOptions> = {}) {
  let out = '';
  const sink = createTextSink({
    write: (text) => {
      out += text;
      return true;
    },
    color: false,
    verbose: 0,
    time: 0,
    nano: false,
    width: 0,
    redactor: createRedactor(),
    platform,
    names: true,
    showTarget: false,
    ...options,
  });
  sink.open!(context);
  return { sink, text: () => out };
}

function show(exchanges: readonly Exchange[], options: Partial<TextOptions> = {}): string {
  const { sink, text } = sinkOf(options);
  for (const e of exchanges) sink.exchange!(e);
  void sink.close!(counters);
  return text();
}

test('one line: when, who, what, how it went, how long, how much', () => {
  assert.equal(show([exchange()]), '22:13:21.234 10.0.0.1 -> web:80 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB\n');
  assert.equal(
    show([exchange()], { names: false, showTarget: true }),
    '22:13:21.234 upbeat 10.0.0.1 -> [2001:db8::2]:80 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB\n',
  );
});

test('what is missing is said in words', () => {
  const lines = show([
    exchange({
      outcome: 'unanswered',
      fields: { 'x.method': 'GET' },
      response: undefined,
      missing: [{ kind: 'noResponse' }],
    }),
    exchange({
      request: undefined,
      fields: { 'x.code': 200 },
      missing: [
        { kind: 'joinedMidStream' },
        { kind: 'bytesLost', side: 'response', bytes: 12 },
        { kind: 'bodyCut', side: 'response', bytes: 65_536 },
        { kind: 'messageCut', side: 'response' },
      ],
    }),
    exchange({ missing: [{ kind: 'noRequest' }, { kind: 'messageCut' }], weirds: ['x_odd'] }),
  ]).split('\n');
  assert.ok(lines[0]!.endsWith('GET -> no answer 100 B/- [no response seen]'), lines[0]);
  assert.ok(
    lines[1]!.endsWith(
      'X -> 200 -/4.9 KiB [joined mid-stream] [12 bytes of the response lost] [body of the response kept to 64 KiB] [response cut off]',
    ),
    lines[1],
  );
  assert.ok(lines[2]!.endsWith('[no request seen] [cut off]'), lines[2]);
});

test('-v: fields worth a word, headers, trailers, oddities; -vvv: every field', () => {
  const e = exchange({
    fields: { ...exchange().fields, 'x.retries': 2, 'x.cut': true, 'x.list': ['a', 'b'], 'x.time': 1500 },
    request: message('GET /a X/1', { headers: [['Host', 'h']], trailers: [['Sum', '1']] }),
    weirds: ['x_odd'],
  });
  assert.equal(
    show([e], { verbose: 1 }),
    `22:13:21.234 10.0.0.1:40000 -> web:80 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB (x_odd)
  retries 2, cut
  > GET /a X/1
  > Host: h
  > Sum (trailer): 1
  < X/1 200 OK

`,
  );
  assert.match(show([e], { verbose: 2 }), /\n {2}retries 2, cut, list a, b\n/);
  assert.match(
    show([e], { verbose: 3 }),
    /\n {2}x\.method: GET\n(.*\n)* {2}x\.cut: true\n {2}x\.list: a, b\n {2}x\.time: 1\.5 µs\n/,
  );
});

test('-vv: bodies, laid out by their type', () => {
  const bodyLines = (b: ReturnType<typeof body>, options: Partial<TextOptions> = {}) =>
    show([exchange({ request: undefined, response: message('', { body: b }) })], { verbose: 2, ...options })
      .split('\n')
      .slice(1, -2)
      .map((line) => line.slice(4));
  assert.deepEqual(bodyLines(body('two\nlines\n')), ['', 'two', 'lines']);
  assert.deepEqual(bodyLines(body('{"a":[1,{}],"big":12345678901234567890}', 'application/json')), [
    '',
    '{',
    '  "a": [',
    '    1,',
    '    {}',
    '  ],',
    '  "big": 12345678901234567890',
    '}',
  ]);
  assert.deepEqual(bodyLines(body('a=b+c&d=%C3%A9', 'application/x-www-form-urlencoded')), [
    '',
    'a = b c',
    'd = é',
  ]);
  assert.deepEqual(bodyLines(body('{"token":"x"}', 'application/json')), ['', '{', '  "token": "***"', '}']);
  assert.deepEqual(bodyLines(body('{"token":"x"}', 'application/json'), { redactor: undefined }), [
    '',
    '{',
    '  "token": "x"',
    '}',
  ]);
  assert.deepEqual(bodyLines(body(Uint8Array.of(0, 1, 2, 0x41))), [
    '',
    '0000  00 01 02 41                                       ...A',
  ]);
  assert.equal(bodyLines(body(new Uint8Array(300))).at(-1), '(first 256 of 300 bytes)');
  assert.equal(bodyLines(body('x'.repeat(5000))).at(-1), '(first 4096 of 5000 characters)');
});

test('content encodings are undone, one after the other; secrets in them are masked', () => {
  const json = Buffer.from('{"password":"hunter2","name":"ann"}');
  const cases: [encodings: string[], bytes: Uint8Array][] = [
    [['gzip'], gzipSync(json)],
    [['x-gzip'], gzipSync(json)],
    [['br'], brotliCompressSync(json)],
    [['deflate'], deflateSync(json)],
    [['deflate'], deflateRawSync(json)],
    [['zstd'], zstdCompressSync(json)],
    [['deflate', 'gzip'], gzipSync(deflateSync(json))],
  ];
  for (const [encodings, bytes] of cases) {
    const e = exchange({ response: message('', { body: body(bytes, 'application/json', { encodings }) }) });
    const text = show([e], { verbose: 2 });
    assert.ok(text.includes('"name": "ann"') && text.includes('"password": "***"'), encodings.join());
    assert.ok(!text.includes('hunter2'), encodings.join());
    assert.ok(text.includes(`(${[...encodings].reverse().join('; ')})`), text);
  }
  const unknown = exchange({
    response: message('', { body: body('abc', 'text/plain', { encodings: ['x\x1b[2J'] }) }),
  });
  assert.match(show([unknown], { verbose: 2 }), /\(x\\x1b\[2J: not undone\)/);
  const damaged = exchange({
    response: message('', { body: body(gzipSync(json).subarray(0, 20), '', { encodings: ['gzip'] }) }),
  });
  assert.match(show([damaged], { verbose: 2 }), /\(gzip/);
});

test('no control character of the network reaches the terminal, wherever it comes from', () => {
  const evil = '\x1b]0;owned\x07\x9b2J\x7f\r\n\x08\u202e'.replace('\u202e', '\xe2\x80\xae');
  const e: Exchange = {
    ...exchange(),
    protocol: evil,
    connection: { ...connection, target: evil, client: { address: '1', port: 1, name: evil } },
    fields: { 'x.method': evil, 'x.path': evil, 'x.phrase': evil, 'x.list': [evil] },
    request: message(evil, {
      headers: [[evil, evil]],
      trailers: [[evil, evil]],
      body: body(evil, evil, { encodings: [evil] }),
    }),
    response: message(evil, { body: body(`{"${evil}":"${evil}"}`, 'application/json') }),
  };
  for (const verbose of [0, 1, 2, 3] as const)
    for (const color of [false, true]) {
      const { sink, text } = sinkOf({ verbose, color, showTarget: true, width: 120, redactor: undefined });
      sink.exchange!({ ...e, protocol: 'x' });
      sink.exchange!(e);
      sink.note!(evil);
      sink.loss!({ kind: 'damaged', count: 1, detail: evil });
      sink.loss!({
        kind: 'kernelDrop',
        count: 1,
        iface: { id: 0, name: evil, linktype: 1, snaplen: 0, netns: 0, target: '' },
      });
      sink.conversation!({
        ...{ connection: e.connection, protocol: evil, startAt: 0, endAt: 1, clientBytes: 1, serverBytes: 1 },
        ...{
          clientPackets: 1,
          serverPackets: 1,
          clientWireBytes: 1,
          serverWireBytes: 1,
          exchanges: 0,
          lostBytes: 0,
          ended: 'fin',
        },
      });
      void sink.close!(counters);
      // Our own colours aside.
      const rest = text().replace(/\x1b\[\d+m/g, '');
      assert.doesNotMatch(rest, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/, JSON.stringify(rest.slice(0, 300)));
      assert.ok(rest.includes('\\x1b]0;owned'));
    }
});

test('escapes: what is seen is what was sent', () => {
  assert.equal(escapeLine('a\tb\nc\\'), 'a\\tb\\nc\\');
  assert.equal(escapeLine('gr\xc3\xb6\xc3\x9fe \xf0\x9f\x90\xb3'), 'größe 🐳');
  assert.equal(escapeLine('\xff\x80 not UTF-8'), 'ÿ\\x80 not UTF-8');
  assert.equal(escapeLine('\xe2\x80\xae'), '\\u202e');
  assert.equal(escapeBlock('a\r\nb\tc\x1b'), 'a\nb\tc\\x1b');
});

test('property: escaped text holds nothing a terminal obeys', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      assert.doesNotMatch(escapeLine(text), /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
      assert.doesNotMatch(escapeBlock(text), /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
    }),
    { numRuns: 2000 },
  );
});

test('lines fit the terminal: long paths are cut in their middle, long answers at their end', () => {
  const long = exchange({
    fields: { 'x.method': 'GET', 'x.path': `/begin/${'m'.repeat(300)}/end`, 'x.code': 200 },
  });
  for (const width of [60, 80, 100, 200]) {
    const line = show([long], { width, color: true })
      .trimEnd()
      .replace(/\x1b\[\d+m/g, '');
    assert.ok(columns(line) <= Math.max(width, 85), `${columns(line)} of ${width}: ${line}`);
    assert.match(line, /\/b.*….*end -> 200/);
  }
  const answer = exchange({
    fields: { 'x.method': 'A', 'x.path': 'a.example', 'x.phrase': '192.0.2.1, '.repeat(50) },
  });
  const line = show([answer], { width: 100 }).trimEnd();
  assert.ok(columns(line) <= 100, line);
  assert.match(line, /A a\.example -> 192\.0\.2\.1, .*… /);
  // Not a terminal: everything.
  assert.ok(show([long]).includes('m'.repeat(300)));
});

test('columns: wide characters take two, marks none', () => {
  assert.equal(columns('abc'), 3);
  assert.equal(columns('日本'), 4);
  assert.equal(columns('e\u0301'), 1);
  assert.equal(columns('🐳'), 2);
  assert.equal(columns(cutMiddle('日本語日本語日本語', 9)), 9);
  assert.equal(cutMiddle('abcdef', 5), 'ab…ef');
  assert.equal(cutEnd('abcdef', 4), 'abc…');
  assert.equal(cutEnd('abc', 0), '');
  for (let width = 0; width < 12; width++) {
    assert.ok(columns(cutMiddle('a日b本c語d🐳e', width)) <= width, String(width));
    assert.ok(columns(cutEnd('a日b本c語d🐳e', width)) <= width, String(width));
  }
});

test('-t: none, epoch, since the previous, date, since the first', () => {
  const two = [exchange(), exchange({ startAt: 3_234_567_891 })];
  const stamps = (time: TextOptions['time'], nano = false) =>
    show(two, { time, nano })
      .split('\n')
      .slice(0, 2)
      .map((line) => line.slice(0, line.indexOf('10.0.0.1')).trimEnd());
  assert.deepEqual(stamps(0), ['22:13:21.234', '22:13:23.234']);
  assert.deepEqual(stamps(0, true), ['22:13:21.234567891', '22:13:23.234567891']);
  assert.deepEqual(stamps(1), ['', '']);
  assert.deepEqual(stamps(2), ['1700000001.234567', '1700000003.234567']);
  assert.deepEqual(stamps(3), [' 00:00:00.000000', ' 00:00:02.000000']);
  assert.deepEqual(stamps(4), ['2023-11-14 22:13:21.234567', '2023-11-14 22:13:23.234567']);
  assert.deepEqual(stamps(5), [' 00:00:00.000000', ' 00:00:02.000000']);
});

test('what is lost is told once a batch, with its sum; evictions and shed entries too', () => {
  const { sink, text } = sinkOf();
  const eth0 = { id: 0, name: 'upbeat/eth0', linktype: 1, snaplen: 0, netns: 0, target: '' };
  const losses: Loss[] = [
    { kind: 'kernelDrop', count: 3, iface: eth0 },
    { kind: 'kernelDrop', count: 4, iface: eth0 },
    { kind: 'freeze', count: 2 },
    { kind: 'snaplen', count: 9, iface: eth0 },
    { kind: 'evicted', count: 5 },
    { kind: 'damaged', count: 1, detail: 'damaged at byte 7: nonsense' },
  ];
  for (const loss of losses) sink.loss!(loss);
  void sink.batch!();
  void sink.batch!();
  assert.equal(
    text(),
    `!! 7 packets lost on upbeat/eth0: the kernel had no room in the ring (-B makes it larger)
!! the ring was full 2 times
!! 9 packets cut by the snap length on upbeat/eth0
!! 5 connections forgotten: a memory limit was reached
!! damaged at byte 7: nonsense
`,
  );
});

test('a reader that is too slow costs entries, which are counted', () => {
  let out = '';
  let slow = true;
  const { sink } = sinkOf({
    write: (text) => {
      out += text;
      return !slow;
    },
  });
  sink.exchange!(exchange());
  void sink.batch!();
  for (let i = 0; i < 5; i++) sink.exchange!(exchange());
  void sink.batch!();
  slow = false;
  sink.exchange!(exchange());
  void sink.batch!();
  assert.equal(out.split('\n').length, 4);
  assert.match(out, /\n!! 5 entries not shown: the reader of this output was too slow\n22:13/);
});

test('conversations: who spoke how much, and how it ended', () => {
  const { sink, text } = sinkOf();
  const summary = {
    connection,
    protocol: 'tcp',
    startAt: 0,
    endAt: 2e9,
    clientBytes: 10,
    serverBytes: 0,
    clientPackets: 3,
    serverPackets: 0,
    clientWireBytes: 0,
    serverWireBytes: 0,
    exchanges: 0,
    lostBytes: 0,
  };
  sink.conversation!({ ...summary, ended: 'captureEnd' });
  sink.conversation!({ ...summary, ended: 'refused', serverPackets: 1, lostBytes: 4 });
  void sink.close!(counters);
  assert.equal(
    text(),
    `22:13:20.000 10.0.0.1 -> web:80 tcp 3 packets, 10 B up, 0 B down, no answer, still open 2 s
22:13:20.000 10.0.0.1 -> web:80 tcp 4 packets, 10 B up, 0 B down, 4 bytes not captured, refused 2 s
`,
  );
});

test('colours: outcomes and labels, never when they are off', () => {
  const failed = exchange({ outcome: 'serverError' });
  assert.match(show([failed], { color: true }), /\x1b\[31m200 OK\x1b\[0m/);
  assert.doesNotMatch(show([failed]), /\x1b/);
  const label = (target: string) =>
    /\x1b\[(\d+)m\w+\x1b\[0m 10/.exec(
      show([{ ...failed, connection: { ...connection, target } }], { color: true, showTarget: true }),
    )?.[1];
  assert.equal(label('web'), label('web'));
  // Red, yellow and green are the outcomes'.
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
    assert.ok(!['31', '32', '33'].includes(label(name)!));
});

test('JSON is laid out as far as it goes, and what is none stays', () => {
  assert.equal(layOutJson('{"a":"x{,\\"y"}'), '{\n  "a": "x{,\\"y"\n}');
  assert.equal(layOutJson('[1 , 2.50e+3,true]'), '[\n  1,\n  2.50e+3,\n  true\n]');
  assert.equal(layOutJson('{"cut":["a'), '{\n  "cut": [\n    "a');
  assert.equal(layOutJson('{} ]'), undefined);
  assert.equal(layOutJson('<html>'), undefined);
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.deepEqual(JSON.parse(layOutJson(text)!), JSON.parse(text));
    }),
  );
  // Deep and large: no recursion.
  assert.ok(layOutJson('['.repeat(100_000))!.length > 100_000);
});

test('messages within an exchange come between the heads and the trailers', () => {
  const proto = (bytes: readonly number[], more = {}) =>
    body(Uint8Array.from(bytes), 'application/protobuf', more);
  const decode = () => '{"name":"ada","token":"abc"}';
  const e = exchange({
    startAt: 0,
    request: message('', { headers: [[':path', '/a']] }),
    response: message('', { headers: [[':status', '200']], trailers: [['grpc-status', '0']] }),
    messages: [
      { side: 'request', at: 0, wireBytes: 9, body: proto([10, 2, 104, 105]) },
      { side: 'response', at: 1_500_000, wireBytes: 9, body: proto([8, 1], { method: '/a.B/C' }) },
      {
        side: 'response',
        at: 2_500_000,
        wireBytes: 70,
        body: proto([18, 2, 104, 105, 10, 9, 97], { totalLength: 13 }),
      },
    ],
  });
  const lines = show([e], { verbose: 2, platform: { ...platform, schema: { decode } } })
    .split('\n')
    .slice(1);
  assert.deepEqual(lines, [
    '  > :path: /a',
    '  < :status: 200',
    '  > #1 9 B',
    '  > 1: "hi"',
    '  < #1 +1.5 ms 9 B',
    '  < {',
    '  <   "name": "ada",',
    '  <   "token": "***"',
    '  < }',
    '  < #2 +2.5 ms 70 B',
    '  < 2: "hi"',
    '  < 1: "a"',
    '  < ...',
    '  < grpc-status (trailer): 0',
    '',
    '',
  ]);
  assert.doesNotMatch(show([e], { verbose: 1 }), /#1/);
});

test('fields from what carried an exchange are shown behind its own', () => {
  const { sink, text } = sinkOf({ verbose: 3 });
  const [[, x]] = [...context.fields];
  const inside = {
    title: 'Y',
    fields: [{ name: 'y.own', type: 'string' as const, label: 'own', description: '' }],
  };
  sink.open!({
    ...context,
    fields: new Map([
      ['x', x!],
      ['y', inside],
    ]),
  });
  sink.exchange!(exchange({ protocol: 'y', fields: { 'x.retries': 2, 'y.own': 'first', 'z.unknown': 1 } }));
  void sink.close!(counters);
  assert.match(text(), / {2}y\.own: first\n {2}x\.retries: 2\n/);
  assert.doesNotMatch(text(), /z\.unknown/);
});

test('what went wrong on the way is the answer, or stands behind it', () => {
  const { request: _request, response: _response, ...bare } = exchange();
  const failed = (kind: string, text = kind, rest: Partial<Exchange> = {}) =>
    show(
      [
        {
          ...bare,
          protocol: 'x',
          fields: {},
          outcome: 'failed',
          error: { kind, text },
          missing: [],
          ...rest,
        },
      ],
      { time: 1 },
    ).trimEnd();
  const lead = '10.0.0.1 -> web:80';
  assert.equal(failed('connection refused'), `${lead} X -> connection refused 1.5 ms`);
  assert.equal(
    failed('no answer to SYN', 'no answer to 3 SYNs in 3.0 s'),
    `${lead} X -> no answer to 3 SYNs in 3.0 s`,
  );
  const cut = { request: message('GET /a X/1'), response: message('X/1 200 OK'), fields: { 'x.code': 200 } };
  assert.equal(
    failed('reset by server', 'reset by server after 9 B', { ...cut, missing: [{ kind: 'noResponse' }] }),
    `${lead} X -> 200, reset by server after 9 B 1.5 ms 100 B/100 B`,
  );
  const hostile = failed('x', 'x\x1b[2J');
  assert.ok(!hostile.includes('\x1b'), hostile);
});

test('what waits for long is shown before it is over, but of a file', () => {
  const waiting = exchange({ outcome: 'unanswered', error: { kind: 'no answer', text: 'no answer so far' } });
  for (const pending of [true, false]) {
    const { sink, text } = sinkOf({ pending });
    sink.waiting?.(waiting);
    void sink.close!(counters);
    assert.equal(/no answer so far/.test(text()), pending);
  }
});

test('-v: what a connection of no known protocol began with, secrets masked', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const summary = {
    ...{ connection, protocol: 'tcp', startAt: 0, endAt: 0, clientBytes: 500, serverBytes: 2 },
    ...{
      clientPackets: 1,
      serverPackets: 1,
      clientWireBytes: 0,
      serverWireBytes: 0,
      lostBytes: 0,
      exchanges: 0,
    },
    ...{ ended: 'fin' as const, clientStart: bytes('{"password":"hunter2"}'), serverStart: bytes('\0\x01') },
  };
  const shown = (options: Partial<TextOptions>) => {
    const { sink, text } = sinkOf({ time: 1, ...options });
    sink.conversation!(summary);
    void sink.close!(counters);
    return text();
  };
  assert.equal(shown({}).split('\n').length, 2, 'one line');
  assert.match(
    shown({ verbose: 1 }),
    /\n {2}> {[\s\S]*"password": "\*\*\*"[\s\S]*first 22 of 500 B[\s\S]*\n {2}< 0000 {2}00 01 /,
  );
  assert.match(shown({ verbose: 1, redactor: undefined }), /hunter2/);
});

test('of a cluster: by which service, on which side of a mesh, whether it is a probe; -v says all of it', () => {
  const server = { address: '10.1.0.5', port: 8080, name: 'web-1' };
  const kube = { namespace: 'shop', pod: 'web-1', workload: 'deploy/web', service: 'web', node: 'n1' };
  const reached = { ...kube, serviceAddress: '10.96.0.7' };
  const by = (change: object, more: Partial<Exchange> = {}) =>
    exchange({ connection: { ...connection, server, ...change }, ...more });
  assert.equal(
    show([
      by({ server: { ...server, kube: reached } }),
      by({ server: { ...server, kube } }),
      by({ server: { ...server, address: '10.96.0.7', name: 'svc/web', kube: reached } }),
      by({ mesh: { side: 'outbound', proxy: 'istio-proxy' } }),
      by({}, { probe: ['liveness', 'readiness'] }),
      by({}, { probe: ['probe'] }),
    ]).replaceAll('22:13:21.234 10.0.0.1 -> ', ''),
    [
      'web-1(svc/web):8080 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB',
      'web-1:8080 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB',
      'svc/web:8080 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB',
      '22:13:21.234 out 10.0.0.1 -> web-1:8080 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB',
      'web-1:8080 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB [liveness+readiness probe]',
      'web-1:8080 GET /a -> 200 OK 1.5 ms 100 B/4.9 KiB [probe]',
      '',
    ].join('\n'),
  );
  const node = { ...connection.client, kube: { node: 'n1' } };
  const mesh = { side: 'inbound', proxy: 'envoy' } as const;
  const all = show([by({ client: node, server: { ...server, kube: reached }, mesh })], { verbose: 1 });
  assert.match(
    all,
    / {2}client is node n1, server is pod shop\/web-1 of deploy\/web on n1 behind shop\/svc\/web \(10\.96\.0\.7\), inbound side of envoy\n/,
  );
  assert.match(show([by({ client: node, mesh })], { showTarget: true }), / upbeat in 10\.0\.0\.1 -> /);
});
