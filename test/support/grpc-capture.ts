/**
 * A capture of HTTP/2 as Node's own client and server (nghttp2) speak it: gRPC calls of every kind and pages of
 * JSON, many streams at once on several connections. What either side writes goes to the other through memory
 * and into a pcap as TCP segments: no network, no clock, no chance, so that it is the same bytes every time.
 */
import { connect, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { type End, flag, type PcapFile, writePcap } from './pcap-file.ts';

export interface GrpcCaptureOptions {
  /** One after the other, `parallel` at once. */
  readonly connections: number;
  readonly callsPerConnection: number;
  readonly parallel: number;
  /** Streams open at once on a connection. */
  readonly streams: number;
}

export interface GrpcCaptureCounts {
  readonly packets: number;
  /** gRPC calls and pages. */
  readonly calls: number;
  readonly messages: number;
  readonly bytes: number;
}

/** What the measures are about: more than 400,000 packets. */
export const largeGrpcCapture: GrpcCaptureOptions = {
  connections: 48,
  callsPerConnection: 2600,
  parallel: 8,
  streams: 24,
};

/** Turns of the event loop between a client's calls, and until a server answers: less, and all goes in few segments. */
const thinking = 250;
const working = 80;

const services = ['shop.Cart', 'shop.Catalog', 'shop.v1.Orders', 'grpc.health.v1.Health'];
const methods = ['Get', 'List', 'Update', 'Watch', 'Import', 'Check'];
const filler = Buffer.from('the quick brown fox jumps over the lazy dog, porthole; '.repeat(80));

/** Numbers that look random and are the same every time (Knuth's MMIX constants would need 64 bits; these do not). */
function sequence(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return ((state >>> 8) * below) >>> 24;
  };
}

/** Tells whoever counts. */
interface Tally {
  calls: number;
  messages: number;
}

export async function writeGrpcCapture(
  path: string,
  options: GrpcCaptureOptions,
): Promise<GrpcCaptureCounts> {
  const { connections, parallel } = options;
  const server = createServer({ settings: { maxConcurrentStreams: 250 } });
  const tally: Tally = { calls: 0, messages: 0 };
  serve(server, tally);
  return writePcap(path, async (file) => {
    for (let first = 0; first < connections; first += parallel)
      await Promise.all(
        Array.from({ length: Math.min(parallel, connections - first) }, (_, i) =>
          converse(file, server, first + i, options, tally),
        ),
      );
    return { packets: file.packets, bytes: file.bytes, ...tally };
  });
}

/** One end of a pipe through memory: what is written is a segment of the capture, and comes out at the other end. */
class Wire extends Duplex {
  peer!: Wire;
  readonly #record: (bytes: Uint8Array) => void;
  #blocked: (() => void) | undefined;

  constructor(record: (bytes: Uint8Array) => void) {
    super();
    this.#record = record;
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: () => void): void {
    const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk));
    this.#record(bytes);
    // Not at once: neither end's library expects to be called from within its own write.
    setImmediate(() => {
      if (this.peer.push(bytes)) done();
      else this.#blocked = done;
    });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  override _final(done: () => void): void {
    this.peer.push(null);
    done();
  }

  override _read(): void {
    this.peer.drained();
  }

  drained(): void {
    const done = this.#blocked;
    this.#blocked = undefined;
    if (done) setImmediate(done);
  }
}

async function converse(
  file: PcapFile,
  server: Http2Server,
  number: number,
  { callsPerConnection, streams }: GrpcCaptureOptions,
  tally: Tally,
): Promise<void> {
  const client: End = { address: [10, 1, 0, 1 + number], port: 40_000 + number, seq: 1000 + number * 7919 };
  const target: End = { address: [10, 2, 0, 1 + (number % 4)], port: 50_051, seq: 9000 + number * 104_729 };
  file.open(client, target);
  const near = new Wire(segments(file, client, target));
  const far = new Wire(segments(file, target, client));
  near.peer = far;
  far.peer = near;
  server.emit('connection', far);
  const session = connect('http://shop.example:50051', { createConnection: () => near });
  const random = sequence(number * 2 + 1);
  let begun = 0;
  const worker = async () => {
    while (begun < callsPerConnection) {
      const i = begun++;
      tally.calls++;
      await call(session, number, i, random, tally);
      for (let turns = random(thinking); turns > 0; turns--) await turn();
    }
  };
  await Promise.all(Array.from({ length: streams }, worker));
  await new Promise<void>((resolve) => session.close(resolve));
  file.close(client, target);
}

