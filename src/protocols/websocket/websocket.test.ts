import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import type { Exchange } from '../../model/index.ts';
import type { Event } from '../testing/fixture.ts';
import { connectionFor, feed, type Options, type Step } from '../testing/play.ts';
import { detect } from './detect.ts';
import { websocket, websocketInside } from './index.ts';

const bytes = (content: string | Uint8Array) =>
  typeof content === 'string' ? Buffer.from(content, 'utf8') : content;

interface Form {
  readonly masked?: boolean;
  /** 16 or 64: the length in a longer form than it takes. */
  readonly long?: 16 | 64;
}

function frame(first: number, content: string | Uint8Array, { masked = false, long }: Form = {}): Uint8Array {
  const payload = Buffer.from(bytes(content));
  const bit = masked ? 0x80 : 0;
  const size = long ?? (payload.length < 126 ? 0 : payload.length < 0x10000 ? 16 : 64);
  const head = Buffer.alloc(2 + size / 8);
  head[0] = first;
  head[1] = bit | (size === 0 ? payload.length : size === 16 ? 126 : 127);
  if (size === 16) head.writeUInt16BE(payload.length, 2);
  if (size === 64) head.writeBigUInt64BE(BigInt(payload.length), 2);
  if (!masked) return Uint8Array.from(Buffer.concat([head, payload]));
  const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
  for (let i = 0; i < payload.length; i++) payload[i]! ^= mask[i & 3]!;
  return Uint8Array.from(Buffer.concat([head, mask, payload]));
}

const sent = (first: number, content: string | Uint8Array = '') => frame(first, content, { masked: true });
const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
const close = (code: number, reason = '') =>
  Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);

/** The handshake, agreeing on what is given. */
function carrier(extensions = ''): Exchange {
  return {
    protocol: 'http',
    connection: connectionFor({}),
    startAt: 0,
    endAt: 0,
    fields: { 'http.request.uri': '/chat' },
    outcome: 'info',
    missing: [],
    weirds: [],
    response: {
      startAt: 0,
      endAt: 0,
      wireBytes: 0,
      startLine: 'HTTP/1.1 101 Switching Protocols',
      headers: extensions === '' ? [] : [['Sec-WebSocket-Extensions', extensions]],
      trailers: [],
    },
  };
}

function talk(steps: readonly Step[], options: Options & { carrier?: Exchange | false } = {}) {
  const events = steps.flatMap(([what, value], i): Event[] => {
    const side = what[0] === '>' ? ('client' as const) : ('server' as const);
    const at = (i + 1) * 1e6;
    if (typeof value === 'number') return [{ kind: 'gap' as const, side, length: value, at }];
    return [{ kind: 'data' as const, side, bytes: bytes(value as Uint8Array), at }];
  });
  const ends = (['client', 'server'] as const).map(
    (side): Event => ({
      kind: 'end' as const,
      side,
      reason: 'fin' as const,
      at: 1e9,
    }),
  );
  let most = 0;
  const played = feed(
    websocket,
    {
      connection: connectionFor(options),
      events: [...events, ...ends],
      ...(options.carrier === false ? {} : { carrier: options.carrier ?? carrier() }),
    },
    {
      ...options,
      watch: (analyzer) => {
        most = Math.max(most, analyzer.buffered());
      },
    },
  );
  return {
    ...played,
    events: played.events.filter((e) => e.startsWith('weird') || e.startsWith('violation')),
    most,
  };
}

/** `> text hello` with what is missing and odd. */
function short({ fields, missing, weirds, request }: Exchange): string {
  const words = fields['websocket.sent'] ?? fields['websocket.received'] ?? '';
  const lacks = missing.map((m) => [m.kind, m.bytes].filter((v) => v !== undefined).join(' '));
  return [`${request ? '>' : '<'} ${fields['websocket.opcode']} ${words}`, ...lacks, ...weirds].join(' | ');
}
const body = (e: Exchange) => Buffer.from((e.request ?? e.response)!.body?.bytes ?? []).toString();

