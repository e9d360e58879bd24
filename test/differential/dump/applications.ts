/** What TCP and UDP carry, as far as dump prints it. */
import {
  ethernet,
  half,
  hex,
  hostA,
  hostA6,
  hostB,
  ip4,
  ip6,
  over4,
  over6,
  tcp,
  tcp4,
  text,
  udp,
  udp4,
  word,
  zeros,
} from './build.ts';

const segment = ip4(6, tcp(40_000, 9999, []));
const lines = (...all: string[]) => all.map((line) => `${line}\r\n`).join('');

const texts = [
  ...[80, 8080].map((port) => tcp4(41_000, port, lines('GET /file.txt HTTP/1.1', 'Host: upbeat', ''))),
  tcp4(80, 41_000, `${lines('HTTP/1.1 200 OK', 'Content-Length: 11', '')}I am Server`),
  tcp4(80, 41_000, 'the middle of a body\r\nand more of it'),
  tcp4(80, 41_000, 'a word and a 200 OK\r\n'),
  tcp4(80, 41_000, 'options * HTTP/1.1\nX: with a line feed only\n\n'),
  tcp4(80, 41_000, 'POST /no/end/of/line HTTP/1.1'),
  tcp4(80, 41_000, 'POST /cut HTTP/1.1\r'),
  tcp4(80, 41_000, 'POST /bare\rHTTP/1.1\r\n'),
  tcp4(80, 41_000, 'GET\t/tab HTTP/1.1\r\n'),
  tcp4(80, 41_000, 'GET   /blanks   HTTP/1.1\r\nA:\tb\r\n\x01\x02\r\n'),
  tcp4(80, 41_000, 'BASELINE-CONTROL / HTTP/1.1\r\n'),
  tcp4(80, 41_000, `${'A'.repeat(128)} 200 OK\r\n`),
  tcp4(80, 41_000, `${'A'.repeat(129)} 200 OK\r\n`),
  tcp4(80, 41_000, '\x80\x81\r\n'),
  tcp4(80, 41_000, 'HTTP/1.1 20 OK\r\n'),
  tcp4(80, 41_000, ''),
  tcp4(25, 41_000, lines('220 mail.example ESMTP', '250 and one more')),
  tcp4(41_000, 21, lines('USER anonymous')),
  tcp4(41_000, 43, lines('example.org')),
  tcp4(41_000, 554, lines('DESCRIBE rtsp://a/b RTSP/1.0', 'CSeq: 1', '')),
  tcp4(8554, 41_000, lines('RTSP/1.0 200 OK', 'CSeq: 1', '')),
  tcp4(41_000, 22, lines('SSH-2.0-OpenSSH_9.2p1 Debian-2')),
  tcp4(41_000, 22, 'SSH-2.0-cut'),
  tcp4(41_000, 22, 'SSH-2.0-a\rb'),
  tcp4(41_000, 22, '\x00\x00\x01\x02'),
  tcp4(41_000, 10_288, 'RPY 0 1 . 0 10\r\n'),
  tcp4(41_000, 10_288, 'MSG\x00'),
  tcp4(41_000, 10_288, 'xyz'),
  tcp4(41_000, 6379, '*2\r\n$4\r\nINCR\r\n$1\r\nz\r\n*0\r\n*-1\r\n'),
  tcp4(6379, 41_000, ':1000\r\n+OK\r\n-ERR no\r\n$-1\r\n$0\r\n\r\n$5\r\nhello\r\n'),
  tcp4(6379, 41_000, 'PING\r\nPING\nECHO a\r\n\r\n'),
  tcp4(6379, 41_000, '$-5\r\n$99999999999\r\n$x\r\n'),
  tcp4(6379, 41_000, '*1\r\n$10\r\nshort'),
  tcp4(6379, 41_000, '*3\r\n:1\r\n*1\r\n+a\r\n'),
  tcp4(41_000, 23, hex('fffd03 fffb18 fffa1f 0050 0018 fff0 fffa18 01 fff0 fff1 ffff 6c73 fffd')),
  tcp4(41_000, 23, hex('fffa25 01 02 03 fff0 fffa26 00 01 fff0 fffd99 fffa18 00 787465726d fff0')),
  tcp4(41_000, 23, hex('fffa18 00 7874')),
  udp4(5060, 5060, lines('INVITE sip:bob@example.org SIP/2.0', 'Via: SIP/2.0/UDP a', '')),
  udp4(5060, 5060, lines('SIP/2.0 180 Ringing', '')),
  udp4(41_000, 514, '<34>Oct 11 22:14:15 host su: failed\n'),
  udp4(41_000, 514, '<191>x'),
  udp4(41_000, 514, '<1999>x'),
  udp4(41_000, 514, 'no priority'),
  udp4(41_000, 69, '\x00\x01boot.img\x00octet\x00blksize\x001428\x00'),
  udp4(41_000, 69, '\x00\x02boot.img\x00netascii\x00'),
  udp4(69, 41_000, '\x00\x03\x00\x01data'),
  udp4(69, 41_000, '\x00\x04\x00\x01'),
  udp4(69, 41_000, '\x00\x05\x00\x01File not found\x00'),
  udp4(69, 41_000, '\x00\x05\x00\x63odd\x00'),
  udp4(69, 41_000, '\x00\x06blksize\x001428\x00'),
  udp4(69, 41_000, '\x00\x09'),
  udp4(69, 41_000, '\x00\x01no end'),
];

