import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Connection, ConversationSummary, Exchange, Sink } from '../model/index.ts';
import { Owners } from './owners.ts';
import { patienceMs, Sides } from './sides.ts';

let ids = 0;

function view(
  netns: number,
  target: string,
  ends: string,
  openedAt: number,
  change: Partial<Connection> = {},
) {
  const [client = '', server = ''] = ends.split(' ');
  const end = (text: string) => ({ address: text.split(':')[0]!, port: Number(text.split(':')[1]) });
  const connection: Connection = {
    id: ++ids,
    transport: 'tcp',
    netns,
    target,
    client: end(client),
    server: end(server),
    openedAt,
    joinedMidStream: false,
    handshake: { client: 1234, server: 5678 },
    ...change,
  };
  return connection;
}

function exchange(connection: Connection, uri: string, change: Partial<Exchange> = {}): Exchange {
  return {
    protocol: 'http',
    connection,
    startAt: 0,
    endAt: 0,
    fields: { uri },
    outcome: 'ok',
    missing: [],
    weirds: [],
    ...change,
  };
}

const ends = ({ client, server }: Connection) =>
  `${client.address}:${client.port} ${server.address}:${server.port}`;

interface Bench {
  readonly sides: Sides;
  readonly told: string[];
  readonly connections: Connection[];
  clock: number;
}

function bench(
  options: { live?: boolean; isMerged?: boolean; owners?: Owners; places?: number[] } = {},
): Bench {
  const told: string[] = [];
  const connections: Connection[] = [];
  const keep = (text: string, { target, ...connection }: Connection) => {
    told.push(`${target} ${ends(connection as Connection)} ${text}`);
    connections.push({ target, ...connection });
  };
  const sink: Sink = {
    exchange: (e) => keep(String(e.fields['uri']), e.connection),
    conversation: (s) => keep('-', s.connection),
    opened: (e) => keep(`${e.fields['uri']} ...`, e.connection),
  };
  const result: Bench = {
    told,
    connections,
    clock: 0,
    sides: new Sides(sink, {
      isMerged: options.isMerged ?? true,
      ...(options.owners ? { owners: options.owners } : {}),
      ...(options.live ? { now: () => result.clock } : {}),
    }),
  };
  for (const [id, netns] of (options.places ?? [1, 2]).entries())
    result.sides.interface({ id, name: '', linktype: 1, snaplen: 0, netns, target: '' });
  result.sides.open({ clock: { baseSec: 1 }, fields: new Map() });
  return result;
}

/** docker -p 8080:80 from a container: the host's address, translated twice. */
const outside = () => view(1, 'client', '10.1.0.2:4000 192.0.2.1:8080', 100);
const inside = () => view(2, 'web', '10.2.0.1:61000 10.2.0.2:80', 250);

test('one line: the client as it is where it starts, the server as it is where it ends', () => {
  for (const order of [[outside(), inside()] as const, [inside(), outside()] as const]) {
    const { sides, told, connections } = bench();
    for (const connection of order) sides.exchange(exchange(connection, '/a'));
    assert.deepEqual(told, []);
    void sides.batch();
    assert.deepEqual(told, ['client+web 10.1.0.2:4000 10.2.0.2:80 /a']);
    assert.deepEqual(
      connections[0]!.views?.map(({ target, openedAt }) => [target, openedAt]),
      [
        ['client', 100],
        ['web', 250],
      ],
    );
    // Later ones of the same connection are told at once, once.
    for (const uri of ['/b', '/c']) for (const connection of order) sides.exchange(exchange(connection, uri));
    assert.deepEqual(told.slice(1), [
      'client+web 10.1.0.2:4000 10.2.0.2:80 /b',
      'client+web 10.1.0.2:4000 10.2.0.2:80 /c',
    ]);
    assert.equal(sides.seenAgain, 3);
  }
});

test('live it waits no longer than the other view may take', () => {
  const one = bench({ live: true });
  const a = outside();
  one.sides.exchange(exchange(a, '/a'));
  void one.sides.batch();
  assert.deepEqual(one.told, []);
  one.clock = patienceMs;
  one.sides.flush();
  assert.equal(one.told.length, 1);
  one.sides.exchange(exchange(inside(), '/a'));
  one.clock = 1000;
  one.sides.flush();
  assert.equal(one.told.length, 1, 'told already');
});

