/**
 * Entries from an agent, whose form is told in entry-format.ts. What an agent sends is not believed: nothing throws,
 * a record is handed over whole or not at all, and after one that cannot be read nothing is.
 */
import type {
  Body,
  CaptureInterface,
  Connection,
  ConnectionState,
  ConversationSummary,
  Endpoint,
  EntryCollector,
  Exchange,
  FieldValue,
  IcmpError,
  Incompleteness,
  Message,
  StreamMessage,
  TcpMeasures,
  TcpSide,
} from '../model/index.ts';
import { ByteReader } from './byte-reader.ts';
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
import { TextReader } from './texts.ts';

/** Protocols whose names of fields are kept: more than there are. */
const maxShapes = 1024;
/** Seconds are told by 32 bits in all that Porthole reads and writes. */
const lastSecond = 2 ** 32 - 1;
/** A time: 104 days from its second, as everywhere. */
const widest = Number.MAX_SAFE_INTEGER;
/** IPv4 or IPv6 as text. */
const address = /^[0-9a-f.:]{2,45}$/;
const nothing = new Uint8Array(0);
const noTexts: readonly string[] = [];
const noPairs: Message['headers'] = [];
const noGaps: Exchange['missing'] = [];

export interface EntryOutput extends EntryCollector {
  interface(iface: CaptureInterface): void;
}

interface Place {
  connection: Connection;
  /** What is added to its times. */
  readonly shift: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class EntryDecoder {
  readonly #out: EntryOutput;
  readonly #r = new ByteReader();
  readonly #texts = new TextReader();
  readonly #shapes = new Map<string, readonly string[]>();
  readonly #places: Place[] = [];
  #taken = 0;
  #interfaces = 0;
  #time = 0;
  #baseSec = -1;
  /** Of the connection that is spoken of. */
  #shift = 0;
  #held = nothing;
  #length = 0;
  /** Why nothing more is read; '' while all is well. */
  damage = '';

  constructor(out: EntryOutput) {
    this.#out = out;
  }

  /** Bytes cut anywhere; valid during the call. */
  feed(bytes: Uint8Array): void {
    if (this.damage !== '') return;
    if (this.#length > 0) {
      this.#keep(bytes);
      const used = this.#records(this.#held, this.#length);
      this.#held.copyWithin(0, used, this.#length);
      this.#length -= used;
      // A body of some MiB was in it.
      if (this.#length === 0 && this.#held.length > 1024 * 1024) this.#held = nothing;
      return;
    }
    const used = this.#records(bytes, bytes.length);
    if (used < bytes.length) this.#keep(bytes.subarray(used));
  }

  #keep(bytes: Uint8Array): void {
    const size = this.#length + bytes.length;
    if (size > this.#held.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.#held.length, 4096));
      grown.set(this.#held.subarray(0, this.#length));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#length);
    this.#length = size;
  }

  /** @returns bytes of whole records */
  #records(bytes: Uint8Array, end: number): number {
    const r = this.#r;
    let from = 0;
    while (this.damage === '') {
      r.begin(bytes, from, end);
      const length = r.uint();
      if (r.isBad) {
        // A length takes four bytes at most.
        if (end - from > 4) this.damage = 'an entry without a length';
        return from;
      }
      if (length > maxRecord) this.damage = `an entry of ${length} bytes`;
      else if (length > end - r.at) return from;
      else {
        from = r.at + length;
        r.begin(bytes, r.at, from);
        this.#record();
      }
    }
    return end;
  }

  #record(): void {
    const r = this.#r;
    const kind = r.u8();
    const tell = this.#read(kind);
    if (r.isBad || r.left > 0 || !tell) this.damage = `an entry of kind ${kind} that cannot be read`;
    else tell();
  }

  /** What is to be done when nothing was wrong with it; undefined: something was. */
  #read(kind: number): (() => void) | undefined {
    switch (kind) {
      case RecordKind.clock:
        return this.#clock();
      case RecordKind.interface:
        return this.#interface();
      case RecordKind.connection:
        return this.#connection();
      case RecordKind.moved: {
        const place = this.#place();
        return place && (() => this.#take(place));
      }
      case RecordKind.processes:
        return this.#processes();
      case RecordKind.opened:
      case RecordKind.waiting:
      case RecordKind.exchange:
        return this.#exchange(kind);
      case RecordKind.conversation:
      case RecordKind.ended:
      case RecordKind.state:
        return this.#summary(kind);
      case RecordKind.frames:
        return this.#frames();
      default:
        return undefined;
    }
  }

  #clock(): () => void {
    const second = this.#r.below(lastSecond);
    return () => {
      this.#baseSec = second;
    };
  }

