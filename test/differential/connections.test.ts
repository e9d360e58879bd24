/**
 * What TCP's headers tell, beside tshark's analysis and beside what a simulated sender knows: packets and
 * bytes of either side, what was sent again, windows that are shut, the handshake's time.
 */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { PcapWriter } from '../../src/pcap/index.ts';
import { type Figures, ourConnections, ourSummaries, tsharkConnections } from '../support/connections.ts';
import { writeHttpCapture } from '../support/http-capture.ts';
import { simulate } from '../support/lossy-connections.ts';
import { scratch } from '../support/scratch.ts';
import { missing, run } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';

const directory = scratch();
const skip = missing('tshark', 'mergecap');
/** Files joined from different years: doubles hold their times to less than a microsecond. */
const clockNs = 1000;

/** Why we and tshark differ: all there is. Lines are `CONNECTION: WHAT OURS, tshark THEIRS`. */
const explained: readonly { readonly line: RegExp; readonly why: string }[] = [
  { line: /^10\.0\.0\.2:\d+ 10\.128\.0\.2:\d+: connections 0,/, why: 'fragments that make no whole packet' },
  { line: /192\.168\.22\.4.*: connections 0,/, why: 'tunnels are not looked into' },
  {
    line: /192\.168\.1\.103:1044 .*: connections 2, tshark 1$/,
    why: 'two of the captures hold the same connection: tshark takes the second for repeats',
  },
  {
    line: /again of 142\.250\.184\.68:443 0, tshark 2$/,
    why: 'its sides are in two captures: tshark takes what was acknowledged before it came for repeats',
  },
  {
    line: /: handshake undefined, tshark \d+$/,
    why: 'tshark takes the time from the last SYN to the first ACK, also where no SYN-ACK was seen or several were',
  },
];
const used = new Set<(typeof explained)[number]>();

function* differences(mine: Figures, theirs: Figures): Generator<string> {
  for (const [end, sent] of theirs.sent)
    for (const what of ['packets', 'wireBytes', 'again', 'zeroWindows'] as const) {
      const ours = mine.sent.get(end)?.[what] ?? 0;
      if (ours !== sent[what]) yield `${what} of ${end} ${ours}, tshark ${sent[what]}`;
    }
  const [a, b] = [mine.handshakeNs, theirs.handshakeNs];
  if (a === b || (a !== undefined && b !== undefined && Math.abs(a - b) < clockNs)) return;
  yield `handshake ${a}, tshark ${b}`;
}

/** Nothing but what is explained. Returns how many connections were compared. */
async function compare(path: string): Promise<{ connections: number; again: number; handshakes: number }> {
  const mine = await ourConnections(path);
  const theirs = tsharkConnections(path);
  const lines: string[] = [];
  const compared = { connections: 0, again: 0, handshakes: 0 };
  for (const key of new Set([...mine.keys(), ...theirs.keys()])) {
    const a = mine.get(key) ?? [];
    const b = theirs.get(key) ?? [];
    if (a.length !== b.length) lines.push(`${key}: connections ${a.length}, tshark ${b.length}`);
    else
      b.forEach((figures, i) => {
        compared.connections++;
        if (figures.handshakeNs !== undefined) compared.handshakes++;
        for (const { again } of figures.sent.values()) compared.again += again;
        for (const line of differences(a[i]!, figures)) lines.push(`${key}: ${line}`);
      });
  }
  const unexplained = lines.filter((line) => {
    const reason = explained.find((e) => e.line.test(line));
    if (reason) used.add(reason);
    return !reason;
  });
  assert.deepEqual(unexplained, []);
  return compared;
}

/** tshark takes longer to start than to read them. */
function joined(name: string, paths: readonly string[]): string {
  const path = join(directory, name);
  run('mergecap', ['-a', '-F', 'pcapng', '-w', path, ...paths]);
  return path;
}

test('recordings of our protocols', { skip }, async () => {
  const root = join(import.meta.dirname, '../../src/protocols');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pcap'))
    .sort();
  const { connections, handshakes } = await compare(
    joined(
      'recordings.pcapng',
      paths.map((name) => join(root, name)),
    ),
  );
  assert.ok(connections > 40 && handshakes > 20, `${connections} connections, ${handshakes} handshakes`);
});

test('generated traffic', { skip }, async () => {
  const path = join(directory, 'http.pcap');
  writeHttpCapture(path, { connections: 100, requestsPerConnection: 20 });
  assert.deepEqual(await compare(path), { connections: 100, again: 0, handshakes: 100 });
});

test('connections that lose packets: as tshark has them, and as their senders know it', {
  skip,
}, async () => {
  const random = new Random(7);
  const ways = Array.from({ length: 60 }, (_, i) => simulate(i, random, 5 + random.below(40)));
  const writer = new PcapWriter(true);
  writer.header(1, 262_144);
  const frames = ways.flatMap((way) => way.frames).sort((a, b) => a.at - b.at);
  for (const { frame } of frames) writer.frame(frame);
  const path = join(directory, 'lossy.pcap');
  writeFileSync(path, writer.chunk.view());

  const summaries = new Map((await ourSummaries(path)).map((s) => [s.connection.client.port, s.tcp!]));
  for (const way of ways) {
    const tcp = summaries.get(way.client.srcPort)!;
    const { retransmitted, lateFills, repeatedSyns, overtaken } = tcp.client;
    assert.deepEqual(
      {
        repeated: retransmitted - lateFills - repeatedSyns,
        lateFills,
        overtaken,
        repeatedSyns,
        up: tcp.clientHandshakeNs,
        down: tcp.serverHandshakeNs,
      },
      {
        ...way.passed,
        repeatedSyns: way.repeatedSyns,
        up: way.clientHandshakeNs,
        down: way.serverHandshakeNs,
      },
      `port ${way.client.srcPort}`,
    );
  }
  const { again, connections } = await compare(path);
  assert.equal(connections, ways.length);
  assert.ok(again > 300, `${again} segments sent again`);
});

test('public captures', { skip: skip || noTraces }, async () => {
  const { connections, handshakes } = await compare(joined('traces.pcapng', traces()));
  assert.ok(connections > 90 && handshakes > 50, `${connections} connections, ${handshakes} handshakes`);
});

test('the list of explanations has no stale ones', { skip: skip || noTraces }, () => {
  assert.deepEqual(
    explained.filter((e) => !used.has(e)).map((e) => e.why),
    [],
  );
});
