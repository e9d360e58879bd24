/** Ethernet, IPv4 and TCP around payloads, in a classic pcap (microseconds): the same bytes every time. */
import { closeSync, openSync, writeSync } from 'node:fs';

export const flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 };
/** What fits into a frame of 1500 bytes beside timestamps. */
const largestSegment = 1448;

/** One end of a connection. */
export interface End {
  readonly address: readonly number[];
  readonly port: number;
  /** Sequence number of its next byte. */
  seq: number;
}

/** Runs `write` with a file that is whole and closed when it returns. */
export async function writePcap<T>(path: string, write: (file: PcapFile) => T | Promise<T>): Promise<T> {
  const fd = openSync(path, 'w', 0o600);
  try {
    const file = new PcapFile((bytes) => void writeSync(fd, bytes));
    const result = await write(file);
    file.flush();
    return result;
  } finally {
    closeSync(fd);
  }
}

/** The same for what needs no waiting. */
export function writePcapSync<T>(path: string, write: (file: PcapFile) => T): T {
  const fd = openSync(path, 'w', 0o600);
  try {
    const file = new PcapFile((bytes) => void writeSync(fd, bytes));
    const result = write(file);
    file.flush();
    return result;
  } finally {
    closeSync(fd);
  }
}

export class PcapFile {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #chunk = new Uint8Array(1024 * 1024);
  readonly #view = new DataView(this.#chunk.buffer);
  #length = 24;
  #microseconds = 0;
  packets = 0;
  bytes = 24;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
    for (const [at, value] of [
      [0, 0xa1b2c3d4],
      [4, 0x0004_0002],
      [16, 262_144],
      [20, 1],
    ] as const)
      this.#view.setUint32(at, value, true);
  }

  /** The three packets that begin a connection. */
  open(client: End, server: End): void {
    this.packet(client, server, flag.syn);
    client.seq++;
    this.packet(server, client, flag.syn | flag.ack);
    server.seq++;
    this.packet(client, server, flag.ack);
  }

  /** The three that end one in order. */
  close(client: End, server: End): void {
    this.packet(client, server, flag.fin | flag.ack);
    client.seq++;
    this.packet(server, client, flag.fin | flag.ack);
    server.seq++;
    this.packet(client, server, flag.ack);
  }

  /** In segments; the receiver acknowledges every second one, and the last with its own next data. */
  send(from: End, to: End, bytes: Uint8Array): void {
    for (let at = 0, n = 1; at < bytes.length; at += largestSegment, n++) {
      const part = bytes.subarray(at, at + largestSegment);
      const isLast = at + largestSegment >= bytes.length;
      this.packet(from, to, flag.ack | (isLast ? flag.psh : 0), part);
      from.seq += part.length;
      if (n % 2 === 0 && !isLast) this.packet(to, from, flag.ack);
    }
  }

  packet(from: End, to: End, flags: number, payload: Uint8Array = new Uint8Array(0)): void {
    const length = 54 + payload.length;
    if (this.#length + 16 + length > this.#chunk.length) this.flush();
    const view = this.#view;
    const start = this.#length;
    // 12 microseconds between packets: some 80,000 a second.
    this.#microseconds += 12;
    view.setUint32(start, 1_793_613_600 + Math.floor(this.#microseconds / 1e6), true);
    view.setUint32(start + 4, this.#microseconds % 1e6, true);
    view.setUint32(start + 8, length, true);
    view.setUint32(start + 12, length, true);
    const frame = start + 16;
    this.#chunk.set([2, 0, ...to.address, 2, 0, ...from.address, 8, 0], frame);
    const ip = frame + 14;
    this.#chunk.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, ...from.address, ...to.address], ip);
    view.setUint16(ip + 2, 40 + payload.length);
    view.setUint16(ip + 4, this.packets & 0xffff);
    view.setUint16(ip + 10, this.#checksum(0, ip, ip + 20));
    const tcp = ip + 20;
    view.setUint16(tcp, from.port);
    view.setUint16(tcp + 2, to.port);
    view.setUint32(tcp + 4, from.seq);
    view.setUint32(tcp + 8, flags & flag.ack ? to.seq : 0);
    this.#chunk.set([0x50, flags, 0xff, 0xff, 0, 0, 0, 0], tcp + 12);
    this.#chunk.set(payload, tcp + 20);
    // The pseudo header: addresses, protocol, length.
    const pseudo = this.#sum(ip + 12, ip + 20) + 6 + 20 + payload.length;
    view.setUint16(tcp + 16, this.#checksum(pseudo, tcp, frame + length));
    this.#length = frame + length;
    this.packets++;
    this.bytes += 16 + length;
  }

  #sum(from: number, to: number): number {
    let sum = 0;
    let at = from;
    for (; at + 1 < to; at += 2) sum += this.#view.getUint16(at);
    return at < to ? sum + (this.#chunk[at]! << 8) : sum;
  }

  #checksum(start: number, from: number, to: number): number {
    let sum = start + this.#sum(from, to);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return ~sum & 0xffff;
  }

  flush(): void {
    this.#write(this.#chunk.subarray(0, this.#length));
    this.#length = 0;
  }
}
