/** What we and what tshark see in a capture file, in the same words. */

import { openCaptureFile } from '../../src/capture/file/index.ts';
import type { Exchange, Frame, FrameCollector, Sink } from '../../src/model/index.ts';
import { createPipeline, type PipelineCounters } from '../../src/pipeline/index.ts';
import { inners, protocols } from '../../src/protocols/registry.ts';
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
  const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit });
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
function ourHttp(exchanges: readonly Exchange[]): Omit<Messages, 'dns'> {
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

function split(text: string | undefined): string[] {
  return text ? text.split('\x1f') : [];
}

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Bytes that are no ASCII are written in two ways. */
const ascii = (name: unknown) => String(name).replace(/[^\x20-\x7e]+/g, '?');

/** Questions as often as they were asked, answers as often as they are exchanges. */
function ourDns(exchanges: readonly Exchange[]): Lines {
  const lines: Lines = new Map();
  for (const exchange of exchanges) {
    if (exchange.protocol !== 'dns') continue;
    const { fields, request, response } = exchange;
    const id = `${fields['dns.id']} ${ascii(fields['dns.qry.name'])}`;
    const key = endsOf(exchange);
    if (request) for (let i = 0; i <= Number(fields['dns.retries'] ?? 0); i++) add(lines, key, `? ${id}`);
    if (response) {
      // The upper bits of an extended code are elsewhere in tshark.
      const rcode = rcodes.indexOf(String(fields['dns.flags.rcode']));
      const addresses = [fields['dns.a'], fields['dns.aaaa']].flatMap((list) => (list ?? []) as string[]);
      add(lines, key, `! ${id} ${rcode} ${[...addresses].sort().join(',')}`);
    }
  }
  return lines;
}

/** Cells of a row, '' where a field is not there. */
type Row = [string, string, string, string, string, string, string, string, string, string, ...string[]];

const fields = [
  ...['ip.src', 'ipv6.src', 'tcp.srcport', 'udp.srcport', 'ip.dst', 'ipv6.dst', 'tcp.dstport', 'udp.dstport'],
  ...['http.request.method', 'http.request.uri', 'http.response.code', 'http.response_for.uri'],
  ...['dns.id', 'dns.flags.response', 'dns.qry.name', 'dns.flags.rcode', 'dns.a', 'dns.aaaa'],
  ...['dns.count.add_rr', 'dns.count.auth_rr'],
];

export interface Messages {
  readonly requests: Lines;
  readonly responses: Lines;
  /** HTTP: which request a response is for. */
  readonly pairs: Lines;
  readonly dns: Lines;
}

/** Addresses of answers that tshark does not tell apart are `*`. */
export function tsharkMessages(file: string, options: readonly string[] = []): Messages {
  const found = { requests: new Map(), responses: new Map(), pairs: new Map(), dns: new Map() };
  const filter = ['-Y', 'http.request or http.response or dns'];
  for (const row of tsharkFields(file, fields, [...filter, ...options])) {
    const [src, src6, srcTcp, srcUdp, dst, dst6, dstTcp, dstUdp, ...cells] = row as Row;
    const key = ends(src || src6, srcTcp || srcUdp, dst || dst6, dstTcp || dstUdp);
    addHttp(found, key, cells.slice(0, 4));
    addDns(found.dns, key, cells.slice(4));
  }
  return found;
}

function addHttp({ requests, responses, pairs }: Messages, key: string, cells: readonly string[]): void {
  const [methods, uris, codes, asked] = cells.map(split) as [string[], string[], string[], string[]];
  methods.forEach((method, i) => void add(requests, key, `${method} ${uris[i]}`));
  for (const code of codes) add(responses, key, code);
  // A full URL, and not always one each.
  if (asked.length !== codes.length) return;
  codes.forEach((code, i) => {
    add(pairs, key, `${asked[i]!.replace(/^https?:\/\/[^/]*/, '')} -> ${code}`);
  });
}

function addDns(lines: Lines, key: string, cells: readonly string[]): void {
  const [ids, answers, names, codes, a, aaaa, additional, authority] = cells.map(split) as string[][];
  // Addresses of several messages in one segment, or of other sections, are not told apart.
  const areAnswers = ids!.length === 1 && additional![0] === '0' && authority![0] === '0';
  let code = 0;
  ids!.forEach((id, i) => {
    const question = `${Number(id)} ${ascii(names![i] ?? '').replace('<Root>', '.')}`;
    const isAnswer = answers![i] === '1' || answers![i] === 'True';
    const addresses = areAnswers ? [...a!, ...aaaa!].sort().join(',') : '*';
    add(lines, key, isAnswer ? `! ${question} ${codes![code++]} ${addresses}` : `? ${question}`);
  });
}

export function ourMessages(exchanges: readonly Exchange[]): Messages {
  return { ...ourHttp(exchanges), dns: ourDns(exchanges) };
}
