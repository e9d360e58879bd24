/** Entries as bytes, at the agent. Their form is told in entry-format.ts. */
import type {
  Body,
  CaptureInterface,
  Connection,
  ConnectionState,
  Endpoint,
  Exchange,
  FieldValue,
  FrameTally,
  Message,
  StreamMessage,
  TcpMeasures,
  TcpSide,
} from '../model/index.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  BodyPart,
  ConnectionPart,
  connectionPlaces,
  endings,
  gaps,
  MessagePart,
  maxItems,
  maxRecord,
  outcomes,
  Part,
  ProcessKind,
  RecordKind,
  SummaryPart,
  sides,
  summaryCounts,
  TcpPart,
  tcpCounts,
  ValueKind,
} from './entry-format.ts';
import { TextWriter } from './texts.ts';

/** Bytes of heads and fields of one entry, by the limits of the analyzers. */
const beyondBodies = 4 * 1024 * 1024;
/** Connections of which entries were left out before their first was told; the oldest is forgotten. */
const maxSkipped = 65_536;
/** Widest that `int` holds. */
const widest = 2 ** 52 - 1;

interface Told {
  connection: Connection;
  /** Places are taken one after the other. */
  at: number;
  client: Endpoint['process'];
  server: Endpoint['process'];
}

export interface EncoderOptions {
  /** Headers and trailers are told. */
  readonly heads: boolean;
  /** Bodies are told, and the messages that a request or a response is made of. */
  readonly bodies: boolean;
}

export class EntryEncoder {
  readonly #heads: boolean;
  readonly #bodies: boolean;
  readonly #out = new ByteWriter();
  readonly #record = new ByteWriter();
  readonly #texts = new TextWriter();
  /** By protocol: names of the fields of its latest exchange. */
  readonly #shapes = new Map<string, readonly string[]>();
  readonly #told = new Map<number, Told>();
  /** Numbers of connections by place. */
  readonly #places: number[] = [];
  #taken = 0;
  readonly #skipped = new Map<number, number>();
  readonly #namespaces = new Map<number, number>();
  /** The latest time: what follows is near. */
  #time = 0;

  constructor({ heads, bodies }: EncoderOptions) {
    this.#heads = heads;
    this.#bodies = bodies;
  }

  /** Bytes that were not taken yet. */
  get length(): number {
    return this.#out.length;
  }

  /** What was written since; valid until the next is. */
  take(): Uint8Array {
    const bytes = this.#out.bytes.subarray(0, this.#out.length);
    this.#out.length = 0;
    return bytes;
  }

  clock(baseSec: number): void {
    this.#begin(RecordKind.clock);
    this.#record.uint(baseSec);
    this.#end();
  }