/** Names as labels; a pointer is a number. */
const name = (...labels: (string | number)[]) => [
  ...labels.flatMap((label) =>
    typeof label === 'number' ? half(0xc000 | label) : [label.length, ...text(label)],
  ),
  ...(typeof labels.at(-1) === 'number' ? [] : [0]),
];
const message = (flags: number, counts: readonly number[], ...rest: readonly (readonly number[])[]) => [
  ...half(4660),
  ...half(flags),
  ...counts.flatMap(half),
  ...rest.flat(),
];
const question = (type: number, kind = 1) => [...name('www', 'example', 'org'), ...half(type), ...half(kind)];
const record = (type: number, data: readonly number[], kind = 1, owner = name(12)) => [
  ...owner,
  ...half(type),
  ...half(kind),
  ...word(93_784),
  ...half(data.length),
  ...data,
];
const answer = (...records: readonly (readonly number[])[]) =>
  udp4(53, 41_000, message(0x8180, [1, records.length, 0, 0], question(1), ...records));
const opt = (options: string, size = 1232, ttl = 0) => [
  0,
  ...half(41),
  ...half(size),
  ...word(ttl),
  ...half(hex(options).length),
  ...hex(options),
];

const dns = [
  ...[1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 41, 43, 48, 64, 65, 99, 250, 252, 255, 256, 257].map((type) =>
    udp4(41_000, 53, message(0x0100, [1, 0, 0, 0], question(type))),
  ),
  ...[3, 4, 254, 255].map((kind) => udp4(41_000, 53, message(0x0110, [1, 0, 0, 0], question(1, kind)))),
  ...[1, 2, 4, 5, 9, 15].map((opcode) => udp4(41_000, 53, message(opcode << 11, [1, 0, 0, 0], question(6)))),
  udp4(41_000, 53, message(0x07ff, [1, 0, 0, 0], question(1))),
  udp4(41_000, 53, message(0x0100, [2, 0, 0, 0], question(1), question(28))),
  udp4(41_000, 53, message(0x0100, [0, 0, 0, 0])),
  udp4(
    41_000,
    53,
    message(
      0x0100,
      [1, 1, 1, 1],
      question(1),
      record(1, hostA),
      record(2, name('ns', 16)),
      opt('000a 0008 0102030405060708'),
    ),
  ),
  udp4(41_000, 53, message(0x0100, [1, 0, 0, 1], question(1), opt('', 4096, 0x8000))),
  ...Array.from({ length: 16 }, (_, code) =>
    udp4(53, 41_000, message(0x8580 | code, [1, 0, 0, 0], question(1))),
  ),
  ...[1, 2, 9].map((high) =>
    udp4(53, 41_000, message(0x8180, [1, 0, 0, 1], question(1), opt('', 512, high << 24))),
  ),
  udp4(53, 41_000, message(0x8720, [0, 0, 0, 0])),
  answer(record(1, hostA), record(1, hostB)),
  answer(
    record(28, hostA6),
    record(5, name('alias', 16)),
    record(12, name('ptr', 12)),
    record(39, name('d', 12)),
  ),
  answer(record(6, [...name('ns', 16), ...name('admin', 16), ...[1, 2, 3, 4, 5].flatMap(word)])),
  answer(
    record(15, [...half(10), ...name('mail', 16)]),
    record(33, [...half(1), ...half(2), ...half(8080), ...name('srv', 16)]),
  ),
  answer(record(16, [5, ...text('hello'), 3, 0x61, 0x00, 0xe9]), record(16, [])),
  answer(record(256, [...half(10), ...half(1), ...text('https://a/')])),
  answer(record(38, [64, ...zeros(8), ...name('p', 16)]), record(38, [0, ...hostA6]), record(38, [129])),
  answer(
    record(104, text('one long')),
    record(13, text('HINFO')),
    record(99, text('spf')),
    record(65, hex('000100')),
  ),
  answer(record(250, [...name('hmac'), ...zeros(6), ...hex('012c 0002 abcd 1234 0000 0000')])),
  answer(record(1, hostA, 3), record(1, hostA, 254)),
  answer(record(2, name('ns', 300))),
  answer(record(5, hex('c00c').concat(zeros(0)), 1, name(44))),
  answer(record(5, hex('8001'))),
  answer(record(5, hex('4101 08 ff 00'))),
  answer(record(5, hex('4203'))),
  answer([...name(12), ...half(1)]),
  answer(record(1, hostA).slice(0, -2)),
  udp4(
    53,
    41_000,
    message(
      0x8180,
      [1, 1, 1, 1],
      question(1),
      record(1, hostA),
      record(2, name('ns', 16)),
      record(28, hostA6),
    ),
  ),
  udp4(53, 41_000, message(0x8180, [1, 9, 0, 0], question(1), record(1, hostA))),
  udp4(53, 41_000, message(0x8180, [2, 1, 0, 0], question(1), question(28), record(1, hostA))),
  ...[
    '0003 0003 616263',
    '0005 0003 050863 0006 0002 0109 0007 0002 0107',
    '0008 0007 0001 1800 c00002 0008 0008 0002 2018 20010db8 0008 0004 0003 0000 0008 0006 0001 1021 c000',
    '0009 0004 00000e10 0009 0002 0001',
    '000a 0010 0102030405060708 1112131415161718 000a 0003 010203',
    '000b 0002 004b 000b 0000 000c 0008 0000000000000000',
    '000d 0005 036f726700 000e 0004 00010002 000e 0003 000102',
    '0001 0000 0002 0001 01 0010 0001 01 0011 0001 01 00ff 0001 01',
    '000a 0040 01',
  ].map((options) => udp4(41_000, 53, message(0x0120, [1, 0, 0, 1], question(1), opt(options)))),
  udp4(53, 41_000, message(0x8180, [1, 0, 0, 1], question(1), opt('0003 0002 6162', 1232, 0x8000))),
  udp4(41_000, 53, hex('1234 0100 0001')),
  udp4(
    41_000,
    53,
    message(0x0100, [1, 0, 0, 0], name(...Array.from({ length: 6 }, () => 'x'.repeat(60))), half(1), half(1)),
  ),
  ...[
    message(0x0100, [1, 0, 0, 0], question(1)),
    message(0x8180, [1, 1, 0, 0], question(1), record(1, hostA)),
  ].map((m) => tcp4(41_000, 53, [...half(m.length), ...m])),
  tcp4(41_000, 53, [0, 99, ...message(0x0100, [1, 0, 0, 0], question(1))]),
  tcp4(41_000, 53, [1]),
  udp4(5353, 5353, message(0, [2, 0, 0, 0], question(12, 0x8001), question(255))),
  udp4(
    5353,
    5353,
    message(
      0x8400,
      [0, 2, 0, 1],
      record(1, hostA, 0x8001, name('a', 'local')),
      record(28, hostA6, 1, name('a', 'local')),
      record(47, hex('c00c 00044000 0008'), 0x8001, name(12)),
    ),
  ),
  udp4(5355, 5355, message(0, [1, 0, 0, 0], question(1))),
  over6(17, udp(41_000, 53, message(0x0100, [1, 0, 0, 0], question(28)))),
];

