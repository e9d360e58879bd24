/** What tshark says of a capture. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorName } from '../../../src/protocols/http2/frame.ts';
import { alertWords } from '../../../src/util/tls/alerts.ts';
import { cipherSuiteName } from '../../../src/util/tls/cipher-suites.ts';
import { add, endsOf, type Facts } from './facts.ts';
import { ascii } from './ours.ts';

export interface Theirs {
  readonly facts: Facts;
  /** Notes, warnings and errors of its expert system, as often as they were told. */
  readonly experts: ReadonlyMap<string, number>;
}

const columns = [
  ...['ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', 'tcp.srcport', 'udp.srcport', 'tcp.dstport', 'udp.dstport'],
  ...['http.request.method', 'http.request.uri', 'http.response.code', 'http.response_for.uri'],
  ...['dns.id', 'dns.flags.response', 'dns.qry.name', 'dns.flags.rcode', 'dns.a', 'dns.aaaa'],
  ...['dns.count.add_rr', 'dns.count.auth_rr', 'http2.streamid'],
  ...['grpc.message_length', 'grpc.compressed_flag', 'http2.header.name', 'http2.header.value'],
  ...['websocket.opcode', 'websocket.payload.close.status_code', 'websocket.payload.text'],
  ...['tls.handshake.type', 'tls.handshake.extensions_server_name', 'tls.handshake.extensions_alpn_str'],
  ...['tls.handshake.ciphersuite', 'tls.handshake.ja3', 'tls.handshake.ja3s', 'tls.alert_message.desc'],
  ...['tls.handshake.certificate', 'x509af.serialNumber', 'quic.dcid', 'quic.scid'],
  ...['quic.long.packet_type', 'quic.long.packet_type_v2', '_ws.expert.message', '_ws.expert.severity'],
] as const;
/** And TLS' under DTLS' names. */
const all: readonly string[] = [
  ...columns,
  ...columns.filter((name) => name.startsWith('tls.')).map((name) => `d${name}`),
];

type Column = (typeof columns)[number];
/** Values of a packet's fields. */
type Row = (name: Column) => readonly string[];

/** Severities of Wireshark: comments, chats (which say what is usual), notes, warnings, errors. */
const note = 0x400000;

const runs = promisify(execFile);

