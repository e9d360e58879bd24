/**
 * Reading capture files of 400,000 packets beside tshark, which has to tell the same exchanges: HTTP/1, and gRPC
 * over HTTP/2; what that allocates; and printing packets beside tcpdump.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { largeGrpcCapture, writeGrpcCapture } from '../test/support/grpc-capture.ts';
import { largeCapture, writeHttpCapture } from '../test/support/http-capture.ts';
import { launcher } from '../test/support/porthole.ts';
import { allocatedBytes } from './lib/allocation.ts';
import { ourCalls, tsharkCalls, tsharkCallsArguments } from './lib/grpc-calls.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';
import { medianRatio, spread } from './lib/stats.ts';
import { type Timed, timed } from './lib/timed.ts';

export const name = 'read';

/** Fewer say too little of a machine that does something else too. */
const fewestRounds = 5;

const tsharkFields = ['tcp.stream', 'http.request.method', 'http.request.uri', 'http.response.code'];

interface Subject {
  readonly name: string;
  /** Writes the capture. */
  write(path: string, scale: number): Promise<{ packets: number; exchanges: number; bytes: number }>;
  /** What tshark is asked for. */
  readonly tshark: readonly string[];
  readonly what: string;
  /** Exchanges as lines, sorted: of our JSON, of tshark's table. */
  ours(path: string): Promise<string[]>;
  theirs(path: string): Promise<string[]>;
}

const subjects: readonly Subject[] = [
  {
    name: 'HTTP/1',
    write: async (path, scale) =>
      writeHttpCapture(path, { ...largeCapture, connections: largeCapture.connections / scale }),
    tshark: ['-Y', 'http', '-T', 'fields', ...tsharkFields.flatMap((field) => ['-e', field])],
    what: 'stream, method, uri, status',
    ours: ourExchanges,
    theirs: tsharkExchanges,
  },
  {
    name: 'gRPC, HTTP/2',
    write: async (path, scale) => {
      const { connections } = largeGrpcCapture;
      const counts = await writeGrpcCapture(path, {
        ...largeGrpcCapture,
        connections: Math.ceil(connections / scale),
      });
      return { ...counts, exchanges: counts.calls };
    },
    tshark: tsharkCallsArguments,
    what: 'stream, method, path, status, gRPC status, numbers of messages',
    ours: ourCalls,
    theirs: tsharkCalls,
  },
];

