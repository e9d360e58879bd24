/** Well-formed frames to start from. */
import { ethernet, ip, tcp, udp } from '../../src/wire/testing/build.ts';

const ends = { src: [192, 0, 2, 1], dst: [192, 0, 2, 2], srcPort: 40_000, dstPort: 80 };
const v6 = (last: number) => [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
const ends6 = { ...ends, src: v6(1), dst: v6(2) };
const segment = tcp(ends, { seq: 1, ack: 7, flags: 0x18, payload: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' });

export function sampleFrames(): Uint8Array[] {
  const v4 = ip(ends, 6, segment);
  const datagram = ip(ends6, 17, udp(ends6, 'some bytes'));
  const frames = [
    ethernet(v4),
    ethernet(datagram),
    ethernet([0, 7, 0x81, 0, 0, 5, 8, 0, ...v4], 0x88a8),
    ethernet([0, 0, 0x10, 64, 0, 0, 0x21, 64, ...v4], 0x8847),
    ethernet([0x11, 0, 0, 1, 0, 70, 0, 0x21, ...v4], 0x8864),
    ethernet(
      ip(ends6, 0, [43, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 9, ...segment]),
    ),
    ethernet(ip(ends6, 51, [6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...segment])),
    ethernet(ip(ends, 17, udp(ends, 'x').slice(0, 16), { id: 3, fragment: 0x2001 })),
    [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, ...v4],
    [0x86, 0xdd, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, ...datagram],
    [2, 0, 0, 0, ...v4],
    [0xff, 3, 0, 0x21, ...v4],
    v4,
    datagram,
  ];
  return frames.map((bytes) => Uint8Array.from(bytes));
}
