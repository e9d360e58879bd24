/** What rides inside HTTP, from a file to the screen: gRPC by its schema, GraphQL, events; queries over them. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { porthole } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';

const protocols = resolve(import.meta.dirname, '../../src/protocols');
const recording = (name: string) => join(protocols, `${name.replace('/', '/fixtures/')}.pcap`);
const proto = join(protocols, 'grpc/fixtures/route.proto');

async function watch(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await porthole(['watch', '--color', 'never', ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('gRPC: one line a call, messages by their numbers or by a schema', async () => {
  const lines = await watch('-r', recording('grpc/unary'), '-t');
  assert.match(
    lines,
    /^127\.0\.0\.1 -> 127\.0\.0\.1:18380 gRPC \/route\.v1\.Guide\/Find -> OK \S+ ms 154 B\/246 B$/m,
  );
  assert.match(lines, /NOT_FOUND nothing there: ∅ 100%/);
  const numbers = await watch('-r', recording('grpc/unary'), '-vv');
  assert.match(numbers, /^ {2}< 1: "Zürich"$/m);
  const names = await watch('-r', recording('grpc/unary'), '-vv', '--proto', proto);
  assert.match(names, /^ {2}< {3}"name": "Zürich",$/m);
  assert.match(names, /^ {2}< {3}"seen": "2020-09-13T12:26:40\.000000005Z",$/m);
  const json = await watch('-r', recording('grpc/gzip'), '-vv', '--json', '--proto', proto);
  const [first] = json
    .split('\n')
    .map((line) => JSON.parse(line || '{}'))
    .filter((line) => line.type === 'exchange');
  assert.deepEqual(
    first.messages.map((m: { side: string; body: { text: string } }) => [
      m.side,
      JSON.parse(m.body.text).latitude,
    ]),
    [
      ['request', 5],
      ['response', undefined],
    ],
  );
});

test('queries by fields of what rides inside and of what carries it', async () => {
  const of = async (name: string, query: string) =>
    (await watch('-r', recording(name), '-t', '-Y', query)).trim().split('\n');
  assert.equal((await of('grpc/unary', 'grpc.status_code == NOT_FOUND')).length, 1);
  assert.equal((await of('grpc/unary', 'grpc.status_code == 5 && http2.streamid == 3')).length, 1);
  assert.equal((await of('graphql/yoga', 'graphql.operation_type == mutation')).length, 1);
  assert.equal((await of('sse/chunked', 'sse.event == tick')).length, 1);
  assert.equal((await of('jsonrpc/jayson', 'jsonrpc.error.code == -32601')).length, 1);
  assert.equal((await of('websocket/plain', 'websocket.payload.text contains "again"')).length, 4);
  assert.equal((await of('http2/node-resets', 'http2.rst_stream.error == CANCEL')).length, 1);
});

test('a schema that cannot be had ends it with one line', async () => {
  const folder = scratch();
  const file = join(folder, 'a.proto');
  writeFileSync(
    file,
    'syntax = "proto3"; import "b/c.proto"; message A { b.C c = 1; } service S { rpc M(A) returns (A); }',
  );
  const of = async (...args: string[]) => {
    const { code, stderr } = await porthole(['watch', '-r', recording('grpc/unary'), ...args]);
    assert.equal(code, 1, stderr);
    return stderr;
  };
  assert.match(
    await of('--proto', '/no/such.proto'),
    /^porthole: --proto \/no\/such\.proto: it cannot be read: there is no such file\n$/,
  );
  assert.match(
    await of('--proto', file),
    /a\.proto imports b\/c\.proto, which is in none of .*\n.*--proto-path/,
  );
  mkdirSync(join(folder, 'more/b'), { recursive: true });
  writeFileSync(join(folder, 'more/b/c.proto'), 'syntax = "proto3"; package b; message C {');
  assert.match(await of('--proto', file, '--proto-path', join(folder, 'more')), /b\/c\.proto:1:\d+: the end/);
  writeFileSync(join(folder, 'more/b/c.proto'), 'syntax = "proto3"; package b; message C { D d = 1; }');
  assert.match(
    await of('--proto', file, '--proto-path', join(folder, 'more')),
    /b\.C\.d: no type is called D/,
  );
  assert.match(await of('--proto', recording('grpc/unary')), /no descriptor/);
});
