import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../model/index.ts';
import { type OwnedSocket, Owners } from './owners.ts';

const at = 1_000_000;

function connection(change: Partial<Connection> = {}): Connection {
  return {
    id: 1,
    transport: 'tcp',
    netns: 7,
    target: 'web',
    client: { address: '10.0.0.1', port: 40_000 },
    server: { address: '10.0.0.2', port: 80 },
    openedAt: 0,
    joinedMidStream: false,
    ...change,
  };
}

const socket = (local: string, remote: string, pid: number, comm: string): OwnedSocket => {
  const split = (text: string) =>
    [text.slice(0, text.lastIndexOf(' ')), Number(text.split(' ').at(-1))] as const;
  const [address, port] = split(local);
  const [peer, peerPort] = split(remote);
  const process = { pid, comm, target: '' };
  return { transport: 'tcp', local: address, localPort: port, remote: peer, remotePort: peerPort, process };
};

const named = ({ client, server }: Connection) =>
  [client, server].map(({ process }) =>
    process ? `${process.comm}[${process.pid}]${process.viaListener ? ' listens' : ''}` : process,
  );

function filled(owners: Owners, c = connection(), openedMs = at): ReturnType<typeof named> {
  owners.fill(c, openedMs);
  return named(c);
}

test('both ends, by whoever sees them: of the peer from its own namespace', () => {
  const owners = new Owners();
  assert.deepEqual(filled(owners), [undefined, undefined]);
  owners.learn(7, at, [socket('10.0.0.1 40000', '10.0.0.2 80', 11, 'curl')]);
  owners.learn(8, at, [socket('10.0.0.2 80', '10.0.0.1 40000', 12, 'nginx')]);
  assert.deepEqual(filled(owners), ['curl[11]', 'nginx[12]']);
  // The second life of a namespace's inode is counted above 32 bits.
  assert.deepEqual(filled(owners, connection({ netns: 7 + 2 ** 32 })), ['curl[11]', 'nginx[12]']);
});

test('loopback is another one in each namespace', () => {
  const loopback = { client: { address: '127.0.0.1', port: 1 }, server: { address: '127.0.0.1', port: 2 } };
  const fresh = () => ({ client: { ...loopback.client }, server: { ...loopback.server } });
  const owners = new Owners();
  owners.learn(7, at, [socket('127.0.0.1 1', '127.0.0.1 2', 11, 'a')]);
  owners.learn(8, at, [socket('127.0.0.1 1', '127.0.0.1 2', 12, 'b')]);
  assert.deepEqual(filled(owners, connection(fresh())), ['a[11]', null]);
  assert.deepEqual(filled(owners, connection({ ...fresh(), netns: 8 })), ['b[12]', null]);
  assert.deepEqual(filled(owners, connection({ ...fresh(), netns: 9 })), [null, null]);
});

test('who listens, until it is seen who has accepted', () => {
  const owners = new Owners();
  const c = connection();
  owners.learn(7, at, [socket(' 80', ' 0', 10, 'nginx')]);
  assert.deepEqual(filled(owners, c), [undefined, 'nginx[10] listens']);
  owners.learn(7, at, [socket('10.0.0.2 80', '10.0.0.1 40000', 12, 'nginx')]);
  assert.deepEqual(filled(owners, c), [undefined, 'nginx[12]']);
  assert.deepEqual(filled(owners, connection({ netns: 8 })), [undefined, 'nginx[12]']);
});

test('ports that are used again are not those of who had them before', () => {
  const owners = new Owners();
  owners.learn(7, at, [socket('10.0.0.1 40000', '10.0.0.2 80', 11, 'curl')]);
  // It is here, but was not seen.
  assert.deepEqual(filled(owners, connection(), at + 500), [null, undefined]);
  owners.learn(7, at + 510, [socket('10.0.0.1 40000', '10.0.0.2 80', 13, 'wget')]);
  assert.deepEqual(filled(owners, connection(), at + 500), ['wget[13]', undefined]);
});

test('the oldest makes room', () => {
  const owners = new Owners();
  for (let i = 0; i < 70_000; i++) owners.learn(7, at, [socket(`10.1.0.1 ${i}`, '10.0.0.2 80', i, 'x')]);
  assert.equal(owners.size, 65_536);
});
