/** A .proto file: proto2, proto3 and editions. What is not needed to read messages is passed over. */
import { Tokens } from './tokens.ts';
import {
  type EnumType,
  type Extension,
  type Field,
  jsonNameOf,
  type MessageType,
  type Method,
  type ProtoFile,
  type Scalar,
} from './types.ts';

const scalars = new Set<string>([
  'double',
  'float',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'sint32',
  'sint64',
  'fixed32',
  'fixed64',
  'sfixed32',
  'sfixed64',
  'bool',
  'string',
  'bytes',
]);

/** Messages within messages; deeper is no schema. */
const maxDepth = 64;

interface Unit {
  readonly name: string;
  package: string;
  readonly imports: string[];
  readonly messages: MessageType[];
  readonly enums: EnumType[];
  readonly methods: Method[];
  readonly extensions: Extension[];
}

/** @throws ProtoError with file, line and column */
export function parseProto(text: string, name: string): ProtoFile {
  const tokens = new Tokens(text, name);
  const unit: Unit = { name, package: '', imports: [], messages: [], enums: [], methods: [], extensions: [] };
  while (tokens.kind !== 'end') {
    if (tokens.accept(';')) continue;
    const isKnown = tokens.kind === 'word' && Object.hasOwn(statements, tokens.token);
    if (!isKnown) tokens.fail('nothing that is known begins so');
    const statement = statements[tokens.token]!;
    tokens.next();
    statement(tokens, unit);
  }
  return unit;
}

const skip = (tokens: Tokens) => tokens.skipTo(';');

const statements: Readonly<Record<string, (tokens: Tokens, unit: Unit) => void>> = {
  syntax: skip,
  edition: skip,
  option: skip,
  package(tokens, unit) {
    unit.package = tokens.word();
    tokens.expect(';');
  },
  import(tokens, unit) {
    // Which kind of import changes nothing here.
    if (tokens.kind === 'word') tokens.next();
    unit.imports.push(tokens.string());
    tokens.expect(';');
  },
  message: (tokens, unit) => message(tokens, unit, unit.package, 0),
  enum: (tokens, unit) => enumeration(tokens, unit, unit.package),
  service,
  extend: (tokens, unit) => extend(tokens, unit, unit.package, 0),
};

