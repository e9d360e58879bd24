/** What connections cost that are all open at once, each with an exchange done and another one under way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientHello, get, join as joined, ok, serverHello } from '../src/protocols/http2/testing/build.ts';
import { writeOpenHttpCapture } from '../test/support/http-capture.ts';
import { writePcapSync } from '../test/support/pcap-file.ts';
import { launch, launcher, peakOf, tellsPeak } from '../test/support/porthole.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';

export const name = 'memory';

const connections = 100_000;
const limit = 400e6;

const captures: readonly (readonly [name: string, write: (path: string, connections: number) => void])[] = [
  ['HTTP/1', writeOpenHttpCapture],
  ['HTTP/2', writeOpenHttp2Capture],
];

export async function run({ quick, only }: MeasureOptions): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  try {
    const rows: Row[] = [];
    const count = quick ? connections / 10 : connections;
    for (const [what, write] of captures.filter(([one]) => one.includes(only))) {
      const file = join(directory, 'open.pcap');
      write(file, count);
      // To nowhere: a hundred thousand lines at once are not what is measured.
      const ended = await launch(launcher, ['watch', '-r', file], {
        env: tellsPeak,
        stdio: ['ignore', 'ignore', 'pipe'],
      }).ended;
      if (ended.code !== 0) throw new Error(ended.stderr);
      const peak = peakOf(ended);
      const forgotten = /(\d+) connections? forgotten/.exec(ended.stderr)?.[1] ?? '0';
      rows.push({
        measure: `${count} connections of ${what} open, peak RSS`,
        porthole: `${Math.round(peak / 1e6)} MB`,
        peer: '',
        target: '<= 400 MB, none forgotten',
        met: peak <= limit && forgotten === '0',
        remark: `${forgotten} forgotten`,
      });
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeOpenHttp2Capture(path: string, connections: number): void {
  const headers = (number: number, stream: number) =>
    get(stream, `/api/v1/items/${number}/${stream}?size=20`);
  writePcapSync(path, (file) => {
    const ends = Array.from({ length: connections }, (_, number) => ({
      client: {
        address: [10, 1, (number >> 8) & 255, number & 255],
        port: 32_768 + (number % 28_000),
        seq: number * 7919,
      },
      server: { address: [10, 2, 0, 1 + (number % 4)], port: 8080, seq: number * 104_729 },
    }));
    for (const { client, server } of ends) file.open(client, server);
    for (const [i, { client, server }] of ends.entries()) {
      file.send(client, server, joined(clientHello, headers(i, 1)));
      file.send(server, client, joined(serverHello, ok(1, true, { server: 'shop' })));
    }
    for (const [i, { client, server }] of ends.entries()) file.send(client, server, headers(i, 3));
  });
}
