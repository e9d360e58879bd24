/**
 * A capture of keep-alive HTTP traffic, the same bytes every time: many connections at once, requests and
 * responses of varied sizes, delayed ACKs, correct checksums. For measuring and for comparing with tshark.
 */
import { type End, type PcapFile, writePcapSync } from './pcap-file.ts';

export interface HttpCaptureOptions {
  readonly connections: number;
  readonly requestsPerConnection: number;
  /** Connections open at the same time. Default 32. */
  readonly parallel?: number;
}

export interface HttpCaptureCounts {
  readonly packets: number;
  readonly exchanges: number;
  readonly bytes: number;
}

/** What the measures are about: 200,000 exchanges in a little more than 400,000 packets. */
export const largeCapture: HttpCaptureOptions = { connections: 1000, requestsPerConnection: 200 };

const methods = ['GET', 'GET', 'GET', 'GET', 'POST', 'GET', 'PUT', 'GET', 'HEAD', 'DELETE'];
const statuses = ['200 OK', '200 OK', '200 OK', '304 Not Modified', '200 OK', '404 Not Found', '201 Created'];
const encoder = new TextEncoder();
const filler = encoder.encode(
  '{"name":"porthole","text":"the quick brown fox jumps over the lazy dog"},'.repeat(400),
);

/** Writes a classic pcap (microseconds) to `path`. */
export function writeHttpCapture(path: string, options: HttpCaptureOptions): HttpCaptureCounts {
  const { connections, requestsPerConnection, parallel = 32 } = options;
  return writePcapSync(path, (file) => {
    for (let first = 0; first < connections; first += parallel) {
      const open = Array.from({ length: Math.min(parallel, connections - first) }, (_, i) =>
        connection(file, first + i, requestsPerConnection),
      );
      // One step of each in turn: connections interleave as they do on a wire.
      while (open.length > 0)
        for (let i = open.length - 1; i >= 0; i--) if (open[i]!.next().done) open.splice(i, 1);
    }
    return { packets: file.packets, exchanges: connections * requestsPerConnection, bytes: file.bytes };
  });
}

/**
 * Connections that all are open at once, each with one exchange done and one under way when the capture ends:
 * its request whole, its answer not begun. For what a connection costs in memory.
 */
export function writeOpenHttpCapture(path: string, connections: number): HttpCaptureCounts {
  return writePcapSync(path, (file) => {
    const ends = Array.from({ length: connections }, (_, number) => endsOf(number));
    for (const { client, server } of ends) file.open(client, server);
    for (const [i, { client, server }] of ends.entries()) {
      file.send(client, server, request('GET', i, 0));
      file.send(server, client, response('GET', i, 0));
    }
    for (const [i, { client, server }] of ends.entries()) file.send(client, server, request('GET', i, 1));
    return { packets: file.packets, exchanges: 2 * connections, bytes: file.bytes };
  });
}

function endsOf(number: number): { client: End; server: End } {
  const client = {
    address: [10, 1, (number >> 8) & 255, number & 255],
    port: 32_768 + (number % 28_000),
    seq: number * 7919,
  };
  return { client, server: { address: [10, 2, 0, 1 + (number % 4)], port: 8080, seq: number * 104_729 } };
}

function* connection(file: PcapFile, number: number, requests: number): Generator<void> {
  const { client, server } = endsOf(number);
  file.open(client, server);
  for (let i = 0; i < requests; i++) {
    yield;
    const method = methods[(number + i) % methods.length]!;
    file.send(client, server, request(method, number, i));
    yield;
    file.send(server, client, response(method, number, i));
  }
  yield;
  file.close(client, server);
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
