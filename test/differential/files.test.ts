/** Capture files beside Wireshark's tools and tcpdump: what we write they read, what they write we read. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { openCaptureFile } from '../../src/capture/file/index.ts';
import type { Frame, SourceCounters } from '../../src/model/index.ts';
import type { RotationPlan } from '../../src/pcap/index.ts';
import { strftime } from '../../src/pcap/rotation.ts';
import { CaptureFileSink, fileOutputs } from '../../src/sinks/pcapng/index.ts';
import { ethernet, frame, ip, udp } from '../../src/wire/testing/build.ts';
import { scratch } from '../support/scratch.ts';
import { missing, run, tsharkFields } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';

// Names and times are local, and the tools are run so too.
process.env['TZ'] = 'UTC';
const directory = scratch();
const counters: SourceCounters = {
  captured: 0,
  received: 0,
  dropped: 0,
  freezes: 0,
  snaplenCut: 0,
  duplicates: 0,
};
const ends = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 40_000, dstPort: 5000 };

const interfaces = ['eth0', 'lo', 'tun0'].map((name, id) => ({
  id,
  name: `upbeat/${name}`,
  linktype: name === 'tun0' ? 101 : 1,
  snaplen: 262_144,
  netns: 1,
  target: 'upbeat',
}));

/** @param mixed over all interfaces and directions; else all of the first */
function frames(count: number, mixed: boolean): Frame[] {
  const random = new Random(11);
  return Array.from({ length: count }, (_, i) => {
    const iface = interfaces[mixed ? i % 3 : 0]!;
    const packet = ip(ends, 17, udp(ends, 'x'.repeat(random.below(400))));
    const f = frame(
      iface.linktype === 101 ? packet : ethernet(packet),
      i * 98_765_432 + random.below(1000) * 1000,
    );
    f.iface = iface;
    f.direction = (mixed ? i % 3 : 0) as Frame['direction'];
    return f;
  });
}

/** Writes the frames into `path`, by its plan. */
async function write(
  path: string,
  format: 'pcapng' | 'pcap' | 'pcap-nano',
  sent: readonly Frame[],
  { plan = {}, mixed = false }: { plan?: RotationPlan; mixed?: boolean } = {},
): Promise<void> {
  const spec = { base: path, plan, uid: process.getuid!(), gid: process.getgid!(), mode: 0o600 };
  const outputs = fileOutputs(spec);
  const sink = new CaptureFileSink({
    ...{ outputs, format, plan, flushEachBatch: false, application: 'porthole', filter: 'udp' },
  });
  for (const iface of mixed ? interfaces : interfaces.slice(0, 1)) sink.interface(iface);
  for (const f of sent) sink.frame(f);
  sink.loss({ kind: 'kernelDrop', count: 7, iface: interfaces[0]! });
  sink.names([
    ['10.0.0.2', 'db.example'],
    ['2001:db8::5', 'six.example'],
  ]);
  await sink.close(counters);
}

const epoch = (f: Frame, digits = 9) => `${f.sec}.${String(f.nsec).padStart(9, '0').slice(0, digits)}`;

test('pcapng: interfaces, times, directions, statistics and names as Wireshark reads them', {
  skip: missing('tshark', 'capinfos'),
}, async () => {
  const path = join(directory, 'mixed.pcapng');
  const sent = frames(300, true);
  await write(path, 'pcapng', sent, { mixed: true });
  const rows = tsharkFields(path, [
    'frame.interface_name',
    'frame.time_epoch',
    'frame.len',
    'frame.packet_flags_direction',
  ]);
  assert.deepEqual(
    rows,
    sent.map((f) => [
      f.iface.name,
      epoch(f),
      String(f.origLen),
      ['', '0x00000001', '0x00000002'][f.direction]!,
    ]),
  );
  const text = run('capinfos', [path]);
  for (const { name } of interfaces) assert.match(text, new RegExp(`Name = ${name}\n`));
  assert.equal(text.match(/Number of stat entries = 1/g)?.length, 3);
  assert.match(text, /Capture application: +porthole\n/);
  assert.match(text, /Filter string = udp\n/);
  const hosts = run('tshark', ['-n', '-r', path, '-q', '-z', 'hosts']);
  assert.match(hosts, /10\.0\.0\.2\tdb\.example\n2001:db8::5\tsix\.example/);
});

test('pcap in micro- and nanoseconds, as tshark and tcpdump read it', {
  skip: missing('tshark', 'tcpdump'),
}, async () => {
  const sent = frames(100, false);
  for (const [format, digits] of [
    ['pcap', 6],
    ['pcap-nano', 9],
  ] as const) {
    const path = join(directory, `${format}.pcap`);
    await write(path, format, sent);
    const times = tsharkFields(path, ['frame.time_epoch']).map(([time]) => time!.slice(0, 11 + digits));
    assert.deepEqual(
      times,
      sent.map((f) => epoch(f, digits)),
    );
    const text = run('tcpdump', ['-nn', '-tt', '-#', '-r', path, ...(digits === 9 ? ['--nano'] : [])]);
    assert.equal(text.split('\n')[99]!.trimStart().slice(0, 4), '100 ');
  }
});

/** Packets, bytes and times of files by capinfos, one line a file. */
function byCapinfos(paths: readonly string[]): Map<string, string[]> {
  const table = run('capinfos', ['-T', '-M', '-r', '-S', '-c', '-d', '-a', '-e', ...paths]);
  return new Map(
    table
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([file, ...cells]) => [file!, cells]),
  );
}

