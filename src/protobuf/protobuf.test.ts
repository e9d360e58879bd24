import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { ProtoSchema, parseDescriptorSet, parseProtoBytes } from './index.ts';
import { toJson } from './json.ts';
import { parseProto } from './parse.ts';
import { ProtoError } from './types.ts';

const folder = join(import.meta.dirname, 'fixtures');
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

function fromSources(): ProtoSchema {
  const schema = new ProtoSchema();
  for (const name of ['sub/other.proto', 'every.proto']) schema.add(parseProtoBytes(bytesOf(name), name));
  schema.check();
  return schema;
}

function fromDescriptors(): ProtoSchema {
  const schema = new ProtoSchema();
  for (const file of parseDescriptorSet(bytesOf('every.pb'))) schema.add(file);
  schema.check();
  return schema;
}

interface Case {
  readonly base64: string;
  readonly json: Record<string, unknown>;
}
const cases = readFileSync(join(folder, 'messages.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

/** As a reader of JSON has it: our texts are bytes of UTF-8. */
function decoded(schema: ProtoSchema, base64: string): Record<string, unknown> {
  const json = schema.decode('/test.v1.Things/Get', 'request', new Uint8Array(Buffer.from(base64, 'base64')));
  assert.notEqual(json, undefined, base64);
  return JSON.parse(Buffer.from(json!, 'latin1').toString('utf8'));
}

for (const [what, make] of [
  ['.proto files', fromSources],
  ['a descriptor set', fromDescriptors],
] as const)
  test(`messages by ${what} are what protobuf-es makes of them`, () => {
    const schema = make();
    for (const { base64, json } of cases) {
      const mine = decoded(schema, base64);
      // 32 bits need fewer digits than protobuf-es gives them.
      for (const side of [mine, json]) if (typeof side['f'] === 'number') side['f'] = Math.fround(side['f']);
      assert.deepEqual(mine, json, base64);
    }
  });

test('methods, their messages, and types by scope', () => {
  const schema = fromSources();
  const one = Uint8Array.of(8, 1);
  assert.equal(schema.decode('/test.v1.Things/Watch', 'response', one), '{"n":1}');
  assert.equal(schema.decode('/test.v1.Things/Watch', 'request', Uint8Array.of(10, 1, 65)), '{"id":"A"}');
  assert.equal(schema.decode('/test.v1.Things/None', 'request', one), undefined);
  const health = '/grpc.health.v1.Health/Check';
  assert.equal(schema.decode(health, 'response', one), '{"status":"SERVING"}');
});

test('extensions, fields nobody knows, bytes that do not fit', () => {
  const schema = fromSources();
  const watch = (...bytes: number[]) =>
    schema.decode('/test.v1.Things/Watch', 'request', Uint8Array.from(bytes));
  assert.equal(watch(0xa2, 6, 1, 65), '{"[other.extra]":"A"}');
  assert.equal(watch(0x78, 5, 0x82, 1, 1, 65, 10, 1, 66), '{"id":"B","?":"15: 5, 16: 1 bytes"}');
  for (const misfit of [[8, 1], [10], [10, 5, 1], [18, 1, 1], [26, 0]])
    assert.equal(watch(...misfit), undefined, String(misfit));
});

test('what is wrong with a file is told with its place', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['message A {', /a\.proto:1:12: the end: a name is needed/],
    ['syntax = "proto3";\n\nmessage A {\n  string = 1;\n}', /a\.proto:4:10: '=': a name is needed/],
    ['massage A {}', /a\.proto:1:1: 'massage': nothing that is known/],
    ['message A { string a = x; }', /'x': a number is needed/],
    ['message A { string a = 1.5; }', /a whole number/],
    ['service S { rpc A(B) return (C); }', /'return': returns is needed/],
    ['import foo;', /a string is needed/],
    ['message A { string a = 1 /* never ends', /'\/': it has no end/],
    ['message A { string a = 1; } "', /'"': it has no end/],
    [`message A {${'message B {'.repeat(100)}`, /too deep/],
  ];
  for (const [text, message] of cases) assert.throws(() => parseProto(text, 'a.proto'), message, text);
  const lacking = new ProtoSchema();
  lacking.add(parseProto('message A { B b = 1; } service S { rpc M(A) returns (C); }', 'a.proto'));
  assert.throws(() => lacking.check(), /\/S\/M: no message is called C/);
  const other = new ProtoSchema();
  other.add(parseProto('package p; message A { B b = 1; }', 'a.proto'));
  assert.throws(() => other.check(), /p\.A\.b: no type is called B/);
  assert.throws(() => parseDescriptorSet(Uint8Array.of(1, 2, 3)), ProtoError);
  assert.throws(() => parseDescriptorSet(new Uint8Array(0)), /no descriptor set/);
});

test('reflection: what a server says of itself', () => {
  const schema = new ProtoSchema();
  const [file] = parseDescriptorSet(bytesOf('every.pb')).filter(({ name }) => name === 'sub/other.proto');
  assert.ok(file);
  const set = bytesOf('every.pb');
  // Each file of the set, as the answer has them: field 4 { field 1: file ... }.
  const files: Uint8Array[] = [];
  for (let at = 0; at < set.length; ) {
    let length = 0;
    let n = at + 1;
    for (let shift = 0; ; shift += 7) {
      length += (set[n]! & 0x7f) << shift;
      if (set[n++]! < 0x80) break;
    }
    files.push(set.slice(at, n + length));
    at = n + length;
  }
  const varint = (value: number) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
  const inner = Buffer.concat(files);
  const answer = Uint8Array.from([0x22, ...varint(inner.length), ...inner]);
  const method = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  assert.equal(schema.decode('/test.v1.Things/Get', 'request', Uint8Array.of(0x68, 1)), undefined);
  assert.match(schema.decode(method, 'response', answer)!, /^\{"fileDescriptorResponse":/);
  assert.equal(schema.decode('/test.v1.Things/Get', 'request', Uint8Array.of(0x68, 1)), '{"b":true}');
});

test('any bytes, any damage: no exception, and JSON comes out', () => {
  const random = new Random(4);
  const schema = fromSources();
  const every = schema.message('test.v1.Every')!;
  let fitting = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = new Uint8Array(Buffer.from(random.pick(cases).base64, 'base64'));
    for (let n = random.below(4); n > 0 && bytes.length > 0; n--)
      bytes[random.below(bytes.length)] = random.below(256);
    const json = toJson(schema, every, bytes);
    if (json === undefined) continue;
    fitting++;
    JSON.parse(Buffer.from(json, 'latin1').toString('utf8'));
  }
  assert.ok(fitting > 5000);
  const text = readFileSync(join(folder, 'every.proto'), 'utf8');
  for (let i = 0; i < 3000; i++) {
    const from = random.below(text.length);
    const damaged = text.slice(0, from) + text.slice(from + random.below(20));
    try {
      parseProto(damaged, 'x');
    } catch (error) {
      assert.ok(error instanceof ProtoError, String(error));
    }
  }
  // Nested as deep as it goes: a Struct in a Struct in a Struct.
  let nested = Buffer.from([0x2a, 0]);
  for (let i = 0; i < 40; i++) {
    const entry = Buffer.concat([Buffer.from([10, 1, 97, 0x12, nested.length]), nested]);
    if (entry.length > 110) break;
    const fields = Buffer.concat([Buffer.from([10, entry.length]), entry]);
    nested = Buffer.concat([Buffer.from([0x2a, fields.length]), fields]);
  }
  assert.ok(
    toJson(schema, schema.message('google.protobuf.Value')!, new Uint8Array(nested))!.includes('{"a":{"a":'),
  );
});
