/** gRPC and its relatives inside HTTP/2: messages damaged, cut and with holes; protobuf of any bytes. */
import type { Exchange } from '../src/model/index.ts';
import { grpc } from '../src/protocols/grpc/index.ts';
import { fixtureNames, readConversations } from '../src/protocols/testing/fixture.ts';
import { connectionFor } from '../src/protocols/testing/play.ts';
import { layOutProtobuf } from '../src/util/protobuf.ts';
import type { Target } from './lib/target.ts';

const bodyLimit = 1000;
const types = [
  'application/grpc',
  'application/grpc-web+json',
  'application/grpc-web-text',
  'application/connect+proto',
  'application/json',
  undefined,
];
const folder = new URL('../src/protocols/grpc/fixtures', import.meta.url).pathname;

export const target: Target = {
  name: 'grpc',
  tokens: ['\0\0\0\0\x02\x08\x01', '\x80\0\0\0\x0fgrpc-status: 0\r\n', '\x02\0\0\0\x02{}', 'AAAAAAIIAQ=='],
  seeds() {
    const all = fixtureNames(folder).flatMap((name) => readConversations(folder, name));
    return all.flatMap(({ events }) =>
      events.flatMap((event) => (event.kind === 'data' ? [event.bytes] : [])),
    );
  },
  run(input, random) {
    layOutProtobuf(input, { limit: 1000, mayBeCut: random.chance(2) });
    const type = random.pick(types);
    const message = {
      ...{ startAt: 0, endAt: 0, wireBytes: 0, startLine: '', trailers: [] },
      headers: [['connect-protocol-version', '1'], ...(type ? [['content-type', type]] : [])] as [
        string,
        string,
      ][],
    };
    const exchange: Exchange = {
      ...{
        protocol: 'http2',
        connection: connectionFor({}),
        startAt: 0,
        endAt: 0,
        outcome: 'ok',
        missing: [],
      },
      fields: { 'http.request.uri': '/a.B/C', 'http.content_type': type },
      weirds: ['http2_unknown_header'],
      request: message,
    };
    if (!grpc.claims(exchange)) throw new Error(`${type} is not claimed`);
    const inner = grpc.open(exchange, { connection: exchange.connection, bodyLimit });
    const out = { exchange: (e: Exchange) => void JSON.stringify(e.fields), weird() {} };
    if (random.chance(2)) inner.answered?.({ ...exchange, response: message });
    const cut = 1 + random.below(40);
    for (let at = 0; at < input.length; at += cut) {
      const side = random.chance(3) ? 'client' : 'server';
      if (random.chance(30)) inner.gap(side, random.below(50), at, out);
      else inner.data(side, input.slice(at, at + cut), at, out);
      const held = inner.buffered();
      if (held < 0 || held > grpc.bufferLimit + 2 * bodyLimit) throw new Error(`${held} bytes held`);
    }
    inner.finish({ ...exchange, response: message }, out);
  },
};
