/** Plays both sides of a connection to an analyzer and writes down what it says. */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  Connection,
  EndReason,
  Exchange,
  Inner,
  Message,
  ProtocolModule,
  Side,
} from '../../model/index.ts';

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
  /** Bytes at once; default all of a step. */
  readonly cut?: number;
  /** What rides inside; default nothing. */
  readonly inner?: (exchange: Exchange) => Inner | undefined;
  /** Called after every call into the analyzer. */
  readonly watch?: (analyzer: Analyzer) => void;
}

export interface Played {
  readonly exchanges: Exchange[];
  /** Everything said, one line each, exchanges in short. */
  readonly events: string[];
  readonly children: { protocol: string; client: string; server: string }[];
}

export function connectionFor(options: Options): Connection {
  return {
    id: 1,
    transport: options.transport ?? 'tcp',
    netns: 0,
    target: '',
    client: { address: '192.0.2.1', port: 40_000 },
    server: { address: '192.0.2.2', port: options.serverPort ?? 80 },
    openedAt: 0,
    joinedMidStream: options.joinedMidStream ?? false,
  };
}

/** Both sides end at the end, as streams do, unless a step has ended one. Nothing follows a violation. */
export function play(module: ProtocolModule, steps: readonly Step[], options: Options = {}): Played {
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
      const child = { protocol, client: latin1(rest.client), server: latin1(rest.server) };
      played.children.push(child);
      played.events.push(`child ${JSON.stringify(child)}`);
    },
    inner: (exchange) => options.inner?.(exchange),
    confirmed: () => void played.events.push('confirmed'),
    violation(reason) {
      over = true;
      played.events.push(`violation ${reason}`);
    },
    weird: (name) => void played.events.push(`weird ${name}`),
  };
  const context: AnalyzerContext = {
    connection: connectionFor(options),
    bodyLimit: options.bodyLimit ?? 65_536,
    wantsInner: options.inner !== undefined,
  };
  const analyzer = module.open(context);
  const ended = new Set<Side>();
  let at = 0;
  const call = (act: () => void) => {
    if (over) return;
    act();
    options.watch?.(analyzer);
  };
  for (const [what, value] of steps) {
    at += 1e6;
    const side: Side = what[0] === '>' ? 'client' : 'server';
    if (typeof value === 'number') call(() => analyzer.gap(side, value, at, out));
    else if (what.endsWith('end')) {
      ended.add(side);
      call(() => analyzer.end(side, value as EndReason, at, out));
    } else {
      const bytes = typeof value === 'string' ? bytesOf(value) : value;
      const size = options.cut ?? Math.max(1, bytes.length);
      // A copy each time, wiped afterwards: whoever keeps a view of it shows.
      for (let from = 0; from < bytes.length || (from === 0 && bytes.length === 0); from += size) {
        const part = bytes.slice(from, from + size);
        call(() => analyzer.data(side, part, at, out));
        part.fill(0xaa);
      }
    }
  }
  at += 1e6;
  for (const side of ['client', 'server'] as const)
    if (!ended.has(side)) call(() => analyzer.end(side, ended.size > 0 ? 'fin' : 'captureEnd', at, out));
  return played;
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
  const { connection: _connection, request, response, ...rest } = exchange;
  return { ...rest, request: message(request), response: message(response) };
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
    body: body && { ...body, bytes: latin1(body.bytes) },
  };
}
