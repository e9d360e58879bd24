/** TCP and UDP headers, TCP options, and sequence numbers along connections. */
import { ethernet, half, hex, hostA, hostB, ip4, over4, over6, tcp, tcp4, text, udp, udp4 } from './build.ts';

/** Both ways of one connection; the answers' sequence numbers wrap around. */
function connection(client: number, server: number): number[][] {
  const there = { from: hostA, to: hostB };
  const back = { from: hostB, to: hostA };
  const send = (o: object, payload = '') => over4(6, tcp(client, server, text(payload), o), there);
  const answer = (o: object, payload = '') => over4(6, tcp(server, client, text(payload), o), back);
  const first = 0xfffffff0;
  return [
    send({ seq: 100, ack: 0, flags: 2, options: hex('020405b4 0402 080a 00000001 00000000 01 030307') }),
    answer({
      seq: first,
      ack: 101,
      flags: 0x12,
      options: hex('020405b4 0402 080a 00000009 00000001 01 030309'),
    }),
    send({ seq: 101, ack: first + 1, flags: 0x10 }),
    send({ seq: 101, ack: first + 1 }, 'a question'),
    answer({ seq: first + 1, ack: 111 }, 'an answer longer than what is left of the numbers'),
    send({ seq: 111, ack: 34, flags: 0x10, options: hex('0101 050a 00000020 00000030') }),
    send({ seq: 111, ack: 34, flags: 0x11 }),
    answer({ seq: 34, ack: 112, flags: 0x14 }),
    // The same ports again.
    send({ seq: 5000, ack: 0, flags: 2 }),
    answer({ seq: 9000, ack: 5001, flags: 0x12 }),
    send({ seq: 5001, ack: 9001, flags: 0x10 }),
  ];
}

const withOptions = (options: string, flags = 0x10) =>
  tcp4(40_001, 9999, '', { flags, options: hex(options) });

const tcpOptions = [
  '020405b4 01 030307 0402',
  '0200',
  '0203 05',
  '0209 05',
  '0212 05b4',
  '0304 0700',
  '0512 00000001 00000002 00000003 00000004',
  '0506 00000001',
  '0506 0000',
  '0606 00000001 0706 00000002',
  '080a 00000001 00000002 0101',
  '0808 00000001 0000',
  '0b06 00000001 0c06 00000002 0d06 00000003',
  '1312 000102030405060708090a0b0c0d0e0f',
  '1404 8001',
  '1c04 8005 1c04 0005',
  '1d04 0102 1d03 01',
  '1d10 0102 000102030405060708090a0b',
  '2202 0101',
  '220a 0102030405060708',
  '2205 010203',
  'fe04 f989 fe0c f989 0102030405060708',
  'fe06 1234 0000',
  'fe03 12',
  '6304 0102 6402',
  '00 010101',
  '01 00 ff 00',
];

const mptcp = [
  ['1e0c 00 81 0102030405060708', 2],
  ['1e04 0181', 2],
  ['1e14 01 01 0102030405060708 1112131415161718', 0x10],
  ['1e16 01 01 0102030405060708 1112131415161718 0005', 0x10],
  ['1e04 0581', 2],
  ['1e0c 00 81 0102030405060708', 0x10],
  ['1e0c 11 07 01020304 05060708', 2],
  ['1e10 10 07 0102030405060708 11121314', 0x12],
  ['1e18 10 00 000102030405060708090a0b0c0d0e0f10111213', 0x10],
  ['1e08 20 01 00000007', 0x10],
  ['1e0c 20 03 0000000000000007', 0x10],
  ['1e12 20 15 00000007 00000008 00000009 000a', 0x10],
  ['1e1c 20 0f 0000000000000007 0000000000000008 00000009 000a 000b', 0x10],
  ['1e08 20 04 00000007', 0x10],
  ['1e0a 20 01 00000007 0102', 0x10],
  ['1e08 34 05 c0000201', 0x10],
  ['1e0a 34 05 c0000201 1f90', 0x10],
  ['1e10 30 05 c0000201 0102030405060708', 0x10],
  ['1e12 31 05 c0000201 1f90 0102030405060708', 0x10],
  ['1e14 36 05 20010db8000000000000000000000009', 0x10],
  ['1e16 30 05 20010db8000000000000000000000009 1f90', 0x10],
  ['1e1c 32 05 20010db8000000000000000000000009 0102030405060708', 0x10],
  ['1e09 34 05 c0000201 01', 0x10],
  ['1e05 40 05 06', 0x10],
  ['1e03 40', 0x10],
  ['1e03 51', 0x10],
  ['1e04 50 05', 0x10],
  ['1e0c 60 00 0000000000000007', 0x10],
  ['1e0c 70 00 0102030405060708', 0x10],
  ['1e04 f0 00', 0x10],
] as const;

export const transportFrames: readonly number[][] = [
  ...connection(40_100, 9999),
  ...connection(9999, 40_200),
  ...connection(7777, 7777),
  ...[0, 1, 2, 4, 8, 0x20, 0x40, 0x80, 0xc2, 0xff].map((flags) =>
    tcp4(40_002, 9999, 'x', { flags, urgent: 5 }),
  ),
  tcp4(40_003, 9999, 'why it was reset', { flags: 0x14 }),
  tcp4(40_003, 9999, 'why it was reset, at length, with \x01\x80 too', { flags: 4 }),
  tcp4(40_004, 9999, 'x', { words: 4 }),
  tcp4(40_004, 9999, 'x', { words: 15 }),
  over6(6, tcp(40_005, 9999, text('one'), { seq: 7, ack: 9 })),
  over6(6, tcp(40_005, 9999, text('two'), { seq: 10, ack: 9 })),
  over6(6, tcp(40_005, 9999, text('x')), { extensions: [60, hex('0600 010400000000')] }),
  over4(6, tcp(40_006, 9999, text('x')), { sealed: false }),
  ...tcpOptions.map((options) => withOptions(options)),
  ...mptcp.map(([options, flags]) => withOptions(options, flags)),
  // A source route leads elsewhere: that is whom the checksum is for.
  over4(6, tcp(40_007, 9999, text('x')), { options: hex('830704 c6336409 00') }),

  udp4(40_000, 9999, ''),
  udp4(40_000, 9999, 'some bytes'),
  over4(17, udp(40_000, 9999, text('some bytes'), 30)),
  over4(17, udp(40_000, 9999, text('some bytes'), 12)),
  over4(17, udp(40_000, 9999, text('some bytes'), 7)),
  over4(17, udp(40_000, 9999, text('some bytes'), 0)),
  over4(17, hex('00010002')),
  over4(17, hex('0001000200')),
  ethernet(0x0800, ip4(17, udp(40_000, 9999, text('no checksum')), { sealed: false })),
  ethernet(0x0800, ip4(17, [...half(1), ...half(2), ...half(9), ...half(3), 4], { sealed: false })),
  over6(17, udp(40_000, 9999, text('some bytes'))),
  over6(17, udp(40_000, 9999, text('some bytes')), { sealed: false }),
  over6(17, udp(40_000, 9999, text('x')), { extensions: [60, hex('1100 010400000000')] }),
];
