/**
 * QUIC: datagrams damaged and out of order are read within the limits. Damaged Initial packets do not open,
 * so every other case is put into one that does: what is damaged then are frames, hellos and parameters.
 */
import { createCipheriv } from 'node:crypto';
import type { AnalyzerOutput } from '../src/model/index.ts';
import { quic } from '../src/protocols/quic/index.ts';
import { connectionFor } from '../src/protocols/testing/play.ts';
import { bytesOfHex } from '../src/util/bytes.ts';
import { hkdfExpandLabel, hkdfExtract } from '../src/util/sha256.ts';
import { type Bytes, clientHello, extension, message, u16 } from '../src/util/tls/testing/build.ts';
import { analyzerTarget } from './lib/analyzer.ts';
import type { Random } from './lib/random.ts';
import type { Target } from './lib/target.ts';

const destination = bytesOfHex('8394c8f03e515708');
const secret = hkdfExpandLabel(
  hkdfExtract(bytesOfHex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'), destination),
  'client in',
  32,
);
const key = hkdfExpandLabel(secret, 'quic key', 16);
const iv = hkdfExpandLabel(secret, 'quic iv', 12);
const headerKey = hkdfExpandLabel(secret, 'quic hp', 16);

/** A client's Initial of version 1 around these frames: RFC 9001 section 5. */
function seal(frames: Uint8Array, number: number): Uint8Array {
  const length = frames.length + 16 + 2;
  const header = Uint8Array.of(
    ...[0xc1, 0, 0, 0, 1, 8, ...destination, 2, 7, 7, 0, 0x40 | (length >> 8), length & 255],
    ...u16(number),
  );
  const nonce = iv.slice();
  nonce[11]! ^= number & 255;
  nonce[10]! ^= number >> 8;
  const gcm = createCipheriv('aes-128-gcm', key, nonce).setAAD(header);
  const packet = Buffer.concat([header, gcm.update(frames), gcm.final(), gcm.getAuthTag()]);
  const at = header.length - 2;
  const mask = createCipheriv('aes-128-ecb', headerKey, null).update(packet.subarray(at + 4, at + 20));
  packet[0]! ^= mask[0]! & 0x0f;
  packet[at]! ^= mask[1]!;
  packet[at + 1]! ^= mask[2]!;
  return Uint8Array.from(packet);
}

const crypto = (offset: number, bytes: Bytes): Bytes => [
  ...[6, 0x40 | (offset >> 8), offset & 255, 0x40 | (bytes.length >> 8), bytes.length & 255],
  ...bytes,
];
const parameters = [
  1, 2, 0x67, 0x10, 4, 4, 0x80, 0x10, 0, 0, 0x0f, 0, 0x11, 8, 0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf,
];
const hello = message(
  1,
  clientHello({
    extensions: [
      extension.serverName('h3.example.com'),
      extension.alpn('h3'),
      extension.versions([0x0304]),
      extension.keyShares([29]),
      extension.other(57, parameters),
    ],
  }),
);
const frames: readonly Bytes[] = [
  crypto(0, hello),
  [...crypto(50, hello.slice(50)), 0, 1, 0, ...crypto(0, hello.slice(0, 60))],
  [2, 5, 0, 1, 0, 0, 0, 0x1c, 0x41, 0x28, 6, 2, 0x68, 0x69],
];

const datagrams = analyzerTarget(quic, {
  tokens: [
    '\xc3\x00\x00\x00\x01\x08',
    '\xd3\x6b\x33\x43\xcf\x08',
    '\x80\x00\x00\x00\x00',
    '\xf0\x00\x00\x00\x01',
    '\xc0\x1a\x2a\x3a\x4a\x14',
    '\x06\x00\x40\x40',
    '\x1c\x41\x28\x06',
    '\x02\x05\x00\xbf\xff\xff\xff',
    '\xff\xff\xff\xff\xff\xff\xff\xff',
    '\x00\x39\x00\x04',
  ],
});

/** The longest that fits the length's two bytes. */
const maxFrames = 16_000;

function runSealed(input: Uint8Array, random: Random): void {
  const out: AnalyzerOutput = {
    exchange: ({ request, response }) => void JSON.stringify([request?.headers, response?.headers]),
    opened() {},
    child() {},
    inner: () => undefined,
    confirmed() {},
    violation() {},
    weird() {},
  };
  const analyzer = quic.open({ connection: connectionFor({ transport: 'udp' }), bodyLimit: 0 });
  const size = random.chance(2) ? maxFrames : 1 + random.below(1200);
  for (let at = 0, number = 0; at < input.length; at += size, number++) {
    analyzer.data('client', seal(input.subarray(at, Math.min(input.length, at + size)), number), number, out);
    if (analyzer.buffered() > quic.bufferLimit) throw new Error(`${analyzer.buffered()} bytes held`);
  }
  analyzer.end('client', 'idle', 1e9, out);
  analyzer.end('server', 'idle', 1e9, out);
}

export const target: Target = {
  ...datagrams,
  seeds: () => [...datagrams.seeds(), ...frames.map((bytes) => Uint8Array.from(bytes))],
  run(input, random) {
    if (random.chance(2)) runSealed(input.subarray(0, maxFrames), random);
    else datagrams.run(input, random);
  },
};
