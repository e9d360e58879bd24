import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/index.ts';
import {
  type Bytes,
  clientHello,
  extension,
  serverHello,
  u16,
  vector,
} from '../../util/tls/testing/build.ts';
import { type Options, play as playModule, type Step } from '../testing/play.ts';
import { dtls } from './index.ts';

const none = new Uint8Array(0);
const u24 = (value: number): Bytes => [value >> 16, (value >> 8) & 255, value & 255];
const bytes = (...parts: readonly Bytes[]) => Uint8Array.from(parts.flat());
const filled = (length: number): Bytes => new Array<number>(length).fill(0xee);

const record = (type: number, epoch: number, payload: Bytes, version = 0xfefd): Bytes => [
  ...[type, ...u16(version), ...u16(epoch), 0, 0, 0, 0, 0, 1],
  ...vector(2, payload),
];
const fragment = (type: number, sequence: number, body: Bytes, from = 0, to = body.length): Bytes => [
  ...[type, ...u24(body.length), ...u16(sequence), ...u24(from), ...u24(to - from)],
  ...body.slice(from, to),
];
/** With the empty cookie behind the session id. */
const withCookie = (body: Bytes): Bytes => [...body.slice(0, 35), 0, ...body.slice(35)];
const hello = withCookie(
  clientHello({ version: 0xfefd, ciphers: [0xc02b], extensions: [extension.serverName('dtls.example.com')] }),
);
const answer = serverHello({ version: 0xfefd, ciphers: [0xc02b] });
const helloRecord = record(22, 0, fragment(1, 0, hello), 0xfeff);
const finished = record(22, 1, filled(40));

const limit = dtls.bufferLimit;
const play = (steps: readonly Step[], options: Options = {}) =>
  playModule(dtls, steps, {
    transport: 'udp',
    watch: (analyzer) => assert.ok(analyzer.buffered() <= limit),
    ...options,
  });
const results = (exchanges: readonly Exchange[]) => exchanges.map((e) => e.fields['dtls.result']);

test('over when both Finished came', () => {
  const { exchanges } = play([
    ['>', bytes(helloRecord)],
    ['<', bytes(record(22, 0, fragment(2, 0, answer)))],
    ['>', bytes(record(20, 0, [1]), finished)],
    ['<', bytes(record(20, 0, [1]), finished)],
    ['>', bytes(record(23, 1, filled(30)))],
  ]);
  assert.deepEqual(results(exchanges), [
    'DTLS 1.2 ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    'encrypted, 30 bytes up, 0 down',
  ]);
  assert.equal(exchanges[0]!.fields['dtls.handshake.extensions_server_name'], 'dtls.example.com');
  assert.match(String(exchanges[0]!.fields['dtls.handshake.ja4']), /^dd2d0101/);
});

test('a hello in fragments out of order, and a cookie asked for', () => {
  const middle = hello.length >> 1;
  const again = [hello.length, middle, 0];
  const { exchanges } = play([
    ['>', bytes(record(22, 0, fragment(1, 0, hello, middle)))],
    ['<', bytes(record(22, 0, fragment(3, 0, [0xfe, 0xfd, 2, 7, 7])))],
    ['>', bytes(record(22, 0, fragment(1, 1, hello, again[1], again[0])))],
    ['>', bytes(record(22, 0, fragment(1, 1, hello, again[2], again[1])))],
  ]);
  assert.equal(exchanges[0]!.fields['dtls.handshake.extensions_server_name'], 'dtls.example.com');
  assert.equal(exchanges[0]!.fields['dtls.cookie'], true);
});

test('DTLS 1.3: records without the old header', () => {
  const { exchanges } = play([
    ['>', bytes(helloRecord)],
    [
      '<',
      bytes(record(22, 0, fragment(2, 0, serverHello({ version: 0xfefd, extensions: [[43, u16(0xfefc)]] })))),
    ],
    ['<', bytes([0x2e, 0, 1, ...vector(2, filled(400))])],
    ['>', bytes([0x2e, 0, 1, ...vector(2, filled(50))])],
    ['>', bytes([0x2f, 0, 1, ...vector(2, filled(60))])],
    ['<', bytes([0x2b, 0, 1, ...filled(70)])],
  ]);
  assert.deepEqual(results(exchanges), ['DTLS 1.3 AES_128_GCM_SHA256', 'encrypted, 60 bytes up, 70 down']);
});

test('the other end begins: who is client is told by the hello', () => {
  const { exchanges } = play([
    ['<', bytes(helloRecord)],
    ['>', bytes(record(22, 0, fragment(2, 0, answer)))],
  ]);
  assert.equal(exchanges[0]!.request!.startLine, 'ClientHello');
});

test('datagrams of others in between, alerts, and what is no DTLS', () => {
  const stun = bytes([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42], filled(12));
  const { exchanges } = play([
    ['>', bytes(helloRecord)],
    ['<', stun],
    ['<', bytes(record(21, 0, [2, 40]))],
  ]);
  assert.match(String(results(exchanges)[0]), /^alert by server: handshake_failure/);
  assert.equal(dtls.detect(bytes(helloRecord), none, 'udp'), 'yes');
  assert.equal(dtls.detect(none, bytes(record(23, 1, filled(40))), 'udp'), 'yes', 'joined later');
  const others: readonly Bytes[] = [
    [...stun],
    record(23, 1, filled(40)).slice(0, 50),
    [...record(23, 1, filled(40)), 1],
    record(22, 0, fragment(20, 0, filled(12))),
    record(21, 0, [7, 7]),
    [22, 3, 3, 0, 40, ...filled(40)],
  ];
  for (const other of others) assert.equal(dtls.detect(bytes(other), none, 'udp'), 'no', String(other));
});

test('hostile: fragments that never come together', () => {
  const body = filled(16_000);
  const steps = Array.from(
    { length: 20_000 },
    (_, i): Step => [
      '>',
      bytes(record(22, 0, fragment(1, i >> 8, body, (i * 7) % 15_000, ((i * 7) % 15_000) + 2))),
    ],
  );
  const { exchanges } = play([['>', bytes(record(22, 0, fragment(1, 0, hello, 5)))], ...steps]);
  assert.ok(exchanges[0]!.weirds.includes('dtls_fragments_beyond_limit'));
});