async function byUs(path: string): Promise<string[]> {
  let packets = 0;
  let bytes = 0;
  let first: Frame | undefined;
  let last: Frame | undefined;
  const source = await openCaptureFile(path);
  await source.run({
    interface() {},
    frame(f) {
      packets++;
      bytes += f.origLen;
      const isEarlier = (a: Frame, b: Frame) => a.sec < b.sec || (a.sec === b.sec && a.nsec < b.nsec);
      if (!first || isEarlier(f, first)) first = { ...f };
      if (!last || isEarlier(last, f)) last = { ...f };
    },
    loss(loss) {
      assert.notEqual(loss.kind, 'damaged', loss.detail);
    },
    note() {},
    batch() {},
  });
  return [String(packets), String(bytes), epoch(first!), epoch(last!)];
}

/** capinfos prints as many digits as the file has. */
const padded = (cells: readonly string[]) =>
  cells.map((cell, i) =>
    i < 2 ? cell : cell.replace(/\.(\d+)$/, (_, digits: string) => `.${digits.padEnd(9, '0')}`),
  );

test('every format editcap writes', { skip: missing('editcap', 'capinfos') }, async () => {
  const base = join(directory, 'base.pcapng');
  await write(base, 'pcapng', frames(200, false));
  const paths = ['pcap', 'nsecpcap', 'modpcap', 'pcapng'].map((format) => {
    const path = join(directory, `as.${format}`);
    run('editcap', ['-F', format, base, path]);
    return path;
  });
  const theirs = byCapinfos(paths);
  for (const path of paths) assert.deepEqual(await byUs(path), padded(theirs.get(path)!), basename(path));
});

test('public captures: packets, bytes and times', { skip: missing('capinfos') || noTraces }, async () => {
  const theirs = byCapinfos(traces());
  for (const path of traces()) assert.deepEqual(await byUs(path), padded(theirs.get(path)!), basename(path));
});

/** Files of a directory and what is in them. */
const contents = (path: string) =>
  new Map(
    readdirSync(path)
      .sort()
      .map((name) => [name, readFileSync(join(path, name)).toString('hex')]),
  );

test('-C with and without -W: the same files with the same bytes as tcpdump', {
  skip: missing('tcpdump'),
}, async () => {
  const sent = frames(12_000, false);
  const whole = join(directory, 'whole.pcap');
  await write(whole, 'pcap', sent);
  for (const files of [undefined, 1, 2, 3, 10, 11]) {
    const theirs = join(directory, `tcpdump-${files}`);
    const ours = join(directory, `ours-${files}`);
    mkdirSync(theirs);
    mkdirSync(ours);
    const flags = files === undefined ? [] : ['-W', String(files)];
    run('tcpdump', ['-Z', 'root', '-r', whole, '-C', '1', ...flags, '-w', join(theirs, 'out.pcap')]);
    const plan = { sizeBytes: 1_000_000, ...(files === undefined ? {} : { files }) };
    await write(join(ours, 'out.pcap'), 'pcap', sent, { plan });
    assert.deepEqual([...contents(ours).keys()], [...contents(theirs).keys()], `-W ${files}`);
    assert.deepEqual(contents(ours), contents(theirs), `-W ${files}`);
  }
});

test('-G: names by strftime, and numbers only together with -C', { skip: missing('tcpdump') }, async () => {
  const sent = frames(12_000, false).map((f) => ({ ...f, sec: Math.floor(Date.now() / 1000) }));
  const whole = join(directory, 'now.pcap');
  await write(whole, 'pcap', sent);
  // One slot for all: when the next begins is tcpdump's clock, the names are what is compared.
  for (const [n, flags, plan] of [
    [1, [], {}],
    [2, ['-W', '3'], { files: 3 }],
    [3, ['-C', '1'], { sizeBytes: 1_000_000 }],
    [4, ['-C', '1', '-W', '20'], { sizeBytes: 1_000_000, files: 20 }],
  ] as const) {
    const theirs = join(directory, `slot-tcpdump-${n}`);
    const ours = join(directory, `slot-ours-${n}`);
    mkdirSync(theirs);
    mkdirSync(ours);
    run('tcpdump', [
      '-Z',
      'root',
      '-r',
      whole,
      '-G',
      '86400',
      ...flags,
      '-w',
      join(theirs, 'a-%Y-%j-%%.pcap'),
    ]);
    await write(join(ours, 'a-%Y-%j-%%.pcap'), 'pcap', sent, { plan: { seconds: 86_400, ...plan } });
    assert.deepEqual([...contents(ours).keys()], [...contents(theirs).keys()], flags.join(' '));
  }
});

test('strftime as date(1) has it', { skip: missing('date') }, () => {
  const letters = [...'YyCmdeHIMSpjaAbhBuwsFTRDrcxXklPUWVGgz'];
  const format = letters.map((letter) => `${letter}=%${letter}`).join('|');
  // Around new year, where weeks and years part, and through a year.
  const days = [1, 2, 3, 364, 365, 366, 367, 370, 800, 1461, 2191, 2192, 3000, 9999];
  for (const day of days) {
    const sec = 1_704_067_200 + day * 86_400 + day * 977;
    assert.equal(
      strftime(format, new Date(sec * 1000)),
      run('date', ['-u', '-d', `@${sec}`, `+${format}`]).trimEnd(),
      String(day),
    );
  }
});