/** Who gets a second segment, and has nothing to say itself, acknowledges it alone. */
function segments(file: PcapFile, from: End, to: End): (bytes: Uint8Array) => void {
  let acknowledged = to.seq;
  let unheard = 0;
  return (bytes) => {
    file.send(from, to, bytes);
    unheard = to.seq === acknowledged ? unheard + 1 : 1;
    acknowledged = to.seq;
    if (unheard < 2) return;
    unheard = 0;
    file.packet(to, from, flag.ack);
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A message of protobuf behind gRPC's prefix: a number, a text, a nested message. */
function message(random: (below: number) => number, tally: Tally): Buffer {
  tally.messages++;
  const text = filler.subarray(0, random(8) === 0 ? 200 + random(1800) : 8 + random(120));
  const id = random(1 << 20);
  const body = Buffer.concat([
    Buffer.from([0x08, ...varint(id), 0x12, ...varint(text.length)]),
    text,
    Buffer.from([0x1a, 0x06, 0x08, ...varint(300 + (id % 9000)), 0x10, 0x01, 0x18].slice(0, 8)),
  ]);
  const framed = Buffer.alloc(5 + body.length);
  framed.writeUInt32BE(body.length, 1);
  body.copy(framed, 5);
  return framed;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  bytes.push(value);
  return bytes;
}

function call(
  session: ReturnType<typeof connect>,
  number: number,
  i: number,
  random: (below: number) => number,
  tally: Tally,
): Promise<void> {
  const kind = random(20);
  const isPage = kind < 3;
  const method = methods[random(methods.length)]!;
  const stream = isPage
    ? session.request(
        {
          ':path': `/api/items/${number}/${i}?page=${i % 10}`,
          accept: 'application/json',
          'user-agent': 'load/1.0',
        },
        { endStream: true },
      )
    : session.request({
        ':method': 'POST',
        ':path': `/${services[random(services.length)]}/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': `${1 + random(30)}S`,
        'grpc-accept-encoding': 'identity,deflate,gzip',
        'user-agent': 'grpc-node-js/1.12.0',
        'x-request-id': `${number}-${i}-${random(1 << 20).toString(16)}`,
        ...(i % 3 === 0 ? { authorization: `Bearer ${'token'.repeat(20)}${number % 4}` } : {}),
      });
  stream.resume();
  if (!isPage) {
    // Unary mostly; now and then a stream of the client's.
    const count = kind === 3 ? 5 : 1;
    for (let n = 1; n < count; n++) stream.write(message(random, tally));
    stream.end(message(random, tally));
  }
  return new Promise((resolve, reject) => {
    stream.once('close', resolve);
    stream.once('error', reject);
  });
}

function serve(server: Http2Server, tally: Tally): void {
  const random = sequence(4711);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers['content-type'] !== 'application/grpc') return page(stream, random);
    stream.resume();
    stream.once('end', () => void answer(stream, String(headers[':path']), random, tally));
  });
}

function page(stream: ServerHttp2Stream, random: (below: number) => number): void {
  const found = random(10) > 0;
  stream.respond(
    {
      ':status': found ? 200 : 404,
      'content-type': 'application/json',
      'x-request-cost': String(random(100)),
    },
    { sendDate: false } as object,
  );
  stream.end(JSON.stringify({ found, text: filler.toString('latin1', 0, random(1200)) }));
}

async function answer(
  stream: ServerHttp2Stream,
  path: string,
  random: (below: number) => number,
  tally: Tally,
): Promise<void> {
  for (let turns = random(working); turns > 0; turns--) await turn();
  const head = { ':status': 200, 'content-type': 'application/grpc+proto' };
  if (random(12) === 0) {
    // What fails at once has nothing but trailers.
    stream.respond(
      { ...head, 'grpc-status': String(1 + random(16)), 'grpc-message': 'no such item %E2%9C%97' },
      { endStream: true, sendDate: false } as object,
    );
    return;
  }
  stream.respond({ ...head, 'grpc-accept-encoding': 'identity,deflate,gzip' }, {
    waitForTrailers: true,
    sendDate: false,
  } as object);
  stream.once('wantTrailers', () =>
    stream.sendTrailers({ 'grpc-status': '0', 'x-served-by': `node-${random(8)}` }),
  );
  const count = path.endsWith('/Watch') && random(3) === 0 ? 2 + random(12) : 1;
  for (let n = 1; n < count; n++) {
    stream.write(message(random, tally));
    await turn();
  }
  stream.end(message(random, tally));
}
