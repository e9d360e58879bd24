import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionState, TcpMeasures, TcpSide } from '../../model/index.ts';
import { connection } from '../testing/exchanges.ts';
import { Traffic } from './traffic.ts';

const side = (more: Partial<TcpSide> = {}): TcpSide => ({
  ...{
    segments: 0,
    retransmitted: 0,
    lateFills: 0,
    repeatedSyns: 0,
    overtaken: 0,
    zeroWindows: 0,
    shutNs: 0,
  },
  ...more,
});

const state = (more: Partial<ConnectionState> = {}, tcp: Partial<TcpMeasures> = {}): ConnectionState => ({
  ...{ connection, protocol: 'X', startAt: 0, endAt: 1, lostBytes: 0, exchanges: 0, ended: 'fin' },
  ...{ clientBytes: 1, serverBytes: 2, clientPackets: 3, serverPackets: 4 },
  ...{ clientWireBytes: 100, serverWireBytes: 200 },
  tcp: { client: side(), server: side(), ...tcp },
  ...more,
});

const to = (address: string, port = 80, name?: string) => ({
  connection: { ...connection, server: { address, port, ...(name === undefined ? {} : { name }) } },
});

function sums(...states: readonly ConnectionState[]): Traffic {
  const traffic = new Traffic();
  for (const each of states) traffic.add(each);
  return traffic;
}

const fate = (...states: readonly ConnectionState[]) => {
  const { connections, refused, unanswered, resetByClient, resetByServer } = sums(...states).servers.top(
    0,
  ).others;
  return { connections, refused, unanswered, resetByClient, resetByServer };
};
const well = { connections: 1, refused: 0, unanswered: 0, resetByClient: 0, resetByServer: 0 };

test('talkers are pairs of addresses, whatever port the client used', () => {
  const other = { ...connection, client: { address: '10.0.0.1', port: 5 } };
  const { talkers, total, protocols } = sums(
    state(),
    state({ connection: other }),
    state(to('10.9.9.9', 53)),
    state({ connection: { ...other, transport: 'udp' } }),
  );
  const [first, ...rest] = talkers.top(9).rows;
  assert.deepEqual([first!.volume.connections, first!.volume.bytes, first!.volume.packets], [2, 600, 14]);
  assert.equal(rest.length, 2);
  assert.deepEqual([total.connections, total.bytes], [4, 1200]);
  assert.equal(protocols.at('X').volume.connections, 4);
});

test('replicas behind one name are one server; one address under two names is two', () => {
  const { servers } = sums(
    state(to('10.0.0.5', 80, 'web')),
    state(to('10.0.0.6', 80, 'web')),
    state(to('10.0.0.6', 80)),
    state(to('10.0.0.6', 81, 'web')),
  );
  assert.deepEqual(
    servers.top(9).rows.map(({ party, port, connections }) => [party.name, party.address, port, connections]),
    [
      ['web', '10.0.0.6', 80, 2],
      [undefined, '10.0.0.6', 80, 1],
      ['web', '10.0.0.6', 81, 1],
    ],
  );
});

test('how connections fail', () => {
  const alone = { clientPackets: 1, serverPackets: 0, clientBytes: 0, serverBytes: 0 };
  assert.deepEqual(fate(state()), well);
  assert.deepEqual(fate(state({ ended: 'refused' })), { ...well, refused: 1 });
  assert.deepEqual(fate(state({ ended: 'rst', resetBy: 'client' })), { ...well, resetByClient: 1 });
  assert.deepEqual(fate(state({ ended: 'rst', resetBy: 'server' })), { ...well, resetByServer: 1 });
  for (const ended of ['idle', 'evicted'] as const)
    assert.deepEqual(fate(state({ ...alone, ended })), { ...well, unanswered: 1 });
  // Sent again: it has been waited for already.
  const again = { client: side({ repeatedSyns: 1 }) };
  for (const ended of ['captureEnd', 'open', 'idle'] as const)
    assert.deepEqual(fate(state({ ...alone, clientPackets: 2, ended }, again)), { ...well, unanswered: 1 });
});

test('what is no failure: an answer may come yet, or only one side is captured', () => {
  const alone = { clientPackets: 1, serverPackets: 0, clientBytes: 0, serverBytes: 0 };
  assert.deepEqual(fate(state({ ...alone, ended: 'captureEnd' })), well);
  assert.deepEqual(fate(state({ ...alone, ended: 'open' })), well);
  assert.deepEqual(fate(state({ ...alone, clientPackets: 5, ended: 'idle' })), well);
  const joined = { ...connection, joinedMidStream: true };
  assert.deepEqual(fate(state({ ...alone, connection: joined, ended: 'idle' })), well);
});

test('UDP has no TCP to tell of', () => {
  const { tcp: _, ...udp } = state();
  assert.equal(fate(udp).connections, 0);
});

test('what either side sent, and the ways', () => {
  const measures: TcpMeasures = {
    client: side({
      ...{ segments: 10, retransmitted: 3, lateFills: 1, repeatedSyns: 1, overtaken: 2 },
      rtt: { count: 2, sumNs: 30, minNs: 10, maxNs: 20 },
    }),
    server: side({ zeroWindows: 4, shutNs: 1e6 }),
    serverHandshakeNs: 5e6,
    clientHandshakeNs: 1e3,
  };
  const faster: TcpMeasures = {
    client: side({ segments: 1, rtt: { count: 1, sumNs: 5, minNs: 5, maxNs: 5 } }),
    server: side(),
    serverHandshakeNs: 1e6,
  };
  const { client, server, serverHandshake, clientHandshake } = sums(
    state({}, measures),
    state({}, faster),
  ).servers.top(0).others;
  assert.deepEqual(
    { ...client },
    {
      ...{ segments: 11, retransmitted: 3, lateFills: 1, repeatedSyns: 1, overtaken: 2 },
      ...{ zeroWindows: 0, shutNs: 0, rttCount: 3, rttSumNs: 35, rttMinNs: 5, rttMaxNs: 20 },
    },
  );
  assert.deepEqual([server.zeroWindows, server.shutNs, server.rttCount], [4, 1e6, 0]);
  assert.deepEqual([serverHandshake.count, serverHandshake.min, serverHandshake.max], [2, 1e6, 5e6]);
  assert.equal(clientHandshake.count, 1);
});

test('sums of two are the sums of all', () => {
  const states = [state(), state(to('10.0.0.7', 443)), state({ ended: 'refused', lostBytes: 7 })];
  const merged = new Traffic();
  merged.merge(sums(...states.slice(0, 1)));
  merged.merge(sums(...states.slice(1)));
  const all = sums(...states);
  assert.deepEqual(merged.talkers.top(9), all.talkers.top(9));
  assert.deepEqual(merged.servers.top(9), all.servers.top(9));
  assert.deepEqual(merged.total, all.total);
  assert.equal(merged.lostBytes, 7);
});

test('a scan of a hundred thousand addresses keeps what is heavy, and every sum', () => {
  const traffic = new Traffic();
  for (let i = 0; i < 50; i++) traffic.add(state({ ...to('10.1.1.1', 443), serverWireBytes: 1e6 }));
  for (let i = 0; i < 100_000; i++)
    traffic.add(
      state({ ...to(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1000 + (i % 7)), ended: 'refused' }),
    );
  const talkers = traffic.talkers.top(1);
  assert.equal(talkers.rows[0]!.volume.connections, 50);
  assert.equal(talkers.others.volume.connections, 100_000);
  assert.ok(traffic.talkers.size <= 4096 && traffic.servers.size <= 512);
  assert.equal(traffic.servers.top(0).others.refused, 100_000);
});
