/**
 * The language beside tshark's. Twice over real captures: what each frame has, as tshark tells it, is made
 * an entry, so that both answer the same question of the same values; and the exchanges of our own pipeline
 * are counted beside tshark's frames.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { ours } from '../../test/support/exchanges.ts';
import { writeHttpCapture } from '../../test/support/http-capture.ts';
import { missing, run, tsharkFields } from '../../test/support/tools.ts';
import type { Exchange, FieldSpec, FieldValue } from '../model/index.ts';
import { protocols } from '../protocols/registry.ts';
import { compile, createSchema } from './index.ts';
import { connection } from './testing/entries.ts';
import { exchangeExpressions, frameExpressions } from './testing/expressions.ts';

const folder = join(import.meta.dirname, '../../../shared/traces/ndpi');
/** Real HTTP and DNS: odd pairs, one-sided, several answers to a question. They may lie beside the project. */
const traces = [
  ...['dns_ambiguous_names.pcap', 'dns-tunnel-iodine.pcap', 'http_ua_splitted_in_two_pkts.pcapng'],
  ...['http_starting_with_reply.pcapng', 'http-manipulated.pcap', 'http_auth.pcap'],
]
  .map((name) => join(folder, name))
  .filter((path) => existsSync(path));
const skip = missing('tshark');

