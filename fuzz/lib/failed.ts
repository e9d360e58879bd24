/** A capture file of connections that fail, for what is damaged in it: RSTs, ICMP errors, SYNs without an answer. */
import { TcpFlag } from '../../src/model/index.ts';
import { type Endpoints, ethernet, icmpError, ip, tcp, udp, vlan } from '../../src/wire/testing/build.ts';

const { syn, ack, rst, fin } = TcpFlag;
const six = (last: number) => [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
const families = [
  { client: [10, 0, 0, 1], server: [10, 0, 0, 2], icmp: 1, types: [3, 11, 12] },
  { client: six(1), server: six(2), icmp: 58, types: [1, 2, 3, 4] },
];

function* packets(): Generator<number[]> {
  for (const { client: src, server: dst, icmp, types } of families) {
    for (const type of types)
      for (const code of [0, 4]) {
        const ends: Endpoints = { src, dst, srcPort: 40_000 + type * 16 + code, dstPort: type % 2 ? 53 : 80 };
        const back: Endpoints = { src: dst, dst: src, srcPort: ends.dstPort, dstPort: ends.srcPort };
        const asked =
          type % 2 ? ip(ends, 17, udp(ends, 'hello')) : ip(ends, 6, tcp(ends, { seq: 1, flags: syn }));
        const error = ip(back, icmp, icmpError(type, code, asked, { rest: 1400 }));
        yield ethernet(asked);
        yield code === 0 ? ethernet(error) : vlan(3, error);
      }
    for (const [port, flags] of [
      [1, rst | ack],
      [2, syn | ack],
      [3, 0],
    ] as const) {
      const ends: Endpoints = { src, dst, srcPort: 50_000, dstPort: port };
      const back: Endpoints = { src: dst, dst: src, srcPort: port, dstPort: 50_000 };
      for (let i = 0; i < 3; i++) yield ethernet(ip(ends, 6, tcp(ends, { seq: 1, flags: syn })));
      if (flags === 0) continue;
      yield ethernet(ip(back, 6, tcp(back, { seq: 9, ack: 2, flags })));
      yield ethernet(
        ip(ends, 6, tcp(ends, { seq: 2, ack: 10, flags: ack, payload: 'GET / HTTP/1.1\r\n\r\n' })),
      );
      yield ethernet(ip(back, 6, tcp(back, { seq: 10, ack: 20, flags: fin | ack, payload: 'HTTP/1.1 2' })));
      yield ethernet(ip(back, 6, tcp(back, { seq: 21, ack: 20, flags: rst })));
    }
  }
}

/** Classic pcap, a packet a second. */
export function failedCapture(): Uint8Array {
  const parts: Uint8Array[] = [words(0xa1b2c3d4, 0x0004_0002, 0, 0, 65_535, 1)];
  let second = 1_700_000_000;
  for (const packet of packets())
    parts.push(words(second++, 0, packet.length, packet.length), Uint8Array.from(packet));
  return new Uint8Array(Buffer.concat(parts));
}

function words(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return new Uint8Array(view.buffer);
}
