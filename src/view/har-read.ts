/**
 * HAR files for viewing: our own, browsers' and proxies'. They are somebody else's: nothing in them is believed beyond
 * its type, what is missing is left out, and an entry that says nothing is counted.
 */
import type {
  Body,
  Connection,
  DeclaredFields,
  Exchange,
  FieldValue,
  Incompleteness,
  Message,
  Sink,
  StreamMessage,
} from '../model/index.ts';
import { latin1 } from '../util/bytes.ts';

/** One sentence for people. */
export class HarError extends Error {
  override readonly name = 'HarError';
}

type Thing = Readonly<Record<string, unknown>>;

/** Bytes kept of a body; beyond it the length alone is. */
const bodyMax = 1024 * 1024;
/** Messages of a socket, headers of a message: what is more was made to hurt. */
const listMax = 10_000;

const encoder = new TextEncoder();
const nothing = new Uint8Array(0);

const thing = (value: unknown): Thing =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Thing) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, listMax) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** -1 and what is no number: not known. */
const number = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
/** Texts of messages are a byte a character. */
const asBytes = (value: string): string =>
  /^[\x00-\x7f]*$/.test(value) ? value : latin1(encoder.encode(value));

/**
 * Tells a sink of every entry, in order of time.
 * @param fields what protocols declare: only what is declared is said
 * @throws HarError
 */
export function readHar(
  given: string,
  sink: Sink,
  fields: ReadonlyMap<string, DeclaredFields>,
): { readonly entries: number; readonly left: number } {
  const log = logOf(given);
  if (!Array.isArray(log['entries'])) throw new HarError('no HAR file: there is no list log.entries in it');
  const entries = (log['entries'] as unknown[]).map(thing);
  const starts = entries.map((entry) => Date.parse(text(entry['startedDateTime'])));
  const first = least(starts.filter(Number.isFinite));
  const baseSec = Number.isFinite(first) ? Math.floor(first / 1000) : 0;
  const who = text(thing(log['browser'])['name']) || text(thing(log['creator'])['name']) || 'HAR';
  const reader = new EntryReader(baseSec, who, fields);
  sink.open?.({ clock: { baseSec }, fields });
  const order = entries
    .map((_, i) => i)
    .sort((a, b) => (starts[a]! || first || 0) - (starts[b]! || first || 0) || a - b);
  let left = 0;
  for (const i of order) {
    const ms = Number.isNaN(starts[i]!) ? baseSec * 1000 : starts[i]!;
    const exchange = reader.exchange(entries[i]!, (ms - baseSec * 1000) * 1e6);
    if (exchange) sink.exchange?.(exchange);
    else left++;
  }
  if (left > 0)
    sink.loss?.({ kind: 'damaged', count: left, detail: `${left} entries of the HAR file have no request` });
  sink.batch?.();
  return { entries: entries.length - left, left };
}

const least = (numbers: readonly number[]) =>
  numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

function logOf(given: string): Thing {
  let parsed: unknown;
  try {
    // Some write a byte order mark.
    parsed = JSON.parse(given.replace(/^\ufeff/, ''));
  } catch {
    const isCut = /^\s*\{/.test(given) && !/\}\s*$/.test(given);
    throw new HarError(
      isCut ? 'the HAR file is cut off: its JSON does not end' : 'no HAR file: it is no JSON',
    );
  }
  return thing(thing(parsed)['log']);
}

class EntryReader {
  readonly #baseSec: number;
  readonly #who: string;
  readonly #fields: ReadonlyMap<string, DeclaredFields>;
  readonly #declared = new Map<string, ReadonlySet<string>>();
  readonly #connections = new Map<string, Connection>();

  constructor(baseSec: number, who: string, fields: ReadonlyMap<string, DeclaredFields>) {
    this.#baseSec = baseSec;
    this.#who = who;
    this.#fields = fields;
  }

