/** What we say of a capture. */
import { openCaptureFile } from '../../../src/capture/file/index.ts';
import type {
  Analyzer,
  AnalyzerOutput,
  Exchange,
  ProtocolModule,
  Sink,
  StreamMessage,
} from '../../../src/model/index.ts';
import { createPipeline } from '../../../src/pipeline/index.ts';
import { statusCodes } from '../../../src/protocols/grpc/status.ts';
import { inners, protocols } from '../../../src/protocols/registry.ts';
import { opcodes } from '../../../src/protocols/websocket/frame.ts';
import { add, endsOf, type Facts } from './facts.ts';

export interface Ours {
  readonly facts: Facts;
  /** What was found odd: names, as often as they were told. */
  readonly weirds: ReadonlyMap<string, number>;
  readonly exchanges: readonly Exchange[];
}

export async function ours(path: string): Promise<Ours> {
  const exchanges: Exchange[] = [];
  const weirds = new Map<string, number>();
  const odd = (name: string) => void weirds.set(name, (weirds.get(name) ?? 0) + 1);
  const sink: Sink = { exchange: (exchange) => void exchanges.push(exchange) };
  const pipeline = createPipeline({
    protocols: protocols.map((module) => overheard(module, odd)),
    inners,
    sinks: [sink],
    bodyLimit: 65_536,
  });
  const source = await openCaptureFile(path);
  await source.run(pipeline);
  await pipeline.finish(source.counters());
  const facts: Facts = new Map();
  for (const exchange of exchanges) {
    for (const name of exchange.weirds) odd(name);
    tell(facts, exchange);
  }
  return { facts, weirds, exchanges };
}

/** The module, with what it finds odd about a connection told here too. */
function overheard(module: ProtocolModule, odd: (name: string) => void): ProtocolModule {
  const listening = (out: AnalyzerOutput): AnalyzerOutput => ({
    exchange: (exchange) => out.exchange(exchange),
    opened: (exchange) => out.opened(exchange),
    child: (protocol, rest, at, carrier) => out.child(protocol, rest, at, carrier),
    inner: (exchange, before) => out.inner(exchange, before),
    confirmed: () => out.confirmed(),
    violation(reason) {
      odd(`${module.name}_violation: ${reason}`);
      out.violation(reason);
    },
    weird(name) {
      odd(name);
      out.weird(name);
    },
  });
  return {
    ...module,
    detect: (client, server, transport) => module.detect(client, server, transport),
    open(context): Analyzer {
      const analyzer = module.open(context);
      return {
        data: (side, bytes, at, out) => analyzer.data(side, bytes, at, listening(out)),
        gap: (side, length, at, out) => analyzer.gap(side, length, at, listening(out)),
        end: (side, reason, at, out) => analyzer.end(side, reason, at, listening(out)),
        buffered: () => analyzer.buffered(),
      };
    },
  };
}

function tell(facts: Facts, exchange: Exchange): void {
  const { client, server } = exchange.connection;
  const key = endsOf(client.address, client.port, server.address, server.port);
  const { protocol } = exchange;
  if (exchange.fields['http2.streamid'] !== undefined) http2(facts, key, exchange);
  // What rides inside is told of the same exchange.
  else if (protocol === 'http' || inners.some(({ name }) => name === protocol)) http(facts, key, exchange);
  if (protocol === 'dns') dns(facts, key, exchange);
  else if (protocol === 'websocket') websocket(facts, key, exchange);
  else if (protocol === 'tls' || protocol === 'dtls' || protocol === 'quic') tls(facts, key, exchange);
  if (exchange.fields['grpc.status_code'] !== undefined || exchange.messages) grpc(facts, key, exchange);
}

function http(facts: Facts, key: string, { fields }: Exchange): void {
  const method = fields['http.request.method'];
  const uri = fields['http.request.uri'];
  const code = fields['http.response.code'];
  if (method !== undefined) add(facts, 'http request', key, `${method} ${uri}`);
  for (const interim of (fields['http.informational'] ?? []) as readonly string[])
    add(facts, 'http response', key, interim.slice(0, 3));
  if (code !== undefined) add(facts, 'http response', key, String(code));
  if (method !== undefined && code !== undefined) add(facts, 'http pair', key, `${uri} -> ${code}`);
}

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Bytes that are no ASCII are written in two ways. */
export const ascii = (name: unknown) => String(name).replace(/[^\x20-\x7e]+/g, '?');

