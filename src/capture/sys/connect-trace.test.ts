import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { need } from '../../../test/support/need.ts';
import { until } from '../../../test/support/wait.ts';
import { formatIpv4 } from '../../util/address.ts';
import { ConnectTrace, openDoorbell, pollReadable, quiet } from './index.ts';
import { parseFormat, TraceRecords } from './trace-records.ts';

const skip = need('linux', 'root');
const trace = skip ? undefined : ConnectTrace.open();
const untraced = trace ? false : skip || 'this kernel tells nobody of its tracepoints';
process.once('exit', () => trace?.close());

interface Seen {
  readonly local: number;
  readonly remote: string;
  readonly pid: number;
  readonly comm: string | undefined;
}

function read(): Seen[] {
  const seen: Seen[] = [];
  trace!.read((row, pid, comm) => {
    const address = row.version === 4 ? formatIpv4(row.bytes, row.remoteOff) : '';
    seen.push({ local: row.localPort, remote: `${address}:${row.remotePort}`, pid, comm });
  });
  return seen;
}

test('every connection is told with its process, however short', { skip: untraced }, async () => {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  read();
  const locals: number[] = [];
  for (let i = 0; i < 50; i++)
    await new Promise<void>((done) => {
      const socket = connect(port, '127.0.0.1', () => locals.push(socket.localPort!));
      socket.resume().on('close', () => done());
    });
  const ours = read().filter((seen) => seen.remote === `127.0.0.1:${port}`);
  assert.deepEqual(
    ours.map((seen) => seen.local),
    locals,
  );
  assert.deepEqual([...new Set(ours.map((seen) => seen.pid))], [process.pid]);
  server.close();
});

test('one that was refused, of a process that is gone, with its name', { skip: untraced }, async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  read();
  const child = spawn('/bin/bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`], { stdio: 'ignore' });
  const code = await new Promise((done) => child.once('exit', done));
  assert.notEqual(code, 0);
  const seen = read().filter((one) => one.remote === `127.0.0.1:${port}`);
  assert.deepEqual(
    seen.map(({ pid, comm }) => ({ pid, comm })),
    [{ pid: child.pid, comm: 'bash' }],
  );
});

test('the bell rings for who begins, and gives nothing away', { skip }, async () => {
  const bell = openDoorbell();
  try {
    quiet(bell);
    const server = createServer((socket) => socket.end('x'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    await new Promise<void>((done) => connect(port, '127.0.0.1').resume().on('close', done));
    await until(() => pollReadable(bell, 0), 'the bell');
    server.close();
  } finally {
    closeSync(bell);
  }
});

const format = `name: inet_sock_set_state
ID: 77
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:const void * skaddr;	offset:8;	size:8;	signed:0;
	field:int oldstate;	offset:16;	size:4;	signed:1;
	field:int newstate;	offset:20;	size:4;	signed:1;
	field:__u16 sport;	offset:24;	size:2;	signed:0;
	field:__u16 dport;	offset:26;	size:2;	signed:0;
	field:__u16 family;	offset:28;	size:2;	signed:0;
	field:__u16 protocol;	offset:30;	size:2;	signed:0;
	field:__u8 saddr[4];	offset:32;	size:4;	signed:0;
	field:__u8 daddr[4];	offset:36;	size:4;	signed:0;
	field:__u8 saddr_v6[16];	offset:40;	size:16;	signed:0;
	field:__u8 daddr_v6[16];	offset:56;	size:16;	signed:0;
`;

test('a format that is another one is refused', () => {
  const layout = parseFormat(format);
  assert.equal(layout?.id, 77);
  assert.equal(layout?.length, 72);
  assert.equal(
    parseFormat(format.replace('skaddr;	offset:8;	size:8', 'skaddr;	offset:8;	size:4')),
    undefined,
  );
  assert.equal(parseFormat(format.replace('daddr_v6', 'x')), undefined);
  assert.equal(parseFormat(''), undefined);
});

/** struct perf_event_header, TID, TIME, RAW. */
function sample(time: bigint): Buffer {
  const bytes = Buffer.alloc(8 + 20 + 76);
  bytes.writeUInt32LE(9, 0);
  bytes.writeUInt16LE(bytes.length, 6);
  bytes.writeUInt32LE(4711, 8);
  bytes.writeBigUInt64LE(time, 16);
  bytes.writeUInt32LE(76, 24);
  const at = 28;
  bytes.writeBigUInt64LE(0xffff888012345678n, at + 8);
  bytes.writeInt32LE(7, at + 16);
  bytes.writeInt32LE(2, at + 20);
  bytes.writeUInt16LE(1234, at + 24);
  bytes.writeUInt16LE(80, at + 26);
  bytes.writeUInt16LE(2, at + 28);
  bytes.set([10, 0, 0, 1, 10, 0, 0, 2], at + 32);
  return bytes;
}

test('records out of a ring: in order of time, across its end, damaged', () => {
  const records = new TraceRecords(parseFormat(format)!);
  const one = Buffer.concat([sample(9n), sample(5n)]);
  for (const tail of [0, 100, 200, 0xffffff80]) {
    const ring = new Uint8Array(256);
    one.forEach((byte, i) => {
      ring[(tail + i) & 255] = byte;
    });
    records.take(ring, tail, (tail + one.length) >>> 0);
    const found = records.inOrder();
    assert.deepEqual(
      found.map((r) => [r.at, r.pid, r.entered, r.localPort, r.remotePort, [...r.addresses]]),
      [5, 9].map((at) => [at, 4711, true, 1234, 80, [10, 0, 0, 1, 10, 0, 0, 2]]),
    );
  }
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 256, maxLength: 256 }),
      fc.nat(),
      fc.nat(256),
      (noise, tail, used) => {
        const damaged = new TraceRecords(parseFormat(format)!);
        damaged.take(noise, tail, tail + used);
        assert.ok(damaged.inOrder().length <= 32);
      },
    ),
  );
});
