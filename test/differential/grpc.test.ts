/** Messages of gRPC beside tshark's: lengths, compression, fields of protobuf; statuses by HTTP/2's trailers. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { StreamMessage } from '../../src/model/index.ts';
import { statusCodes } from '../../src/protocols/grpc/status.ts';
import { readConversations } from '../../src/protocols/testing/fixture.ts';
import { parseProtobuf } from '../../src/util/protobuf.ts';
import { ours } from '../support/exchanges.ts';
import { missing, tsharkFields } from '../support/tools.ts';

const skip = missing('tshark');
const folder = resolve(import.meta.dirname, '../../src/protocols/grpc/fixtures');
/** Those over HTTP/2: tshark reads neither Connect nor its own of gRPC-Web without being told the port's. */
const names = ['unary', 'streams', 'gzip'];

const fields = [
  'tcp.srcport',
  'grpc.message_length',
  'grpc.compressed_flag',
  'protobuf.field.number',
  'http2.header.name',
  'http2.header.value',
];
const split = (text: string | undefined) => (text ? text.split('\x1f') : []);

/** Numbers of the fields at the top. */
function numbers({ body }: StreamMessage): string {
  return body.encodings.length > 0
    ? ''
    : parseProtobuf(body.bytes)!
        .fields.map((field) => field.number)
        .join();
}

for (const name of names)
  test(name, { skip }, async () => {
    const path = join(folder, `${name}.pcap`);
    const port = readConversations(folder, name)[0]!.connection.server.port;
    const { exchanges } = await ours(path);
    const calls = exchanges.filter((e) => e.messages);
    const mine = calls.flatMap(({ messages, connection }) =>
      messages!.map((m) => ({
        at: m.at,
        line: `${m.side === 'request' ? connection.client.port : port} ${m.body.totalLength} ${m.body.encodings.length}`,
        numbers: numbers(m),
      })),
    );
    const theirs: string[] = [];
    const theirNumbers: string[] = [];
    const statuses: string[] = [];
    for (const [source, lengths, flags, fieldNumbers, headerNames, values] of tsharkFields(path, fields, [
      '-d',
      `tcp.port==${port},http2`,
    ])) {
      const compressed = split(flags);
      theirs.push(...split(lengths).map((length, i) => `${source} ${length} ${Number(compressed[i])}`));
      theirNumbers.push(...split(fieldNumbers));
      const all = split(values);
      split(headerNames).forEach((header, i) => {
        if (header === 'grpc-status') statuses.push(all[i]!);
      });
    }
    assert.deepEqual(mine.map((m) => m.line).sort(), theirs.sort());
    assert.ok(theirs.length > 3, `${theirs.length} messages`);
    // tshark lists fields within fields too, and undoes compression.
    if (name !== 'gzip')
      for (const number of mine.flatMap((m) => m.numbers.split(',')).filter(Boolean))
        assert.ok(theirNumbers.includes(number), number);
    const ourStatuses = exchanges
      .flatMap((e) => e.fields['grpc.status_code'] ?? [])
      .map((status) => String(statusCodes[String(status)]));
    assert.deepEqual(ourStatuses.sort(), statuses.sort());
  });
