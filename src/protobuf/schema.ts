/** All files together: names resolved, methods found. */

import type { MessageSchema } from '../model/index.ts';
import { latin1 } from '../util/bytes.ts';
import { parseProtobuf } from '../util/protobuf.ts';
import { parseFileDescriptor } from './descriptor.ts';
import { toJson } from './json.ts';
import { parseProto } from './parse.ts';
import {
  type EnumType,
  type Field,
  isMessage,
  type MessageType,
  type Method,
  ProtoError,
  type ProtoFile,
} from './types.ts';
import { wellKnown } from './well-known.ts';

/** Reflection answers with what the server has: hundreds of files at most. */
const maxFiles = 4096;

export class ProtoSchema implements MessageSchema {
  readonly #files = new Set<string>();
  readonly #types = new Map<string, MessageType | EnumType>();
  readonly #methods = new Map<string, { readonly input: MessageType; readonly output: MessageType }>();
  /** Methods whose types are in files that are still to come (reflection sends them one by one). */
  #waiting: Method[] = [];

  constructor() {
    for (const [name, text] of wellKnown) this.add(parseProto(text, name));
  }

  has(file: string): boolean {
    return this.#files.has(file);
  }

  get methods(): number {
    return this.#methods.size;
  }

  /** A file that is there already is left as it is. */
  add(file: ProtoFile): void {
    if (this.#files.has(file.name) || this.#files.size >= maxFiles) return;
    this.#files.add(file.name);
    for (const type of [...file.messages, ...file.enums]) this.#types.set(type.name, type);
    for (const { extendee, scope, field } of file.extensions) {
      const type = this.#find(extendee, scope);
      if (isMessage(type) && !type.fields.has(field.number)) type.fields.set(field.number, field);
    }
    const methods = [...this.#waiting, ...file.methods];
    this.#waiting = [];
    for (const method of methods) this.#addMethod(method);
  }

  #addMethod(method: Method): void {
    const input = this.#find(method.input, method.scope);
    const output = this.#find(method.output, method.scope);
    if (isMessage(input) && isMessage(output)) this.#methods.set(method.path, { input, output });
    else if (this.#waiting.length < maxFiles) this.#waiting.push(method);
  }

  /** Every type that is named is there. @throws ProtoError */
  check(): void {
    for (const { path, input, output, scope } of this.#waiting)
      throw new ProtoError(`${path}: no message is called ${this.#find(input, scope) ? output : input}`);
    for (const type of this.#types.values()) {
      if (!isMessage(type)) continue;
      for (const field of type.fields.values())
        if (field.typeName !== '' && !this.typeOf(field))
          throw new ProtoError(`${type.name}.${field.name}: no type is called ${field.typeName}`);
    }
  }

  /** By its full name. */
  message(name: string): MessageType | undefined {
    const type = this.#types.get(name);
    return isMessage(type) ? type : undefined;
  }

  typeOf(field: Field): MessageType | EnumType | undefined {
    field.type ??= this.#find(field.typeName, field.scope);
    if (field.kind === 'type' && field.type) field.kind = isMessage(field.type) ? 'message' : 'enum';
    return field.type;
  }

  /** From the innermost scope outwards, as in C++. */
  #find(name: string, scope: string): MessageType | EnumType | undefined {
    if (name.startsWith('.')) return this.#types.get(name.slice(1));
    for (let inside = scope; ; inside = inside.slice(0, Math.max(0, inside.lastIndexOf('.')))) {
      const found = this.#types.get(inside === '' ? name : `${inside}.${name}`);
      if (found || inside === '') return found;
    }
  }

  decode(method: string, side: 'request' | 'response', bytes: Uint8Array): string | undefined {
    if (side === 'response' && reflection.test(method)) this.#learn(bytes);
    const found = this.#methods.get(method);
    if (!found) return undefined;
    return toJson(this, side === 'request' ? found.input : found.output, bytes);
  }

  /** ServerReflectionResponse.file_descriptor_response.file_descriptor_proto: what servers say of themselves. */
  #learn(bytes: Uint8Array): void {
    for (const answer of parseProtobuf(bytes)?.fields ?? []) {
      if (answer.number !== 4 || answer.type !== 'bytes') continue;
      for (const file of parseProtobuf(answer.value)?.fields ?? []) {
        if (file.number !== 1 || file.type !== 'bytes') continue;
        try {
          this.add(parseFileDescriptor(file.value));
        } catch (error) {
          // From the network: what is no descriptor teaches nothing.
          if (!(error instanceof ProtoError)) throw error;
        }
      }
    }
  }
}

const reflection = /^\/grpc\.reflection\.v1(alpha)?\.ServerReflection\/ServerReflectionInfo$/;

/** A file's text is UTF-8; names are one byte a character, as those of messages are. */
export function parseProtoBytes(bytes: Uint8Array, name: string): ProtoFile {
  return parseProto(latin1(bytes), name);
}
