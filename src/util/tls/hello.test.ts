import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cipherSuiteName } from './cipher-suites.ts';
import { isGrease } from './codes.ts';
import { ja3Full, ja3sFull, ja4, md5Hex } from './fingerprint.ts';
import { offeredVersion, parseClientHello, parseServerHello, parseSslv2ClientHello } from './hello.ts';
import { groupName, signatureSchemeName, versionName } from './names.ts';
import { clientHelloFields, clientHelloLines } from './show.ts';
import {
  ascii,
  clientHello,
  extension,
  type HelloOptions,
  serverHello,
  u16,
  vector,
} from './testing/build.ts';

const client = (options: HelloOptions) => parseClientHello(Uint8Array.from(clientHello(options)));
const server = (options: HelloOptions) => parseServerHello(Uint8Array.from(serverHello(options)));

test('a client hello in full', () => {
  const hello = client({
    sessionId: [1, 2, 3],
    ciphers: [0x1a1a, 0x1301, 0xc02f],
    extensions: [
      extension.other(0x2a2a),
      extension.serverName('api.example.com'),
      extension.alpn('h2', 'http/1.1'),
      extension.versions([0x3a3a, 0x0304, 0x0303]),
      extension.groups([29, 23]),
      extension.pointFormats([0]),
      extension.signatureAlgorithms([0x0403]),
      extension.keyShares([29]),
      extension.other(35, [9]),
      extension.other(65_037, [0]),
    ],
  });
  assert.equal(hello.serverName, 'api.example.com');
  assert.deepEqual(hello.alpn, ['h2', 'http/1.1']);
  assert.deepEqual(hello.versions, [0x3a3a, 0x0304, 0x0303]);
  assert.equal(offeredVersion(hello), 0x0304);
  assert.deepEqual([hello.groups, hello.pointFormats, hello.keyShares], [[29, 23], [0], [29]]);
  assert.deepEqual([...hello.sessionId], [1, 2, 3]);
  assert.ok(hello.offersTicket && hello.ech && !hello.offersPsk && !hello.malformed);
  const fields = clientHelloFields(hello, 't');
  assert.deepEqual(fields['tls.handshake.ciphersuites'], [
    'GREASE',
    'TLS_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  ]);
  const lines = new Map(clientHelloLines(hello, fields));
  assert.match(lines.get('server name')!, /^api\.example\.com \(encrypted client hello/);
  assert.equal(lines.get('key shares'), 'x25519');
});

test('a hello of before extensions, and one cut off anywhere', () => {
  const old = client({ version: 0x0300 });
  assert.ok(!old.malformed && old.extensions.length === 0 && old.serverName === undefined);
  const whole = clientHello({ extensions: [extension.serverName('a.example'), extension.groups([29])] });
  // Cut before the extensions it is one of those.
  const bare = clientHello().length;
  for (let length = 0; length < whole.length; length++) {
    const hello = parseClientHello(Uint8Array.from(whole.slice(0, length)));
    assert.equal(hello.malformed, length !== bare, `cut at ${length}`);
  }
});

test('server hello: version of the extension, retry request, ALPN', () => {
  const hello = server({
    extensions: [
      [43, u16(0x0304)],
      [51, [...u16(29), ...vector(2, [1])]],
    ],
  });
  assert.equal(versionName(hello.version), 'TLS 1.3');
  assert.equal(hello.keyShare, 29);
  const old = server({ ciphers: [0xc02f], extensions: [extension.alpn('h2')] });
  assert.deepEqual([old.version, old.alpn, old.isRetryRequest], [0x0303, 'h2', false]);
  const random = [...Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')];
  assert.ok(server({ random, extensions: [] }).isRetryRequest);
});

test('the form of SSL 2.0 (RFC 5246 appendix E.2)', () => {
  const challenge = Array.from({ length: 16 }, (_, i) => i);
  const body = [1, ...u16(0x0301), ...u16(6), ...u16(0), ...u16(16), 0, 0, 0x2f, 1, 0, 0x80, ...challenge];
  const hello = parseSslv2ClientHello(Uint8Array.from(body));
  assert.deepEqual([hello.cipherSuites, hello.legacyVersion, hello.malformed], [[0x2f], 0x0301, false]);
  assert.equal(clientHelloFields(hello, 't')['tls.handshake.ja3'], undefined);
});

test('JA3: the examples of its authors', () => {
  const first = client({
    version: 769,
    ciphers: [47, 53, 5, 10, 49_161, 49_162, 49_171, 49_172, 50, 56, 19, 4],
    extensions: [extension.serverName('x'), extension.groups([23, 24, 25]), extension.pointFormats([0])],
  });
  const text = '769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0';
  assert.equal(ja3Full(first), text);
  assert.equal(md5Hex(ja3Full(first)), 'ada70206e40642a3e4461f35503241d5');
  const second = client({ version: 769, ciphers: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99] });
  assert.equal(ja3Full(second), '769,4-5-10-9-100-98-3-6-19-18-99,,,');
  assert.equal(md5Hex(ja3Full(second)), 'de350869b8c85de67a350c8d186f11e6');
  // GREASE is nobody's mark.
  const greased = client({ version: 769, ciphers: [0x4a4a, 4], extensions: [extension.other(0xfafa)] });
  assert.equal(ja3Full(greased), '769,4,,,');
});

test('JA3S', () => {
  const hello = server({ version: 769, ciphers: [47], extensions: [extension.other(65_281, [0])] });
  assert.equal(ja3sFull(hello), '769,47,65281');
});

/** The example of JA4.md. */
const ja4Example = {
  ciphers: [
    ...[0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9],
    ...[0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035],
  ],
  extensions: [
    extension.other(0x001b),
    extension.serverName('x'),
    extension.keyShares([29]),
    extension.alpn('h2'),
    extension.other(0x4469),
    extension.other(0x0017),
    extension.other(0x002d),
    extension.signatureAlgorithms([0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]),
    extension.other(0x0005),
    extension.other(0x0023),
    extension.other(0x0012),
    extension.versions([0x0304, 0x0303]),
    extension.other(0xff01),
    extension.pointFormats([0]),
    extension.groups([29]),
    extension.other(0x0015),
  ],
};

test('JA4: the example of its specification', () => {
  const { hashed, raw } = ja4(client(ja4Example), 't');
  assert.equal(hashed, 't13d1516h2_8daaf6152771_e5627efa2ab1');
  const suites = '002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9';
  const extensions = '0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01';
  assert.equal(raw, `t13d1516h2_${suites}_${extensions}_0403,0804,0401,0503,0805,0501,0806,0601`);
  // GREASE anywhere changes nothing.
  const greased = {
    ciphers: [0x0a0a, ...ja4Example.ciphers],
    extensions: [extension.other(0x1a1a), ...ja4Example.extensions, extension.other(0xeaea)],
  };
  assert.equal(ja4(client(greased), 't').hashed, hashed);
  assert.match(ja4(client(ja4Example), 'q').hashed, /^q13d/);
});

test('JA4: no name, no list, odd protocols', () => {
  assert.equal(
    ja4(client({ version: 0x0301, ciphers: [] }), 't').hashed,
    't10i000000_000000000000_000000000000',
  );
  const ends = (bytes: readonly number[]) => {
    const protocol = String.fromCharCode(...bytes);
    return ja4(client({ extensions: [extension.alpn(protocol)] }), 't').hashed.slice(8, 10);
  };
  // The table of JA4.md.
  const table: readonly (readonly [readonly number[], string])[] = [
    [[0xab], 'ab'],
    [[0x20], '20'],
    [[0xab, 0xcd], 'ad'],
    [[0x20, 0x61], '21'],
    [[0x30, 0xab], '3b'],
    [[0x61, 0x20], '60'],
    [[0x30, 0x31, 0xab, 0xcd], '3d'],
    [[0x30, 0xab, 0xcd, 0x31], '01'],
    [ascii('h2'), 'h2'],
    [ascii('http/1.1'), 'h1'],
    [ascii('x'), 'xx'],
  ];
  for (const [protocol, expected] of table) assert.equal(ends(protocol), expected);
});

test('names, and what has none', () => {
  assert.equal(cipherSuiteName(0xc02f), 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
  assert.equal(cipherSuiteName(0x00ff), 'TLS_EMPTY_RENEGOTIATION_INFO_SCSV');
  assert.equal(cipherSuiteName(0xd005), 'TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256');
  assert.equal(cipherSuiteName(0xeeee), '0xeeee');
  assert.equal(groupName(4588), 'X25519MLKEM768');
  assert.equal(signatureSchemeName(0x0301), 'rsa_sha224');
  assert.equal(versionName(0x7f1c), 'TLS 1.3 (draft 28)');
  const grease = Array.from({ length: 0x10000 }, (_, code) => code).filter(isGrease);
  assert.equal(grease.length, 16);
});

test('lists of thousands are shown in part', () => {
  const hello = client({ ciphers: Array.from({ length: 30_000 }, (_, i) => i) });
  const names = clientHelloFields(hello, 't')['tls.handshake.ciphersuites'] as readonly string[];
  assert.equal(names.length, 257);
  assert.equal(names.at(-1), '... 29744 more');
});
