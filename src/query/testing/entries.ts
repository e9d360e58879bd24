/** Entries and a schema for tests, the fuzzer and the benchmark. */
import type { Body, ConversationSummary, Exchange, FieldSpec, Message } from '../../model/index.ts';
import { createSchema } from '../schema.ts';

const spec = (name: string, type: FieldSpec['type'], rest: Partial<FieldSpec> = {}): FieldSpec => ({
  name,
  type,
  label: name,
  description: name,
  ...rest,
});

const http: readonly FieldSpec[] = [
  spec('http.request.method', 'string'),
  spec('http.request.uri', 'string'),
  spec('http.response.code', 'number', { role: 'result' }),
  spec('http.response.phrase', 'string', { role: 'result' }),
  spec('http.host', 'string'),
  spec('http.user_agent', 'string'),
  spec('http.time', 'durationNs'),
  spec('http.informational', 'list'),
  spec('http.chunked', 'boolean'),
  spec('http.content_length', 'bytes'),
];

const dns: readonly FieldSpec[] = [
  spec('dns.qry.name', 'string'),
  spec('dns.qry.type', 'string', { codes: { A: 1, CNAME: 5, AAAA: 28 } }),
  spec('dns.a', 'list'),
  spec('dns.aaaa', 'list'),
  spec('dns.id', 'number'),
  spec('dns.flags.truncated', 'boolean'),
];

export const schema = createSchema([
  { name: 'http', title: 'HTTP/1', fields: http },
  { name: 'dns', title: 'DNS', fields: dns },
]);

export function body(text: string | Uint8Array, encodings: readonly string[] = []): Body {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return { bytes, totalLength: bytes.length, contentType: 'text/plain', encodings };
}

export function message(startLine: string, rest: Partial<Message> = {}): Message {
  return { startAt: 0, endAt: 0, wireBytes: 100, startLine, headers: [], trailers: [], ...rest };
}

export const connection: Exchange['connection'] = {
  id: 7,
  transport: 'tcp',
  netns: 1,
  target: 'web',
  client: { address: '10.0.0.5', port: 40_000, name: 'shop' },
  server: { address: '192.0.2.80', port: 8080, name: 'api.example.org' },
  openedAt: 0,
  joinedMidStream: false,
};

/** POST /login -> 500 in 300 ms, with headers and bodies. */
export const post: Exchange = {
  protocol: 'http',
  connection,
  request: message('POST /login?x=1 HTTP/1.1', {
    wireBytes: 400,
    headers: [
      ['Host', 'api.example.org'],
      ['Content-Type', 'application/json'],
      ['X-Trace', 'first'],
      ['x-trace', 'second'],
    ],
    body: body('{"user":"J\u00fcrgen"}'),
  }),
  response: message('HTTP/1.1 500 Internal Server Error', {
    wireBytes: 1600,
    headers: [['Content-Type', 'text/html; charset=utf-8']],
    trailers: [['X-Checksum', 'abc']],
    body: body('<h1>Stack overflow</h1>'),
  }),
  startAt: 5e9,
  endAt: 5.3e9,
  fields: {
    'http.request.method': 'POST',
    'http.request.uri': '/login?x=1',
    'http.response.code': 500,
    'http.response.phrase': 'Internal Server Error',
    'http.host': 'api.example.org',
    'http.user_agent': undefined,
    'http.time': 250e6,
    'http.informational': ['100 Continue', '103 Early Hints'],
    'http.chunked': false,
    'http.content_length': 1500,
  },
  outcome: 'serverError',
  missing: [{ kind: 'bodyCut', side: 'response', bytes: 23 }],
  weirds: ['http_bare_lf'],
};

/** A and AAAA of a name, over UDP and IPv6, answered in 1 ms. */
export const lookup: Exchange = {
  protocol: 'dns',
  connection: {
    ...connection,
    id: 8,
    transport: 'udp',
    target: 'web+sidecar',
    client: { address: '2001:db8::5', port: 5353 },
    server: { address: '2001:db8::53', port: 53 },
  },
  request: message('QUERY db.internal IN A', { wireBytes: 30 }),
  response: message('NOERROR db.internal IN A', { wireBytes: 62 }),
  startAt: 6e9,
  endAt: 6.001e9,
  fields: {
    'dns.qry.name': 'db.internal',
    'dns.qry.type': 'A',
    'dns.a': ['10.1.2.3', '192.168.7.7'],
    'dns.aaaa': ['2001:db8::a'],
    'dns.id': 0x1234,
    'dns.flags.truncated': true,
  },
  outcome: 'ok',
  missing: [],
  weirds: [],
};

/** A request without an answer: most fields are missing. */
export const unanswered: Exchange = {
  protocol: 'http',
  connection: { ...connection, id: 9, target: '' },
  request: message('GET /slow HTTP/1.1'),
  startAt: 7e9,
  endAt: 7e9,
  fields: { 'http.request.method': 'GET', 'http.request.uri': '/slow' },
  outcome: 'unanswered',
  missing: [{ kind: 'noResponse' }],
  weirds: [],
};

/** A connection of which no protocol is known. */
export const talk: ConversationSummary = {
  connection: { ...connection, id: 10 },
  protocol: 'tcp',
  startAt: 8e9,
  endAt: 8.001e9,
  clientBytes: 0,
  serverBytes: 0,
  clientPackets: 1,
  serverPackets: 1,
  clientWireBytes: 74,
  serverWireBytes: 54,
  lostBytes: 0,
  exchanges: 0,
  ended: 'rst',
};

export const entries = { post, lookup, unanswered, talk };
