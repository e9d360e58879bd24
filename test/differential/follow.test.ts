/** Reassembly beside tshark's `follow,tcp,raw` on connections cut, reordered, repeated and lost at random. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { TcpFlag } from '../../src/model/index.ts';
import { PcapWriter } from '../../src/pcap/index.ts';
import { createStreams } from '../../src/stream/index.ts';
import { createPacket, decode } from '../../src/wire/index.ts';
import { type Endpoints, ethernet, frame, ip, type Segment, tcp } from '../../src/wire/testing/build.ts';
import { scratch } from '../support/scratch.ts';
import { missing, run } from '../support/tools.ts';

const { syn, ack, fin } = TcpFlag;
const connections = 120;
type Frame = ReturnType<typeof frame>;
interface Sent {
  readonly side: 'client' | 'server';
  readonly at: number;
  readonly payload: Uint8Array;
}

/** One connection; both sides send, what one sends the other acknowledges in the end. */
function conversation(number: number, random: Random): { segments: [Endpoints, Segment][] } {
  const client: Endpoints = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 20_000 + number, dstPort: 9 };
  const server: Endpoints = { src: client.dst, dst: client.src, srcPort: 9, dstPort: client.srcPort };
  const starts = [1, 0x7fffff00, 0xffffff00, random.next()];
  const isn = { client: random.pick(starts), server: random.pick(starts) };
  const length = { client: random.below(2000), server: random.below(2000) };
  const loses = number % 3 === 0;
  const sent: Sent[] = [];
  for (const side of ['client', 'server'] as const)
    for (let at = 0; at < length[side]; ) {
      const size = 1 + random.below(400);
      const from = Math.max(0, at - random.size(50));
      const to = Math.min(length[side], at + size);
      // Never zero bytes at the place of a keep-alive, and never the same twice in a row.
      const payload = Uint8Array.from({ length: to - from }, (_, i) => 33 + (((from + i) * 7 + number) % 90));
      at = to;
      if (loses && random.chance(6)) continue;
      sent.push({ side, at: from, payload });
      if (random.chance(8)) sent.push({ side, at: from, payload });
    }
  // Swaps with neighbours, as networks do.
  for (let i = 0; i + 1 < sent.length; i++)
    if (random.chance(3)) [sent[i], sent[i + 1]] = [sent[i + 1]!, sent[i]!];
  const seq = (side: Sent['side'], at: number) => (isn[side] + 1 + at) >>> 0;
  const segments: [Endpoints, Segment][] = [
    [client, { seq: isn.client, flags: syn }],
    [server, { seq: isn.server, ack: seq('client', 0), flags: syn | ack }],
    [client, { seq: seq('client', 0), ack: seq('server', 0), flags: ack }],
    ...sent.map(({ side, at, payload }): [Endpoints, Segment] => {
      const other = side === 'client' ? 'server' : 'client';
      return [
        side === 'client' ? client : server,
        { seq: seq(side, at), ack: seq(other, 0), flags: ack, payload },
      ];
    }),
    // Both acknowledge all, then end.
    [client, { seq: seq('client', length.client), ack: seq('server', length.server), flags: ack }],
    [server, { seq: seq('server', length.server), ack: seq('client', length.client), flags: ack }],
    [client, { seq: seq('client', length.client), ack: seq('server', length.server), flags: fin | ack }],
    [server, { seq: seq('server', length.server), ack: seq('client', length.client + 1), flags: fin | ack }],
    [client, { seq: seq('client', length.client + 1), ack: seq('server', length.server + 1), flags: ack }],
  ];
  return { segments };
}

/** Both streams of each connection, lost bytes as `[N]`. */
function ours(frames: readonly Frame[]): string[][] {
  const found: { client: string; server: string }[] = [];
  const all = new Map<unknown, { client: string; server: string }>();
  const streams = createStreams(
    {},
    {
      open(conn) {
        const texts = { client: '', server: '' };
        all.set(conn, texts);
        found.push(texts);
      },
      data(conn, side, buf, start, end) {
        all.get(conn)![side] += Buffer.from(buf.subarray(start, end)).toString('latin1');
      },
      gap(conn, side, lost) {
        all.get(conn)![side] += `[${lost}]`;
      },
      end() {},
      closed() {},
    },
  );
  const packet = createPacket();
  for (const f of frames) {
    decode(f, packet);
    streams.packet(packet, f.nsec);
  }
  streams.finish();
  return found.map(({ client, server }) => [client, server]);
}

function tsharks(file: string): string[][] {
  const follows = Array.from({ length: connections }, (_, i) => ['-z', `follow,tcp,raw,${i}`]).flat();
  const text = run('tshark', ['-n', '-q', '-r', file, ...follows]);
  const sections = text.split(/^=+\n/m).filter((s) => s.startsWith('Follow: tcp'));
  // In the order of -z, backwards: tshark puts each tap in front of the ones before.
  const byNumber = new Map<number, string[]>();
  for (const section of sections) {
    const number = Number(/tcp\.stream eq (\d+)/.exec(section)![1]);
    const sides = ['', ''];
    for (const line of section.split('\n').slice(4)) {
      if (!/^\t?[0-9a-f]+$/.test(line)) continue;
      sides[line.startsWith('\t') ? 1 : 0] += Buffer.from(line.trim(), 'hex').toString('latin1');
    }
    byNumber.set(
      number,
      sides.map((side) => side.replace(/\[(\d+) bytes missing in capture file\]\0?/g, '[$1]')),
    );
  }
  return Array.from({ length: connections }, (_, i) => byNumber.get(i)!);
}

test('the same streams and the same gaps as tshark', { skip: missing('tshark') }, () => {
  const random = new Random(4);
  const open = Array.from({ length: connections }, (_, i) => conversation(i, random).segments);
  const frames: Frame[] = [];
  const writer = new PcapWriter(false);
  writer.header(1, 262_144);
  // Connections begin in their order and then interleave.
  const order = open
    .flatMap((segments, i) => segments.map((_, n) => [n, i] as const))
    .sort((a, b) => a[0] - b[0]);
  for (const [n, i] of order) {
    const f = frame(
      ethernet(ip(open[i]![n]![0], 6, tcp(open[i]![n]![0], open[i]![n]![1]))),
      frames.length * 1000,
    );
    frames.push(f);
    writer.frame(f);
  }
  const file = join(scratch(), 'streams.pcap');
  writeFileSync(file, writer.chunk.view());
  const mine = ours(frames);
  const theirs = tsharks(file);
  assert.equal(mine.length, connections);
  // The one difference: what is lost right before a FIN, tshark does not tell.
  const known = (sides: readonly string[]) => sides.map((side) => side.replace(/\[\d+\]$/, ''));
  for (let i = 0; i < connections; i++) assert.deepEqual(known(mine[i]!), theirs[i], `connection ${i}`);
  const gaps = mine
    .flat()
    .join('')
    .match(/\[\d+\]/g)!.length;
  assert.ok(gaps > 30, `${gaps} gaps compared`);
});
