/** Fields of protobuf in gRPC's messages beside tshark's; the messages themselves are in conformance.test.ts. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { StreamMessage } from '../../src/model/index.ts';
import { readConversations } from '../../src/protocols/testing/fixture.ts';
import { parseProtobuf } from '../../src/util/protobuf.ts';
import { ours } from '../support/exchanges.ts';
import { missing, tsharkFields } from '../support/tools.ts';

const skip = missing('tshark');
const folder = resolve(import.meta.dirname, '../../src/protocols/grpc/fixtures');
/** tshark undoes compression, and is not told of the rest what Connect and gRPC-Web hold. */
const names = ['unary', 'streams'];

/** Numbers of the fields at the top. */
function numbers({ body }: StreamMessage): number[] {
  return body.encodings.length > 0 ? [] : parseProtobuf(body.bytes)!.fields.map((field) => field.number);
}

test('fields of messages', { skip }, async () => {
  let count = 0;
  for (const name of names) {
    const path = join(folder, `${name}.pcap`);
    const port = readConversations(folder, name)[0]!.connection.server.port;
    const { exchanges } = await ours(path);
    const options = ['-d', `tcp.port==${port},http2`];
    const rows = tsharkFields(path, ['protobuf.field.number'], options);
    // tshark lists fields within fields too.
    const theirs = new Set(rows.flatMap(([numbers]) => numbers!.split('\x1f')));
    for (const number of exchanges.flatMap((e) => e.messages ?? []).flatMap(numbers)) {
      assert.ok(theirs.has(String(number)), `${name}: ${number}`);
      count++;
    }
  }
  assert.ok(count > 20, `${count} fields compared`);
});
