/** What Podman leaves on disk and in the process table. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { BoltError, openBolt, transactionOf } from './bolt.ts';
import { parseConmon } from './conmon.ts';
import { readLibpod } from './libpod.ts';

const id = 'c'.repeat(64);

test('the command line of conmon: names, pid file, storage; CRI-O runs it too', () => {
  // As `ps` shows it under Podman 4.3.1, shortened.
  const line = (more: string) =>
    `/usr/bin/conmon --api-version 1 -c ${id} -u ${id} -r /usr/bin/runc -b /s/userdata -p /r/userdata/pidfile -n web ${more}`
      .split(' ')
      .join('\0');
  const podman =
    '--exit-dir /run/libpod/exits --exit-command /usr/bin/podman --exit-command-arg --root --exit-command-arg /s --exit-command-arg --runroot --exit-command-arg /r';
  assert.deepEqual(parseConmon(line(podman)), {
    id,
    name: 'web',
    pidFile: '/r/userdata/pidfile',
    root: '/s',
  });
  assert.equal(parseConmon(line('--exit-dir /var/run/crio/exits')), undefined);
  assert.equal(parseConmon(line(podman).replace('/usr/bin/conmon', '/usr/bin/cat')), undefined);
  assert.equal(parseConmon(''), undefined);
});

/** A page of bbolt: id 8, flags 2, count 2, overflow 4, then elements of 16 bytes, then keys and values. */
function page(
  number: number,
  flags: number,
  elements: readonly [number, string, Buffer][],
  size = 512,
): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeBigUInt64LE(BigInt(number), 0);
  bytes.writeUInt16LE(flags, 8);
  bytes.writeUInt16LE(elements.length, 10);
  let at = 16 + elements.length * 16;
  elements.forEach(([kind, key, value], i) => {
    const element = 16 + i * 16;
    bytes.writeUInt32LE(kind, element);
    bytes.writeUInt32LE(at - element, element + 4);
    bytes.writeUInt32LE(key.length, element + 8);
    bytes.writeUInt32LE(value.length, element + 12);
    bytes.write(key, at);
    value.copy(bytes, at + key.length);
    at += key.length + value.length;
  });
  return bytes;
}

function meta(number: number, root: number, transaction: number): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.writeUInt16LE(4, 8);
  bytes.writeUInt32LE(0xed0cdaed, 16);
  bytes.writeUInt32LE(2, 20);
  bytes.writeUInt32LE(512, 24);
  bytes.writeBigUInt64LE(BigInt(root), 32);
  bytes.writeBigUInt64LE(BigInt(transaction), 64);
  bytes.writeBigUInt64LE(BigInt(number), 0);
  return bytes;
}

/** The first 16 bytes of a bucket's value: where its page is. */
function at(root: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt(root), 0);
  return bytes;
}

test('a bolt file: the newer of two roots, a bucket in a page of its own, one in its parent', () => {
  const inner = page(0, 2, [[0, 'state', Buffer.from('{"state":3}')]], 64);
  const file = Buffer.concat([
    meta(0, 2, 7),
    meta(1, 3, 8),
    page(2, 2, []),
    page(3, 2, [[1, 'ctr', at(4)]]),
    page(4, 2, [
      [1, id, Buffer.concat([at(0), inner])],
      [0, 'plain', Buffer.from('value')],
    ]),
  ]);
  assert.equal(transactionOf(file), 8n);
  const bucket = openBolt(file).bucket('ctr')!;
  assert.deepEqual(bucket.buckets(), [id]);
  assert.equal(bucket.get('plain')?.toString(), 'value');
  assert.equal(bucket.get(id), undefined);
  assert.equal(bucket.bucket('plain'), undefined);
  assert.equal(bucket.bucket(id)!.get('state')?.toString(), '{"state":3}');
});

test('a bolt file that goes round in circles, or is cut, ends', () => {
  const branch = page(3, 1, []);
  const count = 20;
  branch.writeUInt16LE(count, 10);
  for (let i = 0; i < count; i++) branch.writeBigUInt64LE(3n, 16 + i * 16 + 8);
  const file = Buffer.concat([meta(0, 3, 1), meta(1, 3, 1), page(2, 2, []), branch]);
  assert.throws(() => openBolt(file), BoltError);
  assert.throws(() => openBolt(Buffer.alloc(4096)), BoltError);
  for (let length = 0; length < file.length; length += 7) {
    try {
      openBolt(file.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof BoltError || error instanceof RangeError, String(error));
    }
  }
});

test('db.sql of Podman 4.8 and later; one of a stranger is left alone', async () => {
  const root = mkdtempSync(join(tmpdir(), 'porthole-libpod-'));
  try {
    mkdirSync(join(root, 'libpod'));
    const database = new DatabaseSync(join(root, 'db.sql'));
    // Columns as in libpod/sqlite_state_internal.go.
    database.exec(`CREATE TABLE ContainerConfig(ID TEXT PRIMARY KEY, Name TEXT, PodID TEXT, JSON TEXT);
      CREATE TABLE ContainerState(ID TEXT PRIMARY KEY, State INTEGER, ExitCode INTEGER, JSON TEXT);`);
    const config = { id, name: 'web', labels: { tier: 'front' }, rootfsImageName: 'docker.io/library/nginx' };
    const state = { state: 6, exitCode: 3, startedTime: '2024-05-01T10:00:00.5Z' };
    database
      .prepare('INSERT INTO ContainerConfig VALUES (?, ?, NULL, ?)')
      .run(id, 'web', JSON.stringify(config));
    database.prepare('INSERT INTO ContainerState VALUES (?, 6, 3, ?)').run(id, JSON.stringify(state));
    database.close();
    assert.deepEqual(await readLibpod(root, () => true), [
      {
        runtime: 'podman',
        id,
        name: 'web',
        image: 'docker.io/library/nginx',
        state: 'exited',
        pid: 0,
        exitCode: 3,
        labels: { tier: 'front' },
        addresses: [],
        startedAt: Date.UTC(2024, 4, 1, 10, 0, 0, 500),
      },
    ]);
    assert.equal(await readLibpod(root, () => false), undefined);
    assert.equal(await readLibpod(join(root, 'none'), () => true), undefined);
  } finally {
    rmSync(root, { recursive: true });
  }
});