test('the examples of RFC 6455 section 5.7', () => {
  const hex = (digits: string) => Uint8Array.from(Buffer.from(digits, 'hex'));
  const { exchanges } = talk([
    ['<', hex('810548656c6c6f')],
    ['>', hex('818537fa213d7f9f4d5158')],
    ['<', hex('010348656c80026c6f')],
    ['<', hex('890548656c6c6f')],
    ['>', hex('8a8537fa213d7f9f4d5158')],
    ['<', join(hex('827e0100'), new Uint8Array(256))],
    ['<', join(hex('827f0000000000010000'), new Uint8Array(65_536))],
  ]);
  assert.deepEqual(exchanges.map(short), [
    '< text Hello',
    '> text Hello',
    '< text Hello',
    '< ping Hello',
    '> pong Hello',
    '< binary ',
    '< binary ',
  ]);
  assert.deepEqual(
    exchanges.map((e) => (e.request ?? e.response)!.body!.totalLength),
    [5, 5, 5, 5, 5, 256, 65_536],
  );
});

test('all that is known of a message', () => {
  const { exchanges } = talk([['>', join(sent(0x01, 'in '), sent(0x89), sent(0x80, 'parts'))]]);
  assert.deepEqual(exchanges.map(short), ['> ping ', '> text in parts']);
  assert.deepEqual(JSON.parse(JSON.stringify(exchanges[1]!.fields)), {
    'websocket.opcode': 'text',
    'websocket.sent': 'in parts',
    'websocket.payload.text': 'in parts',
    'websocket.fragment.count': 2,
    'http.request.uri': '/chat',
  });
  const { request, response, outcome, startAt } = exchanges[1]!;
  assert.deepEqual(
    [request!.wireBytes, response, outcome, startAt, body(exchanges[1]!)],
    [20, undefined, 'info', 1e6, 'in parts'],
  );
});

test('close codes in words', () => {
  const { exchanges } = talk([
    ['>', sent(0x88)],
    ['<', join(frame(0x88, close(1000)), frame(0x88, close(1011, 'oops')), frame(0x88, close(4999, 'own')))],
  ]);
  assert.deepEqual(
    exchanges.map((e) => [short(e), e.outcome]),
    [
      ['> close 1005 no status', 'info'],
      ['< close 1000 normal closure', 'info'],
      ['< close 1011 internal error (oops)', 'failed'],
      ['< close 4999 (own)', 'info'],
    ],
  );
});

test('masked both ways wrong, lengths in too long a form, bits nobody agreed on', () => {
  const { exchanges, events } = talk([
    ['>', frame(0x81, 'bare')],
    ['<', sent(0x81, 'hidden')],
    ['>', frame(0x81, 'long', { masked: true, long: 64 })],
    ['>', sent(0xc1, 'rsv1')],
    ['>', join(sent(0x01, 'never '), sent(0x81, 'ended'))],
  ]);
  assert.deepEqual(exchanges.map(short), [
    '> text bare | websocket_unmasked_client',
    '< text hidden | websocket_masked_server',
    '> text long',
    '> text rsv1',
    '> text never  | messageCut',
    '> text ended',
  ]);
  assert.deepEqual(events, [
    'weird websocket_unmasked_client',
    'weird websocket_masked_server',
    'weird websocket_long_length',
    'weird websocket_reserved_bit',
    'weird websocket_message_interrupted',
  ]);
});

// permessage-deflate

const squeeze = (text: string, dictionary = '') =>
  Uint8Array.from(
    deflateRawSync(text, {
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary ? { dictionary: Buffer.from(dictionary) } : {}),
    }).subarray(0, -4),
  );
const first = 'a text that is told twice, a text that is told twice';
const again = squeeze(`${first}, and again`, first);