const dhcp = (
  operation: number,
  options: string,
  o: { file?: string; flags?: number; hops?: number; type?: number } = {},
) =>
  udp4(68, 67, [
    ...[operation, o.type ?? 1, 6, o.hops ?? 0],
    ...hex('12345678'),
    ...half(o.hops ?? 0),
    ...half(o.flags ?? 0),
    ...(operation === 2 ? [...zeros(4), ...hostA, ...hostB, ...hostB] : zeros(16)),
    ...[2, 0, 0, 0, 0, 9, ...zeros(10)],
    ...(o.file ? [...text('server'), ...zeros(58)] : zeros(64)),
    ...(o.file ? [...text(o.file), ...zeros(128 - o.file.length)] : zeros(128)),
    ...hex(options),
  ]);

const others = [
  dhcp(1, '63825363 350101 3d07 01 020000000009 3204 c0000209 0c04 686f7374 37 0a 01031c0206770c2c2f1a ff'),
  dhcp(
    2,
    '63825363 350102 0104 ffffff00 0304 c0000201 0608 c0000201c0000202 0f07 6578616d706c65 3304 00000e10 3604 c0000201 ff 0000',
  ),
  dhcp(
    1,
    '63825363 350103 5103 000000 5108 05 0000 686f7374 51020000 5209 0104 61626364 0203 0102 5206 0104 61626364 ff',
    { flags: 0x8000, hops: 3 },
  ),
  dhcp(
    2,
    '63825363 350105 790d 18 c00002 c0000201 00 c6336401 f905 00 c0000201 7903 010203 7906 21 0102030405 4d07 03616263 02 3132 4d02 0009 ff',
    { file: 'pxe.0' },
  ),
  dhcp(
    1,
    '63825363 350163 2e0104 340103 130101 130102 2108 c0000201c0000202 0204 ffffb9b0 1702 0540 3d01 09 3d04 00 616263 f003 010203 f104 00000001 f202 0102 ff',
    { type: 6 },
  ),
  dhcp(1, '63825363 00000000 350101 3d00 ff 0000'),
  dhcp(1, '63825363 0c50 61'),
  dhcp(1, '434d5500 02000000 ffffff00 c0000201 c0000202 00000000 00000000 00000000 00000000 00000000'),
  dhcp(1, '01020304'),
  dhcp(7, '00000000'),

  ...[3, 4, 1, 2, 5].map((mode) =>
    udp4(123, 123, [
      0x20 | mode,
      mode - 1,
      6,
      0xec,
      ...hex('00000123 00004567 47505300'),
      ...hex('e6b2c3d4 80000000 e6b2c3d4 80000000 e6b2c3d5 40000000 e6b2c3d5 40000001'),
    ]),
  ),
  udp4(123, 123, [0xe3, 0, 0xfa, 0xec, ...zeros(44)]),
  udp4(123, 123, [0x23, 16, 10, 0xec, ...zeros(44), ...word(7)]),
  udp4(123, 123, [0x24, 2, 10, 0xec, ...zeros(44), ...word(7), ...zeros(16)]),
  udp4(123, 123, [0x24, 2, 10, 0xec, ...zeros(44), ...word(7), ...zeros(20)]),
  udp4(123, 123, [0x24, 62, 10, 0xec, ...zeros(44), ...zeros(9)]),
  udp4(123, 123, hex('230006ec')),
  udp4(123, 123, hex('1682 0001 0615 0000 0000 0004 61620d0a')),
  udp4(123, 123, hex('1602 0001 0000 0000 0000 0009 6162')),
  udp4(123, 123, hex('17000300')),

  udp4(41_000, 4789, [8, 0, 0, 0, 0, 0, 42, 0, ...ethernet(0x0800, segment)]),
  udp4(41_000, 4789, [0, 0, 0, 0, 0, 0, 42, 0, ...ethernet(0x1234, hex('0102'))]),
  udp4(41_000, 4789, [8, 0, 0]),
  udp4(41_000, 8472, [8, 0, 0, 7, 0, 0, 42, 0, ...ethernet(0x0800, segment)]),
  udp4(41_000, 8472, [8, 0]),
  ...[1, 2, 3, 9].map((next) =>
    udp4(41_000, 4790, [
      0x0c,
      0,
      0,
      next,
      0,
      0,
      42,
      0,
      ...(next === 1 ? segment : next === 2 ? ip6(59, []) : ethernet(0x0800, segment)),
    ]),
  ),
  udp4(41_000, 6081, [0, 0x40, ...half(0x6558), 0, 0, 42, 0, ...ethernet(0x0800, segment)]),
  udp4(41_000, 6081, [
    4,
    0x81,
    ...half(0x0800),
    0,
    0,
    42,
    9,
    ...hex('0102 80 01 01020304 0000 01 00 fff5 02 00'),
    ...segment,
  ]),
  udp4(41_000, 6081, [2, 0, ...half(0x0800), 0, 0, 42, 0, ...hex('0105 01 05 01020304'), ...segment]),
  udp4(41_000, 6081, [0, 0, ...half(0x1234), 0, 0, 42, 0]),
  udp4(41_000, 6081, [0x40, 0, ...half(0x0800), 0, 0, 42, 0]),
  udp4(41_000, 6081, [0x3f, 0, ...half(0x0800), 0, 0, 42, 0]),
  udp4(41_000, 6635, [...word((17 << 12) | 0x140), ...segment]),
  udp4(4500, 4500, hex('ff')),
  udp4(4500, 4500, hex('00001234 00000007 0102030405060708')),
  udp4(4500, 4500, hex('0102')),
];

