/** The fields every entry has, whatever its protocol. */
import type {
  ConversationSummary,
  Endpoint,
  Exchange,
  Incompleteness,
  KubeEnd,
  MeshSide,
  ProbeKind,
} from '../model/index.ts';
import { type Entry, exchangeOf, list, one, several, summaryOf, type Value, type Where } from './access.ts';
import { bodies } from './body.ts';
import type { Field, FieldType } from './field.ts';
import { anyHeader } from './headers.ts';

type Row = readonly [name: string, type: FieldType, where: Where, description: string, rest?: Partial<Field>];

const clientOf = (e: Entry) => e.connection.client;
const serverOf = (e: Entry) => e.connection.server;
const names = (...ends: readonly ((e: Entry) => Endpoint)[]) =>
  several(...ends.flatMap((end) => [(e: Entry) => end(e).address, (e: Entry) => end(e).name]));
const addresses = (...ends: readonly ((e: Entry) => Endpoint)[]) =>
  several(...ends.map((end) => (e: Entry) => end(e).address));
const ipv6 = (...ends: readonly ((e: Entry) => Endpoint)[]) =>
  several(...ends.map((end) => (e: Entry) => (end(e).address.includes(':') ? end(e).address : undefined)));
const ports = (transport: 'tcp' | 'udp' | '', ...ends: readonly ((e: Entry) => Endpoint)[]) =>
  several(
    ...ends.map(
      (end) => (e: Entry) =>
        transport === '' || e.connection.transport === transport ? end(e).port : undefined,
    ),
  );

const processes = (...ends: readonly ((e: Entry) => Endpoint)[]) =>
  several(...ends.map((end) => (e: Entry) => end(e).process?.comm));
const pids = (...ends: readonly ((e: Entry) => Endpoint)[]) =>
  several(...ends.map((end) => (e: Entry) => end(e).process?.pid));

const kube = (part: keyof KubeEnd, ...ends: readonly ((e: Entry) => Endpoint)[]) =>
  several(...ends.map((end) => (e: Entry) => end(e).kube?.[part]));
const probeKinds: readonly ProbeKind[] = ['liveness', 'readiness', 'startup', 'probe'];
const meshSides: readonly MeshSide['side'][] = ['lo', 'inbound', 'outbound'];

const sizeOfSide = (side: 'request' | 'response') => (e: Entry) => {
  const exchange = exchangeOf(e);
  if (exchange) return exchange[side]?.wireBytes;
  const summary = e as ConversationSummary;
  return side === 'request' ? summary.clientBytes : summary.serverBytes;
};
const requestSize = sizeOfSide('request');
const responseSize = sizeOfSide('response');

const outcomes: readonly Exchange['outcome'][] = [
  'ok',
  'clientError',
  'serverError',
  'failed',
  'unanswered',
  'info',
];
const endings: readonly ConversationSummary['ended'][] = [
  'fin',
  'rst',
  'refused',
  'unreachable',
  'idle',
  'evicted',
  'captureEnd',
];
const gaps: readonly Incompleteness['kind'][] = [
  'joinedMidStream',
  'bytesLost',
  'bodyCut',
  'noRequest',
  'noResponse',
  'messageCut',
];

const missing: Where = (test) => (e) => {
  const exchange = exchangeOf(e);
  if (exchange) {
    for (const gap of exchange.missing) if (test(gap.kind, e)) return true;
    return false;
  }
  const { connection, lostBytes } = e as ConversationSummary;
  return (
    (connection.joinedMidStream && test('joinedMidStream', e)) || (lostBytes > 0 && test('bytesLost', e))
  );
};

/** Label -> the targets in it: `a+b` is a namespace that two containers share. */
const sharers = new Map<string, readonly Value[]>();
/** Labels come from the command line, some thousand at the very most. */
const maxSharers = 1024;

function targetsOf(e: Entry): readonly Value[] | undefined {
  const label = e.connection.target;
  if (label === '') return undefined;
  let all = sharers.get(label);
  if (all === undefined) {
    if (sharers.size >= maxSharers) sharers.clear();
    all = label.includes('+') ? [label, ...label.split('+')] : [label];
    sharers.set(label, all);
  }
  return all;
}

const always = { isAlways: true };
const startLine = (side: 'request' | 'response'): Where =>
  one((e) => exchangeOf(e)?.[side]?.startLine || undefined);

