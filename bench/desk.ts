/** The desk behind both faces, filled with 500,000 exchanges: memory, what adding costs, how soon a filter or an order is there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeHttpCapture } from '../test/support/http-capture.ts';
import type { MeasureOptions, Row } from './lib/measure.ts';

export const name = 'desk';

/** The capture is read twice: a file of half the size does. */
const rounds = 2;
/** What a browser's tab may take. */
const memoryLimit = 1e9;

interface Cost {
  readonly first: number;
  readonly ms: number;
  readonly found: number;
}

/** As lib/desk-load.ts tells it. */
interface Load {
  readonly held: number;
  readonly bytes: number;
  readonly packetBytes: number;
  readonly decoding: number;
  readonly filling: number;
  readonly before: { readonly rss: number; readonly heapUsed: number };
  readonly after: { readonly rss: number; readonly heapUsed: number };
  readonly queries: Readonly<Record<string, Cost>>;
  readonly scroll: number;
  readonly statistics: Cost;
}

export async function run({ quick }: MeasureOptions): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  try {
    const file = join(directory, 'http.pcap');
    writeHttpCapture(file, { connections: quick ? 50 : 1250, requestsPerConnection: 200 });
    const script = join(import.meta.dirname, 'lib', 'desk-load.ts');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--expose-gc', '--disable-warning=ExperimentalWarning', script, file, `${rounds}`],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    return rowsOf(JSON.parse(stdout) as Load);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const ms = (value: number) => `${Math.round(value)} ms`;

function rowsOf(load: Load): Row[] {
  const { held, bytes, packetBytes, decoding, filling, before, after } = load;
  const row = (measure: string, porthole: string, remark: string): Row => ({
    ...{ measure, porthole, remark, peer: '', target: '' },
  });
  const grown = after.rss - before.rss;
  return [
    {
      ...row(`${held} exchanges held, RSS`, mb(grown), ''),
      target: `<= ${mb(memoryLimit + packetBytes)}`,
      met: grown <= memoryLimit + packetBytes,
      remark: `entries ${mb(bytes)}, packets ${mb(packetBytes)}, V8's heap ${mb(after.heapUsed - before.heapUsed)}`,
    },
    row(
      'adding an exchange with its packets, CPU',
      `${(((filling - decoding) / held) * 1000).toFixed(1)} µs`,
      `decoding it ${((decoding / held) * 1000).toFixed(1)} µs`,
    ),
    ...Object.entries(load.queries).map(([what, { first, ms: all, found }]) =>
      row(`list ${what}: first rows, all`, `${ms(first)}, ${ms(all)}`, `${found} listed`),
    ),
    row('50 rows anywhere in the list', `${(load.scroll / 1000).toFixed(2)} ms`, ''),
    row('statistics: first, all', `${ms(load.statistics.first)}, ${ms(load.statistics.ms)}`, ''),
  ];
}
