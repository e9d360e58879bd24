/** Files as descriptors (google/protobuf/descriptor.proto): what protoc writes and server reflection sends. */
import { latin1 } from '../util/bytes.ts';
import { type ProtoField, parseProtobuf } from '../util/protobuf.ts';
import {
  type EnumType,
  type Extension,
  type Field,
  jsonNameOf,
  type MessageType,
  type Method,
  ProtoError,
  type ProtoFile,
  type Scalar,
} from './types.ts';

/** FieldDescriptorProto.Type. */
const kinds: readonly (Scalar | 'group' | 'message' | 'enum' | 'type')[] = [
  'type',
  'double',
  'float',
  'int64',
  'uint64',
  'int32',
  'fixed64',
  'fixed32',
  'bool',
  'string',
  'group',
  'message',
  'bytes',
  'uint32',
  'enum',
  'sfixed32',
  'sfixed64',
  'sint32',
  'sint64',
];
const repeated = 3n;
const maxDepth = 64;

class Fields {
  readonly #fields: readonly ProtoField[];

  constructor(bytes: Uint8Array) {
    const message = parseProtobuf(bytes);
    if (!message) throw new ProtoError('it is no descriptor');
    this.#fields = message.fields;
  }

  all(number: number): Uint8Array[] {
    return this.#fields.flatMap((f) => (f.number === number && f.type === 'bytes' ? [f.value] : []));
  }

  texts(number: number): string[] {
    return this.all(number).map((b) => latin1(b));
  }

  text(number: number): string {
    return this.texts(number).at(-1) ?? '';
  }

  int(number: number): bigint {
    const found = this.#fields.findLast((f) => f.number === number && f.type === 'varint');
    return found?.type === 'varint' ? found.value : 0n;
  }
}

/** FileDescriptorSet. @throws ProtoError */
export function parseDescriptorSet(bytes: Uint8Array): ProtoFile[] {
  const files = new Fields(bytes).all(1);
  if (files.length === 0) throw new ProtoError('it is no descriptor set: there are no files in it');
  return files.map(parseFileDescriptor);
}

/** FileDescriptorProto. @throws ProtoError */
export function parseFileDescriptor(bytes: Uint8Array): ProtoFile {
  const file = new Fields(bytes);
  const scope = file.text(2);
  const messages: MessageType[] = [];
  const enums: EnumType[] = [];
  const extensions: Extension[] = [];
  for (const b of file.all(4)) addMessage(b, scope, messages, enums, extensions, 0);
  for (const b of file.all(5)) enums.push(enumOf(b, scope));
  for (const b of file.all(7)) extensions.push(extensionOf(b, scope));
  const methods = file.all(6).flatMap((b) => methodsOf(b, scope));
  return { name: file.text(1), imports: file.texts(3), messages, enums, methods, extensions };
}

function fullName(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function addMessage(
  bytes: Uint8Array,
  scope: string,
  messages: MessageType[],
  enums: EnumType[],
  extensions: Extension[],
  depth: number,
): void {
  if (depth > maxDepth) throw new ProtoError('messages are too deep within each other');
  const own = new Fields(bytes);
  const name = fullName(scope, own.text(1));
  const fields = new Map(
    own
      .all(2)
      .map((b) => fieldOf(b, name))
      .map((f) => [f.number, f]),
  );
  const options = own.all(7)[0];
  messages.push({ name, fields, isMapEntry: options !== undefined && new Fields(options).int(7) === 1n });
  for (const b of own.all(3)) addMessage(b, name, messages, enums, extensions, depth + 1);
  for (const b of own.all(4)) enums.push(enumOf(b, name));
  for (const b of own.all(6)) extensions.push(extensionOf(b, name));
}

function fieldOf(bytes: Uint8Array, scope: string): Field {
  const own = new Fields(bytes);
  const name = own.text(1);
  return {
    number: Number(own.int(3)),
    name,
    jsonName: own.text(10) || jsonNameOf(name),
    isRepeated: own.int(4) === repeated,
    kind: kinds[Number(own.int(5))] ?? 'type',
    typeName: own.text(6),
    scope,
  };
}

function extensionOf(bytes: Uint8Array, scope: string): Extension {
  const field = fieldOf(bytes, scope);
  const jsonName = `[${fullName(scope, field.name)}]`;
  return { extendee: new Fields(bytes).text(2), scope, field: { ...field, jsonName } };
}

function enumOf(bytes: Uint8Array, scope: string): EnumType {
  const own = new Fields(bytes);
  const values = new Map<number, string>();
  for (const b of own.all(2)) {
    const value = new Fields(b);
    const number = Number(BigInt.asIntN(32, value.int(2)));
    if (!values.has(number)) values.set(number, value.text(1));
  }
  return { name: fullName(scope, own.text(1)), values };
}

function methodsOf(bytes: Uint8Array, scope: string): Method[] {
  const own = new Fields(bytes);
  const name = fullName(scope, own.text(1));
  return own.all(2).map((b) => {
    const method = new Fields(b);
    return { path: `/${name}/${method.text(1)}`, input: method.text(2), output: method.text(3), scope };
  });
}
