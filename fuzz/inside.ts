/** What rides inside HTTP's bodies as text: events, GraphQL, JSON-RPC; their grammars on any bytes. */
import type { Exchange } from '../src/model/index.ts';
import { graphql } from '../src/protocols/graphql/index.ts';
import { jsonrpc } from '../src/protocols/jsonrpc/index.ts';
import { sse } from '../src/protocols/sse/index.ts';
import { connectionFor } from '../src/protocols/testing/play.ts';
import type { Target } from './lib/target.ts';

const encode = new TextEncoder();
const bodyLimit = 500;
const types = ['application/json', 'application/graphql', 'text/event-stream'];

export const target: Target = {
  name: 'inside',
  tokens: [
    'query A($b: C) { d(e: "f") }',
    '"""',
    '{"query":"',
    '"errors":[{',
    '{"jsonrpc":"2.0","method":"',
    'data: ',
    '\r\n\r\n',
    '\\u00e4',
  ],
  seeds: () =>
    [
      '{"query":"query A($x: [Int!]! = [1]) @d { a: b(c: {d: \\"}\\"}) { ...F } } fragment F on T { e }","variables":{"x":[1]}}',
      '[{"jsonrpc":"2.0","method":"a","params":[1,{"b":null}],"id":1},{"jsonrpc":"2.0","error":{"code":-1,"message":"x"}}]',
      'event: a\r\nid: 1\ndata: {"b":1}\ndata\n\n: c\n\nretry: 10\rdata:x\r\r',
      'query A { b(text: """block \\""" """) c } # comment',
      '{"errors":[{"message":"m","extensions":{"code":"C"}}],"data":null}',
    ].map((text) => encode.encode(text)),
  run(input, random) {
    const type = random.pick(types);
    const message = {
      ...{ startAt: 0, endAt: 0, wireBytes: 0, startLine: '', trailers: [] },
      headers: [['content-type', type], ...(random.chance(8) ? [['content-encoding', 'gzip']] : [])] as [
        string,
        string,
      ][],
    };
    const isEvents = type === 'text/event-stream';
    const exchange: Exchange = {
      ...{
        protocol: 'http',
        connection: connectionFor({}),
        startAt: 0,
        endAt: 0,
        outcome: 'ok',
        missing: [],
      },
      fields: { 'http.request.method': 'POST', 'http.request.uri': '/x?query=a', 'http.content_type': type },
      weirds: [],
      request: message,
      ...(isEvents ? { response: message } : {}),
    };
    const out = { exchange: (e: Exchange) => void JSON.stringify([e.fields, e.missing]), weird() {} };
    const context = { connection: exchange.connection, bodyLimit };
    for (const module of [sse, graphql, jsonrpc]) {
      if (!module.claims(exchange)) continue;
      const inner = module.open(exchange, context);
      const cut = 1 + random.below(60);
      const turn = random.below(input.length + 1);
      for (let at = 0; at < input.length; at += cut) {
        if (at >= turn && at < turn + cut) inner.answered?.({ ...exchange, response: message });
        const side = isEvents || at >= turn ? 'server' : 'client';
        if (random.chance(30)) inner.gap(side, random.below(50), at, out);
        else inner.data(side, input.slice(at, at + cut), at, out);
        const held = inner.buffered();
        if (held < 0 || held > module.bufferLimit + 2 * bodyLimit) throw new Error(`${held} bytes held`);
      }
      inner.finish({ ...exchange, response: message }, out);
    }
  },
};
