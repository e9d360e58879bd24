import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { need } from '../../test/support/need.ts';
import { addNetns, join, removeNetns, startInNetns } from '../../test/support/netns.ts';
import { until } from '../../test/support/wait.ts';
import { ConnectTrace } from '../capture/sys/index.ts';
import { netnsOf, readStat } from '../target/proc/stat.ts';
import type { News, OwnerRow } from './messages.ts';
import { Owners } from './owners.ts';
import { Seats } from './seats.ts';

const skip = need('linux', 'root', 'ip');
const trace = skip ? undefined : ConnectTrace.open();
trace?.close();

/** A server in a namespace, and a process that connects to it from another. */
const serverCode = `require('net').createServer((s) => s.on('error', () => {}).on('data', (d) => s.write(d))).listen(80, '10.99.0.2')`;
/** Tries until the server has come up. */
const clientCode = `const go = () => { const s = require('net').connect(80, '10.99.0.2', () => s.write('x'));
  s.on('data', () => {}).on('error', () => setTimeout(go, 20)); }; go()`;

async function started(name: string, code: string): Promise<ChildProcess> {
  const child = startInNetns(name, process.execPath, '-e', code);
  const host = netnsOf('self');
  // ip(8) becomes the program when it is in there.
  await until(() => {
    const netns = netnsOf(child.pid!);
    return netns > 0 && netns !== host && readFileSync(`/proc/${child.pid}/comm`, 'utf8') !== 'ip\n';
  }, 'the program');
  return child;
}

for (const mayTrace of [true, false])
  test(`both ends of a connection between two namespaces, ${mayTrace ? 'told by the kernel' : 'looked for'}`, {
    skip: skip || (mayTrace && !trace ? 'this kernel tells nobody of its tracepoints' : false),
  }, async (t) => {
    const [a, b] = [addNetns(`oa${mayTrace}`), addNetns(`ob${mayTrace}`)];
    join([a, '10.99.0.1/24'], [b, '10.99.0.2/24']);
    const server = await started(b, serverCode);
    const idle = await started(a, 'setInterval(() => {}, 1e6)');
    const seats = new Seats();
    const seatOf = (child: ChildProcess, name: string) =>
      seats.add({
        inode: netnsOf(child.pid!),
        label: name,
        members: [
          { runtime: 'docker', id: name, name, pid: child.pid!, startTime: readStat(child.pid!)!.startTime },
        ],
      });
    const [from, to] = [seatOf(idle, 'client'), seatOf(server, 'web')];
    const told: { inode: number; row: OwnerRow }[] = [];
    const owners = new Owners(
      seats,
      (news: News) => {
        if (news.news === 'owners') for (const row of news.owners) told.push({ inode: news.inode, row });
      },
      mayTrace,
    );
    const running = owners.run();
    let client: ChildProcess | undefined;
    t.after(async () => {
      for (const child of [server, idle, client]) child?.kill('SIGKILL');
      owners.stop();
      await running;
      for (const name of [a, b]) removeNetns(name);
    });
    const find = (inode: number, wanted: (row: OwnerRow) => boolean) =>
      told.find((one) => one.inode === inode && wanted(one.row))?.row;
    const comm = basename(process.execPath);
    client = await started(a, clientCode);
    await until(() => find(from.inode, (row) => row[4] === 80), 'the client');
    const row = find(from.inode, (one) => one[4] === 80)!;
    assert.deepEqual(row, [6, '10.99.0.1', row[2], '10.99.0.2', 80, client.pid, comm, 'client']);
    await until(() => find(to.inode, (one) => one[2] === 80 && one[4] === 0), 'the listener');
    assert.deepEqual(
      find(to.inode, (one) => one[4] === 0),
      [...[6, '10.99.0.2', 80, '', 0, server.pid, comm, 'web']],
    );
    await until(() => find(to.inode, (one) => one[4] === row[2]), 'the accepted connection');
    assert.deepEqual(
      find(to.inode, (one) => one[4] === row[2]),
      [...[6, '10.99.0.2', 80, '10.99.0.1', row[2], server.pid, comm, 'web']],
    );
  });