/** All there are, and one of our own making. */
function withFiles(compare: (files: readonly string[]) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'porthole-query-'));
    try {
      const made = join(directory, 'http.pcap');
      writeHttpCapture(made, { connections: 12, requestsPerConnection: 20 });
      await compare([made, ...traces]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
}

const specs = (
  [
    ['http.request.method', 'string'],
    ['http.request.uri', 'string'],
    ['http.request.version', 'string'],
    ['http.response.code', 'number'],
    ['http.response.phrase', 'string'],
    ['http.host', 'string'],
    ['http.user_agent', 'string'],
    ['http.content_type', 'string'],
    ['http.time', 'durationNs'],
    ['dns.qry.name', 'list'],
    ['dns.qry.type', 'number'],
    ['dns.flags.rcode', 'number'],
    ['dns.flags.authoritative', 'boolean'],
    ['dns.id', 'number'],
    ['dns.time', 'durationNs'],
    ['dns.a', 'list'],
    ['dns.cname', 'list'],
  ] as const
).map(([name, type]): FieldSpec => ({ name, type, label: name, description: name }));

const schema = createSchema(
  ['http', 'dns'].map((name) => ({
    name,
    title: name,
    fields: specs.filter((spec) => spec.name.startsWith(`${name}.`)),
  })),
);

const carried = [
  'ip.src',
  'ipv6.src',
  'ip.dst',
  'ipv6.dst',
  'tcp.srcport',
  'udp.srcport',
  'tcp.dstport',
  'udp.dstport',
];
/** ICMP errors quote packets: then every field is there twice. */
const framesOnly = '(tcp or udp) and not icmp and not icmpv6';

function cellValue({ type }: FieldSpec, cell: string): FieldValue {
  if (cell === '') return undefined;
  const values = cell.split('\x1f');
  if (type === 'string' || type === 'list') return values.length > 1 ? values : values[0];
  assert.equal(values.length, 1, 'numbers come one by one');
  if (type === 'boolean') return cell === '1' || cell === 'True';
  return type === 'durationNs' ? Math.round(Number(cell) * 1e9) : Number(cell);
}

function frameEntries(file: string): Exchange[] {
  const names = [...carried, 'frame.protocols', ...specs.map(({ name }) => name)];
  return tsharkFields(file, names, ['-Y', framesOnly]).map((cells) => {
    const [src, src6, dst, dst6, tcpSrc, udpSrc, tcpDst, udpDst, protocols = ''] = cells;
    const values = specs.map((spec, i) => [spec.name, cellValue(spec, cells[carried.length + 1 + i] ?? '')]);
    const protocol = ['http', 'dns'].find((name) => protocols.split(':').includes(name)) ?? 'none';
    return {
      protocol,
      connection: {
        ...connection,
        transport: tcpSrc ? 'tcp' : 'udp',
        client: { address: src || src6 || '', port: Number(tcpSrc || udpSrc) },
        server: { address: dst || dst6 || '', port: Number(tcpDst || udpDst) },
      },
      startAt: 0,
      endAt: 0,
      fields: Object.fromEntries(values) as Exchange['fields'],
      outcome: 'ok',
      missing: [],
      weirds: [],
    };
  });
}

/** How many frames match each: all at once by the statistics, which split at commas. */
function tsharkCounts(file: string, expressions: readonly string[]): number[] {
  const asked = expressions.map((expression) => `(${expression}) and ${framesOnly}`).join(',');
  const text = run('tshark', ['-n', '-q', '-r', file, '-z', `io,stat,0,${asked}`]);
  // |  0.0 <> 1.5 | frames | bytes | frames | bytes | ...
  const row = text.split('\n').find((line) => line.includes('<>'))!;
  const cells = row
    .split('|')
    .map((cell) => cell.trim())
    .slice(2);
  return expressions.map((_, i) => Number(cells[i * 2]));
}

function tsharkCount(file: string, expression: string): number {
  return run('tshark', ['-n', '-r', file, '-Y', `(${expression}) and ${framesOnly}`]).split('\n').length - 1;
}

function compareFrames(files: readonly string[]): void {
  const found = new Map<string, number>();
  const together = frameExpressions.filter((expression) => !expression.includes(','));
  const alone = frameExpressions.filter((expression) => expression.includes(','));
  for (const file of files) {
    const entries = frameEntries(file);
    const compare = (expression: string, theirs: number) => {
      const { matches } = compile(expression, schema);
      assert.equal(entries.filter(matches).length, theirs, `${expression} in ${file}`);
      found.set(expression, (found.get(expression) ?? 0) + theirs);
    };
    tsharkCounts(file, together).forEach((theirs, i) => void compare(together[i]!, theirs));
    // A run each takes its time: of one file.
    if (file === files[0]) for (const expression of alone) compare(expression, tsharkCount(file, expression));
  }
  if (files.length === 1) return;
  const nothing = frameExpressions.filter((expression) => found.get(expression) === 0);
  assert.ok(nothing.length < frameExpressions.length / 10, `these match nothing: ${nothing.join(' | ')}`);
}

test('as many frames as tshark shows, their fields made entries', { skip }, withFiles(compareFrames));

/**
 * Where our exchanges are not one to a frame of tshark's.
 * http-manipulated: the capture ends within the last answer's body. tshark never has it whole and shows
 * segments; we show the exchange, marked `messageCut`.
 */
const cutAnswers: ReadonlySet<string> = new Set(['http-manipulated.pcap']);

async function compareExchanges(files: readonly string[]): Promise<void> {
  const registry = createSchema(protocols);
  const rows = exchangeExpressions.map((row) => (typeof row === 'string' ? [row, row] : row));
  const different: string[] = [];
  for (const file of files) {
    const { exchanges } = await ours(file);
    const theirs = tsharkCounts(
      file,
      rows.map(([, expression]) => expression!),
    );
    rows.forEach(([expression], i) => {
      const { matches } = compile(expression!, registry);
      const isCut = ({ missing: gaps }: Exchange) => gaps.some(({ kind }) => kind === 'messageCut');
      const leavesCut = cutAnswers.has(basename(file)) && expression!.includes('response');
      const count = exchanges.filter((e) => matches(e) && !(leavesCut && isCut(e))).length;
      if (count === theirs[i]) return;
      different.push(`${basename(file)}: ${expression}: ${count}, tshark ${theirs[i]}`);
    });
  }
  assert.deepEqual(different, []);
}

test('as many exchanges as tshark has requests or responses', { skip }, withFiles(compareExchanges));
