import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/index.ts';
import { bytesOfHex } from '../../util/bytes.ts';
import { Cursor } from '../../util/cursor.ts';
import { Pieces } from '../../util/pieces.ts';
import { hex } from '../../util/tls/fingerprint.ts';
import { type Options, play as playModule, type Step } from '../testing/play.ts';
import { cryptoLimit } from './attempt.ts';
import { readFrames } from './frames.ts';
import { quic } from './index.ts';
import { initialKeys, openPacket, retryTagIsRight, wholeNumber } from './keys.ts';
import { parseLong, varint } from './packet.ts';
import { readParameters } from './transport-parameters.ts';
import { versionOf } from './versions.ts';

const unhex = (text: string) => bytesOfHex(text.replaceAll(/\s/g, ''));
const destination = unhex('8394c8f03e515708');
const none = new Uint8Array(0);

/** RFC 9001 appendix A.3: the server's Initial. */
const serverInitial = unhex(`cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a
  5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9
  c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4
  2158407dd074ee`);
/** RFC 9369 appendix A.3. */
const serverInitialV2 = unhex(`dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698
  baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4c
  fa52382dd16a393e42757507698075b2c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca8
  4bed8521e2e140`);
/** RFC 9001 appendix A.4 and RFC 9369 appendix A.4. */
const retry = unhex('ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba');
const retryV2 = unhex('cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6');

for (const [version, packet, crypto] of [
  [1, serverInitial, '02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf7'],
  [0x6b3343cf, serverInitialV2, '02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf7'],
] as const)
  test(`the server's Initial of the RFCs opens: version ${version.toString(16)}`, () => {
    const known = versionOf(version)!;
    const keys = initialKeys(known, known.salts[0]!, destination);
    const parsed = parseLong(packet, 0)!;
    assert.equal(parsed.type, 'initial');
    assert.equal(hex(parsed.source), 'f067a5502a4262b5');
    const opened = openPacket(keys.server, parsed, -1)!;
    assert.equal(opened.number, 1);
    assert.ok(hex(opened.frames).startsWith(crypto), hex(opened.frames));
    assert.equal(openPacket(keys.client, parsed, -1), undefined, 'the other side’s keys do not fit');
    const offsets: number[] = [];
    assert.ok(readFrames(opened.frames, { crypto: (at) => void offsets.push(at), close() {} }));
    assert.deepEqual(offsets, [0]);
    for (let at = 0; at < packet.length; at += 5) {
      const damaged = packet.slice();
      damaged[at]! ^= 1;
      const other = parseLong(damaged, 0);
      if (other?.type === 'initial') assert.equal(openPacket(keys.server, other, -1), undefined);
    }
  });

test('the tag of a Retry', () => {
  for (const [version, packet] of [
    [1, retry],
    [0x6b3343cf, retryV2],
  ] as const) {
    const parsed = parseLong(packet, 0)!;
    assert.deepEqual([parsed.type, hex(parsed.token)], ['retry', '746f6b656e']);
    assert.equal(retryTagIsRight(versionOf(version)!, parsed, destination), true);
    assert.equal(retryTagIsRight(versionOf(version)!, parsed, destination.subarray(1)), false);
  }
});

test('packet numbers and variable-length integers (RFC 9000 appendix A)', () => {
  assert.equal(wholeNumber(0x9b32, 2, 0xa82f30ea), 0xa82f9b32);
  assert.equal(wholeNumber(0, 1, -1), 0);
  assert.equal(wholeNumber(2, 1, 255), 258);
  const read = (text: string) => varint(new Cursor(unhex(text)));
  assert.equal(read('c2197c5eff14e88c'), Number('151288809941952652'));
  assert.deepEqual([read('9d7f3e7d'), read('7bbd'), read('25'), read('4025')], [494_878_333, 15_293, 37, 37]);
});

test('CRYPTO frames in any order, over each other, beyond the limit', () => {
  const whole = Uint8Array.from({ length: 300 }, (_, i) => i & 255);
  const stream = new Pieces(cryptoLimit, 64);
  for (const [from, to] of [
    [200, 300],
    [50, 120],
    [100, 210],
    [10, 20],
  ] as const) {
    assert.ok(stream.add(from, whole.subarray(from, to)));
    assert.equal(stream.whole.length, 0);
  }
  assert.ok(stream.add(0, whole.subarray(0, 15)));
  assert.equal(stream.whole.length, 20);
  assert.ok(stream.add(15, whole.subarray(15, 60)));
  assert.deepEqual([...stream.whole], [...whole]);
  assert.ok(!stream.add(cryptoLimit - 1, whole), 'too far');
  const holed = new Pieces(cryptoLimit, 64);
  let taken = 0;
  for (let i = 1; i < 1000; i++) if (holed.add(3 * i, whole.subarray(0, 1))) taken++;
  assert.equal(taken, 64);
  assert.ok(holed.buffered <= cryptoLimit);
});

