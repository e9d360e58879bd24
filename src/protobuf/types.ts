/** What .proto files and descriptors declare, in one form. */

export type Scalar =
  | 'double'
  | 'float'
  | 'int32'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'sint32'
  | 'sint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed32'
  | 'sfixed64'
  | 'bool'
  | 'string'
  | 'bytes';

export interface Field {
  readonly number: number;
  readonly name: string;
  /** What JSON calls it. */
  readonly jsonName: string;
  readonly isRepeated: boolean;
  /** Of 'type' nobody knows yet whether it is a message or an enum. */
  kind: Scalar | 'message' | 'enum' | 'group' | 'type';
  /** As written, for all but scalars; with a dot before it a full name. */
  readonly typeName: string;
  /** Where a name as written is looked for first. */
  readonly scope: string;
  type?: MessageType | EnumType;
}

export interface MessageType {
  /** With its package. */
  readonly name: string;
  readonly fields: Map<number, Field>;
  readonly isMapEntry: boolean;
}

export interface EnumType {
  readonly name: string;
  readonly values: Map<number, string>;
}

export interface Method {
  /** '/package.Service/Method' */
  readonly path: string;
  readonly input: string;
  readonly output: string;
  readonly scope: string;
}

/** A field that is declared outside its message. */
export interface Extension {
  readonly extendee: string;
  readonly scope: string;
  readonly field: Field;
}

/** One file. */
export interface ProtoFile {
  readonly name: string;
  readonly imports: readonly string[];
  readonly messages: readonly MessageType[];
  readonly enums: readonly EnumType[];
  readonly methods: readonly Method[];
  readonly extensions: readonly Extension[];
}

/** A mistake in a file, for who wrote it. */
export class ProtoError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtoError';
  }
}

/** foo_bar -> fooBar: https://protobuf.dev/programming-guides/json/ */
export function jsonNameOf(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

export function isMessage(type: MessageType | EnumType | undefined): type is MessageType {
  return type !== undefined && 'fields' in type;
}