const rows: readonly Row[] = [
  [
    'time',
    'time',
    one((e) => e.startAt),
    'First byte: "2026-11-24 10:15:30", "10:15", or Unix seconds',
    always,
  ],
  ['duration', 'duration', one((e) => e.endAt - e.startAt), 'First byte to last byte', always],
  [
    'size',
    'size',
    one((e) => (requestSize(e) ?? 0) + (responseSize(e) ?? 0)),
    'Bytes of request and response on the stream',
    always,
  ],
  ['request.size', 'size', one(requestSize), 'Bytes of the request, head and framing included'],
  ['response.size', 'size', one(responseSize), 'Bytes of the response, head and framing included'],
  [
    'container',
    'text',
    list(targetsOf),
    'Container (or process, namespace) it was seen in; a file has none',
    { aliases: ['target', 'pod'], isMany: true },
  ],
  ['peer', 'host', names(clientOf, serverOf), 'Address or name of either end', { ...always, isMany: true }],
  ['client', 'host', names(clientOf), 'Address or name of who asked', { ...always, isMany: true }],
  ['server', 'host', names(serverOf), 'Address or name of who was asked', { ...always, isMany: true }],
  [
    'process',
    'text',
    processes(clientOf, serverOf),
    'Name of the process that holds either end, as it is in comm (live, where it was seen)',
    { isMany: true },
  ],
  ['client.process', 'text', processes(clientOf), "Name of the client's process"],
  ['server.process', 'text', processes(serverOf), "Name of the server's process"],
  [
    'pid',
    'number',
    pids(clientOf, serverOf),
    'Process that holds either end, by its number on this machine',
    { isMany: true },
  ],
  ['client.pid', 'number', pids(clientOf), "Number of the client's process"],
  ['server.pid', 'number', pids(serverOf), "Number of the server's process"],
  ['client.pod', 'text', kube('pod', clientOf), "The client's pod (with -k)"],
  ['server.pod', 'text', kube('pod', serverOf), "The server's pod (with -k)"],
  [
    'workload',
    'text',
    kube('workload', clientOf, serverOf),
    'What either pod is of: deploy/web, sts/db, ds/proxy, job/backup (with -k)',
    { isMany: true },
  ],
  ['client.workload', 'text', kube('workload', clientOf), "The client's"],
  ['server.workload', 'text', kube('workload', serverOf), "The server's"],
  [
    'server.service',
    'text',
    kube('service', serverOf),
    'Service the server was reached by, else one that it is behind (with -k)',
    { aliases: ['service'] },
  ],
  [
    'namespace',
    'text',
    kube('namespace', clientOf, serverOf),
    'Namespace of either end in the cluster (with -k)',
    { isMany: true },
  ],
  ['client.namespace', 'text', kube('namespace', clientOf), "The client's"],
  ['server.namespace', 'text', kube('namespace', serverOf), "The server's"],
  ['node', 'text', kube('node', clientOf, serverOf), 'Node of either end (with -k)', { isMany: true }],
  ['client.node', 'text', kube('node', clientOf), "The client's"],
  ['server.node', 'text', kube('node', serverOf), "The server's"],
  [
    'probe',
    'text',
    list((e) => e.probe),
    'It is a probe of the kubelet: which one, or probe where that is not known; alone: any',
    { isMany: true, values: probeKinds },
  ],
  [
    'mesh.side',
    'text',
    one((e) => e.connection.mesh?.side),
    "Of a pod with a mesh's proxy: lo between application and proxy, inbound and outbound outside",
    { values: meshSides },
  ],
  ['mesh.proxy', 'text', one((e) => e.connection.mesh?.proxy), 'Container or process of that proxy'],
  ['port', 'number', ports('', clientOf, serverOf), 'Port of either end', { ...always, isMany: true }],
  [
    'ip.addr',
    'address',
    addresses(clientOf, serverOf),
    'Address of either end, IPv4 or IPv6',
    { ...always, isMany: true },
  ],
  ['ip.src', 'address', addresses(clientOf), "The client's address", always],
  ['ip.dst', 'address', addresses(serverOf), "The server's address", always],
  ['ipv6.addr', 'address', ipv6(clientOf, serverOf), 'Address of either end, if IPv6', { isMany: true }],
  ['ipv6.src', 'address', ipv6(clientOf), "The client's address, if IPv6"],
  ['ipv6.dst', 'address', ipv6(serverOf), "The server's address, if IPv6"],
  ['tcp.port', 'number', ports('tcp', clientOf, serverOf), 'TCP port of either end', { isMany: true }],
  ['tcp.srcport', 'number', ports('tcp', clientOf), "The client's TCP port"],
  ['tcp.dstport', 'number', ports('tcp', serverOf), "The server's TCP port"],
  ['udp.port', 'number', ports('udp', clientOf, serverOf), 'UDP port of either end', { isMany: true }],
  ['udp.srcport', 'number', ports('udp', clientOf), "The client's UDP port"],
  ['udp.dstport', 'number', ports('udp', serverOf), "The server's UDP port"],
  [
    'transport',
    'text',
    one((e) => e.connection.transport),
    'tcp or udp',
    { ...always, values: ['tcp', 'udp'] },
  ],
  ['connection', 'number', one((e) => e.connection.id), 'Number of the connection, from 1', always],
  ['outcome', 'text', one((e) => exchangeOf(e)?.outcome), 'How it went', { values: outcomes }],
  [
    'ended',
    'text',
    one((e) => summaryOf(e)?.ended),
    'How a connection without known protocol ended',
    { values: endings },
  ],
  ['missing', 'text', missing, 'What was not captured of it', { isMany: true, values: gaps }],
  [
    'weird',
    'text',
    list((e) => (e as Exchange | ConversationSummary).weirds),
    'Oddities by name',
    { isMany: true },
  ],
  ['request.line', 'text', startLine('request'), 'First line of the request'],
  ['response.line', 'text', startLine('response'), 'First line of the response'],
  [
    'header',
    'text',
    anyHeader('both'),
    'Names and values of headers and trailers; header.NAME is one of them',
    { isMany: true, needsHeads: true },
  ],
  [
    'request.header',
    'text',
    anyHeader('request'),
    'The same of the request; request.header.NAME',
    { isMany: true, needsHeads: true },
  ],
  [
    'response.header',
    'text',
    anyHeader('response'),
    'The same of the response; response.header.NAME',
    { isMany: true, needsHeads: true },
  ],
  ['body', 'bytes', bodies('both'), 'Bodies, content encodings undone', { isMany: true, needsBody: true }],
  ['request.body', 'bytes', bodies('request'), "The request's body", { needsBody: true }],
  ['response.body', 'bytes', bodies('response'), "The response's body", { needsBody: true }],
];

export const generalFields: readonly Field[] = rows.map(([name, type, where, description, rest]) => ({
  name,
  aliases: [],
  protocol: '',
  type,
  isMany: false,
  description,
  where,
  ...rest,
}));
