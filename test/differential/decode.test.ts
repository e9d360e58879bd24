/** Layers beside tshark's, packet by packet: addresses, ports, numbers, flags and lengths. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sampleFrames } from '../../fuzz/lib/frames.ts';
import { Random } from '../../fuzz/lib/random.ts';
import { type Frame, type Packet, Problem } from '../../src/model/index.ts';
import { PcapngWriter } from '../../src/pcap/index.ts';
import { formatIpv4, formatIpv6 } from '../../src/util/address.ts';
import { createPacket, decode } from '../../src/wire/index.ts';
import { frame } from '../../src/wire/testing/build.ts';
import { framesOf } from '../support/exchanges.ts';
import { scratch } from '../support/scratch.ts';
import { missing, run, tsharkFields } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';

const directory = scratch();
const skip = missing('tshark', 'mergecap');

/** First occurrences: of packets in packets the outer one. */
const fields = [
  ...['vlan.id', 'ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', 'ip.ttl', 'ipv6.hlim'],
  ...[
    'tcp.srcport',
    'tcp.dstport',
    'tcp.seq_raw',
    'tcp.ack_raw',
    'tcp.flags',
    'tcp.window_size_value',
    'tcp.len',
  ],
  ...['udp.srcport', 'udp.dstport', 'udp.length'],
];
const raw = ['ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'tcp.relative_sequence_numbers:FALSE'];

function byTshark(file: string): string[][] {
  const options = raw.flatMap((preference) => ['-o', preference]);
  return tsharkFields(file, ['frame.number', 'ieee8021ad.id', ...fields], options).map(([, ...row]) => {
    const first = (cell: string | undefined) => (cell ?? '').split('\x1f')[0]!;
    const cells = fields.map((_, i) => first(row[i + 1]));
    // A service tag has a name of its own.
    return row[0] ? [first(row[0]), ...cells.slice(1)] : cells;
  });
}

/** The same cells by us; '' for what is not there. */
function byUs(p: Packet): string[] {
  const v4 = p.ipVersion === 4;
  const v6 = p.ipVersion === 6;
  const isTcp = p.transport === 6;
  const isUdp = p.transport === 17;
  const when = (is: boolean, value: () => string | number) => (is ? String(value()) : '');
  return [
    when(p.vlanDepth > 0, () => p.vlanId),
    when(v4, () => formatIpv4(p.buf, p.srcOff)),
    when(v6, () => formatIpv6(p.buf, p.srcOff)),
    when(v4, () => formatIpv4(p.buf, p.dstOff)),
    when(v6, () => formatIpv6(p.buf, p.dstOff)),
    when(v4, () => p.ipTtl),
    when(v6, () => p.ipTtl),
    when(isTcp, () => p.srcPort),
    when(isTcp, () => p.dstPort),
    when(isTcp, () => p.tcpSeq),
    when(isTcp, () => p.tcpAck),
    when(isTcp, () => `0x${p.tcpFlags.toString(16).padStart(4, '0')}`),
    when(isTcp, () => p.tcpWindow),
    when(isTcp, () => p.payloadLen),
    when(isUdp, () => p.srcPort),
    when(isUdp, () => p.dstPort),
    when(isUdp, () => p.payloadLen + 8),
  ];
}

/** What tshark reads and we do not: then nothing we say may differ, but tshark may say more. */
function readsOn(p: Packet): boolean {
  // What is inside GRE, GTP, VXLAN or IP in IP.
  const isTunnel = [47, 4, 41].includes(p.ipProto) || [2152, 4789].includes(p.dstPort);
  // The ports of a first fragment, and headers behind contradictions.
  return isTunnel || p.isFragment || p.problem === Problem.malformed || p.problem === Problem.unknown;
}

/** Compares every packet. Returns how many were the same in all cells. */
async function compare(file: string): Promise<number> {
  const theirs = byTshark(file);
  const frames = await framesOf(file);
  assert.equal(frames.length, theirs.length);
  const packet = createPacket();
  let same = 0;
  frames.forEach((f, i) => {
    decode(f, packet);
    const mine = byUs(packet);
    const other = readsOn(packet) ? theirs[i]!.map((cell, n) => mine[n] && cell) : theirs[i]!;
    assert.deepEqual(mine, other, `packet ${i + 1}`);
    if (!readsOn(packet)) same++;
  });
  return same;
}

test('every link type and extension header we make, whole and changed', { skip }, async () => {
  const random = new Random(3);
  const writer = new PcapngWriter();
  writer.section({});
  const linktypes = [1, 113, 276, 0, 9, 101];
  linktypes.forEach(
    (linktype, id) => void writer.interface({ id, name: '', linktype, snaplen: 0, netns: 0, target: '' }),
  );
  // The order of sampleFrames: Ethernet, then one of each.
  const samples = sampleFrames().map((bytes, i) => [bytes, i < 8 ? 0 : [1, 2, 3, 4, 5, 5][i - 8]!] as const);
  const put = (bytes: Uint8Array, iface: number) => {
    const f: Frame = frame([...bytes]);
    writer.frame(f, iface);
  };
  for (const [bytes, iface] of samples) {
    put(bytes, iface);
    // The last bytes: nothing depends on them.
    for (let n = 0; n < 40; n++) {
      const changed = bytes.slice();
      changed[changed.length - 1 - random.below(4)] = random.below(256);
      put(changed, iface);
    }
  }
  const file = join(directory, 'samples.pcapng');
  writeFileSync(file, writer.chunk.view());
  // Of the fourteen, two are fragments.
  assert.equal(await compare(file), (samples.length - 2) * 41);
});

test('public captures', { skip: skip || noTraces }, async () => {
  const file = join(directory, 'traces.pcapng');
  run('mergecap', ['-a', '-F', 'pcapng', '-w', file, ...traces()]);
  const compared = await compare(file);
  assert.ok(compared > 4000, `${compared} packets compared`);
});
