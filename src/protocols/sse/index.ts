// Server-sent events: each event of a text/event-stream is an entry of its own, with its time. parser.ts reads
// the format, stream.ts makes the entries.
import type { InnerModule } from '../../model/index.ts';
import { fields } from './fields.ts';
import { bufferLimit, EventStream } from './stream.ts';

export const sse: InnerModule = {
  name: 'sse',
  title: 'SSE',
  fields,
  signs: { request: [], response: ['text/event-stream'], target: [] },
  claims({ response, fields: { 'http.content_type': type } }) {
    return response !== undefined && typeof type === 'string' && /^text\/event-stream\b/i.test(type);
  },
  open: (exchange, context) => new EventStream(exchange, context),
  bufferLimit,
};
