import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/index.ts';
import {
  type Bytes,
  clientHello,
  extension,
  message,
  record,
  serverHello,
  u16,
  vector,
} from '../../util/tls/testing/build.ts';
import { type Options, play as playModule, type Step } from '../testing/play.ts';
import { maxMessage } from './handshake.ts';
import { tls } from './index.ts';

const handshake = 22;
const bytes = (...parts: readonly Bytes[]) => Uint8Array.from(parts.flat());
const filled = (length: number): Bytes => new Array<number>(length).fill(0xee);
const hello = clientHello({
  ciphers: [0x1301, 0xc02f],
  extensions: [extension.serverName('api.example.com'), extension.alpn('h2'), extension.versions([0x304])],
});
const helloRecord = record(handshake, message(1, hello), 0x0301);
const server13 = serverHello({
  extensions: [
    [43, u16(0x0304)],
    [51, [...u16(29), ...vector(2, [1])]],
  ],
});
const server12 = serverHello({ ciphers: [0xc02f], extensions: [extension.alpn('h2')] });
const data = (length: number) => record(23, filled(length));
const changeCipher = record(20, [1]);
const alert = (level: number, description: number) => record(21, [level, description]);

const text = (exchange: Exchange | undefined, field: string) => exchange?.fields[field];
const results = (exchanges: readonly Exchange[]) => exchanges.map((e) => text(e, 'tls.result'));
const limit = tls.bufferLimit;

function play(steps: readonly Step[], options: Options = {}): ReturnType<typeof playModule> {
  return playModule(tls, steps, {
    watch: (analyzer) => assert.ok(analyzer.buffered() <= limit, `${analyzer.buffered()} bytes held`),
    ...options,
  });
}

test('TLS 1.3: what ends the handshake is not counted as data', () => {
  const { exchanges } = play([
    ['>', bytes(helloRecord)],
    ['<', bytes(record(handshake, message(2, server13)), changeCipher, data(900))],
    ['>', bytes(changeCipher, data(53), data(100))],
    ['<', bytes(data(200), data(300))],
  ]);
  assert.deepEqual(results(exchanges), ['TLS 1.3 AES_128_GCM_SHA256', 'encrypted, 100 bytes up, 500 down']);
  assert.equal(text(exchanges[0], 'tls.handshake.extensions_server_name'), 'api.example.com');
  assert.equal(text(exchanges[0], 'tls.group'), 'x25519');
  assert.equal(text(exchanges[1], 'tls.handshake.extensions_server_name'), 'api.example.com');
  assert.deepEqual(
    exchanges.map((e) => e.outcome),
    ['ok', 'info'],
  );
  assert.equal(text(exchanges[1], 'tls.sealed.server_records'), 2);
});

test('TLS 1.2: over when both Finished came', () => {
  const finished = record(handshake, filled(40));
  const { exchanges } = play([
    ['>', bytes(helloRecord)],
    ['<', bytes(record(handshake, [...message(2, server12), ...message(14, [])]))],
    ['>', bytes(record(handshake, message(16, [1, 2])), changeCipher, finished)],
    ['<', bytes(changeCipher, finished)],
    ['>', bytes(data(30))],
  ]);
  assert.deepEqual(results(exchanges), [
    'TLS 1.2 ECDHE_RSA_WITH_AES_128_GCM_SHA256 h2',
    'encrypted, 30 bytes up, 0 down',
  ]);
  assert.equal(text(exchanges[0], 'tls.alpn'), 'h2');
});

test('a hello in records of one byte each, and two messages in one record', () => {
  const pieces = message(1, hello).map((b) => record(handshake, [b]));
  const { exchanges } = play([['>', bytes(...pieces)]], { cut: 7 });
  assert.equal(text(exchanges[0], 'tls.handshake.extensions_server_name'), 'api.example.com');
  assert.equal(exchanges[0]!.outcome, 'unanswered');
});

test('a hello in the form of SSL 2.0, answered in TLS', () => {
  const challenge = filled(16);
  const body = [1, ...u16(0x0301), ...u16(3), ...u16(0), ...u16(16), 0, 0, 0x2f, ...challenge];
  const steps: Step[] = [
    ['>', bytes([0x80, body.length], body)],
    ['<', bytes(record(handshake, message(2, serverHello({ version: 0x301, ciphers: [0x2f] })), 0x301))],
    ['<', bytes(alert(2, 40))],
  ];
  assert.equal(tls.detect(steps[0]![1] as Uint8Array, new Uint8Array(0), 'tcp'), 'yes');
  const { exchanges } = play(steps);
  assert.deepEqual(exchanges[0]!.weirds, ['tls_sslv2_hello']);
  assert.equal(text(exchanges[0], 'tls.version'), 'TLS 1.0');
  assert.match(String(text(exchanges[0], 'tls.result')), /^alert by server: handshake_failure/);
});

