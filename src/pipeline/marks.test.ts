import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  Connection,
  ConversationSummary,
  Exchange,
  ProbeSpec,
  Sink,
  Surroundings,
} from '../model/index.ts';
import { Marks } from './marks.ts';
import type { OwnedSocket } from './owners.ts';

let ids = 0;

function connectionOf(ends: string, change: Partial<Connection> = {}): Connection {
  const [client = '', server = ''] = ends.split(' ');
  const end = (text: string) => ({ address: text.split(':')[0]!, port: Number(text.split(':')[1]) });
  return {
    ...{ id: ++ids, transport: 'tcp', netns: 7, target: 'web-1', openedAt: 0, joinedMidStream: false },
    ...{ client: end(client), server: end(server) },
    ...change,
  };
}

const request = {
  ...{ startAt: 0, endAt: 0, wireBytes: 1, startLine: '', headers: [], trailers: [] },
};

function exchangeOf(connection: Connection, fields: Exchange['fields'], change: Partial<Exchange> = {}) {
  const exchange: Exchange = {
    ...{ protocol: 'http', connection, request, startAt: 0, endAt: 0, fields, outcome: 'ok' },
    ...{ missing: [], weirds: [] },
    ...change,
  };
  return exchange;
}

function conversationOf(connection: Connection, change: Partial<ConversationSummary> = {}) {
  const summary: ConversationSummary = {
    ...{ connection, protocol: 'tcp', startAt: 0, endAt: 0, clientBytes: 0, serverBytes: 0 },
    ...{ clientPackets: 3, serverPackets: 2, clientWireBytes: 0, serverWireBytes: 0 },
    ...{ lostBytes: 0, exchanges: 0, ended: 'fin' },
    ...change,
  };
  return summary;
}

const specs: readonly ProbeSpec[] = [
  { kind: 'readiness', by: 'http', port: 8080, path: '/ready?full' },
  { kind: 'liveness', by: 'http', port: 8080, path: '/well' },
  { kind: 'startup', by: 'http', port: 8080, path: '/well' },
  { kind: 'liveness', by: 'tcp', port: 9000, path: '' },
  { kind: 'readiness', by: 'grpc', port: 9090, path: '' },
];

/** Pod web-1 is 10.1.0.5, its node 10.1.0.1. */
function around(change: Partial<Surroundings> = {}): Surroundings {
  return {
    revision: 1,
    who: ({ client }, side) =>
      side === 'client' && client.address === '10.1.0.9' ? { pod: 'caller' } : undefined,
    probes: ({ server }) => specs.filter(({ port }) => port === server.port),
    isFromNode: ({ client }) => client.address === '10.1.0.1',
    learnNode() {},
    proxy: () => '',
    isOwn: (_, { address }) => address === '10.1.0.5',
    ...change,
  };
}

/** What a sink is told, as texts. */
function bench(options: { around?: Surroundings; hidesProbes?: boolean } = {}) {
  const told: string[] = [];
  const marks = new Marks({ hidesProbes: false, ...options });
  const keep = (name: string) => (e: Exchange | ConversationSummary) =>
    void told.push(`${name} ${e.probe?.join('+') ?? '-'}`);
  const sink: Sink = {
    exchange: keep('exchange'),
    conversation: keep('conversation'),
    opened: keep('opened'),
    connection: keep('connection'),
  };
  return { marks, told, sink: marks.before(sink) };
}

const fromNode = (port: number) => connectionOf(`10.1.0.1:40000 10.1.0.5:${port}`);
const asked = (uri: string, agent = '') => ({
  'http.request.method': 'GET',
  'http.request.uri': uri,
  ...(agent === '' ? {} : { 'http.user_agent': agent }),
});

