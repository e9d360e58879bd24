/** Plays both sides of a connection to an analyzer and writes down what it says. */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  Body,
  Connection,
  EndReason,
  Exchange,
  Inner,
  InnerModule,
  Message,
  ProtocolModule,
  Side,
} from '../../model/index.ts';
import { type InnerHost, mayRideIn, openInner } from '../../pipeline/inner.ts';
import type { Conversation, Event } from './fixture.ts';

/**
 * `>` the client sends, `<` the server; `>gap` and `<gap` so many bytes were lost; `>end` and `<end` a side
 * ends. Text is one byte a character.
 */
export type Step =
  | readonly ['>' | '<', string | Uint8Array]
  | readonly ['>gap' | '<gap', number]
  | readonly ['>end' | '<end', EndReason];

export interface Options {
  readonly transport?: 'tcp' | 'udp';
  readonly bodyLimit?: number;
  readonly joinedMidStream?: boolean;
  readonly serverPort?: number;
  readonly serverAddress?: string;
  /** Bytes at once; default all of a step. */
  readonly cut?: number;
  /** What rides inside; default nothing. */
  readonly inner?: (exchange: Exchange, before?: Inner) => Inner | undefined;
  /** Or these, opened as the pipeline does. */
  readonly inners?: readonly InnerModule[];
  /** Told what they hold whenever it changes. */
  readonly holds?: (bytes: number) => void;
  /** Called after every call into the analyzer. */
  readonly watch?: (analyzer: Analyzer) => void;
}

export interface Played {
  readonly exchanges: Exchange[];
  /** Everything said, one line each, exchanges in short. */
  readonly events: string[];
  /** What the stream became, and all that was left for it. */
  readonly children: { protocol: string; client: string; server: string }[];
}

export function connectionFor(options: Options): Connection {
  return {
    id: 1,
    transport: options.transport ?? 'tcp',
    netns: 0,
    target: '',
    client: { address: '192.0.2.1', port: 40_000 },
    server: { address: options.serverAddress ?? '192.0.2.2', port: options.serverPort ?? 80 },
    openedAt: 0,
    joinedMidStream: options.joinedMidStream ?? false,
  };
}

/** Both sides end at the end, as streams do, unless a step has ended one. */
export function play(module: ProtocolModule, steps: readonly Step[], options: Options = {}): Played {
  const events: Event[] = [];
  const ended = new Set<Side>();
  let at = 0;
  for (const [what, value] of steps) {
    at += 1e6;
    const side: Side = what[0] === '>' ? 'client' : 'server';
    if (typeof value === 'number') events.push({ kind: 'gap', side, length: value, at });
    else if (what.endsWith('end')) {
      ended.add(side);
      events.push({ kind: 'end', side, reason: value as EndReason, at });
    } else events.push({ kind: 'data', side, bytes: typeof value === 'string' ? bytesOf(value) : value, at });
  }
  const reason = ended.size > 0 ? 'fin' : 'captureEnd';
  for (const side of ['client', 'server'] as const)
    if (!ended.has(side)) events.push({ kind: 'end', side, reason, at: at + 1e6 });
  return feed(module, { connection: connectionFor(options), events }, options);
}

const nothing = new Uint8Array(0);

/** Feeds a whole connection. Nothing follows a violation. */
export function feed(module: ProtocolModule, conversation: Conversation, options: Options = {}): Played {
  const played: Played = { exchanges: [], events: [], children: [] };
  let over = false;
  const out: AnalyzerOutput = {
    exchange(exchange) {
      played.exchanges.push(exchange);
      played.events.push(summary(exchange));
    },
    opened() {},
    child(protocol, rest) {
      over = true;
      played.children.push({ protocol, client: latin1(rest.client), server: latin1(rest.server) });
      played.events.push(`child ${protocol}`);
    },
    inner: (exchange, before) =>
      options.inners ? openInner(options.inners, exchange, host, before) : options.inner?.(exchange, before),
    confirmed: () => void played.events.push('confirmed'),
    violation(reason) {
      over = true;
      played.events.push(`violation ${reason}`);
    },
    weird: (name) => void played.events.push(`weird ${name}`),
  };
  const context: AnalyzerContext = {
    connection: conversation.connection,
    bodyLimit: options.bodyLimit ?? 65_536,
    wantsInner: options.inner !== undefined || options.inners !== undefined,
    ...(options.inners ? { mayRide: mayRideIn(options.inners) } : {}),
    ...(conversation.carrier ? { carrier: conversation.carrier } : {}),
    ...(conversation.clock ? { clock: conversation.clock } : {}),
  };
  let held = 0;
  const host: InnerHost = {
    ...out,
    innerContext: () => context,
    hold: (change) => {
      held += change;
      options.holds?.(held);
    },
  };
  const analyzer = module.open(context);
  const call = (act: () => void) => {
    act();
    options.watch?.(analyzer);
  };
  for (const event of conversation.events) {
    const { kind, side, at } = event;
    const parts = kind === 'data' ? cut(event.bytes, options.cut ?? event.bytes.length) : [nothing];
    for (const part of parts) {
      const child = played.children[0];
      // What comes behind a change of protocols is the child's, however it is cut.
      if (child) child[side] += kind === 'gap' ? `[${event.length} lost]` : latin1(part);
      else if (over) break;
      else if (kind === 'gap') call(() => analyzer.gap(side, event.length, at, out));
      else if (kind === 'end') call(() => analyzer.end(side, event.reason, at, out));
      else call(() => analyzer.data(side, part, at, out));
      // A copy, wiped afterwards: whoever keeps a view of it shows.
      part.fill(0xaa);
    }
  }
  return played;
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += Math.max(1, size))
    parts.push(new Uint8Array(bytes.subarray(at, at + size)));
  return parts;
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** `GET /a -> 200 OK (no response) {weird}`: roles by the declared names' usual places. */
function summary(exchange: Exchange): string {
  const { fields, missing, weirds } = exchange;
  const of = (...names: string[]) => names.map((n) => fields[n]).filter((v) => v !== undefined);
  const question = of('http.request.method', 'http.request.uri', 'dns.qry.type', 'dns.qry.name').join(' ');
  const answer = of('http.response.code', 'dns.result').join(' ');
  const lacks = missing.map(({ kind, side, bytes }) =>
    [kind, side, bytes].filter((v) => v !== undefined).join(' '),
  );
  return [
    `${question || '?'} -> ${answer || '?'}`,
    lacks.length > 0 ? ` [${lacks.join(', ')}]` : '',
    weirds.length > 0 ? ` {${weirds.join(', ')}}` : '',
  ].join('');
}

/** All of an exchange as plain data, for comparing. */
export function plain(exchange: Exchange): unknown {
  const { connection: _connection, request, response, messages, ...rest } = exchange;
  const parts = messages?.map((part) => ({ ...part, body: bodyOf(part.body) }));
  return { ...rest, request: message(request), response: message(response), messages: parts };
}

function message(m: Message | undefined): unknown {
  if (!m) return undefined;
  const { startLine, headers, trailers, wireBytes, startAt, endAt, body } = m;
  return {
    startLine,
    headers,
    trailers,
    wireBytes,
    startAt,
    endAt,
    body: body && bodyOf(body),
  };
}

function bodyOf(body: Body): object {
  return { ...body, bytes: latin1(body.bytes) };
}
