/** Messages as JSON text: https://protobuf.dev/programming-guides/json/. One byte a character. */
import { encodeBase64 } from '../util/base64.ts';
import { latin1 } from '../util/bytes.ts';
import { type ProtoField, parseProtobuf, previewProtobuf } from '../util/protobuf.ts';
import { quote } from './quote.ts';
import type { ProtoSchema } from './schema.ts';
import { special } from './special.ts';
import { type EnumType, type Field, isMessage, type MessageType } from './types.ts';

const maxDepth = 64;
/** Characters of one message. */
const maxLength = 4 * 1024 * 1024;

/** Raised to end the reading of what does not fit; never leaves this file. */
class Misfit extends Error {}

/** undefined: the bytes do not fit the type. */
export function toJson(schema: ProtoSchema, type: MessageType, bytes: Uint8Array): string | undefined {
  try {
    return new Writer(schema).message(type, bytes, 0);
  } catch (error) {
    if (error instanceof Misfit) return undefined;
    throw error;
  }
}

export class Writer {
  readonly #schema: ProtoSchema;
  #length = 0;

  constructor(schema: ProtoSchema) {
    this.#schema = schema;
  }

  message(type: MessageType, bytes: Uint8Array, depth: number): string {
    const parsed = parseProtobuf(bytes);
    if (!parsed || depth > maxDepth) throw new Misfit();
    return this.fields(type, parsed.fields, depth);
  }