test('frames that do not belong there, and lengths that lie', () => {
  const sink = { crypto() {}, close() {} };
  assert.ok(readFrames(unhex('00000001 02 05 00 00 05 06 00 01 ff'), sink));
  assert.ok(!readFrames(unhex('08 00'), sink), 'STREAM');
  assert.ok(!readFrames(unhex('06 00 20 ff'), sink), 'cut');
  assert.ok(!readFrames(unhex('02 05 00 bfffffff 00'), sink), 'a billion ranges');
  const told: string[] = [];
  const close = (_: boolean, code: number, reason: string) => void told.push(`${code} ${reason}`);
  assert.ok(readFrames(unhex('1c 4128 06 02 6869'), { crypto() {}, close }));
  assert.deepEqual(told, ['296 hi']);
});

test('transport parameters: named, reserved ones left out, cut ones noted', () => {
  const { fields, lines, malformed } = readParameters(
    unhex('01 02 6710 04 04 80100000 1b 01 00 0f 00 7157 01 07'),
  );
  assert.deepEqual(fields, {
    'tls.quic.parameter.max_idle_timeout': 10_000,
    'tls.quic.parameter.initial_max_data': 1_048_576,
  });
  assert.deepEqual(lines.at(-1), ['quic 0x3157', '07']);
  assert.ok(
    !malformed &&
      lines.some(([name, value]) => name === 'quic initial source connection id' && value === '(empty)'),
  );
  assert.ok(readParameters(unhex('01 08 00')).malformed);
});

const limit = quic.bufferLimit;
function play(steps: readonly Step[], options: Options = {}): ReturnType<typeof playModule> {
  return playModule(quic, steps, {
    transport: 'udp',
    serverPort: 443,
    watch: (analyzer) => assert.ok(analyzer.buffered() <= limit),
    ...options,
  });
}
const results = (exchanges: readonly Exchange[]) => exchanges.map((e) => e.fields['quic.result']);

/** An Initial that nobody can open: its keys are of another id. */
function foreignInitial(seed: number): Uint8Array {
  const packet = new Uint8Array(1200).fill(seed);
  packet.set([
    0xc3,
    0,
    0,
    0,
    1,
    8,
    1,
    2,
    3,
    4,
    5,
    6,
    seed >> 8,
    seed & 255,
    2,
    seed >> 8,
    seed & 255,
    0,
    0x44,
    0x9c,
  ]);
  return packet;
}

test('only the server’s side was captured', () => {
  const { exchanges } = play([['<', serverInitial]]);
  assert.deepEqual(exchanges[0]!.missing, [{ kind: 'noRequest' }]);
  assert.equal(exchanges[0]!.fields['quic.server_cid'], 'f067a5502a4262b5');
  assert.equal(exchanges[0]!.fields['quic.version'], 'v1');
});

test('version negotiation that leads nowhere', () => {
  const refused = unhex('80 00000000 02 0505 08 0102030405060708 00000001 6b3343cf 1a2a3a4a');
  const asked = new Uint8Array(1200);
  asked.set(unhex('c0 1a2a3a4a 08 0102030405060708 02 0505 00 4496'));
  assert.equal(quic.detect(asked, none, 'udp'), 'yes');
  assert.equal(quic.detect(none, refused, 'udp'), 'yes');
  const { exchanges } = play([
    ['>', asked],
    ['<', refused],
  ]);
  assert.deepEqual(results(exchanges), ['no version in common: the server offers v1, v2']);
  assert.equal(exchanges[0]!.outcome, 'failed');
  assert.deepEqual(exchanges[0]!.fields['quic.supported_version'], ['v1', 'v2']);
});

test('hostile: thousands of connections on one pair of ports, none of which opens', () => {
  const steps = Array.from({ length: 5000 }, (_, i): Step => ['>', foreignInitial(i)]);
  const { exchanges } = play(steps);
  assert.equal(exchanges.length, 1);
  assert.ok(exchanges[0]!.weirds.includes('quic_initial_not_opened'));
});

test('detection: other datagrams are not claimed', () => {
  const others = [
    '16fefd0000000000000000003001',
    '000100002112a442aabbccddeeff00112233',
    '80c8000644a8a2c1e15b2c3d0001f2a7',
    '4011223344556677889900112233',
    'c000000001',
    'c0000000020801020304050607080201020044960000',
    `c00000000115${'00'.repeat(40)}`,
    '1234010000010000000000000377777707657861',
  ];
  for (const other of others) {
    assert.equal(quic.detect(unhex(other), none, 'udp'), 'no', other);
    assert.equal(quic.detect(none, unhex(other), 'udp'), 'no', other);
  }
  assert.equal(quic.detect(none, none, 'udp'), 'more');
  assert.equal(quic.detect(none, serverInitial, 'udp'), 'yes');
});
