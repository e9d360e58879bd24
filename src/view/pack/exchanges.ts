/**
 * Exchanges as bytes: some hundred each instead of some thousand as objects, and nothing the collector looks at. What
 * comes back is equal to what was put in; heads and bodies are taken out when somebody looks.
 */
import type { Body, Connection, Exchange, FieldValue, Message, StreamMessage } from '../../model/index.ts';
import { parseHeaders } from '../../util/header-lines.ts';
import { Arena } from './arena.ts';
import { Reader, Writer } from './bytes.ts';
import { Names, type TextPlace } from './names.ts';

/** Names of an exchange's fields in their order, with its protocol: there are few different ones. */
interface Shape {
  readonly number: number;
  readonly protocol: string;
  readonly fields: readonly string[];
  readonly places: readonly TextPlace[];
}

/** Different shapes that are told apart: what has another one stays as it is. */
const maxShapes = 4096;

const outcomes = ['ok', 'clientError', 'serverError', 'failed', 'unanswered', 'info'] as const;

/** Which parts there are. */
const Part = { request: 1, response: 2, messages: 4, rest: 8 } as const;
/** What a message is made of. */
const Piece = { rawHead: 1, trailers: 2, body: 4 } as const;
const Tag = { none: 0, yes: 1, no: 2, count: 3, float: 4, name: 5, text: 6, list: 7 } as const;

const nothing = new Uint8Array(0);
const noPairs: readonly (readonly [string, string])[] = [];

export class ExchangePacker {
  readonly names = new Names();
  readonly bodies = new Arena();
  readonly #writer = new Writer();
  readonly #shapes: Shape[] = [];
  readonly #byKey = new Map<string, Shape>();
  readonly #lastOf = new Map<string, Shape>();
  readonly #headerNames: TextPlace = this.names.place('');
  readonly #types: TextPlace = this.names.place('type');
  readonly #methods: TextPlace = this.names.place('method');
  readonly #reader = new Reader(nothing, 0);
  #firstBody = 0;

  /** @returns false: it is too odd, and is to be kept as it is */
  pack(exchange: Exchange, into: Arena): boolean {
    const shape = this.#shapeOf(exchange);
    if (!shape) return false;
    const w = this.#writer;
    w.at = 0;
    w.count(shape.number);
    w.float(exchange.startAt);
    w.float(exchange.endAt);
    const { request, response, messages, missing, error, weirds, fields } = exchange;
    const hasRest = missing.length > 0 || weirds.length > 0 || error !== undefined;
    this.#firstBody = 0;
    w.byte(
      (request ? Part.request : 0) |
        (response ? Part.response : 0) |
        (messages ? Part.messages : 0) |
        (hasRest ? Part.rest : 0),
    );
    w.byte(outcomes.indexOf(exchange.outcome));
    for (let i = 0; i < shape.fields.length; i++) this.#value(fields[shape.fields[i]!], shape.places[i]!);
    if (hasRest) w.text(JSON.stringify([missing, weirds, error ?? null]));
    if (request) this.#message(request);
    if (response) this.#message(response);
    if (messages) {
      w.count(messages.length);
      for (const { side, at, wireBytes, body } of messages) {
        w.byte(side === 'request' ? 0 : 1);
        w.float(at);
        w.count(wireBytes);
        this.#body(body);
      }
    }
    // Last, for only now is it known: the oldest chunk with a body of it.
    w.count(this.#firstBody);
    into.put(w.bytes, w.at);
    return true;
  }

  unpack(bytes: Uint8Array, at: number, connection: Connection): Exchange {
    const r = this.#reader;
    r.bytes = bytes;
    r.at = at;
    const shape = this.#shapes[r.count()]!;
    const startAt = r.float();
    const endAt = r.float();
    const parts = r.byte();
    const outcome = outcomes[r.byte()]!;
    const fields: Record<string, FieldValue> = {};
    for (let i = 0; i < shape.fields.length; i++) fields[shape.fields[i]!] = this.#readValue(r);
    const [missing, weirds, error] = parts & Part.rest ? JSON.parse(r.text()) : none;
    const exchange: { -readonly [K in keyof Exchange]: Exchange[K] } = {
      ...{ protocol: shape.protocol, connection, startAt, endAt, fields, outcome, missing, weirds },
    };
    if (error) exchange.error = error;
    if (parts & Part.request) exchange.request = this.#readMessage(r);
    if (parts & Part.response) exchange.response = this.#readMessage(r);
    if (parts & Part.messages) exchange.messages = this.#readMessages(r);
    const firstBody = r.count();
    if (firstBody > 0 && !this.bodies.at(firstBody)) exchange.missing = [...missing, bodiesLetGo];
    return exchange;
  }

  #shapeOf({ protocol, fields }: Exchange): Shape | undefined {
    const last = this.#lastOf.get(protocol);
    if (last && hasShape(fields, last.fields)) return last;
    const names = Object.keys(fields);
    const key = `${protocol}\n${names.join('\n')}`;
    let shape = this.#byKey.get(key);
    if (!shape) {
      if (this.#shapes.length >= maxShapes) return undefined;
      const places = names.map((name) => this.names.place(`field ${name}`));
      shape = { number: this.#shapes.length, protocol, fields: names, places };
      this.#shapes.push(shape);
      this.#byKey.set(key, shape);
    }
    this.#lastOf.set(protocol, shape);
    return shape;
  }

  #value(value: FieldValue, place: TextPlace): void {
    const w = this.#writer;
    switch (typeof value) {
      case 'undefined':
        return w.byte(Tag.none);
      case 'boolean':
        return w.byte(value ? Tag.yes : Tag.no);
      case 'number':
        if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
          w.byte(Tag.count);
          return w.count(value);
        }
        w.byte(Tag.float);
        return w.float(value);
      case 'string':
        return this.#text(value, place);
      default:
        w.byte(Tag.list);
        w.count(value.length);
        for (const item of value) this.#text(item, place);
    }
  }