function fullName(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function message(tokens: Tokens, unit: Unit, scope: string, depth: number): void {
  const name = fullName(scope, tokens.word());
  tokens.expect('{');
  unit.messages.push(body(tokens, unit, name, depth + 1));
}

/** Behind the opening brace, up to the closing one. */
function body(tokens: Tokens, unit: Unit, name: string, depth: number): MessageType {
  if (depth > maxDepth) tokens.fail('messages are too deep within each other');
  const fields = new Map<number, Field>();
  const add = (field: Field | undefined) => void (field && fields.set(field.number, field));
  while (!tokens.accept('}')) {
    if (tokens.accept(';')) continue;
    switch (tokens.token) {
      case 'message':
        tokens.next();
        message(tokens, unit, name, depth);
        break;
      case 'enum':
        tokens.next();
        enumeration(tokens, unit, name);
        break;
      case 'extend':
        tokens.next();
        extend(tokens, unit, name, depth);
        break;
      case 'oneof':
        tokens.next();
        tokens.word();
        tokens.expect('{');
        while (!tokens.accept('}')) {
          if (tokens.accept('option')) tokens.skipTo(';');
          else if (!tokens.accept(';')) add(field(tokens, unit, name, depth));
        }
        break;
      case 'option':
      case 'reserved':
      case 'extensions':
        tokens.next();
        tokens.skipTo(';');
        break;
      case 'map':
        add(mapField(tokens, unit, name));
        break;
      default:
        add(field(tokens, unit, name, depth));
    }
  }
  return { name, fields, isMapEntry: false };
}

function field(tokens: Tokens, unit: Unit, scope: string, depth: number): Field {
  const label = ['optional', 'required', 'repeated'].find((one) => tokens.accept(one));
  const isRepeated = label === 'repeated';
  const typeName = tokens.word();
  const name = tokens.word();
  tokens.expect('=');
  const number = tokens.integer();
  let jsonName = jsonNameOf(typeName === 'group' ? name.toLowerCase() : name);
  if (tokens.is('[')) jsonName = options(tokens) ?? jsonName;
  if (typeName === 'group') {
    // proto2: a message and a field of it at once.
    tokens.expect('{');
    unit.messages.push(body(tokens, unit, fullName(scope, name), depth + 1));
    return { number, name: name.toLowerCase(), jsonName, isRepeated, kind: 'group', typeName: name, scope };
  }
  tokens.expect(';');
  const kind = scalars.has(typeName) ? (typeName as Scalar) : 'type';
  return { number, name, jsonName, isRepeated, kind, typeName: kind === 'type' ? typeName : '', scope };
}

/** Of `[json_name = "x", ...]` the name; ends behind it. */
function options(tokens: Tokens): string | undefined {
  let jsonName: string | undefined;
  tokens.expect('[');
  let depth = 1;
  while (depth > 0 && tokens.kind !== 'end') {
    if (depth === 1 && tokens.accept('json_name')) {
      tokens.expect('=');
      jsonName = tokens.string();
      continue;
    }
    if (tokens.kind === 'mark' && '[{('.includes(tokens.token)) depth++;
    else if (tokens.kind === 'mark' && ']})'.includes(tokens.token)) depth--;
    tokens.next();
  }
  return jsonName;
}

/** `map<K, V>` is a repeated message of key and value. */
function mapField(tokens: Tokens, unit: Unit, scope: string): Field {
  tokens.expect('map');
  tokens.expect('<');
  const key = tokens.word();
  tokens.expect(',');
  const value = tokens.word();
  tokens.expect('>');
  const name = tokens.word();
  tokens.expect('=');
  const number = tokens.integer();
  const jsonName = (tokens.is('[') ? options(tokens) : undefined) ?? jsonNameOf(name);
  tokens.expect(';');
  // No message of one's own has such a name.
  const entry = fullName(scope, `${name}.entry`);
  const part = (n: number, partName: string, typeName: string): [number, Field] => {
    const kind = scalars.has(typeName) ? (typeName as Scalar) : 'type';
    const type = kind === 'type' ? typeName : '';
    return [
      n,
      { number: n, name: partName, jsonName: partName, isRepeated: false, kind, typeName: type, scope },
    ];
  };
  const fields = new Map([part(1, 'key', key), part(2, 'value', value)]);
  unit.messages.push({ name: entry, fields, isMapEntry: true });
  return { number, name, jsonName, isRepeated: true, kind: 'type', typeName: `.${entry}`, scope };
}

function enumeration(tokens: Tokens, unit: Unit, scope: string): void {
  const name = fullName(scope, tokens.word());
  const values = new Map<number, string>();
  tokens.expect('{');
  while (!tokens.accept('}')) {
    if (tokens.accept(';')) continue;
    if (tokens.accept('option') || tokens.accept('reserved')) {
      tokens.skipTo(';');
      continue;
    }
    const value = tokens.word();
    tokens.expect('=');
    const number = tokens.integer();
    if (tokens.is('[')) options(tokens);
    tokens.expect(';');
    // Of aliases the first.
    if (!values.has(number)) values.set(number, value);
  }
  unit.enums.push({ name, values });
}

function service(tokens: Tokens, unit: Unit): void {
  const name = fullName(unit.package, tokens.word());
  const scope = unit.package;
  tokens.expect('{');
  while (!tokens.accept('}')) {
    if (tokens.accept(';')) continue;
    if (tokens.accept('option')) {
      tokens.skipTo(';');
      continue;
    }
    tokens.expect('rpc');
    const method = tokens.word();
    const input = messageOfCall(tokens);
    tokens.expect('returns');
    const output = messageOfCall(tokens);
    unit.methods.push({ path: `/${name}/${method}`, input, output, scope });
    if (tokens.accept('{')) tokens.skipTo('}');
    else tokens.expect(';');
  }
}

/** `(stream Type)` */
function messageOfCall(tokens: Tokens): string {
  tokens.expect('(');
  let name = tokens.word();
  // A type may be called so, too.
  if (name === 'stream' && tokens.kind === 'word') name = tokens.word();
  tokens.expect(')');
  return name;
}

function extend(tokens: Tokens, unit: Unit, scope: string, depth: number): void {
  const extendee = tokens.word();
  tokens.expect('{');
  while (!tokens.accept('}')) {
    if (tokens.accept(';')) continue;
    const own = field(tokens, unit, scope, depth);
    unit.extensions.push({ extendee, scope, field: { ...own, jsonName: `[${fullName(scope, own.name)}]` } });
  }
}