test('compressed: with and without a history, in pieces, at every cut', () => {
  const shared: Step[] = [
    ['<', frame(0xc1, squeeze(first))],
    [
      '<',
      join(
        frame(0x41, again.subarray(0, 3)),
        frame(0x00, again.subarray(3, 5)),
        frame(0x80, again.subarray(5)),
      ),
    ],
  ];
  assert.ok(again.length < 20);
  for (const cut of [undefined, 1, 3]) {
    const { exchanges } = talk(shared, { carrier: carrier('permessage-deflate'), ...(cut ? { cut } : {}) });
    assert.deepEqual(exchanges.map(body), [first, `${first}, and again`]);
    assert.ok(exchanges.every((e) => e.fields['websocket.pmc'] === true));
  }
  const alone: Step[] = [
    ['>', sent(0xc1, squeeze(first))],
    ['>', sent(0xc1, squeeze('another'))],
    ['<', frame(0xc1, squeeze(first))],
    ['<', frame(0xc1, again)],
  ];
  const header = 'foo, permessage-deflate; client_no_context_takeover; server_max_window_bits=10';
  const { exchanges } = talk(alone, { carrier: carrier(header) });
  assert.deepEqual(exchanges.map(body), [first, 'another', first, `${first}, and again`]);
});

test('a lost piece costs the messages that refer to it, and it is told', () => {
  const whole = frame(0xc1, squeeze(first));
  const { exchanges } = talk(
    [
      ['<', whole.subarray(0, 10)],
      ['<gap', 4],
      ['<', whole.subarray(14)],
      ['<', frame(0xc1, again)],
      ['<', frame(0xc1, squeeze('a new beginning, without anything from before'))],
    ],
    { carrier: carrier('permessage-deflate') },
  );
  assert.match(short(exchanges[0]!), /^< text a te.*\| bytesLost 4 \| websocket_history_lost$/);
  assert.match(body(exchanges[1]!), /^\?+, and again$/);
  assert.deepEqual(exchanges[1]!.weirds, ['websocket_history_lost']);
  assert.equal(body(exchanges[2]!), 'a new beginning, without anything from before');
  assert.deepEqual(exchanges[2]!.weirds, []);
  // Without takeover nothing but the message itself is lost.
  const alone = talk(
    [
      ['<', whole.subarray(0, 10)],
      ['<gap', 4],
      ['<', whole.subarray(14)],
      ['<', frame(0xc1, squeeze(first))],
    ],
    { carrier: carrier('permessage-deflate; server_no_context_takeover') },
  );
  assert.equal(body(alone.exchanges[1]!), first);
});

test('a bomb is given up, what is no DEFLATE too', () => {
  const bomb = squeeze('z'.repeat(40_000_000));
  const { exchanges, events, most } = talk(
    [
      ['<', frame(0xc2, bomb)],
      ['<', frame(0x81, 'next')],
    ],
    {
      carrier: carrier('permessage-deflate'),
      bodyLimit: 1000,
    },
  );
  assert.deepEqual(
    exchanges.map((e) => e.weirds),
    [['websocket_inflate_limit'], []],
  );
  assert.ok(exchanges[0]!.response!.body!.totalLength < 17_000_000);
  assert.deepEqual(exchanges[0]!.missing, [{ kind: 'bodyCut', side: 'response', bytes: 1000 }]);
  assert.deepEqual(events, ['weird websocket_inflate_limit']);
  assert.ok(most < websocket.bufferLimit + 2000);
  const broken = talk([['>', sent(0xc1, '\xff\xff\xff')]], { carrier: carrier('permessage-deflate') });
  assert.deepEqual(broken.exchanges[0]!.weirds, ['websocket_bad_deflate']);
});

// What is missing.

test('bytes lost: within a payload, with the next header, before a continuation', () => {
  const { exchanges, events } = talk([
    ['>', sent(0x81, 'some words that are long enough').subarray(0, 16)],
    ['>gap', 5],
    ['>', sent(0x81, 'some words that are long enough').subarray(21)],
    ['>', sent(0x81, 'cut').subarray(0, 7)],
    ['>gap', 40],
    ['>', sent(0x81, 'found again')],
    ['>gap', 10],
    ['>', join(sent(0x00, 'more of '), sent(0x80, 'something'))],
  ]);
  assert.deepEqual(exchanges.slice(1).map(short), [
    '> text c | bytesLost 2',
    '> text found again | bytesLost 38',
    '> continued more of something | bytesLost 10 | websocket_beginning_missing',
  ]);
  assert.deepEqual(exchanges[0]!.missing, [{ kind: 'bytesLost', side: 'request', bytes: 5 }]);
  assert.equal(exchanges[0]!.request!.body!.totalLength, 'some words that are long enough'.length);
  assert.equal(events.filter((e) => e === 'weird websocket_bytes_lost').length, 3);
});