export async function run(options: MeasureOptions): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  try {
    const rows: Row[] = [];
    for (const subject of subjects.filter((s) => s.name.includes(options.only)))
      rows.push(...(await measure(subject, directory, options)));
    if (options.only === '') rows.push(await printing(directory, options));
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Pair = readonly [Timed, Timed];

const of = (pairs: readonly Pair[], side: 0 | 1, key: keyof Timed) => pairs.map((pair) => pair[side][key]);
const ratio = (pairs: readonly Pair[], key: keyof Timed) => medianRatio(of(pairs, 0, key), of(pairs, 1, key));

async function measure(
  subject: Subject,
  directory: string,
  { quick, rounds, note }: MeasureOptions,
): Promise<Row[]> {
  const file = join(directory, 'read.pcap');
  const counts = await subject.write(file, quick ? 10 : 1);
  const { packets, exchanges } = counts;
  note(`${subject.name}: ${packets} packets, ${exchanges} exchanges, ${counts.bytes} bytes`);
  const ours = join(directory, 'porthole.txt');
  const theirs = join(directory, 'tshark.txt');
  const pairs: Pair[] = [];
  for (let round = 0; round < (quick ? 1 : Math.max(rounds, fewestRounds)); round++) {
    pairs.push([
      await timed(ours, launcher, 'watch', '-r', file),
      await timed(theirs, 'tshark', '-r', file, ...subject.tshark),
    ]);
    const [a, b] = pairs.at(-1)!;
    note(
      `round ${round + 1}: ${a.wall.toFixed(2)} / ${b.wall.toFixed(2)} s, CPU ${a.cpu.toFixed(2)} / ${b.cpu.toFixed(2)} s`,
    );
  }
  const json = join(directory, 'porthole.json');
  await timed(json, launcher, 'watch', '-r', file, '--json');
  const [a, b] = [await subject.ours(json), await subject.theirs(theirs)];
  const differs = a.findIndex((line, i) => line !== b[i]);
  if (differs >= 0) note(`differs: ${a[differs]} / ${b[differs]}`);
  const allocated = await allocatedBytes('watch', '-r', file);
  const row = (key: keyof Timed, label: string): Row => {
    const speed = 1 / ratio(pairs, key);
    return {
      measure: `${subject.name}: watch -r, ${exchanges} exchanges, ${label}: times faster`,
      porthole: `${spread(of(pairs, 0, key), 2)} s`,
      peer: `tshark ${spread(of(pairs, 1, key), 2)} s`,
      ratio: speed,
      target: '>= 10',
      met: speed >= 10,
    };
  };
  return [
    row('wall', 'by time'),
    row('cpu', 'by CPU'),
    {
      measure: `${subject.name}: the same exchanges: ${subject.what}`,
      porthole: String(a.length),
      peer: `tshark ${b.length}`,
      target: 'equal',
      met: a.length >= exchanges && a.length === b.length && differs < 0,
    },
    {
      measure: `${subject.name}: allocated`,
      porthole: `${(allocated / packets).toFixed(0)} bytes a packet, ${(allocated / exchanges).toFixed(0)} an exchange`,
      peer: '',
      target: 'for the record',
      remark: 'start-up included',
    },
  ];
}

async function printing(directory: string, { quick, rounds }: MeasureOptions): Promise<Row> {
  const file = join(directory, 'http.pcap');
  const counts = await subjects[0]!.write(file, quick ? 10 : 1);
  const printed: Pair[] = [];
  for (let round = 0; round < rounds; round++)
    printed.push([
      await timed(join(directory, 'dump.txt'), launcher, 'dump', '-nn', '-r', file),
      await timed(join(directory, 'tcpdump.txt'), 'tcpdump', '-nn', '-r', file),
    ]);
  return {
    measure: `dump -nn -r, ${counts.packets} packets`,
    porthole: `${spread(of(printed, 0, 'wall'), 2)} s`,
    peer: `tcpdump -nn -r ${spread(of(printed, 1, 'wall'), 2)} s`,
    ratio: ratio(printed, 'wall'),
    target: 'for the record',
    remark: `by CPU time ${ratio(printed, 'cpu').toFixed(2)}`,
  };
}

/** `STREAM METHOD URI STATUS`, sorted. Both number streams in the order of their first packets. */
async function ourExchanges(path: string): Promise<string[]> {
  const exchanges: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const { type, connection, fields } = JSON.parse(line);
    if (type === 'exchange')
      exchanges.push(
        [connection.id - 1, ...tsharkFields.slice(1).map((field) => fields[field] ?? '')].join(' '),
      );
  }
  return exchanges.sort();
}

/** tshark prints requests and responses as packets: the n-th of a stream belong together. */
async function tsharkExchanges(path: string): Promise<string[]> {
  const streams = new Map<string, { requests: string[]; codes: string[] }>();
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [stream, method, uri, code] = line.split('\t') as [string, string, string, string];
    const entry = streams.get(stream) ?? { requests: [], codes: [] };
    streams.set(stream, entry);
    if (method !== '') entry.requests.push(`${method} ${uri}`);
    if (code !== '') entry.codes.push(code);
  }
  const exchanges: string[] = [];
  for (const [stream, { requests, codes }] of streams)
    for (const [i, request] of requests.entries()) exchanges.push(`${stream} ${request} ${codes[i] ?? ''}`);
  return exchanges.sort();
}
