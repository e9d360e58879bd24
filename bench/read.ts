/**
 * Reading a capture file of 400,000 packets with 200,000 HTTP exchanges beside tshark, which has to see the same
 * exchanges; and printing its packets beside tcpdump.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { largeCapture, writeHttpCapture } from '../test/support/http-capture.ts';
import { launcher } from '../test/support/porthole.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';
import { medianRatio, spread } from './lib/stats.ts';
import { type Timed, timed } from './lib/timed.ts';

export const name = 'read';

const tsharkFields = ['tcp.stream', 'http.request.method', 'http.request.uri', 'http.response.code'];

export async function run({ quick, rounds, note }: MeasureOptions): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  try {
    const file = join(directory, 'http.pcap');
    const scale = quick ? 10 : 1;
    const { connections } = largeCapture;
    const counts = writeHttpCapture(file, { ...largeCapture, connections: connections / scale });
    note(`${counts.packets} packets, ${counts.exchanges} exchanges, ${counts.bytes} bytes`);
    const ours = join(directory, 'porthole.txt');
    const theirs = join(directory, 'tshark.txt');
    const pairs: Pair[] = [];
    const printed: Pair[] = [];
    for (let round = 0; round < rounds; round++) {
      pairs.push([
        await timed(ours, launcher, 'watch', '-r', file),
        await timed(
          theirs,
          'tshark',
          '-r',
          file,
          '-Y',
          'http',
          '-T',
          'fields',
          ...tsharkFields.flatMap((f) => ['-e', f]),
        ),
      ]);
      printed.push([
        await timed(join(directory, 'dump.txt'), launcher, 'dump', '-nn', '-r', file),
        await timed(join(directory, 'tcpdump.txt'), 'tcpdump', '-nn', '-r', file),
      ]);
      note(
        `round ${round + 1}: ${pairs
          .at(-1)!
          .map(({ wall }) => `${wall.toFixed(2)} s`)
          .join(' / ')}`,
      );
    }
    const json = join(directory, 'porthole.json');
    await timed(json, launcher, 'watch', '-r', file, '--json');
    const [a, b] = [await ourExchanges(json), await tsharkExchanges(theirs)];
    const same =
      a.length === counts.exchanges && a.length === b.length && a.every((line, i) => line === b[i]);
    const speed = 1 / ratio(pairs, 'wall');
    return [
      {
        measure: `watch -r, ${counts.exchanges} exchanges: times faster`,
        porthole: `${spread(of(pairs, 0, 'wall'), 2)} s`,
        peer: `tshark -Y http ${spread(of(pairs, 1, 'wall'), 2)} s`,
        ratio: speed,
        target: '>= 8',
        met: speed >= 8,
        remark: `by CPU time ${(1 / ratio(pairs, 'cpu')).toFixed(1)} times`,
      },
      {
        measure: 'the same exchanges: stream, method, uri, status',
        porthole: String(a.length),
        peer: `tshark ${b.length}`,
        target: 'equal',
        met: same,
      },
      {
        measure: `dump -nn -r, ${counts.packets} packets`,
        porthole: `${spread(of(printed, 0, 'wall'), 2)} s`,
        peer: `tcpdump -nn -r ${spread(of(printed, 1, 'wall'), 2)} s`,
        ratio: ratio(printed, 'wall'),
        target: 'for the record',
        remark: `by CPU time ${ratio(printed, 'cpu').toFixed(2)}`,
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Pair = readonly [Timed, Timed];

const of = (pairs: readonly Pair[], side: 0 | 1, key: keyof Timed) => pairs.map((pair) => pair[side][key]);
const ratio = (pairs: readonly Pair[], key: keyof Timed) => medianRatio(of(pairs, 0, key), of(pairs, 1, key));

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