  interface({ name, linktype, snaplen, netns, target, comment = '' }: CaptureInterface): void {
    this.#begin(RecordKind.interface);
    for (const text of [name, target, comment]) this.#text(text);
    for (const value of [linktype, snaplen, this.#namespaceOf(netns)]) this.#record.uint(value);
    this.#end();
  }

  /** @returns false: it is longer than an entry may be, and counts as skipped */
  exchange(kind: 'opened' | 'waiting' | 'exchange', exchange: Exchange): boolean {
    if (this.#bodies && bodyBytes(exchange) > maxRecord - beyondBodies) {
      if (kind === 'exchange') this.skip(exchange.connection);
      return false;
    }
    const told = this.#connected(exchange.connection);
    const { request, response, error, missing, weirds } = exchange;
    const messages = this.#bodies ? exchange.messages : undefined;
    const skipped = kind === 'exchange' ? this.#skippedOf(exchange.connection) : 0;
    const w = this.#record;
    this.#begin(RecordKind[kind]);
    w.uint(this.#taken - told.at);
    w.u8(
      (request ? Part.request : 0) |
        (response ? Part.response : 0) |
        (messages ? Part.messages : 0) |
        (error ? Part.error : 0) |
        (missing.length > 0 ? Part.missing : 0) |
        (weirds.length > 0 ? Part.weirds : 0) |
        (skipped > 0 ? Part.skipped : 0),
    );
    if (skipped > 0) w.uint(skipped);
    this.#text(exchange.protocol);
    w.u8(outcomes.indexOf(exchange.outcome));
    this.#at(exchange.startAt);
    this.#at(exchange.endAt);
    this.#fields(exchange.protocol, exchange.fields);
    if (request) this.#message(request);
    if (response) this.#message(response);
    if (messages) this.#messages(messages);
    if (error) {
      this.#text(error.kind);
      this.#text(error.text);
    }
    if (missing.length > 0) this.#missing(missing);
    if (weirds.length > 0) this.#list(weirds);
    this.#end();
    return true;
  }

  summary(kind: 'conversation' | 'ended' | 'state', summary: ConnectionState): void {
    const told = this.#connected(summary.connection);
    const { resetBy, icmp, clientStart, serverStart, tcp, weirds } = summary;
    const skipped = kind === 'conversation' ? this.#skippedOf(summary.connection) : 0;
    const w = this.#record;
    this.#begin(RecordKind[kind]);
    w.uint(this.#taken - told.at);
    w.u8(
      (resetBy ? SummaryPart.resetBy : 0) |
        (icmp ? SummaryPart.icmp : 0) |
        (clientStart || serverStart ? SummaryPart.starts : 0) |
        (tcp ? SummaryPart.tcp : 0) |
        (weirds ? SummaryPart.weirds : 0) |
        (skipped > 0 ? SummaryPart.skipped : 0),
    );
    if (skipped > 0) w.uint(skipped);
    this.#text(summary.protocol);
    w.u8(endings.indexOf(summary.ended));
    this.#at(summary.startAt);
    this.#at(summary.endAt);
    for (const name of summaryCounts) w.uint(summary[name]);
    if (resetBy) w.u8(sides.indexOf(resetBy));
    if (icmp) {
      for (const value of [icmp.version, icmp.type, icmp.code, icmp.mtu]) w.uint(value);
      this.#text(icmp.from);
      w.u8(sides.indexOf(icmp.about));
    }
    if (clientStart || serverStart)
      for (const start of [clientStart, serverStart]) {
        w.uint(start ? start.length + 1 : 0);
        if (start) w.raw(start);
      }
    if (tcp) this.#tcp(tcp);
    if (weirds) this.#list(weirds);
    this.#end();
    // Its number may be that of another one day, and nothing more is said of it.
    if (kind === 'ended') this.#skipped.delete(summary.connection.id);
  }

  /** An exchange or a conversation of it is left out. */
  skip({ id }: Connection): void {
    this.#skipped.set(id, (this.#skipped.get(id) ?? 0) + 1);
    if (this.#skipped.size > maxSkipped) this.#skipped.delete(this.#skipped.keys().next().value!);
  }

  frames({ sec, firstNsec, lastNsec, packets, bytes }: FrameTally): void {
    this.#begin(RecordKind.frames);
    for (const value of [sec, firstNsec, lastNsec, packets, bytes]) this.#record.uint(value);
    this.#end();
  }

  #begin(kind: number): void {
    this.#record.length = 0;
    this.#record.u8(kind);
  }

  #end(): void {
    this.#out.uint(this.#record.length);
    this.#out.raw(this.#record.bytes.subarray(0, this.#record.length));
  }

  #text(text: string): void {
    this.#texts.write(this.#record, text);
  }

  #list(texts: readonly string[]): void {
    const count = Math.min(texts.length, maxItems);
    this.#record.uint(count);
    for (let i = 0; i < count; i++) this.#text(texts[i]!);
  }

  /** Nanoseconds behind what came before. */
  #at(time: number): void {
    const change = Math.max(-widest, Math.min(widest, Math.round(time) - this.#time));
    this.#record.int(change);
    this.#time += change;
  }

  /** As an index from 1: inodes mean nothing elsewhere. */
  #namespaceOf(netns: number): number {
    const known = this.#namespaces.get(netns);
    if (known !== undefined) return known;
    this.#namespaces.set(netns, this.#namespaces.size + 1);
    return this.#namespaces.size;
  }

  /** Tells of it where that is needed. */
  #connected(connection: Connection): Told {
    const told = this.#told.get(connection.id);
    if (!told || !isSame(told.connection, connection)) return this.#tell(connection, told);
    told.connection = connection;
    if (this.#taken - told.at > connectionPlaces / 2) {
      this.#begin(RecordKind.moved);
      this.#record.uint(this.#taken - told.at);
      this.#end();
      this.#place(told);
    }
    this.#processes(told);
    return told;
  }

