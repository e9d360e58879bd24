import type {
  Body,
  Connection,
  ConversationSummary,
  FieldValue,
  Message,
  Platform,
  Sink,
  SinkContext,
  StreamMessage,
} from '../../model/index.ts';
import type { Redactor } from '../../redact/index.ts';
import { encodeBase64 } from '../../util/base64.ts';
import { isProtobuf, layOutProtobuf } from '../../util/protobuf.ts';
import { utf8FromBytes } from '../../util/text.ts';
import { unfold } from '../../util/unfold.ts';

export interface JsonOptions {
  /** false = the reader is too slow: objects are left out, and their number told when it has caught up. */
  readonly write: (text: string) => boolean;
  /** undefined: everything is shown (--reveal). */
  readonly redactor: Redactor | undefined;
  readonly platform: Platform;
  /** 1 headers, 2 bodies. */
  readonly verbose: number;
}

/** The version of the objects' form. */
const version = 1;
/** DEL, C1, and what changes the order of the text or breaks lines: see sinks/text/escape.ts. */
const obeyed = /[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const obeyedAll = new RegExp(obeyed.source, 'g');
const asEscape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
/** Undone bytes of one body at most. */
const bodyLimit = 1024 * 1024;
const chunkChars = 64 * 1024;

export function createJsonSink(options: JsonOptions): Sink {
  const { redactor, verbose } = options;
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
    const line = JSON.stringify({ v: version, type, ...object });
    // JSON escapes C0 by itself; what else a terminal obeys is escaped too, which changes nothing of the value.
    pending += `${obeyed.test(line) ? line.replace(obeyedAll, asEscape) : line}\n`;
    if (pending.length >= chunkChars) flush();
  }

  /** Asks a reader that was behind whether it has caught up; then tells what it missed. */
  function catchUp(): void {
    if (!behind) return;
    behind = !options.write('');
    if (!behind) tellShed();
  }

  function tellShed(): void {
    if (shed > 0) put('loss', { kind: 'shed', count: shed });
    shed = 0;
  }

  /** Whether an object may be written; counts those that may not. */
  function admitted(): boolean {
    catchUp();
    if (behind) shed++;
    return !behind;
  }

  /** RFC 3339 in UTC, nanoseconds. */
  function time(at: number): string {
    const whole = Math.floor(at / 1e9);
    const date = new Date((context.clock.baseSec + whole) * 1000).toISOString();
    return `${date.slice(0, 19)}.${String(at - whole * 1e9).padStart(9, '0')}Z`;
  }

  /** @param isWhole nothing of the body as it was sent is missing: masking may have changed its length */
  function messageOf(message: Message, side: 'request' | 'response', isWhole: boolean): object {
    return {
      time: time(message.startAt),
      wireBytes: message.wireBytes,
      startLine: utf8FromBytes(message.startLine),
      ...(verbose >= 1
        ? { headers: message.headers.map(pairText), trailers: message.trailers.map(pairText) }
        : {}),
      ...(verbose >= 2 && message.body ? { body: bodyOf(message.body, side, isWhole) } : {}),
    };
  }

  /** What a side of a connection without known protocol began with. */
  function startOf(bytes: Uint8Array, totalLength: number): object {
    const clean = redactor ? redactor.bytes('', bytes) : bytes;
    const body = { bytes: clean, totalLength, contentType: '', encodings: [] };
    return bodyOf(body, 'request', bytes.length === totalLength);
  }

  /** One of several that a request or a response is made of. */
  function partOf({ side, at, wireBytes, body }: StreamMessage): object {
    const isWhole = body.bytes.length === body.totalLength;
    return { time: time(at), side, wireBytes, body: bodyOf(body, side, isWhole) };
  }

  function bodyOf(body: Body, side: 'request' | 'response', isWhole: boolean): object {
    const unfolded = unfold(body, options.platform, bodyLimit);
    const { left } = unfolded;
    const complete = isWhole && unfolded.isWhole;
    let { bytes } = unfolded;
    const about = {
      totalLength: body.totalLength,
      contentType: utf8FromBytes(body.contentType),
      ...(left.length > 0 ? { encodings: left } : {}),
      complete,
    };
    // What was encoded nobody has looked into yet.
    if (redactor && body.encodings.length > 0) bytes = redactor.bytes(body.contentType, bytes);
    if (left.length === 0 && isProtobuf(body.contentType)) {
      const shown = protobufOf(body, side, bytes, complete);
      if (shown) return { ...about, ...shown };
    }
    const shown = utf8(bytes);
    return {
      ...about,
      ...(shown === undefined ? { base64: encodeBase64(bytes) } : { text: shown }),
    };
  }

  /** By its schema as JSON, else its fields as lines and its bytes; undefined when it is no protobuf. */
  function protobufOf(
    { method }: Body,
    side: 'request' | 'response',
    bytes: Uint8Array,
    complete: boolean,
  ): object | undefined {
    const { platform } = options;
    const json = method !== undefined && complete ? platform.schema?.decode(method, side, bytes) : undefined;
    if (json !== undefined)
      return { text: utf8FromBytes(redactor ? redactor.text('application/json', json) : json) };
    const fields = layOutProtobuf(bytes, { limit: bodyLimit, mayBeCut: !complete });
    if (fields === undefined) return undefined;
    return { base64: encodeBase64(bytes), protobuf: utf8FromBytes(fields).split('\n') };
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
      const before = redactor?.tally.total ?? 0;
      const e = redactor ? redactor.exchange(exchange) : exchange;
      const fields: Record<string, unknown> = {};
      for (const name in e.fields) {
        const value = e.fields[name];
        if (value !== undefined) fields[name] = shownValue(value);
      }
      put('exchange', {
        time: time(e.startAt),
        durationNs: e.endAt - e.startAt,
        target: e.connection.target,
        protocol: e.protocol,
        connection: connectionOf(e.connection, time),
        outcome: e.outcome,
        ...(e.error ? { error: e.error } : {}),
        ...(e.probe ? { probe: e.probe } : {}),
        fields,
        ...(e.request ? { request: messageOf(e.request, 'request', hasWholeBody(exchange.request)) } : {}),
        ...(e.response
          ? { response: messageOf(e.response, 'response', hasWholeBody(exchange.response)) }
          : {}),
        ...(e.messages && verbose >= 2 ? { messages: e.messages.map(partOf) } : {}),
        missing: e.missing,
        weirds: e.weirds,
        // Last: what is shown has been looked at by now.
        ...maskedOf(redactor ? redactor.tally.total - before : 0),
      });
    },
    conversation(s: ConversationSummary) {
      if (!admitted()) return;
      put('conversation', {
        time: time(s.startAt),
        durationNs: s.endAt - s.startAt,
        target: s.connection.target,
        protocol: s.protocol,
        connection: connectionOf(s.connection, time),
        clientBytes: s.clientBytes,
        serverBytes: s.serverBytes,
        clientPackets: s.clientPackets,
        serverPackets: s.serverPackets,
        lostBytes: s.lostBytes,
        ended: s.ended,
        ...(s.resetBy ? { resetBy: s.resetBy } : {}),
        ...(s.icmp ? { icmp: s.icmp } : {}),
        ...(s.probe ? { probe: s.probe } : {}),
        ...(s.clientStart ? { clientStart: startOf(s.clientStart, s.clientBytes) } : {}),
        ...(s.serverStart ? { serverStart: startOf(s.serverStart, s.serverBytes) } : {}),
        ...(s.weirds ? { weirds: s.weirds } : {}),
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
      put('note', { text: note });
    },
    batch() {
      catchUp();
      flush();
    },
    close(counters) {
      tellShed();
      put('end', { counters });
      flush();
    },
  };
}

function hasWholeBody(message: Message | undefined): boolean {
  return message?.body?.bytes.length === message?.body?.totalLength;
}

function maskedOf(count: number): object {
  return count > 0 ? { masked: count } : {};
}

function shownValue(value: Exclude<FieldValue, undefined>): unknown {
  if (typeof value === 'string') return utf8FromBytes(value);
  return Array.isArray(value) ? value.map(utf8FromBytes) : value;
}

function connectionOf(c: Connection, time: (at: number) => string): object {
  return {
    id: c.id,
    transport: c.transport,
    client: c.client,
    server: c.server,
    joinedMidStream: c.joinedMidStream,
    ...(c.redirectedTo ? { redirectedTo: c.redirectedTo } : {}),
    ...(c.secured ? { secured: c.secured } : {}),
    ...(c.mesh ? { mesh: c.mesh } : {}),
    ...(c.views
      ? { views: c.views.map(({ openedAt, ...view }) => ({ time: time(openedAt), ...view })) }
      : {}),
  };
}

function pairText([name, value]: readonly [string, string]): [string, string] {
  return [utf8FromBytes(name), utf8FromBytes(value)];
}

/** undefined when it is not text; a character cut at the end is left out. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    const shown = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
    return shown.includes('\0') ? undefined : shown;
  } catch {
    return undefined;
  }
}