  #text(text: string, place: TextPlace): void {
    const number = this.names.numberOf(text, place);
    if (number < 0) {
      this.#writer.byte(Tag.text);
      this.#writer.text(text);
    } else {
      this.#writer.byte(Tag.name);
      this.#writer.count(number);
    }
  }

  #readValue(r: Reader): FieldValue {
    const tag = r.byte();
    switch (tag) {
      case Tag.none:
        return undefined;
      case Tag.yes:
        return true;
      case Tag.no:
        return false;
      case Tag.count:
        return r.count();
      case Tag.float:
        return r.float();
      case Tag.list:
        return Array.from({ length: r.count() }, () => this.#readValue(r) as string);
      default:
        return tag === Tag.name ? this.names.text(r.count()) : r.text();
    }
  }

  #message(message: Message): void {
    const w = this.#writer;
    // Its length goes first, so that what is behind it is found without reading it.
    const start = w.at;
    for (let i = 0; i < 4; i++) w.byte(0);
    const { startLine, rawHead, trailers, body } = message;
    const isRaw = rawHead?.startsWith(startLine) === true && isLineEnd(rawHead, startLine.length);
    w.float(message.startAt);
    w.float(message.endAt);
    w.count(message.wireBytes);
    w.byte(
      (isRaw ? Piece.rawHead : 0) | (trailers.length > 0 ? Piece.trailers : 0) | (body ? Piece.body : 0),
    );
    if (body) this.#body(body);
    if (isRaw) w.text(rawHead);
    else {
      w.text(startLine);
      this.#pairs(message.headers);
    }
    if (trailers.length > 0) this.#pairs(trailers);
    const length = w.at - start;
    for (let i = 0; i < 4; i++) w.bytes[start + i] = (length >>> (8 * i)) & 255;
  }

  #pairs(pairs: readonly (readonly [string, string])[]): void {
    this.#writer.count(pairs.length);
    for (const [name, value] of pairs) {
      this.#text(name, this.#headerNames);
      this.#text(value, this.names.place(name));
    }
  }

  readPairs(r: Reader): [string, string][] {
    return Array.from({ length: r.count() }, () => [
      this.#readValue(r) as string,
      this.#readValue(r) as string,
    ]);
  }

  #body({ bytes, totalLength, contentType, encodings, method }: Body): void {
    const w = this.#writer;
    w.count(totalLength);
    this.#text(contentType, this.#types);
    w.count(encodings.length);
    for (const encoding of encodings) this.#text(encoding, this.#types);
    w.byte(method === undefined ? 0 : 1);
    if (method !== undefined) this.#text(method, this.#methods);
    w.count(bytes.length);
    if (bytes.length === 0) return;
    this.bodies.put(bytes);
    // They are put in order: the first is the oldest.
    this.#firstBody ||= this.bodies.chunk;
    w.count(this.bodies.chunk);
    w.count(this.bodies.offset);
  }

  /** Bytes are a view of their chunk, which lives as long as somebody looks. */
  readBody(r: Reader): Body {
    const totalLength = r.count();
    const contentType = this.#readValue(r) as string;
    const encodings = Array.from({ length: r.count() }, () => this.#readValue(r) as string);
    const method = r.byte() === 1 ? (this.#readValue(r) as string) : undefined;
    const length = r.count();
    let bytes: Uint8Array = nothing;
    if (length > 0) {
      const chunk = this.bodies.at(r.count());
      const offset = r.count();
      if (chunk) bytes = chunk.subarray(offset, offset + length);
    }
    return { bytes, totalLength, contentType, encodings, ...(method === undefined ? {} : { method }) };
  }

  #readMessage(r: Reader): Message {
    const { bytes, at } = r;
    const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    r.at += 4;
    const message = new PackedMessage(this, r);
    r.at = at + length;
    return message;
  }

  #readMessages(r: Reader): StreamMessage[] {
    return Array.from({ length: r.count() }, () => {
      const side = r.byte() === 0 ? 'request' : 'response';
      const at = r.float();
      const wireBytes = r.count();
      return { side, at, wireBytes, body: this.readBody(r) };
    });
  }
}

