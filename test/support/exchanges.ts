/** What we and what tshark see in a capture file, in the same words. */

import { openCaptureFile } from '../../src/capture/file/index.ts';
import type { Exchange, Frame, FrameCollector, Sink } from '../../src/model/index.ts';
import { createPipeline, type PipelineCounters } from '../../src/pipeline/index.ts';
import { protocols } from '../../src/protocols/registry.ts';
import { tsharkFields } from './tools.ts';

export interface Ours {
  readonly exchanges: Exchange[];
  readonly conversations: Parameters<NonNullable<Sink['conversation']>>[0][];
  readonly counters: PipelineCounters;
  readonly losses: string[];
}

export async function ours(file: string, bodyLimit = 65_536): Promise<Ours> {
  const exchanges: Exchange[] = [];
  const conversations: Ours['conversations'] = [];
  const losses: string[] = [];
  const sink: Sink = {
    exchange: (exchange) => void exchanges.push(exchange),
    conversation: (summary) => void conversations.push(summary),
    loss: (loss) => void losses.push(loss.detail ?? loss.kind),
  };
  const pipeline = createPipeline({ protocols, sinks: [sink], bodyLimit });
  const source = await openCaptureFile(file);
  await source.run(pipeline);
  await pipeline.finish(source.counters());
  return { exchanges, conversations, counters: pipeline.counters(), losses };
}

/** Frames of a file, each a copy. */
export async function framesOf(file: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  const collector: FrameCollector = {
    interface() {},
    frame(frame) {
      const buf = frame.buf.slice(frame.start, frame.start + frame.capLen);
      frames.push({ ...frame, buf, start: 0 });
    },
    loss() {},
    note() {},
    batch() {},
  };
  await (await openCaptureFile(file)).run(collector);
  return frames;
}

/** `10.0.0.1:1234 10.0.0.2:80`, the ends sorted: who is the client is another question. */
function ends(a: string, aPort: string | number, b: string, bPort: string | number): string {
  return [`${a}:${aPort}`, `${b}:${bPort}`].sort().join(' ');
}

const endsOf = ({ connection: { client, server } }: Exchange) =>
  ends(client.address, client.port, server.address, server.port);

/** Lines by connection, in order. */
export type Lines = Map<string, string[]>;

function add(lines: Lines, key: string, line: string): void {
  const list = lines.get(key);
  if (list) list.push(line);
  else lines.set(key, [line]);
}

/** `GET /path` and `200`, requests and responses apart: how they pair is told by `pairs`. */
export function ourHttp(exchanges: readonly Exchange[]): { requests: Lines; responses: Lines; pairs: Lines } {
  const requests: Lines = new Map();
  const responses: Lines = new Map();
  const pairs: Lines = new Map();
  // As they were sent: exchanges come as they end.
  const http = exchanges.filter((e) => e.protocol === 'http').sort((a, b) => a.startAt - b.startAt);
  for (const exchange of http) {
    const { fields } = exchange;
    const key = endsOf(exchange);
    const method = fields['http.request.method'];
    const uri = fields['http.request.uri'];
    const code = fields['http.response.code'];
    if (method !== undefined) add(requests, key, `${method} ${uri}`);
    const interim = (fields['http.informational'] ?? []) as readonly string[];
    for (const one of interim) add(responses, key, one.slice(0, 3));
    if (code !== undefined) add(responses, key, String(code));
    if (method !== undefined && code !== undefined) add(pairs, key, `${uri} -> ${code}`);
  }
  return { requests, responses, pairs };
}

const address = ['ip.src', 'ipv6.src', 'tcp.srcport', 'ip.dst', 'ipv6.dst', 'tcp.dstport'] as const;

export function tsharkHttp(
  file: string,
  options: readonly string[] = [],
): { requests: Lines; responses: Lines; pairs: Lines } {
  const requests: Lines = new Map();
  const responses: Lines = new Map();
  const pairs: Lines = new Map();
  const fields = [
    ...address,
    'http.request.method',
    'http.request.uri',
    'http.response.code',
    'http.response_for.uri',
  ];
  for (const row of tsharkFields(file, fields, ['-Y', 'http.request or http.response', ...options])) {
    const [src, src6, srcPort, dst, dst6, dstPort, method, uri, code, askedUri] = row as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const key = ends(src || src6, srcPort, dst || dst6, dstPort);
    const methods = split(method);
    const uris = split(uri);
    for (let i = 0; i < methods.length; i++) add(requests, key, `${methods[i]} ${uris[i]}`);
    const codes = split(code);
    for (const one of codes) add(responses, key, one);
    // A full URL; which of several answers it is for is not said.
    const asked = split(askedUri);
    if (asked.length === codes.length)
      for (let i = 0; i < codes.length; i++)
        add(pairs, key, `${asked[i]!.replace(/^https?:\/\/[^/]*/, '')} -> ${codes[i]}`);
  }
  return { requests, responses, pairs };
}

function split(text: string | undefined): string[] {
  return text ? text.split('\x1f') : [];
}

/** One DNS message: who, question and answer. */
export interface DnsLine {
  readonly ends: string;
  readonly isResponse: boolean;
  readonly line: string;
}

const numberOfRcode = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Questions as often as they were asked, answers as often as they are exchanges. */
export function ourDns(exchanges: readonly Exchange[]): Lines {
  const lines: Lines = new Map();
  for (const exchange of exchanges) {
    if (exchange.protocol !== 'dns') continue;
    const { fields, request, response } = exchange;
    const id = `${fields['dns.id']} ${fields['dns.qry.name']}`;
    const key = endsOf(exchange);
    if (request) for (let i = 0; i <= Number(fields['dns.retries'] ?? 0); i++) add(lines, key, `? ${id}`);
    if (response) {
      const rcode = numberOfRcode.indexOf(String(fields['dns.flags.rcode']));
      const addresses = [fields['dns.a'], fields['dns.aaaa']].flatMap((list) => (list ?? []) as string[]);
      add(lines, key, `! ${id} ${rcode} ${[...addresses].sort().join(',')}`);
    }
  }
  return lines;
}

export function tsharkDns(file: string, options: readonly string[] = []): Lines {
  const lines: Lines = new Map();
  const fields = [
    ...address,
    'udp.srcport',
    'udp.dstport',
    'dns.id',
    'dns.flags.response',
    'dns.qry.name',
    'dns.flags.rcode',
    'dns.a',
    'dns.aaaa',
  ];
  for (const row of tsharkFields(file, fields, ['-Y', 'dns', ...options])) {
    const [src, src6, tcpSrc, dst, dst6, tcpDst, udpSrc, udpDst, id, isResponse, name, rcode, a, aaaa] =
      row.map((cell) => cell) as string[];
    const key = ends(src || src6!, tcpSrc || udpSrc!, dst || dst6!, tcpDst || udpDst!);
    const ids = split(id);
    const answers = split(isResponse);
    const names = split(name);
    const rcodes = split(rcode);
    // Several messages of one TCP segment come in one row; their addresses then cannot be told apart.
    for (let i = 0, r = 0; i < ids.length; i++) {
      const question = `${Number(ids[i])} ${(names[i] ?? '').replace('<Root>', '.')}`;
      if (answers[i] === '1' || answers[i] === 'True') {
        const addresses = ids.length === 1 ? [...split(a), ...split(aaaa)].sort().join(',') : '*';
        add(lines, key, `! ${question} ${rcodes[r++]} ${addresses}`);
      } else add(lines, key, `? ${question}`);
    }
  }
  return lines;
}
