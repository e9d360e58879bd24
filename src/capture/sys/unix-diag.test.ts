import assert from 'node:assert/strict';
import { closeSync, existsSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { need } from '../../../test/support/need.ts';
import { scratch } from '../../../test/support/scratch.ts';
import { until } from '../../../test/support/wait.ts';
import { listUnixSockets, openUnixDiag, parseUnixSockets } from './index.ts';

const skip = need('linux');
const directory = skip ? '' : scratch();

test('a listener, who is connected to it, and what waits to be read', { skip }, async () => {
  const path = join(directory, 'app.sock');
  const accepted: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => void accepted.push(socket));
  await new Promise<void>((done) => server.listen(path, done));
  const client = connect(path);
  await until(() => accepted.length === 1, 'the connection');
  await new Promise<void>((done) => client.write('x'.repeat(1234), () => done()));
  const fd = openUnixDiag();
  try {
    const all = listUnixSockets(fd);
    const listener = all.find((s) => s.name === path && s.listening)!;
    assert.deepEqual(
      { ...listener, inode: 0 },
      { inode: 0, type: 'stream', listening: true, name: path, peer: 0, waiting: 0 },
    );
    const ours = all.find((s) => s.name === path && !s.listening)!;
    assert.equal(ours.type, 'stream');
    assert.equal(ours.waiting, 1234);
    const other = all.find((s) => s.inode === ours.peer)!;
    assert.equal(other.peer, ours.inode);
    assert.equal(other.name, '');
    assert.ok(
      listUnixSockets(fd).some((s) => s.inode === listener.inode),
      'asked again',
    );
  } finally {
    closeSync(fd);
    client.destroy();
    for (const socket of accepted) socket.destroy();
    server.close();
  }
  assert.equal(existsSync(path), false);
});

test('abstract names, cut messages, and any bytes', () => {
  const name = Buffer.from('\0app\0one');
  const message = Buffer.alloc(32 + 12);
  message.writeUInt32LE(44, 0);
  message.writeUInt16LE(20, 4);
  message.set([1, 5, 1, 0], 16);
  message.writeUInt32LE(77, 20);
  message.writeUInt16LE(4 + name.length, 32);
  message.set(name, 36);
  const found: Parameters<typeof parseUnixSockets>[1] = [];
  assert.equal(parseUnixSockets(message, found), false);
  assert.deepEqual(found, [
    { inode: 77, type: 'seqpacket', listening: false, name: '@app@one', peer: 0, waiting: 0 },
  ]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 44 }), fc.nat(44), (noise, at) => {
      const bytes = Buffer.from(message);
      bytes.set(noise.subarray(0, 44 - at), at);
      // An error is the kernel's word, told as one.
      if (bytes.readUInt16LE(4) !== 2) parseUnixSockets(bytes, []);
    }),
  );
});
