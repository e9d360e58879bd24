import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { need } from '../../../test/support/need.ts';
import { until } from '../../../test/support/wait.ts';
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import {
  allStates,
  createSocketRow,
  decodeSockets,
  dumpSockets,
  encodeSocketDump,
  openDiagSocket,
  ownedStates,
  type SocketRow,
  SocketState,
} from './index.ts';

const skip = need('linux');

const end = (row: SocketRow, offset: number, port: number) =>
  `${row.version === 4 ? formatIpv4(row.bytes, offset) : formatIpv6(row.bytes, offset)} ${port}`;

function list(fd: number): { local: string; remote: string; state: number; inode: number }[] {
  const found = new Map<number, ReturnType<typeof list>[number]>();
  for (const version of [4, 6] as const)
    assert.ok(
      dumpSockets(fd, 6, version, ownedStates, (row) => {
        const { inode, state } = row;
        const local = end(row, row.localOff, row.localPort);
        found.set(inode, { local, remote: end(row, row.remoteOff, row.remotePort), state, inode });
      }),
    );
  return [...found.values()];
}

test('sockets with their ends and inodes, as /proc/net has them', { skip }, async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => void accepted.push(socket));
  // All addresses: an IPv6 socket that has IPv4 peers.
  await new Promise<void>((done) => server.listen(0, done));
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  await until(() => accepted.length === 1, 'the connection');
  const fd = openDiagSocket();
  try {
    const all = list(fd);
    const here = `127.0.0.1 ${client.localPort}`;
    const there = `127.0.0.1 ${port}`;
    const ours = all.find((s) => s.local === here)!;
    const theirs = all.find((s) => s.local === there && s.remote === here)!;
    assert.deepEqual([ours.remote, ours.state], [there, SocketState.established]);
    assert.equal(theirs.state, SocketState.established);
    assert.ok(all.some((s) => s.local.endsWith(` ${port}`) && s.state === SocketState.listen));
    const table = execFileSync('cat', ['/proc/net/tcp', '/proc/net/tcp6'], { encoding: 'utf8' });
    for (const { inode } of [ours, theirs]) assert.match(table, new RegExp(` ${inode} `));
  } finally {
    closeSync(fd);
    client.destroy();
    for (const socket of accepted) socket.destroy();
    server.close();
  }
});

/** A dump part: IPv4 1.2.3.4:80 <- 5.6.7.8:4660, IPv6 ::ffff:1.2.3.4, then the end. */
function part(): Buffer {
  const message = (family: number, inode: number) => {
    const m = Buffer.alloc(16 + 72 + 8); // attributes are passed over
    m.writeUInt32LE(m.length, 0);
    m.writeUInt16LE(20, 4);
    m.set([family, 1, 0, 0, 0, 80, 0x12, 0x34], 16);
    const [local, remote] = family === 2 ? [24, 40] : [36, 52];
    if (family === 10) for (const at of [34, 50]) m.writeUInt16BE(0xffff, at);
    m.set([1, 2, 3, 4], local);
    m.set([5, 6, 7, 8], remote);
    m.writeUInt32LE(inode, 16 + 68);
    return m;
  };
  const done = Buffer.alloc(20);
  done.writeUInt32LE(20, 0);
  done.writeUInt16LE(3, 4);
  return Buffer.concat([message(2, 7), message(10, 0xffffffff), done]);
}

test('the wire format, at every cut and damaged', () => {
  const seen: string[] = [];
  const take = (row: SocketRow) =>
    void seen.push(
      `${end(row, row.localOff, row.localPort)} ${end(row, row.remoteOff, row.remotePort)} ${row.inode}`,
    );
  assert.equal(decodeSockets(part(), createSocketRow(), take), 'done');
  assert.deepEqual(seen, ['1.2.3.4 80 5.6.7.8 4660 7', '1.2.3.4 80 5.6.7.8 4660 4294967295']);
  for (let cut = 0; cut < part().length; cut++) {
    let rows = 0;
    const end = decodeSockets(part().subarray(0, cut), createSocketRow(), () => rows++);
    assert.deepEqual([end, rows], ['more', Math.floor(cut / 96)]);
  }
  const refused = Buffer.alloc(36);
  refused.writeUInt32LE(36, 0);
  refused.writeUInt16LE(2, 4);
  refused.writeInt32LE(-2, 16);
  assert.equal(decodeSockets(refused, createSocketRow(), take), 2);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(211), fc.nat(255)), { maxLength: 12 }), (edits) => {
      const bytes = part();
      for (const [at, value] of edits) bytes[at] = value;
      decodeSockets(bytes, createSocketRow(), (row) => {
        assert.ok(row.localOff + 4 <= row.bytes.length && row.remoteOff + 4 <= row.bytes.length);
      });
    }),
  );
});

test('the question is that of struct inet_diag_req_v2', () => {
  const bytes = encodeSocketDump(17, 6, allStates);
  assert.equal(bytes.length, 72);
  assert.equal(bytes.subarray(0, 24).toString('hex'), '480000001400010300000000000000000a110000ffffffff');
});
