import type {
  Body,
  Connection,
  ConversationSummary,
  Exchange,
  Message,
  Platform,
  Sink,
  SinkContext,
} from '../../model/index.ts';
import { redactText } from '../../redact/index.ts';

export interface JsonOptions {
  /** false = the reader is too slow: objects are left out, and their number told when it has caught up. */
  readonly write: (text: string) => boolean;
  readonly redact: (exchange: Exchange) => Exchange;
  readonly platform: Platform;
  /** 1 headers, 2 bodies. */
  readonly verbose: number;
  readonly showSecrets: boolean;
}

/** The version of the objects' form. */
const version = 1;
/** Undone bytes of one body at most. */
const bodyLimit = 1024 * 1024;
const chunkChars = 64 * 1024;

export function createJsonSink(options: JsonOptions): Sink {
  const { redact, verbose } = options;
  let context: SinkContext;
  let pending = '';
  let behind = false;
  let shed = 0;

  function flush(): void {
    if (pending === '') return;
    const text = pending;
    pending = '';
    behind = !options.write(text);
  }

  function put(type: string, object: object): void {
    pending += `${JSON.stringify({ v: version, type, ...object })}\n`;
    if (pending.length >= chunkChars) flush();
  }

  function admitted(): boolean {
    if (!behind) return true;
    behind = !options.write('');
    if (behind) shed++;
    else if (shed > 0) {
      put('loss', { kind: 'shed', count: shed });
      shed = 0;
    }
    return !behind;
  }

  /** RFC 3339 in UTC, nanoseconds. */
  function time(at: number): string {
    const whole = Math.floor(at / 1e9);
    const date = new Date((context.clock.baseSec + whole) * 1000).toISOString();
    return `${date.slice(0, 19)}.${String(at - whole * 1e9).padStart(9, '0')}Z`;
  }

  function messageOf(message: Message): object {
    return {
      time: time(message.startAt),
      wireBytes: message.wireBytes,
      startLine: text(message.startLine),
      ...(verbose >= 1
        ? { headers: message.headers.map(pairText), trailers: message.trailers.map(pairText) }
        : {}),
      ...(verbose >= 2 && message.body ? { body: bodyOf(message.body) } : {}),
    };
  }

  function bodyOf(body: Body): object {
    let { bytes } = body;
    let complete = bytes.length === body.totalLength;
    const left = [...body.encodings];
    for (let encoding = left.pop(); encoding !== undefined; encoding = left.pop()) {
      const undone = options.platform.decompress(encoding, bytes, bodyLimit);
      if (!undone) {
        left.push(encoding);
        break;
      }
      bytes = undone.bytes;
      complete &&= undone.complete;
    }
    const shown = utf8(bytes);
    return {
      totalLength: body.totalLength,
      contentType: text(body.contentType),
      ...(left.length > 0 ? { encodings: left } : {}),
      complete,
      ...(shown === undefined
        ? { base64: Buffer.from(bytes).toString('base64') }
        : { text: options.showSecrets ? shown : redactText(body.contentType, shown) }),
    };
  }

  return {
    open(given) {
      context = given;
    },
    interface(iface) {
      put('interface', { name: iface.name, linktype: iface.linktype, snaplen: iface.snaplen });
    },
    exchange(exchange) {
      if (!admitted()) return;
      const e = redact(exchange);
      const fields: Record<string, unknown> = {};
      for (const name in e.fields) {
        const value = e.fields[name];
        if (value !== undefined) fields[name] = typeof value === 'string' ? text(value) : value;
      }
      put('exchange', {
        time: time(e.startAt),
        durationNs: e.endAt - e.startAt,
        target: e.connection.target,
        protocol: e.protocol,
        connection: connectionOf(e.connection),
        outcome: e.outcome,
        fields,
        ...(e.request ? { request: messageOf(e.request) } : {}),
        ...(e.response ? { response: messageOf(e.response) } : {}),
        missing: e.missing,
        weirds: e.weirds,
      });
    },
    conversation(s: ConversationSummary) {
      if (!admitted()) return;
      const { connection, startAt, endAt, ...rest } = s;
      put('conversation', {
        time: time(startAt),
        durationNs: endAt - startAt,
        target: connection.target,
        connection: connectionOf(connection),
        ...rest,
      });
    },
    loss({ kind, count, iface, detail }) {
      put('loss', {
        kind,
        count,
        ...(iface ? { interface: iface.name } : {}),
        ...(detail ? { detail } : {}),
      });
    },
    note(note) {
      put('note', { text: text(note) });
    },
    batch() {
      if (behind) admitted();
      flush();
    },
    close(counters) {
      if (shed > 0) put('loss', { kind: 'shed', count: shed });
      put('end', { counters });
      flush();
    },
  };
}

function connectionOf(c: Connection): object {
  return {
    id: c.id,
    transport: c.transport,
    client: c.client,
    server: c.server,
    joinedMidStream: c.joinedMidStream,
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Strings of messages hold one byte a character: UTF-8 where they are it, else as they are. */
function text(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  return utf8(Uint8Array.from(latin1, (c) => c.charCodeAt(0))) ?? latin1;
}

function pairText([name, value]: readonly [string, string]): [string, string] {
  return [text(name), text(value)];
}

/** undefined when it is not text; a character cut at the end is left out. */
function utf8(bytes: Uint8Array): string | undefined {
  for (let cut = 0; cut < 4 && cut <= bytes.length; cut++) {
    try {
      const shown = decoder.decode(bytes.subarray(0, bytes.length - cut));
      return shown.includes('\0') ? undefined : shown;
    } catch {
      // One byte less, for a character that was cut.
    }
  }
  return undefined;
}