test('a probe is known by its words alone; which one it is, by the spec', () => {
  const probe = () => exchangeOf(fromNode(8080), asked('/well', 'kube-probe/1.35'));
  const { sink, told } = bench();
  sink.exchange!(probe());
  const { sink: knowing, told: known } = bench({ around: around() });
  knowing.exchange!(probe());
  knowing.exchange!(exchangeOf(fromNode(8080), asked('/ready?full', 'kube-probe/1.35')));
  knowing.exchange!(exchangeOf(fromNode(8081), asked('/well', 'kube-probe/1.35')));
  const grpc = {
    ...asked('/grpc.health.v1.Health/Check', 'kube-probe/1.35 grpc-go/1.72'),
    'grpc.service': 'x',
  };
  knowing.exchange!(exchangeOf(fromNode(9090), grpc, { protocol: 'grpc' }));
  assert.deepEqual(told, ['exchange probe']);
  assert.deepEqual(known, [
    'exchange startup+liveness',
    'exchange readiness',
    'exchange probe',
    'exchange readiness',
  ]);
});

test('from the node alone: its path, when its words are those of the spec; others are nobody in particular', () => {
  const { sink, told } = bench({ around: around() });
  sink.exchange!(exchangeOf(fromNode(8080), asked('/well', 'mine/1')));
  sink.exchange!(exchangeOf(fromNode(8080), asked('/shop', 'curl/8')));
  sink.exchange!(exchangeOf(connectionOf('10.1.0.9:4000 10.1.0.5:8080'), asked('/well', 'curl/8')));
  assert.deepEqual(told, ['exchange startup+liveness', 'exchange -', 'exchange -']);
});

test('by TCP: who connects from the node, says nothing and closes; refused or greeted too', () => {
  const { sink, told } = bench({ around: around() });
  sink.conversation!(conversationOf(fromNode(9000)));
  sink.conversation!(conversationOf(fromNode(9000), { serverBytes: 20 }));
  sink.conversation!(conversationOf(fromNode(9000), { clientBytes: 1 }));
  sink.conversation!(conversationOf(fromNode(9000), { ended: 'captureEnd' }));
  sink.conversation!(conversationOf(fromNode(9001)));
  sink.conversation!(conversationOf(connectionOf('10.1.0.9:4000 10.1.0.5:9000')));
  const { request: _, ...greeted } = exchangeOf(fromNode(9000), {}, { outcome: 'clientError' });
  sink.exchange!(greeted);
  const { request: __, ...refused } = exchangeOf(fromNode(8080), {}, { protocol: 'tcp', outcome: 'failed' });
  sink.exchange!(refused);
  assert.deepEqual(told, [
    'conversation liveness',
    'conversation liveness',
    'conversation -',
    'conversation -',
    'conversation -',
    'conversation -',
    'exchange liveness',
    'exchange startup+liveness+readiness',
  ]);
});

test('hidden ones are counted once however many sinks there are, and their connections are left out', () => {
  const { marks, told, sink } = bench({ around: around(), hidesProbes: true });
  const second = marks.before({ exchange: () => void told.push('second') });
  const bad = exchangeOf(fromNode(8080), asked('/well', 'kube-probe/1.35'), { outcome: 'serverError' });
  sink.opened!(bad);
  for (const each of [sink, second]) each.exchange!(bad);
  sink.connection!(conversationOf(bad.connection, { exchanges: 1 }));
  const silent = conversationOf(fromNode(9000));
  sink.conversation!(silent);
  sink.connection!(silent);
  const other = exchangeOf(connectionOf('10.1.0.9:4000 10.1.0.5:8080'), asked('/shop'));
  for (const each of [sink, second]) each.exchange!(other);
  sink.connection!(conversationOf(other.connection, { exchanges: 1 }));
  assert.deepEqual(told, ['exchange -', 'second', 'connection -']);
  assert.deepEqual(marks.hidden, { probes: 2, failed: 1 });
});

test('what a sink has no ears for is not offered to it', () => {
  const { marks } = bench();
  assert.deepEqual(Object.keys(marks.before({ note() {} })), ['note']);
});