  #interface(): () => void {
    const r = this.#r;
    const [name, target, comment] = [this.#text(), this.#text(), this.#text()];
    const [linktype, snaplen, netns] = [r.below(65_535), r.below(2 ** 32 - 1), r.below(2 ** 32 - 1)];
    return () =>
      this.#out.interface({
        id: this.#interfaces++,
        ...{ name, linktype, snaplen, netns, target },
        ...(comment === '' ? {} : { comment }),
      });
  }

  #frames(): () => void {
    const r = this.#r;
    const sec = r.below(lastSecond);
    const [firstNsec, lastNsec] = [r.below(999_999_999), r.below(999_999_999)];
    const [packets, bytes] = [r.uint(), r.uint()];
    return () => this.#out.frames({ sec, firstNsec, lastNsec, packets, bytes });
  }

  #text(): string {
    return this.#texts.read(this.#r);
  }

  #list(): readonly string[] {
    const count = this.#r.count(maxItems);
    const texts: string[] = [];
    for (let i = 0; i < count && !this.#r.isBad; i++) texts.push(this.#text());
    return texts;
  }

  #at(): number {
    const time = this.#time + this.#r.int();
    if (!(Math.abs(time) <= widest)) return this.#r.bad();
    this.#time = time;
    return time + this.#shift;
  }

  /** The connection that is spoken of, whose times follow. */
  #place(): Place | undefined {
    const back = this.#r.uint();
    const at = this.#taken - back;
    if (back < 1 || back > connectionPlaces || at < 0) {
      this.#r.bad();
      return undefined;
    }
    const place = this.#places[at % connectionPlaces]!;
    this.#shift = place.shift;
    return place;
  }

  #take(place: Place): void {
    this.#places[this.#taken++ % connectionPlaces] = place;
  }

  #connection(): (() => void) | undefined {
    const r = this.#r;
    if (this.#baseSec < 0) return undefined;
    const parts = r.u8();
    const before = parts & ConnectionPart.before ? this.#place() : undefined;
    const shift = before?.shift ?? this.#out.shiftOf(this.#baseSec);
    this.#shift = shift;
    const id = r.uint();
    const netns = r.below(2 ** 32 - 1);
    const target = this.#text();
    const [client, server] = [this.#endpoint(), this.#endpoint()];
    const redirectedTo = parts & ConnectionPart.redirected ? this.#endpoint() : undefined;
    const openedAt = this.#at();
    const clientIsn = parts & ConnectionPart.clientIsn ? r.below(2 ** 32 - 1) : undefined;
    const serverIsn = parts & ConnectionPart.serverIsn ? r.below(2 ** 32 - 1) : undefined;
    const secured =
      parts & ConnectionPart.secured ? { version: this.#text(), cipher: this.#text() } : undefined;
    const connection: Connection = {
      id,
      transport: parts & ConnectionPart.udp ? 'udp' : 'tcp',
      ...{ netns, target, client, server, openedAt },
      joinedMidStream: (parts & ConnectionPart.joinedMidStream) !== 0,
      ...(clientIsn === undefined
        ? {}
        : { handshake: { client: clientIsn, ...(serverIsn === undefined ? {} : { server: serverIsn }) } }),
      ...(redirectedTo ? { redirectedTo } : {}),
      ...(secured ? { secured } : {}),
    };
    return () => {
      const ours = this.#out.connected(connection, before?.connection);
      if (before) before.connection = ours;
      this.#take({ connection: ours, shift });
    };
  }

  #endpoint(): Endpoint {
    return { address: this.#address(), port: this.#r.below(65_535) };
  }

  /** Sinks show it as it is. */
  #address(): string {
    const text = this.#text();
    if (!address.test(text)) this.#r.bad();
    return text;
  }

  #processes(): (() => void) | undefined {
    const place = this.#place();
    const [client, server] = [this.#process(), this.#process()];
    return (
      place &&
      (() => {
        if (client !== undefined) place.connection.client.process = client;
        if (server !== undefined) place.connection.server.process = server;
      })
    );
  }

  #process(): Endpoint['process'] {
    const kind = this.#r.below(ProcessKind.viaListener);
    if (kind === ProcessKind.unknown) return undefined;
    if (kind === ProcessKind.unseen) return null;
    const pid = this.#r.uint();
    const [comm, target] = [this.#text(), this.#text()];
    return { pid, comm, target, ...(kind === ProcessKind.viaListener ? { viaListener: true } : {}) };
  }

  #exchange(kind: number): (() => void) | undefined {
    const r = this.#r;
    const place = this.#place();
    if (!place) return undefined;
    const parts = r.u8();
    const skipped = parts & Part.skipped ? r.uint() : 0;
    const protocol = this.#text();
    const outcome = outcomes[r.below(outcomes.length - 1)]!;
    const startAt = this.#at();
    const endAt = this.#at();
    const fields = this.#fields(protocol);
    const request = parts & Part.request ? this.#message() : undefined;
    const response = parts & Part.response ? this.#message() : undefined;
    const messages = parts & Part.messages ? this.#messages() : undefined;
    const error = parts & Part.error ? { kind: this.#text(), text: this.#text() } : undefined;
    const missing = parts & Part.missing ? this.#missing() : noGaps;
    const weirds = parts & Part.weirds ? this.#list() : noTexts;
    return () => {
      const exchange: Writable<Exchange> = {
        ...{ protocol, connection: place.connection, startAt, endAt, fields, outcome, missing, weirds },
      };
      if (request) exchange.request = request;
      if (response) exchange.response = response;
      if (messages) exchange.messages = messages;
      if (error) exchange.error = error;
      if (skipped > 0) this.#out.skipped(place.connection, skipped);
      if (kind === RecordKind.exchange) this.#out.exchange(exchange);
      else if (kind === RecordKind.opened) this.#out.opened(exchange);
      else this.#out.waiting(exchange);
    };
  }

  #fields(protocol: string): Exchange['fields'] {
    const r = this.#r;
    if (r.u8() !== 0) {
      if (this.#shapes.size >= maxShapes && !this.#shapes.has(protocol)) r.bad();
      const named = this.#list();
      // It would be the object's prototype.
      if (named.includes('__proto__')) r.bad();
      if (!r.isBad) this.#shapes.set(protocol, named);
    }
    const names = this.#shapes.get(protocol);
    const fields: Record<string, FieldValue> = {};
    if (!names) r.bad();
    else for (const name of names) fields[name] = this.#value();
    return fields;
  }

  #value(): FieldValue {
    const r = this.#r;
    switch (r.u8()) {
      case ValueKind.undefined:
        return undefined;
      case ValueKind.false:
        return false;
      case ValueKind.true:
        return true;
      case ValueKind.text:
        return this.#text();
      case ValueKind.uint:
        return r.uint();
      case ValueKind.number:
        return r.f64();
      case ValueKind.texts:
        return this.#list();
      default:
        r.bad();
        return undefined;
    }
  }

  #message(): Message {
    const r = this.#r;
    const parts = r.u8();
    const [startAt, endAt, wireBytes] = [this.#at(), this.#at(), r.uint()];
    const startLine = this.#list().join(' ');
    const hasHeads = (parts & MessagePart.heads) !== 0;
    const headers = hasHeads ? this.#pairs() : noPairs;
    const trailers = hasHeads ? this.#pairs() : noPairs;
    const message: Writable<Message> = { startAt, endAt, wireBytes, startLine, headers, trailers };
    if (parts & MessagePart.body) message.body = this.#body();
    return message;
  }

  #pairs(): Message['headers'] {
    const count = this.#r.count(maxItems);
    if (count === 0) return noPairs;
    const pairs: [string, string][] = [];
    for (let i = 0; i < count && !this.#r.isBad; i++) pairs.push([this.#text(), this.#text()]);
    return pairs;
  }

  #messages(): readonly StreamMessage[] {
    const r = this.#r;
    const count = r.count(maxItems);
    const messages: StreamMessage[] = [];
    for (let i = 0; i < count && !r.isBad; i++) {
      const side = r.below(1) === 0 ? 'request' : 'response';
      messages.push({ side, at: this.#at(), wireBytes: r.uint(), body: this.#body() });
    }
    return messages;
  }

  #body(): Body {
    const r = this.#r;
    const parts = r.u8();
    const contentType = this.#text();
    const encodings = parts & BodyPart.encodings ? this.#list() : noTexts;
    const method = parts & BodyPart.method ? this.#text() : undefined;
    const bytes = r.raw(r.uint());
    const rest = parts & BodyPart.rest ? r.uint() : 0;
    return {
      ...{ bytes, totalLength: bytes.length + rest, contentType, encodings },
      ...(method === undefined ? {} : { method }),
    };
  }

  #missing(): Exchange['missing'] {
    const r = this.#r;
    const count = r.count(maxItems);
    const missing: Incompleteness[] = [];
    for (let i = 0; i < count && !r.isBad; i++) {
      const kind = gaps[r.below(gaps.length - 1)]!;
      const side = ([undefined, 'request', 'response'] as const)[r.below(2)];
      const bytes = r.uint();
      missing.push({ kind, ...(side ? { side } : {}), ...(bytes > 0 ? { bytes: bytes - 1 } : {}) });
    }
    return missing;
  }

  #summary(kind: number): (() => void) | undefined {
    const r = this.#r;
    const place = this.#place();
    if (!place) return undefined;
    const parts = r.u8();
    const skipped = parts & SummaryPart.skipped ? r.uint() : 0;
    const protocol = this.#text();
    const ended = endings[r.below(endings.length - 1)]!;
    const [startAt, endAt] = [this.#at(), this.#at()];
    const counts = Object.fromEntries(summaryCounts.map((name) => [name, r.uint()])) as unknown as Record<
      (typeof summaryCounts)[number],
      number
    >;
    const resetBy = parts & SummaryPart.resetBy ? sides[r.below(1)]! : undefined;
    const icmp = parts & SummaryPart.icmp ? this.#icmp() : undefined;
    const [clientStart, serverStart] =
      parts & SummaryPart.starts ? [this.#start(), this.#start()] : [undefined, undefined];
    const tcp = parts & SummaryPart.tcp ? this.#tcp() : undefined;
    const weirds = parts & SummaryPart.weirds ? this.#list() : undefined;
    if (kind !== RecordKind.state && ended === 'open') r.bad();
    return () => {
      const summary: ConnectionState = {
        ...{ connection: place.connection, protocol, startAt, endAt, ...counts, ended },
        ...(resetBy ? { resetBy } : {}),
        ...(icmp ? { icmp } : {}),
        ...(clientStart ? { clientStart } : {}),
        ...(serverStart ? { serverStart } : {}),
        ...(tcp ? { tcp } : {}),
        ...(weirds ? { weirds } : {}),
      };
      if (skipped > 0) this.#out.skipped(place.connection, skipped);
      if (kind === RecordKind.state) this.#out.state(summary);
      else if (kind === RecordKind.ended) this.#out.connection(summary as ConversationSummary);
      else this.#out.conversation(summary as ConversationSummary);
    };
  }

  #start(): Uint8Array | undefined {
    const length = this.#r.uint();
    return length === 0 ? undefined : this.#r.raw(length - 1);
  }

  #icmp(): IcmpError {
    const r = this.#r;
    const version = r.uint() === 6 ? 6 : 4;
    const [type, code, mtu] = [r.below(255), r.below(255), r.uint()];
    return { version, type, code, mtu, from: this.#address(), about: sides[r.below(1)]! };
  }

  #tcp(): TcpMeasures {
    const r = this.#r;
    const parts = r.u8();
    const client = this.#tcpSide((parts & TcpPart.clientRtt) !== 0);
    const server = this.#tcpSide((parts & TcpPart.serverRtt) !== 0);
    return {
      ...{ client, server },
      ...(parts & TcpPart.serverHandshake ? { serverHandshakeNs: r.uint() } : {}),
      ...(parts & TcpPart.clientHandshake ? { clientHandshakeNs: r.uint() } : {}),
    };
  }

  #tcpSide(hasRtt: boolean): TcpSide {
    const r = this.#r;
    const side = Object.fromEntries(tcpCounts.map((name) => [name, r.uint()])) as unknown as TcpSide;
    if (!hasRtt) return side;
    const [count, sumNs, minNs, maxNs] = [r.uint(), r.uint(), r.uint(), r.uint()];
    return { ...side, rtt: { count, sumNs, minNs, maxNs } };
  }
}
