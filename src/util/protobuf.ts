/**
 * Protocol Buffers' wire format without a schema: numbers, and what their values may be.
 * https://protobuf.dev/programming-guides/encoding/
 */
import { latin1 } from './bytes.ts';

/** By a body's content type: gRPC's, Connect's and the usual ones of HTTP. */
export function isProtobuf(contentType: string): boolean {
  return /^application\/(x-|vnd\.google\.|grpc\+)?proto(buf)?\b/i.test(contentType);
}

/** `group` for the start-group type, whose fields follow up to its end. */
export type ProtoField =
  | { readonly number: number; readonly type: 'varint' | 'fixed64'; readonly value: bigint }
  | { readonly number: number; readonly type: 'fixed32'; readonly value: number }
  | { readonly number: number; readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly number: number; readonly type: 'group'; readonly value: readonly ProtoField[] };

export interface ProtoMessage {
  readonly fields: readonly ProtoField[];
  /** The bytes end within a field, or there are more than are read. */
  readonly cut: boolean;
}

/** Fields of one message, those within counted: a hostile one holds a field each two bytes. */
const maxFields = 10_000;
/** Messages within messages; deeper ones are bytes. */
const maxDepth = 16;
/** Section "Field numbers" of the language guide. */
const maxNumber = 536_870_911;
/** Bytes of a varint that a double holds exactly: 49 bits. */
const shortVarint = 7;

class Reader {
  readonly b: Uint8Array;
  at: number;
  readonly end: number;
  budget: number;
  /** Set when it is no message; `cut` when it may be the beginning of one. */
  failed = false;
  cut = false;

  constructor(b: Uint8Array, from: number, to: number, budget: number) {
    this.b = b;
    this.at = from;
    this.end = to;
    this.budget = budget;
  }

  /** Most are short, and read as a number: a bigint for each byte would cost ten times as much. */
  varint(): bigint {
    let low = 0;
    const { b } = this;
    const start = this.at;
    for (let i = start, scale = 1; i < this.end && i < start + shortVarint; i++, scale *= 128) {
      const c = b[i]!;
      low += (c & 0x7f) * scale;
      if (c >= 0x80) continue;
      this.at = i + 1;
      return BigInt(low);
    }
    return this.#longVarint();
  }

  #longVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) {
        this.cut = true;
        return 0n;
      }
      const c = this.b[this.at++]!;
      value |= BigInt(c & 0x7f) << shift;
      if (c < 0x80) return BigInt.asUintN(64, value);
    }
    this.failed = true;
    return 0n;
  }

  /** Tags and lengths: 32 bits, no bigint. */
  small(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= this.end) {
        this.cut = true;
        return 0;
      }
      const c = this.b[this.at++]!;
      value += (c & 0x7f) * 2 ** shift;
      if (c < 0x80) return value;
    }
    this.failed = true;
    return 0;
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.end) {
      this.cut = true;
      length = this.end - this.at;
    }
    this.at += length;
    return this.b.subarray(this.at - length, this.at);
  }
}

/** undefined: it is no message. @param mayBeCut the end may be missing: fields up to there are given */
export function parseProtobuf(b: Uint8Array, mayBeCut = false): ProtoMessage | undefined {
  const reader = new Reader(b, 0, b.length, maxFields);
  const fields = readFields(reader, 0, 0);
  if (reader.failed || (reader.cut && !mayBeCut)) return undefined;
  return { fields, cut: reader.cut };
}

function readFields(reader: Reader, group: number, depth: number): ProtoField[] {
  const fields: ProtoField[] = [];
  while (reader.at < reader.end || group > 0) {
    if (reader.budget-- <= 0) {
      reader.cut = true;
      reader.at = reader.end;
      break;
    }
    const tag = reader.small();
    if (reader.failed || reader.cut) break;
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (number === 0 || number > maxNumber) {
      reader.failed = true;
      break;
    }
    if (type === 4) {
      reader.failed ||= number !== group;
      break;
    }
    const field = readField(reader, number, type, depth);
    if (reader.failed || !field) break;
    fields.push(field);
    if (reader.cut) break;
  }
  return fields;
}

function readField(reader: Reader, number: number, type: number, depth: number): ProtoField | undefined {
  switch (type) {
    case 0: {
      const value = reader.varint();
      return reader.cut ? undefined : { number, type: 'varint', value };
    }
    case 1: {
      const bytes = reader.take(8);
      if (reader.cut) return undefined;
      const value = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
      return { number, type: 'fixed64', value };
    }
    case 2: {
      const length = reader.small();
      return reader.cut || reader.failed ? undefined : { number, type: 'bytes', value: reader.take(length) };
    }
    case 3:
      reader.failed ||= depth >= maxDepth;
      if (reader.failed) return undefined;
      return { number, type: 'group', value: readFields(reader, number, depth + 1) };
    case 5: {
      const bytes = reader.take(4);
      if (reader.cut) return undefined;
      return {
        number,
        type: 'fixed32',
        value: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true),
      };
    }
  }
  reader.failed = true;
  return undefined;
}