test('SSL 2.0 on both sides', () => {
  const body = [1, ...u16(2), ...u16(3), ...u16(0), ...u16(16), 1, 0, 0x80, ...filled(16)];
  const answer = [4, 0, 1, ...u16(2), ...u16(0), ...u16(3), ...u16(16), 1, 0, 0x80, ...filled(16)];
  const v2 = (payload: Bytes) => [0x80 | (payload.length >> 8), payload.length & 255, ...payload];
  const { exchanges } = play([
    ['>', bytes(v2(body))],
    ['<', bytes(v2(answer))],
    ['>', bytes(v2(filled(60)), [0, 20, 3, ...filled(20)])],
  ]);
  assert.equal(text(exchanges[0], 'tls.version'), 'SSL 2.0');
  assert.deepEqual(results(exchanges), ['SSL 2.0', 'encrypted, 80 bytes up, 0 down']);
});

test('a retry request: one handshake, the group that was agreed on', () => {
  const random = [...Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')];
  const retry = serverHello({
    random,
    extensions: [
      [43, u16(0x0304)],
      [51, u16(24)],
    ],
  });
  const { exchanges } = play([
    ['>', bytes(helloRecord)],
    ['<', bytes(record(handshake, message(2, retry)), changeCipher)],
    ['>', bytes(changeCipher, helloRecord)],
    ['<', bytes(record(handshake, message(2, server13)), data(500))],
    ['>', bytes(data(53))],
  ]);
  assert.equal(exchanges.length, 2);
  assert.equal(text(exchanges[0], 'tls.hello_retry'), true);
  assert.equal(text(exchanges[0], 'tls.version'), 'TLS 1.3');
  assert.equal(exchanges[0]!.outcome, 'ok');
});

test('alerts: warnings go on, fatal ones end it, encrypted ones are told by their length', () => {
  const answered = bytes(record(handshake, message(2, server13)), data(500));
  const warned = play([
    ['>', bytes(helloRecord)],
    ['<', bytes(alert(1, 112), record(handshake, message(2, server12)), data(40))],
  ]).exchanges;
  assert.match(String(text(warned[0], 'tls.result')), /h2 \(warning by server: unrecognized_name\)$/);
  assert.equal(text(warned[0], 'tls.alert_message.level'), 'warning');
  const refused = play([
    ['>', bytes(helloRecord)],
    ['<', answered],
    ['>', bytes(alert(2, 48))],
  ]).exchanges;
  assert.deepEqual(results(refused), [
    'alert by client: unknown_ca (the issuer of the certificate is not trusted)',
  ]);
  assert.equal(text(refused[0], 'tls.alert_message.desc'), 'unknown_ca');
  const sealed = play([
    ['>', bytes(helloRecord)],
    ['<', answered],
    ['>', bytes(changeCipher, data(19))],
  ]).exchanges;
  assert.deepEqual(results(sealed), ['client ended the handshake with an encrypted alert']);
  assert.equal(text(sealed[0], 'tls.alert.sealed'), 'client');
});

test('TLS 1.3: an alert alone in answer to data is a refusal; one behind the client’s own is a goodbye', () => {
  const begin: Step[] = [
    ['>', bytes(helloRecord)],
    ['<', bytes(record(handshake, message(2, server13)), data(500))],
    ['>', bytes(data(53), data(70))],
  ];
  const refused = play([...begin, ['<', bytes(data(19))]]).exchanges[1]!;
  assert.equal(refused.outcome, 'failed');
  assert.match(String(text(refused, 'tls.result')), /alert alone$/);
  const goodbye = play([...begin, ['>', bytes(data(19))], ['<', bytes(data(19))]]).exchanges[1]!;
  assert.equal(goodbye.outcome, 'info');
});

test('a server that speaks something else', () => {
  const { exchanges, events } = play([
    ['>', bytes(helloRecord)],
    ['<', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ]);
  assert.deepEqual(results(exchanges), ['the server does not speak TLS: HTTP/1.1 400 Bad Request']);
  assert.equal(events.at(-1), 'violation server does not begin with a TLS record');
});

test('how it ends without an end', () => {
  const end = (...steps: Step[]) => {
    const { exchanges } = play([['>', bytes(helloRecord)], ...steps]);
    return `${exchanges[0]!.outcome} ${text(exchanges[0], 'tls.result') ?? ''}`.trim();
  };
  assert.equal(end(), 'unanswered');
  assert.equal(end(['<end', 'fin'], ['>end', 'fin']), 'failed closed by server before any answer');
  assert.equal(end(['>end', 'rst'], ['<end', 'rst']), 'failed reset before any answer');
  const half: Step = ['<', bytes(record(handshake, message(2, server12)))];
  assert.equal(end(half, ['>end', 'fin'], ['<end', 'fin']), 'failed closed by client during the handshake');
  assert.match(end(half), /^info TLS 1\.2/);
});

test('joined later: records are found inside the streams', () => {
  const { exchanges } = play(
    [
      ['>', bytes(filled(300), data(400), data(17))],
      ['<', bytes(filled(1000), data(2000), data(500))],
    ],
    { joinedMidStream: true },
  );
  assert.deepEqual(results(exchanges), ['encrypted, 417 bytes up, 2500 down']);
  assert.deepEqual(exchanges[0]!.missing, [{ kind: 'joinedMidStream' }]);
});

test('a hole in the hello: what stands before it is told, fingerprints are not', () => {
  const whole = bytes(helloRecord);
  const { exchanges } = play([
    ['>', whole.subarray(0, whole.length - 12)],
    ['>gap', 12],
    ['<', bytes(record(handshake, message(2, server13)), data(500))],
    ['>', bytes(data(53))],
  ]);
  assert.equal(text(exchanges[0], 'tls.handshake.extensions_server_name'), 'api.example.com');
  assert.equal(text(exchanges[0], 'tls.handshake.ja3'), undefined);
  assert.deepEqual(exchanges[0]!.missing, [{ kind: 'bytesLost', side: 'request', bytes: 12 }]);
  assert.equal(exchanges[0]!.outcome, 'ok');
});

test('a hole in the data: the next record is found, the bytes are told', () => {
  const begin: Step[] = [
    ['>', bytes(helloRecord)],
    ['<', bytes(record(handshake, message(2, server13)), data(500))],
    ['>', bytes(data(53))],
  ];
  const { exchanges } = play([
    ...begin,
    ['<', bytes(data(100)).subarray(0, 50)],
    ['<gap', 400],
    ['<', bytes(filled(80), data(200), data(300))],
  ]);
  assert.deepEqual(exchanges[1]!.missing, [{ kind: 'bytesLost', side: 'response', bytes: 400 }]);
  assert.equal(text(exchanges[1], 'tls.sealed.server_bytes'), 600);
});

test('detection by the first bytes of either side', () => {
  const none = new Uint8Array(0);
  const client = (b: Bytes) => tls.detect(bytes(b), none, 'tcp');
  assert.equal(client(helloRecord), 'yes');
  for (let n = 1; n < 10; n++) assert.equal(client(helloRecord.slice(0, n)), 'more');
  assert.equal(tls.detect(none, bytes(record(handshake, message(2, server13))), 'tcp'), 'yes');
  assert.equal(tls.detect(none, bytes(alert(2, 70)), 'tcp'), 'yes');
  assert.equal(client(data(100)), 'yes', 'joined later');
  const others: readonly Bytes[] = [
    [...Buffer.from('GET / HTTP/1.1\r\n')],
    [0x16, 0x03, 0x01, 0xff, 0xff, 1, 0, 0, 0],
    [0x16, 0x03, 0x01, 0, 80, 9, 0, 0, 0],
    [0x17, 0x03, 0x09, 0, 80],
    [0x80, 0x2e, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0x15, 0x03, 0x01, 0, 2, 7, 7],
  ];
  for (const other of others) assert.equal(client(other), 'no', String(other));
});

test('hostile: a hundred thousand fragments, a message of 16 MB, and records without end', () => {
  const fragment = bytes(record(handshake, [0]));
  const many: Step[] = [['>', bytes(record(handshake, [1, 0x00, 0xff, 0xff]))]];
  const blob = new Uint8Array(100_000 * fragment.length);
  for (let i = 0; i < 100_000; i++) blob.set(fragment, i * fragment.length);
  assert.ok(play([...many, ['>', blob]], { cut: 1400 }).exchanges.length <= 1);
  const long = play([
    ['>', bytes(record(handshake, [1, 0xff, 0xff, 0xff, ...filled(1000)]))],
    ['>', bytes(record(handshake, filled(16_000)))],
  ]);
  assert.ok(long.events.includes('weird tls_message_too_long'));
  const endless = new Uint8Array(5 * 200_000);
  for (let i = 0; i < 200_000; i++) endless.set([23, 3, 3, 0, 0], 5 * i);
  const { exchanges } = play([['>', endless]], { joinedMidStream: true });
  assert.equal(text(exchanges[0], 'tls.sealed.client_records'), 200_000);
});

test('hostile: a chain of thousands, and bytes that never are a record', () => {
  const chain = vector(3, Array.from({ length: 5000 }, () => vector(3, filled(5))).flat());
  const body = message(11, chain);
  assert.ok(body.length < maxMessage);
  const records: Bytes[] = [];
  for (let at = 0; at < body.length; at += 16_000)
    records.push(record(handshake, body.slice(at, at + 16_000)));
  const { exchanges } = play([
    ['>', bytes(helloRecord)],
    ['<', bytes(record(handshake, message(2, server12)))],
    ...records.map((r): Step => ['<', bytes(r)]),
  ]);
  assert.equal(text(exchanges[0], 'tls.certificate.count'), 5000);
  assert.deepEqual(exchanges[0]!.weirds, ['tls_chain_too_long', 'tls_certificate_malformed']);
  const garbage = play([
    ['>', bytes(helloRecord)],
    ['>', bytes(filled(60_000))],
  ]);
  assert.match(garbage.events.at(-1)!, /^violation no TLS record/);
});

test('heartbeats before encryption are how memory is read from afar', () => {
  const { exchanges } = play([['>', bytes(helloRecord, record(24, [1, 0x40, 0]))]]);
  assert.deepEqual(exchanges[0]!.weirds, ['tls_heartbeat_in_clear']);
});
