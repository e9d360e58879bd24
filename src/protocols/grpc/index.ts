// gRPC over HTTP/2, gRPC-Web and Connect over either HTTP. kind.ts tells which by the heads, frames.ts finds
// the messages in the bodies, call.ts says what came of the call. Messages of a stream are told as they come,
// from the second on: a call of one message each way is one entry.
import type { InnerModule } from '../../model/index.ts';
import { bufferLimit, Call } from './call.ts';
import { fields } from './fields.ts';
import { kindOf } from './kind.ts';

export const grpc: InnerModule = {
  name: 'grpc',
  title: 'gRPC',
  fields,
  // Connect's unary calls are of any codec: their header tells.
  signs: {
    request: ['application/'],
    response: ['application/grpc', 'application/connect+'],
    target: ['connect=v1'],
  },
  claims: (exchange) => kindOf(exchange) !== undefined,
  open: (exchange, context) => new Call(exchange, context, kindOf(exchange) ?? 'grpc'),
  bufferLimit,
};