test('joined in the middle, without the handshake: texts tell, compressed ones too', () => {
  const later: Step[] = [
    ['>', sent(0x81, 'where were we')],
    ['<', frame(0x81, 'just here')],
    ['<', frame(0xc1, again)],
  ];
  const { exchanges } = talk(
    [['>', sent(0x81, 'a long text of which the end is seen').subarray(25)], ...later],
    { carrier: false, joinedMidStream: true },
  );
  assert.deepEqual(exchanges.map(short).slice(0, 2), ['> text where were we', '< text just here']);
  assert.match(short(exchanges[2]!), /^< text \?+, and again \| websocket_history_lost$/);
  assert.deepEqual([...new Set(exchanges.map((e) => e.fields['http.request.uri']))], [undefined]);
});

test('detection without a handshake', () => {
  const none = new Uint8Array(0);
  assert.equal(detect(sent(0x81, 'hello there'), none), 'yes');
  assert.equal(detect(none, frame(0x81, '{"a":1}')), 'yes');
  assert.equal(detect(none, join(frame(0xc1, squeeze(first)), frame(0xc1, again))), 'yes');
  assert.equal(detect(sent(0x81, 'hello there').subarray(0, 9), none), 'more');
  assert.equal(detect(frame(0x81, 'not masked'), none), 'no');
  assert.equal(detect(none, sent(0x81, 'masked')), 'no');
  assert.equal(detect(sent(0x82, Buffer.from([1, 2, 3])), none), 'more');
  for (const other of [
    'GET / HTTP/1.1\r\n',
    '\x16\x03\x01\x00\x05hello',
    '\x81\x00\x00\x44',
    '+OK\r\n',
    '\x05\x01\x00',
  ])
    assert.equal(
      detect(
        none,
        Uint8Array.from(other, (c) => c.charCodeAt(0)),
      ),
      'no',
      JSON.stringify(other),
    );
});

test('limits: bodies kept, previews, endless messages', () => {
  const chunk = new Uint8Array(60_000).fill(0x61);
  const steps: Step[] = [
    ['<', frame(0x01, chunk)],
    ...Array.from({ length: 50 }, (): Step => ['<', frame(0x00, chunk)]),
  ];
  const { exchanges, most } = talk([...steps, ['<', frame(0x80, 'end')]], { bodyLimit: 5000 });
  assert.ok(most < websocket.bufferLimit + 2 * 5000);
  const [e] = exchanges;
  assert.deepEqual(
    [e!.response!.body!.bytes.length, e!.response!.body!.totalLength],
    [5000, 51 * 60_000 + 3],
  );
  assert.equal(String(e!.fields['websocket.payload.text']).length, 256);
  const none = talk([['<', frame(0x81, 'hello')]], { bodyLimit: 0 }).exchanges[0]!;
  assert.deepEqual([short(none), none.response!.body!.bytes.length], ['< text hello', 0]);
});

test('within a stream of HTTP/2', () => {
  const asked = { ...carrier(), fields: { 'http2.protocol': 'websocket', 'http.request.uri': '/h2' } };
  assert.equal(websocketInside.claims(carrier()), false);
  assert.equal(websocketInside.claims(asked), true);
  const exchanges: Exchange[] = [];
  const out = { exchange: (e: Exchange) => void exchanges.push(e), weird() {} };
  const inner = websocketInside.open(asked, { connection: connectionFor({}), bodyLimit: 100 });
  inner.answered?.({ ...carrier('permessage-deflate'), fields: asked.fields });
  inner.data('client', sent(0x81, 'up'), 1, out);
  inner.data('server', frame(0xc1, squeeze(first)), 2, out);
  inner.data('server', frame(0x81, 'cut off').subarray(0, 5), 3, out);
  assert.equal(inner.finish(asked, out), asked);
  assert.deepEqual(exchanges.map(short), ['> text up', `< text ${first}`, '< text cut | messageCut']);
  assert.equal(exchanges[0]!.fields['http.request.uri'], '/h2');
});