  #place(told: Told): void {
    const { id } = told.connection;
    const place = this.#taken % connectionPlaces;
    const old = this.#places[place];
    if (old !== undefined && this.#told.get(old)?.at === this.#taken - connectionPlaces)
      this.#told.delete(old);
    this.#places[place] = id;
    told.at = this.#taken++;
    this.#told.set(id, told);
  }

  #tell(connection: Connection, before: Told | undefined): Told {
    const { id, transport, netns, target, client, server, openedAt, joinedMidStream, handshake } = connection;
    const { redirectedTo, secured } = connection;
    const w = this.#record;
    this.#begin(RecordKind.connection);
    w.u8(
      (transport === 'udp' ? ConnectionPart.udp : 0) |
        (joinedMidStream ? ConnectionPart.joinedMidStream : 0) |
        (handshake ? ConnectionPart.clientIsn : 0) |
        (handshake?.server === undefined ? 0 : ConnectionPart.serverIsn) |
        (redirectedTo ? ConnectionPart.redirected : 0) |
        (secured ? ConnectionPart.secured : 0) |
        (before ? ConnectionPart.before : 0),
    );
    if (before) w.uint(this.#taken - before.at);
    w.uint(id);
    w.uint(this.#namespaceOf(netns));
    this.#text(target);
    for (const { address, port } of redirectedTo ? [client, server, redirectedTo] : [client, server]) {
      this.#text(address);
      w.uint(port);
    }
    this.#at(openedAt);
    if (handshake) w.uint(handshake.client);
    if (handshake?.server !== undefined) w.uint(handshake.server);
    if (secured) {
      this.#text(secured.version);
      this.#text(secured.cipher);
    }
    this.#end();
    const told: Told = { connection, at: 0, client: undefined, server: undefined };
    this.#place(told);
    this.#processes(told);
    return told;
  }

  #processes(told: Told): void {
    const { client, server } = told.connection;
    if (isSameProcess(client.process, told.client) && isSameProcess(server.process, told.server)) return;
    told.client = client.process;
    told.server = server.process;
    this.#begin(RecordKind.processes);
    this.#record.uint(this.#taken - told.at);
    for (const { process } of [client, server]) {
      if (!process) {
        this.#record.u8(process === null ? ProcessKind.unseen : ProcessKind.unknown);
        continue;
      }
      this.#record.u8(process.viaListener ? ProcessKind.viaListener : ProcessKind.seen);
      this.#record.uint(process.pid);
      this.#text(process.comm);
      this.#text(process.target);
    }
    this.#end();
  }

