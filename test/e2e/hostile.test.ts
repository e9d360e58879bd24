/**
 * Peers that want the watcher's memory or time, through the whole program: what they send is shown as far as it
 * is bounded, marked where it is not, and takes no more than the limits.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import {
  join as bytesOf,
  clientHello,
  data,
  frame,
  get,
  headers,
  ok,
  serverHello,
} from '../../src/protocols/http2/testing/build.ts';
import { need } from '../support/need.ts';
import { type End, writePcapSync } from '../support/pcap-file.ts';
import { launch, launcher, peakOf, tellsPeak } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';

const skip = need('linux');
/** Of the whole process; reading nothing at all takes some 70 MiB. */
const memoryLimit = 300 * 1024 * 1024;
const depth = 100_000;
const MiB = 1024 * 1024;

interface Attack {
  readonly name: string;
  readonly client: string | Uint8Array;
  readonly server: string | Uint8Array;
  /** Told of it with -vvv: in the entries that name its port, details included. */
  readonly mark: RegExp;
}

const post = (type: string, body: string | Uint8Array, more = '') =>
  Buffer.concat([
    Buffer.from(
      `POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n${more}Content-Length: ${body.length}\r\n\r\n`,
    ),
    Buffer.from(body),
  ]);
const answer = (body: string | Uint8Array, more = '') =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${more}Content-Length: ${body.length}\r\n\r\n`,
    ),
    Buffer.from(body),
  ]);
const plainGet = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const done = 'HTTP/1.1 204 No Content\r\n\r\n';
/** 200 MB that take 200 KB; brotli's take less than a kilobyte. */
const zeros = Buffer.alloc(200 * MiB);
const gzipBomb = gzipSync(zeros);
const brotliBomb = brotliCompressSync(zeros.subarray(0, 50 * MiB));
const nestedArrays = '['.repeat(depth) + ']'.repeat(depth);
const nestedSelections = '{a'.repeat(depth) + '}'.repeat(depth);
/** Field 1, a message, within field 1, a message ... as a group, so that no length is needed. */
const nestedGroups = Buffer.concat([Buffer.alloc(depth, 0x0b), Buffer.alloc(depth, 0x0c)]);

const grpcCall = (stream: number) =>
  headers(stream, {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': '/a.B/C',
    'content-type': 'application/grpc',
  });
const grpcOk = headers(1, { ':status': '200', 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' });
const grpcEnd = headers(1, { 'grpc-status': '0' }, true);

function grpcMessage(bytes: Uint8Array, flags = 0, length = bytes.length): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(length, 1);
  return bytesOf(prefix, bytes);
}

/** As DATA frames of the usual length. */
function inFrames(stream: number, bytes: Uint8Array, end = false): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 16_384)
    frames.push(data(stream, bytes.subarray(at, at + 16_384), end && at + 16_384 >= bytes.length));
  return bytesOf(...frames);
}

/** RFC 7541 section 6.1: one large entry added, then named again by a byte each. */
const hpackBomb = bytesOf(
  Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]),
  Buffer.alloc(4000, 0x62),
  Buffer.alloc(12_000, 0xbe),
);

const attacks: readonly Attack[] = [
  {
    name: 'a header that never ends',
    client: `GET / HTTP/1.1\r\n${'X-Y: z\r\n'.repeat(1_000_000)}`,
    server: '',
    mark: /http_head_too_long/,
  },
  {
    name: 'CONTINUATION that never ends',
    client: bytesOf(
      clientHello,
      frame(1, 0, 1, 'x'),
      ...Array.from({ length: 600 }, () => frame(9, 0, 1, Buffer.alloc(8000))),
    ),
    server: serverHello,
    mark: /http2_header_block_too_long/,
  },
  {
    name: 'an HPACK bomb',
    client: bytesOf(clientHello, headers(1, bytesOf(Buffer.from([0x82, 0x84, 0x86]), hpackBomb), true)),
    server: bytesOf(serverHello, ok(1, true)),
    mark: /http2_header_list_too_long/,
  },
  {
    name: 'a gzip bomb',
    client: plainGet,
    server: answer(gzipBomb, 'Content-Encoding: gzip\r\n'),
    mark: /only the beginning could be undone/,
  },
  {
    name: 'a brotli bomb',
    client: plainGet,
    server: answer(brotliBomb, 'Content-Encoding: br\r\n'),
    mark: /only the beginning could be undone/,
  },
  {
    name: 'a gzip bomb in a gzip bomb',
    client: plainGet,
    server: answer(gzipSync(gzipBomb), 'Content-Encoding: gzip, gzip\r\n'),
    mark: /only the beginning could be undone/,
  },
  {
    name: 'a gRPC message that is a bomb',
    client: bytesOf(clientHello, grpcCall(1), data(1, grpcMessage(Buffer.alloc(0)), true)),
    server: bytesOf(serverHello, grpcOk, inFrames(1, grpcMessage(gzipBomb, 1)), grpcEnd),
    mark: /only the beginning could be undone/,
  },
  {
    name: 'a Content-Length that lies',
    client: 'POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999\r\n\r\nshort',
    server: done,
    mark: /request cut off/,
  },
  {
    name: 'a chunk that lies',
    client: plainGet,
    server: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\nshort',
    mark: /response cut off/,
  },
  {
    name: 'a frame of HTTP/2 that lies',
    client: bytesOf(clientHello, get(1, '/lies'), Buffer.from([0xff, 0xff, 0xff, 1, 4, 0, 0, 0, 3])),
    server: bytesOf(serverHello, ok(1, true)),
    mark: /\/lies/,
  },
  {
    name: 'a gRPC message that lies',
    client: bytesOf(
      clientHello,
      grpcCall(1),
      data(1, grpcMessage(Buffer.from('short'), 0, 0xffff_ffff), true),
    ),
    server: bytesOf(serverHello, grpcOk, grpcEnd),
    mark: /grpc_message_cut/,
  },
  {
    name: 'a WebSocket frame that lies',
    client: bytesOf(
      Buffer.from(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      ),
    ),
    server: bytesOf(
      Buffer.from(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
      ),
      // A gibibyte, of which three bytes come.
      Buffer.from([0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3]),
    ),
    mark: /cut off/,
  },
  {
    name: 'nested arrays',
    client: post('application/json', nestedArrays),
    server: done,
    mark: /kept to 64 KiB/,
  },
  {
    name: 'nested selections of GraphQL',
    client: post('application/json', JSON.stringify({ query: nestedSelections })),
    server: answer('{"data":{}}'),
    mark: /kept to 64 KiB/,
  },
  {
    name: 'nested parameters of JSON-RPC',
    client: post('application/json', `{"jsonrpc":"2.0","id":1,"method":"m","params":${nestedArrays}}`),
    server: answer('{"jsonrpc":"2.0","id":1,"result":1}'),
    mark: /kept to 64 KiB/,
  },
  {
    name: 'nested groups of protobuf',
    client: bytesOf(clientHello, grpcCall(1), inFrames(1, grpcMessage(nestedGroups), true)),
    server: bytesOf(serverHello, grpcOk, grpcEnd),
    mark: /OK/,
  },
];

const firstPort = 8001;
const directory = scratch();
const file = join(directory, 'hostile.pcap');

before(() => {
  if (skip) return;
  writePcapSync(file, (pcap) => {
    for (const [i, { client, server }] of attacks.entries()) {
      const from: End = { address: [10, 1, 0, 1], port: 40_000 + i, seq: 1 + i * 7919 };
      const to: End = { address: [10, 2, 0, 1], port: firstPort + i, seq: 1 + i * 104_729 };
      pcap.open(from, to);
      pcap.send(from, to, Buffer.from(client));
      pcap.send(to, from, Buffer.from(server));
      pcap.close(from, to);
    }
  });
});

async function watch(...args: string[]): Promise<string> {
  const ended = await launch(launcher, ['watch', '-r', file, ...args], { env: tellsPeak }).ended;
  const { code, stdout, stderr } = ended;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /this is a bug|\n {4}at /);
  const bytes = peakOf(ended);
  assert.ok(bytes < memoryLimit, `${Math.round(bytes / MiB)} MiB\n${stderr}`);
  return stdout;
}

test('as text, with all there is', { skip }, async () => {
  const shown = await watch('-vvv');
  // An entry's line begins with its time, its details do not.
  const entries = shown.split(/\n(?=\d\d:)/);
  for (const [i, { name, mark }] of attacks.entries()) {
    const told = entries.filter((entry) => entry.split('\n', 1)[0]!.includes(`:${firstPort + i} `));
    assert.ok(told.length > 0, `${name}: not shown`);
    assert.ok(
      told.some((entry) => mark.test(entry)),
      `${name}: ${mark}\n${told.join('\n').slice(0, 2000)}`,
    );
  }
  assert.ok(shown.length < 16 * MiB, `${shown.length} characters`);
});

test('as JSON', { skip }, async () => {
  const shown = await watch('-vvv', '--json');
  const ports = new Set(
    shown
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .flatMap(({ connection }) => connection?.server.port ?? []),
  );
  for (const [i, { name }] of attacks.entries()) assert.ok(ports.has(firstPort + i), name);
});

test('asked for what is in their bodies', { skip }, async () => {
  const found = await watch('-Y', 'body contains "short"');
  assert.match(
    found,
    new RegExp(`:${firstPort + attacks.findIndex((a) => a.name === 'a Content-Length that lies')} `),
  );
  for (const query of ['no-such-word', 'body matches "(a+)+b"', 'len(body) > 1000000'])
    await watch('-Y', query);
});
