/** Classic capture files, written and read by hand: what is compared does not pass through Porthole's own codec. */
import type { TestPacket } from '../../../src/bpf/testing/reference.ts';

const snaplen = 262144;

/** @param isBigEndian as a big-endian machine writes it; the bytes of packets are as given */
export function captureFile(linktype: number, packets: readonly TestPacket[], isBigEndian = false): Buffer {
  const words = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [i, value] of values.entries())
      isBigEndian ? bytes.writeUInt32BE(value, 4 * i) : bytes.writeUInt32LE(value, 4 * i);
    return bytes;
  };
  // Version 2.4, as two halves of a word.
  const version = isBigEndian ? 0x00020004 : 0x00040002;
  const records = packets.flatMap(({ bytes, length }, i) => [words(i, 0, bytes.length, length), bytes]);
  return Buffer.concat([words(0xa1b2c3d4, version, 0, 0, snaplen, linktype), ...records]);
}

/** The seconds of the records' times: `captureFile` numbers packets so. */
export function numbersIn(file: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8))
    numbers.push(file.readUInt32LE(at));
  return numbers;
}

/** Packets of a file that tcpdump wrote, or is writing. */
export function packetsIn(file: Buffer): TestPacket[] {
  const packets: TestPacket[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const captured = file.readUInt32LE(at + 8);
    if (at + 16 + captured > file.length) break;
    packets.push({
      bytes: new Uint8Array(file.subarray(at + 16, at + 16 + captured)),
      length: file.readUInt32LE(at + 12),
    });
    at += 16 + captured;
  }
  return packets;
}
