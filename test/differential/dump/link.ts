/** Ethernet and what rides on it without IP. */
import {
  type Bytes,
  broadcast,
  ethernet,
  half,
  hex,
  hostA,
  hostB,
  ieee8023,
  ip4,
  ip6,
  tcp,
  word,
  zeros,
} from './build.ts';

const macA = [2, 0, 0, 0, 0, 1];
const macB = [2, 0, 0, 0, 0, 2];
const segment = ip4(6, tcp(40_000, 80, []));

const arp = (operation: number, rest: Bytes, head: Bytes = hex('00010800 06 04')) =>
  ethernet(0x0806, [...head, ...half(operation), ...rest], broadcast);
const addresses = [...macA, ...hostA, ...macB, ...hostB];
const unasked = [...macA, ...hostA, ...zeros(6), ...hostB];

const llc = (dsap: number, ssap: number, control: Bytes, rest: Bytes = []) =>
  ieee8023([dsap, ssap, ...control, ...rest]);
const snap = (oui: number, type: number, rest: Bytes) =>
  ieee8023([0xaa, 0xaa, 3, oui >> 16, (oui >> 8) & 255, oui & 255, ...half(type), ...rest]);
const bpdu = (version: number, type: number, flags: number, rest: Bytes = []) => [
  ...[0, 0, version, type, flags],
  ...hex('8000 001122334455'),
  ...word(19),
  ...hex('8001 00aabbccddee 8002 0100 1400 0200 0f20'),
  ...rest,
];

export const linkFrames: readonly number[][] = [
  arp(1, unasked),
  arp(1, addresses),
  arp(2, addresses),
  arp(3, addresses),
  arp(4, addresses),
  arp(8, addresses),
  arp(9, addresses),
  arp(10, addresses),
  arp(77, addresses),
  arp(1, addresses, hex('0006 0800 06 04')),
  arp(1, addresses, hex('0001 86dd 06 10')),
  arp(1, [...hostA, ...hostB], hex('0001 0800 00 04')),
  arp(1, [...macA, 1, 2, ...macB, 3, 4], hex('0001 0800 06 02')),
  arp(2, [...zeros(8), ...hostA, ...zeros(8), ...hostB], hex('0020 0800 08 04')),
  ...[1, 2, 8, 9, 10, 11].map((operation) =>
    ethernet(0x0806, [
      ...hex('0013 0800 06 02'),
      ...half(operation),
      4,
      6,
      2,
      4,
      ...zeros(8),
      ...hostA,
      ...zeros(8),
      ...hostB,
    ]),
  ),
  ethernet(0x8035, [...hex('0001 0800 06 04 0003'), ...addresses]),

  ethernet(0x8100, [...half(0x2007), ...half(0x0800), ...segment]),
  ethernet(0x8100, [...half(0x1000), ...half(0x0806), ...hex('0001 0800 06 04 0001'), ...unasked]),
  ethernet(0x88a8, [...half(100), ...half(0x8100), ...half(0xf0c8), ...half(0x86dd), ...ip6(59, [])]),
  ethernet(0x9100, [...half(100), ...half(0x9200), ...half(9), ...half(0x0800), ...segment]),
  ethernet(0x8100, [...half(5), ...half(38), 0x42, 0x42, 3, ...bpdu(0, 0, 0)]),
  ethernet(0x1234, hex('00112233445566778899aabbccddeeff0102')),
  ethernet(0x8847, [...word((17 << 12) | (3 << 9) | 64), ...word((18 << 12) | 0x1ff), ...segment]),
  ethernet(0x8847, [...word((2 << 12) | 0x140), ...ip6(59, [])]),
  ethernet(0x8848, [...word((99 << 12) | 0x140), ...hex('0102030405')]),
  ethernet(0x8847, [...word((99 << 12) | 0x40), 1, 2]),
  ethernet(0x9000, hex('0000 0100 0200 010203')),
  ethernet(0x9000, hex('0800 0000000000000000 0200 020000000009 0506')),
  ethernet(0x9000, hex('0300 0700 01')),
  ethernet(0x8863, hex('11 09 0000 0010 0101 0000 0103 0004 01020304 0102 0000')),
  ethernet(0x8863, hex('11 07 0000 001a 0101 0000 0102 0005 6272617331 0104 0005 0102030405')),
  ethernet(0x8863, hex('11 a7 1234 0000')),
  ethernet(0x8863, hex('21 33 1234 0099 0000 0000')),
  ethernet(0x8864, [...hex('11 00 1234'), ...half(segment.length + 2), ...hex('0021'), ...segment]),
  ethernet(0x880b, [...hex('ff03 0057'), ...ip6(59, [])]),

  ieee8023([0x42, 0x42, 3, ...bpdu(0, 0, 0)]),
  ieee8023([0x42, 0x42, 3, ...bpdu(0, 0, 0x81, zeros(8))]),
  ieee8023([0x42, 0x42, 3, ...bpdu(2, 2, 0x3e, [0])]),
  ieee8023([0x42, 0x42, 3, ...bpdu(2, 2, 0x3e)]),
  ieee8023([0x42, 0x42, 3, 0, 0, 0, 0x80]),
  ieee8023([0x42, 0x42, 3, 0, 0, 9, 0, 0]),
  ieee8023([0x42, 0x42, 3, 0, 7, 0, 0, 0]),
  llc(0x06, 0x06, [3], segment),
  llc(0xf0, 0xf1, [0x7f], hex('0102')),
  llc(0x04, 0x04, [0xaf], hex('810102')),
  llc(0x04, 0x05, [0xbf]),
  llc(0x04, 0x08, [0x53], hex('0a0b')),
  llc(0x0e, 0x0e, hex('0203'), hex('0a0b0c')),
  llc(0x0e, 0x8e, hex('0503')),
  llc(0x0e, 0x8f, hex('0902')),
  llc(0x0e, 0x0e, [3]).slice(0, 16),
  snap(0x000000, 0x0800, segment),
  snap(0x000000, 0x1234, hex('0102030405')),
  snap(0x0000f8, 0x86dd, ip6(59, [])),
  snap(0x00000c, 0x2222, hex('0102030405')),
  snap(0x0080c2, 0x0007, [0, 0, ...ethernet(0x0800, segment)]),
  snap(0x0080c2, 0x000e, bpdu(0, 0, 0)),
  snap(0x123456, 0x0007, hex('01')),
  // Longer than it says, and shorter.
  [...macB, ...macA, ...half(10), 0x42, 0x42, 3, ...bpdu(0, 0, 0)],
  [...macB, ...macA, ...half(500), 0x06, 0x06, 3, ...segment],
  ethernet(0x8870, [0x06, 0x06, 3, ...segment]),
];