export interface LayoutOptions {
  /** Characters at most, about. */
  readonly limit: number;
  readonly mayBeCut?: boolean;
}

/** `1: "world"` a line, messages within indented; undefined when it is no message. One byte a character. */
export function layOutProtobuf(
  b: Uint8Array,
  { limit, mayBeCut = false }: LayoutOptions,
): string | undefined {
  const message = parseProtobuf(b, mayBeCut);
  if (!message) return undefined;
  const out = new Layout(limit, '\n');
  out.fields(message, 0);
  return out.text.replace(/\n$/, '');
}

/** `{1: "world", 2: {1: 5}}`. */
export function previewProtobuf(b: Uint8Array, options: LayoutOptions): string | undefined {
  const message = parseProtobuf(b, options.mayBeCut ?? false);
  if (!message) return undefined;
  const out = new Layout(options.limit, ' ');
  out.fields(message, 0);
  return `{${out.text.replace(/, $/, '')}}`;
}

class Layout {
  readonly #limit: number;
  readonly #isLines: boolean;
  text = '';

  constructor(limit: number, separator: '\n' | ' ') {
    this.#limit = limit;
    this.#isLines = separator === '\n';
  }

  fields({ fields, cut }: ProtoMessage, depth: number): void {
    const indent = this.#isLines ? '  '.repeat(depth) : '';
    const end = this.#isLines ? '\n' : ', ';
    for (const field of fields) {
      if (this.text.length > this.#limit) {
        this.text += `${indent}...${end}`;
        return;
      }
      const inside = field.type === 'group' ? { fields: field.value, cut: false } : insideOf(field, depth);
      if (!inside) {
        this.text += `${indent}${field.number}: ${scalarText(field)}${end}`;
        continue;
      }
      this.text += this.#isLines ? `${indent}${field.number} {\n` : `${field.number}: {`;
      this.fields(inside, depth + 1);
      this.text = this.#isLines ? `${this.text}${indent}}\n` : `${this.text.replace(/, $/, '')}}, `;
    }
    if (cut) this.text += `${indent}...${end}`;
  }
}

/** The message within a field of bytes, when it looks more like one than like a text. */
function insideOf(field: ProtoField, depth: number): ProtoMessage | undefined {
  if (field.type !== 'bytes' || field.value.length === 0 || depth >= maxDepth) return undefined;
  // The tag of a first text field is a line feed, with which no text begins.
  if (field.value[0] !== 10 && isText(field.value)) return undefined;
  return parseProtobuf(field.value);
}

const firstNegative = 1n << 63n;

function scalarText(field: ProtoField): string {
  switch (field.type) {
    case 'varint':
      // Negative numbers take all 64 bits.
      return field.value >= firstNegative ? String(BigInt.asIntN(64, field.value)) : String(field.value);
    case 'fixed64': {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, field.value);
      return hexAnd(field.value.toString(16).padStart(16, '0'), view.getFloat64(0));
    }
    case 'fixed32': {
      const view = new DataView(new ArrayBuffer(4));
      view.setUint32(0, field.value);
      return hexAnd(field.value.toString(16).padStart(8, '0'), view.getFloat32(0));
    }
    case 'bytes':
      return isText(field.value) ? quote(latin1(field.value)) : bytesText(field.value);
    default:
      return '';
  }
}

/** A floating point number is told when it is one that somebody would send. */
function hexAnd(hex: string, float: number): string {
  const size = Math.abs(float);
  const isUsual = float === 0 || (size > 1e-9 && size < 1e15);
  return isUsual ? `0x${hex} (${Number(float.toPrecision(7))})` : `0x${hex}`;
}

const shownBytes = 64;

function bytesText(b: Uint8Array): string {
  let hex = '';
  for (let i = 0; i < Math.min(b.length, shownBytes); i++) hex += b[i]!.toString(16).padStart(2, '0');
  return b.length > shownBytes ? `0x${hex}... (${b.length} bytes)` : b.length === 0 ? '""' : `0x${hex}`;
}

function quote(text: string): string {
  if (!/["\\\n\r\t]/.test(text)) return `"${text}"`;
  return `"${text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')}"`;
}

/** UTF-8 without control characters but blanks and line ends. */
function isText(b: Uint8Array): boolean {
  for (let i = 0; i < b.length; ) {
    const c = b[i]!;
    if (c < 0x80) {
      if ((c < 32 && c !== 9 && c !== 10 && c !== 13) || c === 127) return false;
      i++;
      continue;
    }
    const more = c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xc2 && c < 0xe0 ? 1 : 0;
    if (more === 0 || i + more >= b.length) return false;
    for (let n = 1; n <= more; n++) if ((b[i + n]! & 0xc0) !== 0x80) return false;
    i += more + 1;
  }
  return true;
}