test('ends are told who they are, again when more is known; the way by a service stays', () => {
  let revision = 1;
  const known = around({
    get revision() {
      return revision;
    },
    who: (_, side) => (side === 'server' ? { pod: 'web-1', service: revision === 1 ? 'a' : 'b' } : undefined),
  });
  const { sink } = bench({ around: known });
  const connection = fromNode(80);
  const tell = () => sink.exchange!(exchangeOf(connection, {}));
  tell();
  assert.deepEqual(connection.server.kube, { pod: 'web-1', service: 'a' });
  assert.equal(connection.client.kube, undefined);
  connection.server.kube = { pod: 'web-1', service: 'a', serviceAddress: '10.96.0.1' };
  revision++;
  tell();
  assert.deepEqual(connection.server.kube, { pod: 'web-1', service: 'a', serviceAddress: '10.96.0.1' });
});

/** Sides of connections one after the other, '-' none. */
function sidesOf(marks: Marks, connections: readonly Connection[]): string {
  const sink = marks.before({ exchange() {} });
  for (const connection of connections) sink.exchange!(exchangeOf(connection, {}));
  return connections.map(({ mesh }) => mesh?.side ?? '-').join(' ');
}

test("a pod with a mesh's proxy: within it, into it, out of it", () => {
  const marks = new Marks({ around: around({ proxy: () => 'istio-proxy' }), hidesProbes: false });
  const connections = [
    connectionOf('10.1.0.9:4000 10.1.0.5:8080'),
    connectionOf('127.0.0.6:4000 10.1.0.5:8080'),
    connectionOf('127.0.0.1:4000 127.0.0.1:8080'),
    connectionOf('10.1.0.5:4000 127.0.0.1:15001'),
    connectionOf('10.1.0.5:4000 10.1.0.9:80'),
    connectionOf('10.1.0.9:4000 10.1.0.8:80'),
  ];
  assert.equal(sidesOf(marks, connections), 'inbound lo lo lo outbound -');
  assert.equal(connections[3]!.server.name, 'istio-proxy');
  assert.equal(connections[2]!.server.name, undefined);
  assert.deepEqual(connections[0]!.mesh, { side: 'inbound', proxy: 'istio-proxy' });
});

test('without a spec a proxy is known by who listens where traffic is redirected to', () => {
  const marks = new Marks({ hidesProbes: false });
  const listener = (localPort: number, netns = 7): OwnedSocket => ({
    ...{ transport: 'tcp', local: '', localPort, remote: '', remotePort: 0 },
    process: { pid: 1, comm: `linkerd2-proxy${netns === 7 ? '' : 'x'}`, target: '' },
  });
  const held: OwnedSocket = { ...listener(4000), local: '10.1.0.5', remote: '10.1.0.9', remotePort: 80 };
  const connection = () => connectionOf('10.1.0.5:4000 10.1.0.9:80');
  assert.equal(sidesOf(marks, [connection()]), '-');
  marks.listeners(7, [listener(4140), listener(80)]);
  assert.equal(sidesOf(marks, [connection()]), '-');
  marks.listeners(7, [listener(4140), listener(4143), held]);
  assert.equal(
    sidesOf(marks, [connection(), connectionOf('10.1.0.5:1 10.1.0.9:2', { netns: 8 })]),
    'outbound -',
  );
});

test('or by the first connection that it takes', () => {
  const marks = new Marks({ hidesProbes: false });
  const outbound = connectionOf('10.1.0.5:4000 10.1.0.9:80');
  assert.equal(sidesOf(marks, [outbound, connectionOf('10.1.0.5:4000 127.0.0.1:15001')]), '- lo');
  assert.equal(
    sidesOf(marks, [connectionOf('10.1.0.5:4001 10.1.0.9:80'), connectionOf('10.1.0.9:1 10.1.0.5:80')]),
    'outbound inbound',
  );
  const plain = new Marks({ hidesProbes: false });
  assert.equal(sidesOf(plain, [connectionOf('127.0.0.1:4000 127.0.0.1:8080')]), '-');
});