/** BER: tag, then content; all short. */
const ber = (tag: number, ...content: readonly (readonly number[])[]): number[] => {
  const bytes = content.flat();
  return bytes.length < 128 ? [tag, bytes.length, ...bytes] : [tag, 0x81, bytes.length, ...bytes];
};
const int = (n: number) => ber(2, [n & 255]);
const oid = hex('06082b06010201010300');
const pdu = (tag: number, status: number, index: number, ...variables: readonly (readonly number[])[]) =>
  ber(
    tag,
    ber(2, hex('12345678')),
    int(status),
    int(index),
    ber(0x30, ...variables.map((value) => ber(0x30, oid, value))),
  );
const snmp = (version: number, community: string, body: readonly number[]) =>
  udp4(41_000, 161, ber(0x30, int(version), ber(4, text(community)), body));
const asked = hex('0500');
const values = [
  hex('0201ff'),
  ber(4, text('some text')),
  ber(4, hex('00ff10')),
  hex('0500'),
  hex('06082b060104018f650b'),
  ber(0x40, hostA),
  ber(0x41, word(0xfffffffe)),
  ber(0x42, [7]),
  ber(0x43, word(123_456)),
  ber(0x44, hex('9f780442f60000')),
  ber(0x46, hex('0102030405060708')),
  hex('8000'),
  hex('8100'),
  hex('8200'),
];
const message3 = (flags: number, model: number, extra: readonly number[] = []) =>
  udp4(
    161,
    41_000,
    ber(
      0x30,
      int(3),
      ber(0x30, int(1), ber(2, hex('05c0')), ber(4, [flags]), int(model), extra),
      ber(
        4,
        ber(
          0x30,
          ber(4, hex('80001f88')),
          int(5),
          int(6),
          ber(4, text('user')),
          ber(4, zeros(12)),
          ber(4, []),
        ),
      ),
      ber(0x30, ber(4, hex('80001f88')), ber(4, text('ctx')), pdu(0xa8, 0, 0, hex('410105'))),
    ),
  );