  /** undefined: it has no request that says what was asked. */
  exchange(entry: Thing, at: number): Exchange | undefined {
    const request = thing(entry['request']);
    const response = thing(entry['response']);
    const method = text(request['method']);
    const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i.exec(text(request['url']));
    if (method === '' || !url) return undefined;
    const [, scheme, host, rest] = url as unknown as [string, string, string, string];
    const target = rest.startsWith('/') ? rest : `/${rest}`;
    const version = text(request['httpVersion']) || text(response['httpVersion']);
    const timings = thing(entry['timings']);
    const ns = (name: string) => number(timings[name]) * 1e6;
    const startAt = Math.round(at + ns('blocked') + ns('dns') + ns('connect'));
    const sentAt = Math.round(startAt + ns('send'));
    const answeredAt = Math.round(sentAt + ns('wait'));
    const hasTimes = ['send', 'wait', 'receive'].some((name) => ns(name) > 0);
    const endAt = hasTimes
      ? Math.round(answeredAt + ns('receive'))
      : Math.max(answeredAt, Math.round(at + number(entry['time']) * 1e6));
    const status = number(response['status']);
    const error = text(entry['_error']) || text(response['_error']);
    const missing: Incompleteness[] = [];
    const messages = socketMessages(entry, this.#baseSec);
    const protocol = this.#protocolOf(version);
    return {
      protocol,
      connection: this.#connection(scheme.toLowerCase(), host, entry, at),
      startAt,
      endAt: Math.max(endAt, ...(messages?.map((one) => one.at) ?? [])),
      request: messageOf(request, `${method} ${target} ${version}`, startAt, sentAt, 'request', missing),
      ...(status > 0
        ? {
            response: messageOf(
              response,
              `${version} ${status} ${text(response['statusText'])}`.trim(),
              answeredAt,
              endAt,
              'response',
              missing,
            ),
          }
        : {}),
      ...(messages ? { messages } : {}),
      fields: this.#known(protocol, {
        'http.request.method': asBytes(method),
        'http.request.uri': asBytes(target),
        'http.host': asBytes(host),
        'http.request.version': asBytes(version),
        ...(status > 0
          ? { 'http.response.code': status, 'http.response.phrase': asBytes(text(response['statusText'])) }
          : {}),
      }),
      outcome: status >= 500 ? 'serverError' : status >= 400 ? 'clientError' : status > 0 ? 'ok' : 'failed',
      missing,
      weirds: [],
      ...(status === 0 ? { error: { kind: 'no response', text: asBytes(error) || 'no response' } } : {}),
    };
  }

  #protocolOf(version: string): string {
    const name = /^(h2|http\/2)/i.test(version) ? 'http2' : 'http';
    return this.#fields.has(name) ? name : 'http';
  }

  #known(protocol: string, values: Record<string, FieldValue>): Record<string, FieldValue> {
    let declared = this.#declared.get(protocol);
    if (!declared) {
      declared = new Set(this.#fields.get(protocol)?.fields.map(({ name }) => name));
      this.#declared.set(protocol, declared);
    }
    return Object.fromEntries(Object.entries(values).filter(([name]) => declared.has(name)));
  }

  #connection(scheme: string, host: string, entry: Thing, at: number): Connection {
    const [, name, digits] = /^(?:.*@)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? ['', host, ''];
    const bare = name!.replace(/^\[|\]$/g, '');
    const address = text(entry['serverIPAddress']).replace(/^\[|\]$/g, '') || bare;
    const isSecure = scheme === 'https' || scheme === 'wss';
    const port = Number(digits ?? '') || (isSecure ? 443 : 80);
    const key = `${text(entry['connection'])}\n${scheme}\n${host}\n${address}`;
    let connection = this.#connections.get(key);
    if (!connection) {
      connection = {
        id: this.#connections.size + 1,
        ...{ transport: 'tcp', netns: 0, target: '', openedAt: at, joinedMidStream: false },
        client: { address: '0.0.0.0', port: 0, name: this.#who },
        server: { address, port, ...(bare === address ? {} : { name: bare }) },
        ...(isSecure ? { secured: { version: 'TLS', cipher: '' } } : {}),
      };
      this.#connections.set(key, connection);
    }
    return connection;
  }
}

function messageOf(
  given: Thing,
  startLine: string,
  startAt: number,
  endAt: number,
  side: 'request' | 'response',
  missing: Incompleteness[],
): Message {
  const headers = list(given['headers'])
    .map(thing)
    .map(({ name, value }) => [asBytes(text(name)), asBytes(text(value))] as const)
    .filter(([name]) => name !== '');
  const body =
    side === 'request' ? bodyOf(thing(given['postData']), number(given['bodySize'])) : contentOf(given);
  if (body && body.bytes.length < body.totalLength)
    missing.push({ kind: 'bodyCut', side, bytes: body.bytes.length });
  const sizes = number(given['headersSize']) + number(given['bodySize']);
  return {
    ...{ startAt, endAt, headers, trailers: [], startLine: asBytes(startLine) },
    wireBytes: number(given['_transferSize']) || sizes || (body?.totalLength ?? 0),
    ...(body ? { body } : {}),
  };
}

const contentOf = (given: Thing) => {
  const content = thing(given['content']);
  return bodyOf(content, number(content['size']));
};

/** Encodings are undone already; params stand for a form that was not kept as it was. */
function bodyOf(given: Thing, size: number): Body | undefined {
  const form = list(given['params'])
    .map(thing)
    .map(({ name, value }) => `${encoded(text(name))}=${encoded(text(value))}`)
    .join('&');
  const isEncoded = given['encoding'] === 'base64';
  const all = isEncoded ? fromBase64(text(given['text'])) : encoder.encode(text(given['text']) || form);
  if (all.length === 0 && size === 0) return undefined;
  const bytes = all.length > bodyMax ? all.slice(0, bodyMax) : all;
  // A size that is less than what is there is that of the encoded body.
  const totalLength = Math.max(size, all.length);
  return { bytes, totalLength, contentType: asBytes(text(given['mimeType'])), encodings: [] };
}

/** Half a surrogate pair cannot be. */
const encoded = (given: string) => encodeURIComponent(given.replace(/\p{Surrogate}/gu, '\ufffd'));

function fromBase64(given: string): Uint8Array {
  try {
    const decoded = atob(given.replace(/\s+/g, ''));
    return Uint8Array.from(decoded, (c) => c.charCodeAt(0));
  } catch {
    return nothing;
  }
}

/** Chrome's extension; Firefox has none. */
function socketMessages(entry: Thing, baseSec: number): StreamMessage[] | undefined {
  const given = list(entry['_webSocketMessages']).map(thing);
  if (given.length === 0) return undefined;
  return given.map(({ type, time, opcode, data }) => {
    const bytes = opcode === 2 ? fromBase64(text(data)) : encoder.encode(text(data));
    return {
      side: type === 'send' ? 'request' : 'response',
      at: Math.max(0, Math.round((number(time) - baseSec) * 1e9)),
      wireBytes: bytes.length,
      body: { bytes, totalLength: bytes.length, contentType: '', encodings: [] },
    };
  });
}
