/**
 * Protocol buffers without a schema: what a client of a few calls needs of the wire format. Fields are asked
 * for by the numbers of the public .proto files; unknown ones are left where they are.
 * protobuf.dev/programming-guides/encoding
 */

/** Not a protocol buffer, or cut short. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** What can be put into a field; an array of fields is a message of its own. */
export type FieldValue = string | number | bigint | boolean | Uint8Array | readonly Field[];
export type Field = readonly [number: number, value: FieldValue];

const VARINT = 0;
const I64 = 1;
const LEN = 2;
const I32 = 5;

/** A varint has at most ten groups of seven bits. */
const varintBytesMax = 10;

function putVarint(out: number[], value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
}

/** The message made of these fields, in this order. */
export function encode(fields: readonly Field[]): Uint8Array {
  const out: number[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
      putVarint(out, BigInt(number * 8 + VARINT));
      putVarint(out, BigInt(value));
      continue;
    }
    const bytes =
      typeof value === 'string'
        ? new TextEncoder().encode(value)
        : value instanceof Uint8Array
          ? value
          : encode(value);
    putVarint(out, BigInt(number * 8 + LEN));
    putVarint(out, BigInt(bytes.length));
    for (const byte of bytes) out.push(byte);
  }
  return Uint8Array.from(out);
}

/** `map<string, string>` is a repeated message of key = 1 and value = 2. */
export function mapFields(number: number, map: Readonly<Record<string, string>>): Field[] {
  return Object.entries(map).map(([key, value]) => [
    number,
    [
      [1, key],
      [2, value],
    ],
  ]);
}

const text = new TextDecoder();

/** One message, its fields found; what is asked for and is not there is empty or 0, as proto3 has it. */
export class Message {
  private readonly found = new Map<number, (bigint | Uint8Array)[]>();

  /** Throws ProtobufError. */
  constructor(bytes: Uint8Array) {
    let at = 0;
    const varint = (): bigint => {
      let value = 0n;
      for (let i = 0; i < varintBytesMax; i++) {
        if (at >= bytes.length) throw new ProtobufError('cut within a number');
        const byte = bytes[at++]!;
        value |= BigInt(byte & 127) << BigInt(7 * i);
        if (byte < 128) return BigInt.asUintN(64, value);
      }
      throw new ProtobufError('a number of more than 64 bits');
    };
    const take = (length: number): Uint8Array => {
      if (length > bytes.length - at) throw new ProtobufError('cut within a field');
      at += length;
      return bytes.subarray(at - length, at);
    };
    while (at < bytes.length) {
      const tag = varint();
      const number = Number(tag >> 3n);
      const type = Number(tag & 7n);
      if (number === 0) throw new ProtobufError('a field without a number');
      let value: bigint | Uint8Array;
      if (type === VARINT) value = varint();
      else if (type === LEN) value = take(Number(varint()));
      else if (type === I64) value = take(8);
      else if (type === I32) value = take(4);
      else throw new ProtobufError(`wire type ${type}`);
      const values = this.found.get(number);
      if (values) values.push(value);
      else this.found.set(number, [value]);
    }
  }

  /** Of a field given twice the last one counts. */
  string(number: number): string {
    const value = this.found.get(number)?.at(-1);
    return value instanceof Uint8Array ? text.decode(value) : '';
  }

  /** As a signed number; what does not fit a double exactly is none of ours. */
  number(number: number): number {
    const value = this.found.get(number)?.at(-1);
    return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
  }

  strings(number: number): string[] {
    return this.parts(number).map((bytes) => text.decode(bytes));
  }

  /** Throws ProtobufError when the field holds none. */
  messages(number: number): Message[] {
    return this.parts(number).map((bytes) => new Message(bytes));
  }

  /** An empty one when the field is not there. Throws ProtobufError. */
  message(number: number): Message {
    return new Message(this.parts(number).at(-1) ?? new Uint8Array(0));
  }

  has(number: number): boolean {
    return this.found.has(number);
  }

  map(number: number): Record<string, string> {
    const entries = this.messages(number).map((entry) => [entry.string(1), entry.string(2)] as const);
    // A key such as __proto__ is data here.
    return Object.fromEntries(entries);
  }

  /** google.protobuf.Timestamp (seconds = 1, nanos = 2) as Unix ms; 0 when it is not there. */
  timestamp(number: number): number {
    const stamp = this.message(number);
    return stamp.number(1) * 1000 + Math.floor(stamp.number(2) / 1e6);
  }

  private parts(number: number): Uint8Array[] {
    return (this.found.get(number) ?? []).filter((value) => value instanceof Uint8Array);
  }
}
