/** Where captures and text go, and every way that can end: what was captured until then is readable. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { need } from '../support/need.ts';
import { addNetns, inNetns, join as joinNetns } from '../support/netns.ts';
import { launch, launcher, start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory, upbeat } from '../support/upbeat.ts';
import { sleep, until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'cc', 'tshark');

let box: string;
let peer: string;
let directory: string;

before(() => {
  if (skip) return;
  directory = temporaryDirectory('output');
  box = addNetns('o1');
  peer = addNetns('o2');
  joinNetns([box, '10.98.0.1/24'], [peer, '10.98.0.2/24']);
});
after(stopAll);

const say = (text: string, count: number) =>
  inNetns(peer, upbeat(), 'say', '10.98.0.1', '9', text, String(count));

const dump = (args: string[], options?: Parameters<typeof start>[1]) =>
  start(['dump', `netns:${box}`, ...args, 'udp'], options);

/** Packets of a capture file; throws when tshark finds anything wrong with it. */
function packets(file: string): number {
  const text = execFileSync('tshark', ['-n', '-r', file, '-T', 'fields', '-e', 'frame.number'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return text.toString().split('\n').length - 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  test(`${signal}: a complete file, the counts, exit status 0`, { skip }, async () => {
    const file = join(directory, `${signal}.pcapng`);
    const one = dump(['-w', file]);
    await one.listening();
    say('x', 30);
    const { code, signal: killed, stderr } = await one.stop(signal);
    assert.deepEqual([code, killed], [0, null]);
    assert.match(
      stderr,
      /^30 packets captured\n30 packets received by filter\n0 packets dropped by kernel$/m,
    );
    assert.equal(packets(file), 30);
  });

test('SIGUSR1 prints the counts and goes on', { skip }, async () => {
  const one = dump(['-w', join(directory, 'usr1.pcapng')]);
  await one.listening();
  say('x', 5);
  // A block is handed over by the kernel after a tenth of a second at the latest.
  await until(() => {
    one.child.kill('SIGUSR1');
    return /^5 packets captured$/m.test(one.stderr());
  }, one.stderr);
  say('x', 5);
  const { stderr } = await one.stop();
  assert.match(stderr, /^10 packets captured$/m);
});

test('a file is private and belongs to who called sudo', { skip }, async () => {
  const env = { SUDO_UID: '1234', SUDO_GID: '1235' };
  const file = join(directory, 'owned.pcapng');
  writeFileSync(file, 'an old one', { mode: 0o644 });
  const one = dump(['-w', file], { env });
  await one.listening();
  say('x', 3);
  await one.stop();
  const { mode, uid, gid } = statSync(file);
  assert.deepEqual([mode & 0o777, uid, gid], [0o600, 1234, 1235]);
  assert.equal(packets(file), 3);
});

test('-C and -W: a ring of files, each complete and private', { skip }, async () => {
  const base = join(directory, 'ring.pcap');
  const one = dump(['-w', base, '-C', '4k', '-W', '3'], { env: { SUDO_UID: '1234', SUDO_GID: '1235' } });
  await one.listening();
  say('y'.repeat(500), 40);
  await one.stop();
  const files = readdirSync(directory)
    .filter((name) => name.startsWith('ring.pcap'))
    .sort();
  assert.deepEqual(files, ['ring.pcap0', 'ring.pcap1', 'ring.pcap2']);
  for (const name of files) {
    const { mode, uid, gid, size } = statSync(join(directory, name));
    assert.deepEqual([mode & 0o777, uid, gid], [0o600, 1234, 1235]);
    assert.ok(size <= 4096 + 600, `${name}: ${size}`);
    assert.ok(packets(join(directory, name)) > 0);
  }
});

test('-C counts names up; every packet is in one of them', { skip }, async () => {
  const base = join(directory, 'many.pcapng');
  const one = dump(['-w', base, '-C', '6k']);
  await one.listening();
  say('y'.repeat(500), 40);
  await one.stop();
  const files = readdirSync(directory).filter((name) => name.startsWith('many.pcapng'));
  assert.ok(files.length > 2 && files.includes('many.pcapng') && files.includes('many.pcapng1'));
  assert.equal(
    files.map((name) => packets(join(directory, name))).reduce((a, b) => a + b),
    40,
  );
});

test('-G with -W ends by itself', { skip }, async () => {
  const one = dump(['-w', join(directory, 'slot-%s.pcap'), '-G', '1', '-W', '2']);
  await one.listening();
  const talking = setInterval(() => say('tick', 1), 100);
  try {
    const { code, stderr } = await one.ended;
    assert.equal(code, 0, stderr);
  } finally {
    clearInterval(talking);
  }
  const files = readdirSync(directory).filter((name) => name.startsWith('slot-'));
  assert.equal(files.length, 2);
  for (const name of files) assert.ok(packets(join(directory, name)) > 0);
});

test('a reader that goes away ends it quietly; the file is complete', { skip }, async () => {
  const file = join(directory, 'piped.pcapng');
  const command = `"${launcher}" dump netns:${box} -w "${file}" --print -nn udp | head -n 3`;
  const one = launch('sh', ['-c', command]);
  await one.listening();
  for (let i = 0; i < 200 && !/captured/.test(one.stderr()); i++) {
    say('x', 5);
    await sleep(20);
  }
  const { code, stdout, stderr } = await one.ended;
  assert.equal(code, 0);
  assert.equal(stdout.split('\n').length - 1, 3);
  assert.match(stderr, /^porthole: the reader of stdout has gone: ended\n\d+ packets captured$/m);
  assert.doesNotMatch(stderr, /Error|at .*\.ts/);
  assert.equal(packets(file), Number(/^(\d+) packets captured$/m.exec(stderr)![1]));
});

test('-w - into a reader that goes away', { skip }, async () => {
  const one = launch('sh', ['-c', `"${launcher}" dump netns:${box} -w - udp | head -c 200 >/dev/null`]);
  await one.listening();
  for (let i = 0; i < 200 && !/captured/.test(one.stderr()); i++) {
    say('x', 5);
    await sleep(20);
  }
  const { stderr } = await one.ended;
  assert.match(stderr, /^porthole: the reader of stdout has gone: ended$/m);
});

test('a reader that stands still costs entries, not the capture', { skip }, async () => {
  const file = join(directory, 'still.pcapng');
  // Nobody reads the pipe: its 64 KiB are full at once.
  const one = start(['dump', `netns:${box}`, '-nn', '-X', '-w', file, '--print', 'udp'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  one.child.stdout!.pause();
  await one.listening();
  for (let i = 0; i < 10; i++) say('z'.repeat(1000), 400);
  await until(
    () => {
      one.child.kill('SIGUSR1');
      return /^4000 packets captured$/m.test(one.stderr());
    },
    () => one.stderr(),
  );
  one.child.stdout!.resume();
  const { code, stderr } = await one.stop();
  assert.equal(code, 0);
  assert.match(stderr, /^0 packets dropped by kernel$/m);
  assert.equal(packets(file), 4000);
});

test('a full disk: one line, status 1, all before it readable', { skip }, async () => {
  const small = join(directory, 'small');
  execFileSync('sh', ['-c', `mkdir "${small}" && mount -t tmpfs -o size=256k porthole-test "${small}"`]);
  try {
    const file = join(small, 'full.pcapng');
    const one = dump(['-w', file, '-U']);
    await one.listening();
    for (let i = 0; i < 40 && !/captured/.test(one.stderr()); i++) {
      say('x'.repeat(1000), 20);
      await sleep(30);
    }
    const { code, stderr } = await one.ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^porthole: cannot write on to \S+full\.pcapng: the disk is full; the \d+ bytes before that are complete and readable$/m,
    );
    assert.doesNotMatch(stderr, /\.ts:\d/);
    assert.ok(packets(file) > 50);
  } finally {
    execFileSync('umount', ['-l', small]);
  }
});

test('text to a full disk', { skip }, async () => {
  const one = launch('sh', ['-c', `"${launcher}" dump netns:${box} -nn udp >/dev/full`]);
  await one.listening();
  say('x', 5);
  const { code, stderr } = await one.ended;
  assert.equal(code, 1);
  assert.match(stderr, /^porthole: cannot write to stdout: the disk is full$/m);
  assert.doesNotMatch(stderr, /\.ts:\d/);
});

test('a closed stdout is told, and the file written all the same', { skip }, async () => {
  const file = join(directory, 'closed.pcapng');
  const one = launch('sh', ['-c', `exec "${launcher}" dump netns:${box} -w "${file}" --print udp >&-`]);
  await one.listening();
  say('x', 5);
  await sleep(200);
  const { code, stderr } = await one.stop();
  assert.equal(code, 0);
  assert.match(stderr, /^porthole: stdout is closed: nothing is printed$/m);
  assert.equal(packets(file), 5);
});

test('output that cannot be written is told before anything is captured', { skip }, async () => {
  const [fifo, link] = [join(directory, 'fifo'), join(directory, 'link')];
  execFileSync('mkfifo', [fifo]);
  symlinkSync('/tmp/elsewhere', link);
  const cases: [string, RegExp][] = [
    [join(directory, 'none', 'x.pcapng'), /cannot write \S+: there is no such directory/],
    [directory, /cannot write \S+: it is a directory/],
    [fifo, /cannot write \S+: it is a pipe that nobody reads/],
    [link, /cannot write \S+: it is a symbolic link, which is not followed/],
  ];
  for (const [file, said] of cases) {
    const { code, stdout, stderr } = await dump(['-w', file]).ended;
    assert.equal(code, 1);
    assert.match(stderr, said);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    assert.equal(stdout, '');
  }
});

test('reading a file as root and writing another: the same rules', { skip }, async () => {
  const [one, two] = [join(directory, 'SIGINT.pcapng'), join(directory, 'copy.pcap')];
  const { code, stderr } = await start(['dump', '-r', one, '-w', two], {
    env: { SUDO_UID: '1234', SUDO_GID: '1235' },
  }).ended;
  assert.equal(code, 0, stderr);
  const { mode, uid, gid } = statSync(two);
  assert.deepEqual([mode & 0o777, uid, gid], [0o600, 1234, 1235]);
  assert.equal(packets(two), 30);
  assert.equal(readFileSync(two).readUInt32LE(0), 0xa1b2c3d4);
  assert.ok(existsSync(one));
});

test('a second signal ends what cannot finish', { skip }, async () => {
  const one = start(['dump', `netns:${box}`, '-nn', '-X', 'udp'], { stdio: ['ignore', 'pipe', 'pipe'] });
  one.child.stdout!.pause();
  await one.listening();
  for (let i = 0; i < 10; i++) say('z'.repeat(1000), 100);
  await sleep(300);
  one.child.kill('SIGINT');
  await sleep(300);
  assert.equal(one.child.exitCode, null, 'it waits for the reader');
  one.child.kill('SIGINT');
  await until(() => one.child.signalCode === 'SIGINT', 'its end');
  one.child.stdout!.resume();
  await one.ended;
});