async function tshark(path: string, args: readonly string[]): Promise<string> {
  // Names are not looked up anywhere: nothing leaves the machine.
  const { stdout } = await runs('tshark', ['-n', '-r', path, ...args], {
    maxBuffer: 1024 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  return stdout;
}

export async function tsharkVersion(): Promise<string> {
  const { stdout } = await runs('tshark', ['--version']);
  return /TShark \(Wireshark\) ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown';
}

export async function theirs(path: string, options: readonly string[]): Promise<Theirs> {
  const args = [
    ...['-o', 'tcp.reassemble_out_of_order:TRUE', '-T', 'fields', '-E', 'separator=/t'],
    ...['-E', 'occurrence=a', '-E', 'aggregator=\x1f', ...options, ...all.flatMap((name) => ['-e', name])],
  ];
  const facts: Facts = new Map();
  const experts = new Map<string, number>();
  let hasHttp2 = false;
  for (const line of (await tshark(path, args)).split('\n')) {
    if (line === '') continue;
    const cells = line.split('\t');
    const cell = (name: string) =>
      (cells[all.indexOf(name)] ?? '').split('\x1f').filter((value) => value !== '');
    const row: Row = (name) => {
      const found = cell(name);
      return found.length === 0 && name.startsWith('tls.') ? cell(`d${name}`) : found;
    };
    const severities = row('_ws.expert.severity');
    row('_ws.expert.message').forEach((message, i) => {
      if (Number(severities[i]) >= note) experts.set(message, (experts.get(message) ?? 0) + 1);
    });
    hasHttp2 ||= row('http2.streamid').length > 0;
    tell(
      facts,
      row,
      all.map((name) => cells[all.indexOf(name)] ?? ''),
    );
  }
  if (hasHttp2)
    http2(
      facts,
      await tshark(path, ['-T', 'json', '--no-duplicate-keys', '-J', 'ip ipv6 tcp http2', ...options]),
    );
  return { facts, experts };
}

function tell(facts: Facts, row: Row, cells: readonly string[]): void {
  const last = (name: Column) => row(name).at(-1) ?? '';
  // The innermost: what is in a tunnel.
  const transport = last('tcp.srcport') === '' ? 'udp' : 'tcp';
  const from = last(`${transport}.srcport`);
  const [src, dst] = [last('ip.src') || last('ipv6.src'), last('ip.dst') || last('ipv6.dst')];
  const key = endsOf(src, from, dst, last(`${transport}.dstport`));
  http(facts, key, row);
  dns(facts, key, row, cells);
  websocket(facts, `${key} from ${from}`, row);
  grpc(facts, key, from, row);
  if (row('tls.handshake.type').length + row('tls.alert_message.desc').length + row('quic.dcid').length > 0)
    tls(facts, key, row);
}

function http(facts: Facts, key: string, row: Row): void {
  // HTTP/2 has these names too, for what it makes of its own.
  if (row('http2.streamid').length > 0) return;
  const uris = row('http.request.uri');
  row('http.request.method').forEach(
    (method, i) => void add(facts, 'http request', key, `${method} ${uris[i]}`),
  );
  const codes = row('http.response.code');
  for (const code of codes) add(facts, 'http response', key, code);
  // A full URL, and not always one each.
  const asked = row('http.response_for.uri');
  if (asked.length !== codes.length) return;
  codes.forEach((code, i) => {
    add(facts, 'http pair', key, `${asked[i]!.replace(/^https?:\/\/[^/]*/, '')} -> ${code}`);
  });
}

/** Addresses of answers that tshark does not tell apart are `*`. */
function dns(facts: Facts, key: string, row: Row, cells: readonly string[]): void {
  const ids = row('dns.id');
  if (ids.length === 0) return;
  const cell = cells[all.indexOf('dns.qry.name')]!;
  const names = cell.split('\x1f');
  const codes = row('dns.flags.rcode');
  // Addresses of several messages in one segment, or of other sections, are not told apart.
  const areAnswers =
    ids.length === 1 && row('dns.count.add_rr')[0] === '0' && row('dns.count.auth_rr')[0] === '0';
  const answers = row('dns.flags.response');
  let code = 0;
  ids.forEach((id, i) => {
    const question = `${Number(id)} ${ascii(names[i] ?? '').replace('<Root>', '.')}`;
    const isAnswer = answers[i] === '1' || answers[i] === 'True';
    const addresses = areAnswers ? [...row('dns.a'), ...row('dns.aaaa')].sort().join(',') : '*';
    if (isAnswer) add(facts, 'dns answer', key, `${question} ${codes[code++]} ${addresses}`);
    else add(facts, 'dns question', key, question);
  });
}

/** Frames that begin messages; those that continue one belong to it. */
function websocket(facts: Facts, from: string, row: Row): void {
  const codes = [...row('websocket.payload.close.status_code')];
  for (const opcode of row('websocket.opcode')) {
    if (opcode === '0') continue;
    const code = opcode === '8' ? codes.shift() : undefined;
    add(facts, 'websocket message', from, code === undefined ? opcode : `${opcode} ${code}`);
  }
  for (const text of row('websocket.payload.text')) add(facts, 'websocket text', from, text.slice(0, 100));
}

function grpc(facts: Facts, key: string, from: string, row: Row): void {
  const flags = row('grpc.compressed_flag');
  row('grpc.message_length').forEach((length, i) => {
    const compressed = Number(flags[i]) > 0 ? ', compressed' : '';
    add(facts, 'grpc message', `${key} from ${from}`, `${length} bytes${compressed}`);
  });
  const values = row('http2.header.value');
  row('http2.header.name').forEach((header, i) => {
    if (header === 'grpc-status') add(facts, 'grpc status', key, values[i]!);
  });
}

/** By connection: the first hello of the client, the last of the server, what the server proves itself with. */
function tls(facts: Facts, key: string, row: Row): void {
  const once = (what: string, value: string | undefined) => {
    if (value !== undefined && value !== '' && !facts.get(`hello ${what}`)?.has(key))
      add(facts, `hello ${what}`, key, value);
  };
  const instead = (what: string, value: string | undefined) => {
    facts.get(`hello ${what}`)?.delete(key);
    once(what, value);
  };
  const types = row('tls.handshake.type');
  // A hello in pieces is whole with the last.
  if (types.includes('1') && !facts.get('hello ja3')?.has(key)) {
    facts.get('hello')?.delete(key);
    add(facts, 'hello', key, 'seen');
    once('name', row('tls.handshake.extensions_server_name')[0]);
    once('alpn', row('tls.handshake.extensions_alpn_str').join(','));
    once('ja3', row('tls.handshake.ja3')[0]);
  }
  if (types.includes('2')) {
    instead('cipher', cipherSuiteName(Number(row('tls.handshake.ciphersuite').at(-1))));
    instead('ja3s', row('tls.handshake.ja3s').at(-1));
    const chosen = row('tls.handshake.extensions_alpn_str')[0];
    if (!types.includes('1') && chosen !== undefined) instead('alpn', chosen);
  }
  // Certificates are read over TCP only.
  if (types.includes('11') && !types.includes('16') && row('tcp.srcport').length > 0) {
    const certificates = row('tls.handshake.certificate');
    if (!facts.get('hello certificates')?.has(key)) {
      once('certificates', String(certificates.length));
      once(
        'serial',
        row('x509af.serialNumber')[0]
          ?.replaceAll(':', '')
          .replace(/^00(?=.)/, ''),
      );
    }
  }
  const alert = row('tls.alert_message.desc')[0];
  if (alert !== undefined) once('alert', alertWords(Number(alert)).name);
  if (row('quic.long.packet_type').length + row('quic.long.packet_type_v2').length > 0)
    once('connection ids', `${row('quic.dcid')[0] ?? ''} ${row('quic.scid')[0] ?? ''}`);
}

type Tree = { readonly [name: string]: unknown };

/** Objects that hold `name`, wherever they are. */
function* holding(value: unknown, name: string): Generator<Tree> {
  if (Array.isArray(value)) for (const one of value) yield* holding(one, name);
  else if (typeof value === 'object' && value !== null) {
    if (name in value) yield value as Tree;
    else for (const one of Object.values(value)) yield* holding(one, name);
  }
}

function find(frame: Tree, name: string): unknown {
  for (const tree of holding(frame, name)) return tree[name];
  return undefined;
}

const number = (value: unknown) => Number(value ?? 0);

function http2(facts: Facts, json: string): void {
  const lengths = new Map<string, number>();
  for (const { _source } of JSON.parse(json) as { _source: { layers: Tree } }[]) {
    const { ip, ipv6, tcp, http2 } = _source.layers as {
      ip?: Tree;
      ipv6?: Tree;
      tcp?: Tree;
      http2?: unknown;
    };
    if (!tcp || !http2) continue;
    const [srcPort, dstPort] = [number(tcp['tcp.srcport']), number(tcp['tcp.dstport'])];
    const address = (side: 'src' | 'dst') => String(ip ? ip[`ip.${side}`] : ipv6?.[`ipv6.${side}`]);
    const ends = endsOf(address('src'), srcPort, address('dst'), dstPort);
    const side = srcPort > dstPort ? 'request' : 'response';
    for (const frame of holding(http2, 'http2.streamid')) {
      const key = `${ends} stream ${number([frame['http2.streamid']].flat()[0])} ${side}`;
      const headers = [...holding(frame, 'http2.header.name')].map(
        (h) => `${h['http2.header.name']}: ${h['http2.header.value'] ?? ''}`,
      );
      const promised = find(frame, 'http2.push_promise.promised_stream_id');
      // Of answers before the answer only the code is kept.
      if (!headers.some((h) => /^:status: 1/.test(h)))
        for (const header of headers) {
          const own = promised === undefined ? key : `${ends} stream ${number(promised)} request`;
          add(facts, 'http2 header', own, header);
        }
      if (number(frame['http2.type']) === 0) {
        const isPadded = (number(frame['http2.flags']) & 8) !== 0;
        const padding = isPadded ? 1 + number(find(frame, 'http2.padding')) : 0;
        lengths.set(key, (lengths.get(key) ?? 0) + number(frame['http2.length']) - padding);
      }
      const reset = find(frame, 'http2.rst_stream.error');
      // NO_ERROR behind a whole answer (RFC 9113 section 8.1) is no failure, and not told.
      if (reset !== undefined && number(reset) > 0)
        add(facts, 'http2 end', key, `reset ${errorName(number(reset))}`);
      const goaway = find(frame, 'http2.goaway.error');
      if (goaway !== undefined && number(goaway) > 0)
        add(facts, 'http2 end', `${ends} ${side}`, `goaway ${errorName(number(goaway))}`);
    }
  }
  for (const [key, length] of lengths) if (length > 0) add(facts, 'http2 data', key, `${length} bytes`);
}