  fields(type: MessageType, fields: readonly ProtoField[], depth: number): string {
    const values = new Map<Field, string[]>();
    const unknown: ProtoField[] = [];
    for (const part of fields) {
      const field = type.fields.get(part.number);
      if (!field) {
        unknown.push(part);
        continue;
      }
      const list = values.get(field) ?? [];
      if (field.isRepeated) list.push(...this.#values(field, part, depth));
      // The last one counts.
      else list.splice(0, 1, ...this.#values(field, part, depth));
      values.set(field, list);
    }
    const own = special.get(type.name);
    const text = own ? own(type, values, this, depth, this.#schema) : this.#object(values, unknown);
    this.#length += text.length;
    if (this.#length > maxLength) throw new Misfit();
    return text;
  }

  #object(values: ReadonlyMap<Field, string[]>, unknown: readonly ProtoField[]): string {
    const members: string[] = [];
    for (const [field, list] of values) {
      const name = quote(field.jsonName);
      if (isMap(field)) members.push(`${name}:{${list.join(',')}}`);
      else members.push(`${name}:${field.isRepeated ? `[${list.join(',')}]` : list[0]}`);
    }
    // No JSON of protobuf's has such a name: fields that the schema does not know, in short.
    if (unknown.length > 0) members.push(`"?":${quote(unknown.map(shownUnknown).join(', '))}`);
    return `{${members.join(',')}}`;
  }

  #values(field: Field, part: ProtoField, depth: number): string[] {
    const type = field.typeName === '' ? undefined : this.#schema.typeOf(field);
    if (field.kind === 'group' || part.type === 'group') {
      if (part.type !== 'group' || !isMessage(type)) throw new Misfit();
      return [this.fields(type, part.value, depth + 1)];
    }
    if (isMessage(type)) {
      if (part.type !== 'bytes') throw new Misfit();
      if (type.isMapEntry) return [this.#mapEntry(type, part.value, depth)];
      return [this.message(type, part.value, depth + 1)];
    }
    // Numbers of a repeated field come in one piece or one by one, whatever was declared.
    if (part.type === 'bytes' && field.isRepeated && isPackable(field))
      return packed(field, type, part.value);
    return [scalar(field, type, part)];
  }

  /** `"key":value`; keys are strings whatever they are. */
  #mapEntry(entry: MessageType, bytes: Uint8Array, depth: number): string {
    const parsed = parseProtobuf(bytes);
    if (!parsed || depth > maxDepth) throw new Misfit();
    const written = (number: number): string => {
      const field = entry.fields.get(number);
      if (!field) throw new Misfit();
      const part = parsed.fields.findLast((f) => f.number === number);
      const type = field.typeName === '' ? undefined : this.#schema.typeOf(field);
      if (!part) return defaultOf(field, type);
      if (!isMessage(type)) return scalar(field, type, part);
      if (part.type !== 'bytes') throw new Misfit();
      return this.message(type, part.value, depth + 1);
    };
    const key = written(1);
    return `${key.startsWith('"') ? key : `"${key}"`}:${written(2)}`;
  }
}

function isMap({ type }: Field): boolean {
  return isMessage(type) && type.isMapEntry;
}

function isPackable({ kind }: Field): boolean {
  return kind !== 'string' && kind !== 'bytes';
}

/** A value that is left out. */
function defaultOf(field: Field, type: MessageType | EnumType | undefined): string {
  if (isMessage(type)) return '{}';
  if (type) return quote(type.values.get(0) ?? '0');
  if (field.kind === 'string' || field.kind === 'bytes') return '""';
  if (field.kind === 'bool') return 'false';
  return field.kind.endsWith('64') ? '"0"' : '0';
}

function scalar(field: Field, type: EnumType | undefined, part: ProtoField): string {
  switch (part.type) {
    case 'varint':
      return ofVarint(field, type, part.value);
    case 'fixed64':
      return ofFixed64(field, part.value);
    case 'fixed32':
      return ofFixed32(field, part.value);
    case 'bytes':
      if (field.kind === 'string') return quote(latin1(part.value));
      if (field.kind === 'bytes') return `"${encodeBase64(part.value)}"`;
  }
  throw new Misfit();
}

function ofVarint({ kind }: Field, type: EnumType | undefined, value: bigint): string {
  switch (kind) {
    case 'int32':
      return String(BigInt.asIntN(32, value));
    case 'uint32':
      return String(BigInt.asUintN(32, value));
    case 'sint32': {
      const low = BigInt.asUintN(32, value);
      return String((low >> 1n) ^ -(low & 1n));
    }
    case 'int64':
      return `"${BigInt.asIntN(64, value)}"`;
    case 'uint64':
      return `"${value}"`;
    case 'sint64':
      return `"${(value >> 1n) ^ -(value & 1n)}"`;
    case 'bool':
      return value === 0n ? 'false' : 'true';
    case 'enum': {
      const number = Number(BigInt.asIntN(32, value));
      const name = type?.values.get(number);
      return name === undefined ? String(number) : quote(name);
    }
  }
  throw new Misfit();
}

function ofFixed64({ kind }: Field, value: bigint): string {
  if (kind === 'fixed64') return `"${value}"`;
  if (kind === 'sfixed64') return `"${BigInt.asIntN(64, value)}"`;
  if (kind !== 'double') throw new Misfit();
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value);
  return floatText(view.getFloat64(0));
}

function ofFixed32({ kind }: Field, value: number): string {
  if (kind === 'fixed32') return String(value);
  if (kind === 'sfixed32') return String(value | 0);
  if (kind !== 'float') throw new Misfit();
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  const float = view.getFloat32(0);
  // The shortest that is the same number in 32 bits.
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return floatText(short);
  }
  return floatText(float);
}

function floatText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"';
}

function packed(field: Field, type: EnumType | undefined, b: Uint8Array): string[] {
  const values: string[] = [];
  const width = { double: 8, fixed64: 8, sfixed64: 8, float: 4, fixed32: 4, sfixed32: 4 }[
    field.kind as string
  ];
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  if (width !== undefined) {
    if (b.length % width !== 0) throw new Misfit();
    for (let at = 0; at < b.length; at += width)
      values.push(
        width === 8
          ? ofFixed64(field, view.getBigUint64(at, true))
          : ofFixed32(field, view.getUint32(at, true)),
      );
    return values;
  }
  for (let at = 0; at < b.length; ) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= b.length || shift > 63n) throw new Misfit();
      const c = b[at++]!;
      value |= BigInt(c & 0x7f) << shift;
      if (c < 0x80) break;
    }
    values.push(ofVarint(field, type, BigInt.asUintN(64, value)));
  }
  return values;
}

function shownUnknown(part: ProtoField): string {
  if (part.type === 'bytes') {
    const inside = previewProtobuf(part.value, { limit: 200 });
    return `${part.number}: ${inside ?? `${part.value.length} bytes`}`;
  }
  return part.type === 'group' ? `${part.number}: group` : `${part.number}: ${part.value}`;
}