  #skippedOf({ id }: Connection): number {
    const count = this.#skipped.get(id) ?? 0;
    if (count > 0) this.#skipped.delete(id);
    return count;
  }

  /** Names first, where they are not those of the latest exchange of this protocol. */
  #fields(protocol: string, fields: Exchange['fields']): void {
    const names = Object.keys(fields);
    const known = this.#shapes.get(protocol);
    const isKnown = known?.length === names.length && names.every((name, i) => name === known[i]);
    this.#record.u8(isKnown ? 0 : 1);
    if (!isKnown) {
      this.#shapes.set(protocol, names);
      this.#list(names);
    }
    for (const name of names) this.#value(fields[name]);
  }

  #value(value: FieldValue): void {
    const w = this.#record;
    if (typeof value === 'string') {
      w.u8(ValueKind.text);
      this.#text(value);
    } else if (typeof value === 'number') {
      const isUint = Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
      w.u8(isUint ? ValueKind.uint : ValueKind.number);
      if (isUint) w.uint(value);
      else w.f64(value);
    } else if (typeof value === 'boolean') w.u8(value ? ValueKind.true : ValueKind.false);
    else if (value === undefined) w.u8(ValueKind.undefined);
    else {
      w.u8(ValueKind.texts);
      this.#list(value);
    }
  }

  #message(message: Message): void {
    const body = this.#bodies ? message.body : undefined;
    const w = this.#record;
    w.u8((this.#heads ? MessagePart.heads : 0) | (body ? MessagePart.body : 0));
    this.#at(message.startAt);
    this.#at(message.endAt);
    w.uint(message.wireBytes);
    this.#line(message.startLine);
    if (this.#heads)
      for (const pairs of [message.headers, message.trailers]) {
        const count = Math.min(pairs.length, maxItems);
        w.uint(count);
        for (let i = 0; i < count; i++) {
          this.#text(pairs[i]![0]);
          this.#text(pairs[i]![1]);
        }
      }
    if (body) this.#body(body);
  }

  /** Word by word: most are fields, or have come before. */
  #line(line: string): void {
    this.#list(line.split(' ', maxItems + 1).length > maxItems ? [line] : line.split(' '));
  }

  #messages(messages: readonly StreamMessage[]): void {
    const w = this.#record;
    const count = Math.min(messages.length, maxItems);
    w.uint(count);
    for (let i = 0; i < count; i++) {
      const { side, at, wireBytes, body } = messages[i]!;
      w.u8(side === 'request' ? 0 : 1);
      this.#at(at);
      w.uint(wireBytes);
      this.#body(body);
    }
  }

  #body({ bytes, totalLength, contentType, encodings, method }: Body): void {
    const w = this.#record;
    const rest = totalLength - bytes.length;
    w.u8(
      (encodings.length > 0 ? BodyPart.encodings : 0) |
        (method === undefined ? 0 : BodyPart.method) |
        (rest > 0 ? BodyPart.rest : 0),
    );
    this.#text(contentType);
    if (encodings.length > 0) this.#list(encodings);
    if (method !== undefined) this.#text(method);
    w.uint(bytes.length);
    w.raw(bytes);
    if (rest > 0) w.uint(rest);
  }

  #missing(missing: Exchange['missing']): void {
    const w = this.#record;
    const count = Math.min(missing.length, maxItems);
    w.uint(count);
    for (let i = 0; i < count; i++) {
      const { kind, side, bytes } = missing[i]!;
      w.u8(gaps.indexOf(kind));
      w.u8(side === undefined ? 0 : side === 'request' ? 1 : 2);
      w.uint(bytes === undefined ? 0 : bytes + 1);
    }
  }

  #tcp({ client, server, serverHandshakeNs, clientHandshakeNs }: TcpMeasures): void {
    const w = this.#record;
    w.u8(
      (serverHandshakeNs === undefined ? 0 : TcpPart.serverHandshake) |
        (clientHandshakeNs === undefined ? 0 : TcpPart.clientHandshake) |
        (client.rtt ? TcpPart.clientRtt : 0) |
        (server.rtt ? TcpPart.serverRtt : 0),
    );
    for (const side of [client, server]) this.#tcpSide(side);
    if (serverHandshakeNs !== undefined) w.uint(serverHandshakeNs);
    if (clientHandshakeNs !== undefined) w.uint(clientHandshakeNs);
  }

  #tcpSide(side: TcpSide): void {
    const w = this.#record;
    for (const name of tcpCounts) w.uint(side[name]);
    if (side.rtt) for (const name of ['count', 'sumNs', 'minNs', 'maxNs'] as const) w.uint(side.rtt[name]);
  }
}

function bodyBytes({ request, response, messages }: Exchange): number {
  let bytes = (request?.body?.bytes.length ?? 0) + (response?.body?.bytes.length ?? 0);
  if (messages) for (const { body } of messages) bytes += body.bytes.length;
  return bytes;
}

/** What is known of a connection grows until a protocol is found. */
function isSame(a: Connection, b: Connection): boolean {
  return (
    a === b ||
    (a.client.address === b.client.address &&
      a.client.port === b.client.port &&
      a.server.address === b.server.address &&
      a.server.port === b.server.port &&
      a.joinedMidStream === b.joinedMidStream &&
      a.secured?.version === b.secured?.version &&
      a.secured?.cipher === b.secured?.cipher &&
      a.redirectedTo?.port === b.redirectedTo?.port &&
      a.openedAt === b.openedAt &&
      a.handshake?.client === b.handshake?.client &&
      a.handshake?.server === b.handshake?.server)
  );
}

function isSameProcess(a: Endpoint['process'], b: Endpoint['process']): boolean {
  if (a === b) return true;
  return !!a && !!b && a.pid === b.pid && a.comm === b.comm && a.viaListener === b.viaListener;
}