const snmpFrames = [
  ...[0xa0, 0xa1, 0xa2, 0xa3, 0xa5].map((tag) => snmp(1, 'public', pdu(tag, 0, 0, asked))),
  snmp(0, 'secret', pdu(0xa2, 0, 0, ...values.slice(0, 7))),
  snmp(1, 'public', pdu(0xa2, 0, 0, ...values.slice(7))),
  snmp(1, 'public', pdu(0xa5, 0, 10, asked, hex('020101'))),
  snmp(1, 'public', pdu(0xa2, 2, 1, asked)),
  snmp(1, 'public', pdu(0xa2, 99, 0)),
  snmp(1, 'public', pdu(0xa2, 0, 3)),
  snmp(1, 'public', pdu(0xa7, 5, 3, hex('020101'))),
  snmp(0, 'public', pdu(0xa7, 0, 0)),
  snmp(1, 'public', ber(0xa4, oid)),
  ...[0, 3, 6, 9].map((generic) =>
    snmp(
      0,
      'a',
      ber(
        0xa4,
        oid,
        ber(0x40, hostA),
        int(generic),
        int(7),
        ber(0x43, word(100)),
        ber(0x30, ber(0x30, oid, ber(4, text('x')))),
      ),
    ),
  ),
  snmp(7, 'public', []),
  snmp(1, '', hex('3000')),
  snmp(1, 'public', [...pdu(0xa0, 0, 0, asked), 5, 0]),
  snmp(1, 'public', hex('bf2205')),
  snmp(1, 'public', hex('a084ffffffff')),
  message3(4, 3),
  message3(3, 3, hex('0500')),
  message3(2, 3),
  message3(0, 9),
  udp4(41_000, 162, hex('0400')),
];

