import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { need } from '../../../test/support/need.ts';
import { DescriptorTables, type ProcessFiles, procFiles } from './owners.ts';
import { netnsOf } from './stat.ts';

/** pid -> netns, comm, descriptor -> inode (0: a file). */
type World = Map<number, { netns: number; comm: string; fds: Map<string, number> }>;

function filesOf(world: World): ProcessFiles {
  return {
    pids: () => [...world.keys()],
    netns: (pid) => world.get(pid)?.netns ?? 0,
    descriptors: (pid) => [...(world.get(pid)?.fds.keys() ?? [])],
    socket: (pid, fd) => world.get(pid)?.fds.get(fd) ?? 0,
    comm: (pid) => world.get(pid)?.comm ?? '',
  };
}

const process1 = (comm: string, fds: Record<string, number>, netns = 1) => ({
  netns,
  comm,
  fds: new Map(Object.entries(fds)),
});

function look(tables: DescriptorTables, inodes: number[], alive: ReadonlySet<number>, netns = 1) {
  const wanted = new Set(inodes);
  const found: string[] = [];
  tables.find(
    netns,
    wanted,
    (inode) => alive.has(inode),
    (inode, { pid, comm }) => found.push(`${inode} ${comm}[${pid}]`),
  );
  return { found, left: [...wanted] };
}

test('who holds it, among those of the namespace only', () => {
  const world: World = new Map([
    [10, process1('nginx', { 0: 0, 6: 100, 7: 101 })],
    [11, process1('curl', { 3: 102 })],
    [12, process1('other', { 3: 103 }, 2)],
  ]);
  const tables = new DescriptorTables(filesOf(world));
  const alive = new Set([100, 101, 102, 103]);
  const { found, left } = look(tables, [101, 102, 103], alive);
  assert.deepEqual(found.toSorted(), ['101 nginx[10]', '102 curl[11]']);
  assert.deepEqual(left, [103]);
  assert.deepEqual(look(tables, [103], alive, 2).found, ['103 other[12]']);
});

test('only what is new is read again', () => {
  const fds = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [String(i), 1000 + i]));
  const world: World = new Map([[10, process1('server', fds)]]);
  const tables = new DescriptorTables(filesOf(world));
  const alive = new Set(Object.values(fds));
  look(tables, [1999], alive);
  const before = tables.links;
  world.get(10)!.fds.set('1000', 5000);
  alive.add(5000);
  assert.deepEqual(look(tables, [5000], alive).found, ['5000 server[10]']);
  assert.equal(tables.links - before, 1);
});

test('a number that is used again: of a socket that was closed, of a file, of another process', () => {
  const world: World = new Map([[10, process1('a', { 3: 100, 4: 0 })]]);
  const tables = new DescriptorTables(filesOf(world));
  assert.equal(look(tables, [100], new Set([100])).found.length, 1);
  world.get(10)!.fds.set('3', 200);
  assert.deepEqual(look(tables, [200], new Set([200])).found, ['200 a[10]']);
  world.get(10)!.fds.set('4', 300);
  assert.deepEqual(look(tables, [300], new Set([200, 300])).found, ['300 a[10]']);
  world.set(10, process1('b', { 3: 400 }));
  assert.deepEqual(look(tables, [400], new Set([400])).found, ['400 b[10]']);
  world.delete(10);
  assert.deepEqual(look(tables, [400], new Set([400])), { found: [], left: [400] });
  assert.equal(tables.size, 0);
});

test('whatever comes and goes, what is held is found', () => {
  const change = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 5 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 12 }), (rounds) => {
      const world: World = new Map();
      const tables = new DescriptorTables(filesOf(world));
      let inode = 1;
      for (const changes of rounds) {
        const fresh: number[] = [];
        for (const [pid, fd, opens] of changes) {
          if (!world.has(pid)) world.set(pid, process1(`p${pid}`, {}));
          const { fds } = world.get(pid)!;
          if (opens) fds.set(String(fd), ++inode);
          else fds.set(String(fd), 0);
          if (opens) fresh.push(inode);
        }
        const alive = new Set([...world.values()].flatMap((p) => [...p.fds.values()].filter((i) => i > 0)));
        const { left } = look(
          tables,
          fresh.filter((i) => alive.has(i)),
          alive,
        );
        assert.deepEqual(left, []);
      }
    }),
  );
});

test('our own listener, by /proc', { skip: need('linux') }, async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const inodes = procFiles
    .descriptors(process.pid)
    .map((fd) => procFiles.socket(process.pid, fd))
    .filter((inode) => inode > 0);
  const tables = new DescriptorTables();
  const { found, left } = look(tables, inodes, new Set(inodes), netnsOf('self'));
  server.close();
  assert.deepEqual(left, []);
  assert.ok(found.length > 0);
});
