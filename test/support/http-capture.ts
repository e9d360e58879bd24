/**
 * A capture of keep-alive HTTP traffic, the same bytes every time: many connections at once, requests and
 * responses of varied sizes, delayed ACKs, correct checksums. For measuring and for comparing with tshark.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

export interface HttpCaptureOptions {
  readonly connections: number;
  readonly requestsPerConnection: number;
  /** Connections open at the same time. Default 32. */
  readonly parallel?: number;
}

export interface HttpCaptureCounts {
  packets: number;
  exchanges: number;
  bytes: number;
}

/** What the measures are about: 200,000 exchanges in a little more than 400,000 packets. */
export const largeCapture: HttpCaptureOptions = { connections: 1000, requestsPerConnection: 200 };

const methods = ['GET', 'GET', 'GET', 'GET', 'POST', 'GET', 'PUT', 'GET', 'HEAD', 'DELETE'];
const statuses = ['200 OK', '200 OK', '200 OK', '304 Not Modified', '200 OK', '404 Not Found', '201 Created'];
const largestSegment = 1448;
const flag = { fin: 1, syn: 2, psh: 8, ack: 16 };
const encoder = new TextEncoder();
const filler = encoder.encode(
  '{"name":"porthole","text":"the quick brown fox jumps over the lazy dog"},'.repeat(400),
);

/** One end of a connection. */
interface End {
  readonly address: readonly number[];
  readonly port: number;
  seq: number;
}

/** Writes a classic pcap (microseconds) to `path`. */
export function writeHttpCapture(path: string, options: HttpCaptureOptions): HttpCaptureCounts {
  const fd = openSync(path, 'w', 0o600);
  try {
    const file = new PcapFile((bytes) => void writeSync(fd, bytes));
    const counts = { packets: 0, exchanges: 0, bytes: 0 };
    const { connections, requestsPerConnection, parallel = 32 } = options;
    for (let first = 0; first < connections; first += parallel) {
      const open = Array.from({ length: Math.min(parallel, connections - first) }, (_, i) =>
        connection(file, first + i, requestsPerConnection),
      );
      // One step of each in turn: connections interleave as they do on a wire.
      while (open.length > 0)
        for (let i = open.length - 1; i >= 0; i--) if (open[i]!.next().done) open.splice(i, 1);
    }
    file.flush();
    counts.exchanges = connections * requestsPerConnection;
    counts.packets = file.packets;
    counts.bytes = file.bytes;
    return counts;
  } finally {
    closeSync(fd);
  }
}

function* connection(file: PcapFile, number: number, requests: number): Generator<void> {
  const client: End = {
    address: [10, 1, number >> 8, number & 255],
    port: 32_768 + (number % 28_000),
    seq: number * 7919,
  };
  const server: End = { address: [10, 2, 0, 1 + (number % 4)], port: 8080, seq: number * 104_729 };
  file.packet(client, server, flag.syn);
  client.seq++;
  file.packet(server, client, flag.syn | flag.ack);
  server.seq++;
  file.packet(client, server, flag.ack);
  for (let i = 0; i < requests; i++) {
    yield;
    const method = methods[(number + i) % methods.length]!;
    send(file, client, server, request(method, number, i));
    yield;
    send(file, server, client, response(method, number, i));
  }
  yield;
  file.packet(client, server, flag.fin | flag.ack);
  client.seq++;
  file.packet(server, client, flag.fin | flag.ack);
  server.seq++;
  file.packet(client, server, flag.ack);
}

/** In segments; the receiver acknowledges every second one, and the last with its own next data. */
function send(file: PcapFile, from: End, to: End, bytes: Uint8Array): void {
  for (let at = 0, n = 1; at < bytes.length; at += largestSegment, n++) {
    const part = bytes.subarray(at, at + largestSegment);
    const isLast = at + largestSegment >= bytes.length;
    file.packet(from, to, flag.ack | (isLast ? flag.psh : 0), part);
    from.seq += part.length;
    if (n % 2 === 0 && !isLast) file.packet(to, from, flag.ack);
  }
}

function request(method: string, number: number, i: number): Uint8Array {
  const body = method === 'POST' || method === 'PUT' ? (number * 31 + i * 17) % 900 : 0;
  const head =
    `${method} /api/v1/items/${number}/${i}?page=${i % 10}&size=20 HTTP/1.1\r\nHost: shop-${number % 20}.example\r\n` +
    `User-Agent: load/1.0\r\nAccept: application/json\r\nX-Request-Id: ${number}-${i}\r\n` +
    (body > 0 ? `Content-Type: application/json\r\nContent-Length: ${body}\r\n\r\n` : '\r\n');
  return message(head, body);
}

function response(method: string, number: number, i: number): Uint8Array {
  const status = statuses[(number + 3 * i) % statuses.length]!;
  const none = status.startsWith('304');
  // Mostly one segment, now and then a page of many.
  const length = none ? 0 : (number + i) % 100 === 0 ? 20_000 : (number * 13 + i * 101) % 1100;
  const head =
    `HTTP/1.1 ${status}\r\nServer: shop\r\nDate: Mon, 02 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json\r\n` +
    (none ? '\r\n' : `Content-Length: ${length}\r\n\r\n`);
  return message(head, none || method === 'HEAD' ? 0 : length);
}

function message(head: string, bodyLength: number): Uint8Array {
  const bytes = new Uint8Array(head.length + bodyLength);
  encoder.encodeInto(head, bytes);
  bytes.set(filler.subarray(0, bodyLength), head.length);
  return bytes;
}

/** Ethernet, IPv4 and TCP around payloads, gathered in large writes. */
class PcapFile {
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