test('others are others: sequence numbers, time, no handshake', () => {
  const different: Partial<Connection>[] = [
    { handshake: { client: 1234, server: 1 } },
    { handshake: { client: 1, server: 5678 } },
    { openedAt: 60e9 },
  ];
  for (const change of different) {
    const { sides, told } = bench();
    sides.exchange(exchange(outside(), '/a'));
    sides.exchange(exchange({ ...inside(), ...change }, '/a'));
    void sides.batch();
    assert.equal(told.length, 2);
  }
  const { sides, told } = bench();
  const { handshake: _unseen, ...midStream } = outside();
  sides.exchange(exchange(midStream, '/a'));
  assert.equal(told.length, 1, 'nothing to wait for');
});

test('where only one place is looked at nothing waits; --both-sides tells everything', () => {
  for (const { sides, told } of [bench({ places: [1] }), bench({ isMerged: false })]) {
    sides.exchange(exchange(outside(), '/a'));
    sides.exchange(exchange(inside(), '/a'));
    assert.equal(told.length, 2);
  }
});

test('of two views the one that misses less; a refused connection has one number only', () => {
  const { sides, told } = bench();
  sides.exchange(exchange(outside(), 'cut', { missing: [{ kind: 'bytesLost', bytes: 9 }] }));
  sides.exchange(exchange(inside(), 'whole'));
  void sides.batch();
  assert.match(told[0]!, /whole$/);
  const refused = bench();
  const half = { handshake: { client: 1234 } };
  refused.sides.exchange(exchange({ ...outside(), ...half }, 'refused'));
  refused.sides.exchange(exchange({ ...inside(), ...half }, 'refused'));
  void refused.sides.batch();
  assert.equal(refused.told.length, 1);
});

test('what is under way is shown once; conversations too', () => {
  const { sides, told } = bench();
  const [a, b] = [outside(), inside()];
  sides.opened?.(exchange(a, '/a'));
  sides.opened?.(exchange(b, '/a'));
  assert.equal(told.length, 1);
  const summary = (connection: Connection) =>
    ({ connection, ended: 'fin', lostBytes: 0 }) as unknown as ConversationSummary;
  sides.conversation(summary(a));
  sides.conversation(summary(b));
  void sides.close({ captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 });
  assert.deepEqual(told.slice(1), ['client+web 10.1.0.2:4000 10.2.0.2:80 -']);
});

test('processes of both ends, each known in its own place', () => {
  const owners = new Owners();
  const { sides, connections } = bench({ owners });
  sides.exchange(exchange(outside(), '/a'));
  sides.exchange(exchange(inside(), '/a'));
  const socket = (local: string, localPort: number, remote: string, remotePort: number, comm: string) => ({
    ...{ transport: 'tcp' as const, local, localPort, remote, remotePort },
    process: { pid: 1, comm, target: '' },
  });
  owners.learn(1, 1001, [socket('10.1.0.2', 4000, '192.0.2.1', 8080, 'curl')]);
  owners.learn(2, 1001, [socket('10.2.0.2', 80, '10.2.0.1', 61000, 'nginx')]);
  void sides.batch();
  const [{ client, server }] = connections as [Connection];
  assert.deepEqual([client.process?.comm, server.process?.comm], ['curl', 'nginx']);
});

test('whatever the order: everything once, in the order of its connection', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 40 }), (steps) => {
      const { sides, told } = bench();
      const views = [outside(), inside()] as const;
      const sent = [0, 0];
      for (const [which, flushes] of steps) {
        const side = which ? 1 : 0;
        sides.exchange(exchange(views[side], `/${sent[side]++}`));
        if (flushes) void sides.batch();
      }
      void sides.batch();
      const uris = told.map((line) => line.split(' ').at(-1));
      assert.deepEqual(
        uris,
        Array.from({ length: Math.max(...sent) }, (_, i) => `/${i}`),
      );
    }),
  );
});

test('a service: by what address it was asked is known at the client, who answered at the server', () => {
  const { sides, connections } = bench();
  const [at, to] = [outside(), inside()];
  const pod = { namespace: 'shop', pod: 'web-1' };
  at.server.kube = { namespace: 'shop', service: 'web', serviceAddress: '192.0.2.1' };
  to.server.kube = { ...pod, service: 'other' };
  sides.exchange(exchange(at, '/a'));
  sides.exchange(exchange(to, '/a'));
  void sides.batch();
  assert.deepEqual(connections[0]!.server.kube, { ...pod, service: 'web', serviceAddress: '192.0.2.1' });
});
