/** Classic capture files, written and read by hand: what is compared does not pass through Porthole's own codec. */
import type { TestPacket } from '../../../src/bpf/testing/reference.ts';

const snaplen = 262144;

export function captureFile(linktype: number, packets: readonly TestPacket[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(snaplen, 16);
  header.writeUInt32LE(linktype, 20);
  const records = packets.flatMap(({ bytes, length }, i) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(i, 0);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(length, 12);
    return [record, bytes];
  });
  return Buffer.concat([header, ...records]);
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