/** Its times and size, and where the rest of it is. */
class PackedMessage implements Message {
  readonly startAt: number;
  readonly endAt: number;
  readonly wireBytes: number;
  readonly #packer: ExchangePacker;
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #pieces: number;
  #parts: Parts | undefined;

  constructor(packer: ExchangePacker, r: Reader) {
    this.#packer = packer;
    this.startAt = r.float();
    this.endAt = r.float();
    this.wireBytes = r.count();
    this.#pieces = r.byte();
    this.#bytes = r.bytes;
    this.#at = r.at;
  }

  get startLine(): string {
    const { raw, startLine } = this.#read();
    if (raw === undefined) return startLine;
    const end = raw.indexOf('\n');
    return raw.slice(0, raw[end - 1] === '\r' ? end - 1 : end);
  }

  get headers(): readonly (readonly [string, string])[] {
    const parts = this.#read();
    parts.headers ??= parseHeaders(parts.raw!.slice(parts.raw!.indexOf('\n') + 1));
    return parts.headers;
  }

  get trailers(): readonly (readonly [string, string])[] {
    return this.#pieces & Piece.trailers ? this.#read().trailers : noPairs;
  }

  get body(): Body | undefined {
    return this.#pieces & Piece.body ? this.#read().body : undefined;
  }

  get rawHead(): string | undefined {
    return this.#pieces & Piece.rawHead ? this.#read().raw : undefined;
  }

  #read(): Parts {
    if (this.#parts) return this.#parts;
    const pieces = this.#pieces;
    const r = new Reader(this.#bytes, this.#at);
    const body = pieces & Piece.body ? this.#packer.readBody(r) : undefined;
    const isRaw = (pieces & Piece.rawHead) !== 0;
    const raw = isRaw ? r.text() : undefined;
    const startLine = isRaw ? '' : r.text();
    const headers = isRaw ? undefined : this.#packer.readPairs(r);
    const trailers = pieces & Piece.trailers ? this.#packer.readPairs(r) : noPairs;
    this.#parts = { body, raw, startLine, headers, trailers };
    return this.#parts;
  }
}

interface Parts {
  readonly body: Body | undefined;
  readonly raw: string | undefined;
  readonly startLine: string;
  headers: readonly (readonly [string, string])[] | undefined;
  readonly trailers: readonly (readonly [string, string])[];
}

/** Of an exchange whose bodies were let go of to make room. */
const bodiesLetGo = { kind: 'bodyCut', bytes: 0 } as const;
const none = [[], [], null] as const;

function hasShape(fields: Exchange['fields'], names: readonly string[]): boolean {
  let i = 0;
  for (const name in fields) if (names[i++] !== name) return false;
  return i === names.length;
}

/** A start line with a CR of its own within it is written out. */
function isLineEnd(head: string, at: number): boolean {
  return head.startsWith('\n', at) || head.startsWith('\r\n', at);
}