const dhcp6 = (type: number, options: string) =>
  udp4(546, 547, hex(`${String(type).padStart(2, '0')} 123456 ${options}`));
const at6 = '20010db8000000000000000000000009';
const dhcp6Frames = [
  dhcp6(
    1,
    '0001 000e 0001 0001 12345678 020000000009 0003 000c 00000001 00000e10 00001518 0006 0006 0017 0018 0100 0008 0002 0064',
  ),
  dhcp6(
    7,
    `0002 000a 0003 0001 020000000009 0003 0028 00000001 00000e10 00001518 0005 0018 ${at6} 00000e10 00001c20 0007 0001 ff 000d 0006 0002 6e6f6e65`,
  ),
  dhcp6(
    7,
    `0001 000e 0002 00000009 0102030405060708 0019 0029 00000001 00000e10 00001518 001a 0019 00000e10 00001c20 38 ${at6} 0017 0020 ${at6}${at6}`,
  ),
  dhcp6(
    7,
    `0018 000d 076578616d706c65036f726700 0020 0004 00000e10 0040 000d 076578616d706c65036f726700 0038 0014 0001 0010 ${at6} 0038 000e 0003 000a 026e74046f72673400`,
  ),
  dhcp6(
    7,
    '000b 0012 03010001 02030405060708 02 0000 000b 001c 03010001 02030405060708 01 000102030405060708090a0b0c0d0e0f 000b 000b 09080701 020304050607',
  ),
  dhcp6(7, '000b 0021 02010001 02030405060708 0a0b 00000007 000102030405060708090a0b0c0d0e0f'),
  dhcp6(
    7,
    '000e 0000 0014 0000 0013 0001 05 0013 0001 0b 0013 0001 63 0012 0004 65746830 0026 000c 0102030405060708090a0b0c 0025 0008 00000009 01020304',
  ),
  dhcp6(
    7,
    `0029 0005 5554433000 002a 0006 4575726f7065 0070 0006 687474703a2f 002c 0011 01 ${at6} 002d 0006 000c 0002 0001 002f 0014 ${at6} 01020304 0004 0004 00000007`,
  ),
  dhcp6(
    7,
    '0001 0001 01 0003 0002 0102 0005 0001 01 0006 0001 01 0008 0001 01 0017 0001 01 0001 0002 0009 0001 0004 0001 0001 002e 0004 00000001 ffff 0001 01',
  ),
  dhcp6(7, '0001 00ff 01'),
  dhcp6(99, ''),
  udp4(547, 547, hex(`0c 01 ${at6} ${at6} 0009 0008 01 123456 000e 0000 0012 0002 0102`)),
  udp4(547, 547, hex('01')),
];

const rare = [
  ...dhcp6Frames,
  ...snmpFrames,
  over4(112, hex('21 2a 64 02 00 01 0000 c0000201 c0000202 0000000000000000'), { ttl: 255 }),
  over4(112, hex('21 2a 64 01 01 01 7b1b c0000201 7365637265740000')),
  over4(112, hex('31 2a 64 01 00 64 1234 c0000201'), { ttl: 255 }),
  over4(112, hex('41 2a 64 01')),
  over4(112, hex('32 2a 64 01')),
  over6(112, [...hex('31 2a 64 01 0f ff 0000'), ...hostA6], { hops: 255 }),
  ...[0x48, 0x4a, 0x4c, 0x4e, 0x40].map((type) =>
    udp4(49_152, 9999, [type, 0x80, 0, 7, ...(type === 0x4e ? ethernet(0x0800, segment) : segment)]),
  ),
  udp4(49_152, 9999, hex('48 80 00 07 99')),
  udp4(49_152, 9999, 'abc'),
  ...[1, 3, 106, 107, 99].map((version) => udp4(41_000, 88, [version, 0])),
];

export const applicationFrames: readonly number[][] = [...texts, ...dns, ...others, ...rare];