/** Questions as often as they were asked, answers as often as they are exchanges. */
function dns(facts: Facts, key: string, { fields, request, response }: Exchange): void {
  const id = `${fields['dns.id']} ${ascii(fields['dns.qry.name'])}`;
  if (request)
    for (let i = 0; i <= Number(fields['dns.retries'] ?? 0); i++) add(facts, 'dns question', key, id);
  if (!response) return;
  // The upper bits of an extended code are elsewhere in tshark.
  const rcode = rcodes.indexOf(String(fields['dns.flags.rcode']));
  const addresses = [fields['dns.a'], fields['dns.aaaa']].flatMap((list) => (list ?? []) as string[]);
  add(facts, 'dns answer', key, `${id} ${rcode} ${[...addresses].sort().join(',')}`);
}

function http2(facts: Facts, key: string, { fields, request, response, messages }: Exchange): void {
  for (const [side, message] of [
    ['request', request],
    ['response', response],
  ] as const) {
    // A request that HTTP/1 brought over is in no frame.
    if (message?.startLine !== '') continue;
    // One message of a stream, told as it came, has none: its stream's end has the rest.
    if (!request?.headers.length && !response?.headers.length) continue;
    const stream = `${key} stream ${fields['http2.streamid']} ${side}`;
    for (const [name, value] of [...message.headers, ...message.trailers])
      add(facts, 'http2 header', stream, `${name}: ${value}`);
    // gRPC: each message with its five bytes of flag and length.
    const framed = (messages ?? []).filter((part) => part.side === side);
    const length = messages
      ? framed.reduce((n, part) => n + 5 + part.body.totalLength, 0)
      : (message.body?.totalLength ?? 0);
    if (length > 0) add(facts, 'http2 data', stream, `${length} bytes`);
  }
  const end = String(fields['http2.end']);
  const abort = fields['http2.rst_stream.error'];
  const resetBy = /reset by (client|server)/.exec(end)?.[1] === 'client' ? 'request' : 'response';
  if (abort !== undefined)
    add(facts, 'http2 end', `${key} stream ${fields['http2.streamid']} ${resetBy}`, `reset ${abort}`);
  const goneBy = /^GOAWAY by (client|server)/.exec(end)?.[1];
  const gone = fields['http2.goaway.error'];
  if (goneBy && gone !== undefined)
    add(facts, 'http2 end', `${key} ${goneBy === 'client' ? 'request' : 'response'}`, `goaway ${gone}`);
}

function grpc(facts: Facts, key: string, { fields, messages, connection }: Exchange): void {
  for (const { side, body } of messages ?? ([] as StreamMessage[])) {
    const port = side === 'request' ? connection.client.port : connection.server.port;
    add(
      facts,
      'grpc message',
      `${key} from ${port}`,
      `${body.totalLength} bytes${body.encodings.length > 0 ? ', compressed' : ''}`,
    );
  }
  const status = fields['grpc.status_code'];
  if (status !== undefined) add(facts, 'grpc status', key, String(statusCodes[String(status)]));
}

function websocket(facts: Facts, key: string, { fields, request, connection }: Exchange): void {
  const from = `${key} from ${request ? connection.client.port : connection.server.port}`;
  const code = fields['websocket.payload.close.status_code'];
  const name = String(opcodes[String(fields['websocket.opcode'])]);
  add(facts, 'websocket message', from, code === undefined ? name : `${name} ${code}`);
  for (const text of [fields['websocket.payload.text'] ?? []].flat())
    add(facts, 'websocket text', from, Buffer.from(String(text), 'latin1').toString().slice(0, 100));
}

function tls(facts: Facts, key: string, { fields, protocol }: Exchange): void {
  if (fields[`${protocol}.stage`] !== `${protocol.toUpperCase()} hello`) return;
  const value = (name: string) => {
    const found = protocol === 'dtls' ? fields[name.replace(/^tls/, 'dtls')] : fields[name];
    return found === undefined ? undefined : [found].flat().join(',');
  };
  const told: readonly (readonly [string, string | undefined])[] = [
    ['name', value('tls.handshake.extensions_server_name')],
    ['alpn', value('tls.alpn') ?? value('tls.handshake.extensions_alpn_str')],
    ['cipher', value('tls.handshake.ciphersuite')],
    ['ja3', value('tls.handshake.ja3')],
    ['ja3s', value('tls.handshake.ja3s')],
    ['alert', value('tls.alert_message.desc')],
    // Certificates are read over TCP only.
    ['certificates', protocol === 'tls' ? value('tls.certificate.count') : undefined],
    ['serial', protocol === 'tls' ? value('x509af.serialNumber') : undefined],
    ['connection ids', protocol === 'quic' ? `${value('quic.dcid')} ${value('quic.scid')}` : undefined],
  ];
  // Of several attempts on one connection the last.
  for (const aspect of facts.keys()) if (aspect.startsWith('hello')) facts.get(aspect)!.delete(key);
  add(facts, 'hello', key, 'seen');
  for (const [what, said] of told)
    if (said !== undefined && said !== '') add(facts, `hello ${what}`, key, said);
}
