/** Nothing that parses bytes from a network or a file has rights: every thread, during a run. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { need } from '../support/need.ts';
import { addNetns, inNetns, join as joinNetns } from '../support/netns.ts';
import { start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory, upbeat } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'cc');

let box: string;
let peer: string;
before(() => {
  if (skip) return;
  box = addNetns('r1');
  peer = addNetns('r2');
  joinNetns([box, '10.94.0.1/24'], [peer, '10.94.0.2/24']);
});

after(stopAll);

function passwd(name: string): { uid: string; gid: string } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((l) => l.startsWith(`${name}:`));
  const [, , uid, gid] = line!.split(':');
  return { uid: uid!, gid: gid! };
}

/** Of every thread: user and group ids (real, effective, saved, file system), groups, capabilities. */
function rightsOf(pid: number) {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)![1]!.trim();
    return {
      uid: field('Uid').split('\t'),
      gid: field('Gid').split('\t'),
      groups: field('Groups'),
      capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map(field).join(' '),
    };
  });
}

const none = Array(4).fill('0'.repeat(16)).join(' ');

function assertUnprivileged(pid: number, user: string): void {
  const { uid, gid } = passwd(user);
  const threads = rightsOf(pid);
  assert.ok(threads.length > 4, 'a Node process has more than one thread');
  for (const thread of threads)
    assert.deepEqual(thread, {
      uid: [uid, uid, uid, uid],
      gid: [gid, gid, gid, gid],
      groups: '',
      capabilities: none,
    });
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

test('a live watch parses as nobody; the opener keeps root and holds no packet socket', {
  skip,
}, async () => {
  const watch = start(['watch', `netns:${box}`]);
  await watch.listening();
  inNetns(peer, upbeat(), 'say', '10.94.0.1', '9', 'x', '50');
  const pid = watch.child.pid!;
  assertUnprivileged(pid, 'nobody');
  // The lookout, which tells whose connections they are, was started first.
  const [lookout, opener, ...others] = childrenOf(pid);
  assert.equal(others.length, 0);
  for (const child of [lookout!, opener!]) assert.ok(rightsOf(child).every((t) => t.uid[1] === '0'));
  // Sockets they have left: their ends of the channels, and what Node itself made; none of AF_PACKET.
  const packetSockets = inNetns(box, 'cat', '/proc/net/packet')
    .split('\n')
    .slice(1)
    .map((l) => l.trim().split(/\s+/)[8]);
  const held = [lookout, opener].flatMap((child) =>
    readdirSync(`/proc/${child}/fd`).map(
      (fd) => /^socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${child}/fd/${fd}`))?.[1],
    ),
  );
  assert.ok(
    held.some((inode) => inode !== undefined),
    'the channel is a socket',
  );
  assert.ok(packetSockets.filter(Boolean).length >= 2);
  assert.ok(held.every((inode) => inode === undefined || !packetSockets.includes(inode)));
  const { code } = await watch.stop();
  assert.equal(code, 0);
  await until(
    () => [lookout, opener].every((child) => !statSync(`/proc/${child}`, { throwIfNoEntry: false })),
    'opener and lookout to end',
  );
});

test('opener and lookout end when their parser is killed', { skip }, async () => {
  const watch = start(['watch', `netns:${box}`]);
  await watch.listening();
  const [lookout, opener] = childrenOf(watch.child.pid!);
  await watch.stop('SIGKILL');
  await until(
    () => [lookout, opener].every((child) => !statSync(`/proc/${child}`, { throwIfNoEntry: false })),
    'opener and lookout to end',
  );
});

test('-Z names another user; root and nobody-knows-whom are refused', { skip }, async () => {
  const watch = start(['watch', `netns:${box}`, '-Z', 'daemon']);
  await watch.listening();
  assertUnprivileged(watch.child.pid!, 'daemon');
  await watch.stop();
  for (const [user, said] of [
    ['root', 'porthole: -Z root: that is root; packets are never parsed as root\n'],
    ['0', 'porthole: -Z 0: that is root; packets are never parsed as root\n'],
    [
      'no-such-user',
      "porthole: no user 'no-such-user' in /etc/passwd to parse as\n  -Z USER names another one\n",
    ],
  ] as const) {
    const { code, stderr } = await start(['watch', `netns:${box}`, '-Z', user]).ended;
    assert.equal(stderr, said);
    assert.equal(code, 1);
  }
});

test('-r as root: the rights are gone before the first byte is read', { skip }, async () => {
  const directory = temporaryDirectory('rights');
  const out = join(directory, 'copy.pcapng');
  for (const more of [[], ['-w', out]]) {
    const reader = start(['watch', '-r', '-', ...more], { openStdin: true });
    const pid = reader.child.pid!;
    await until(() => rightsOf(pid).every((t) => t.capabilities === none), 'the end of its rights');
    assertUnprivileged(pid, 'nobody');
    await reader.stop('SIGKILL');
  }
});
