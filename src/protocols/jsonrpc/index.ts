// JSON-RPC 2.0 in the bodies of HTTP, single and batch, the answer as JSON or as server-sent events.
import type { InnerModule } from '../../model/index.ts';
import { bufferLimit, Call } from './call.ts';
import { fields } from './fields.ts';

export const jsonrpc: InnerModule = {
  name: 'jsonrpc',
  title: 'JSON-RPC',
  fields,
  signs: { request: ['application/json'], response: [], target: [] },
  claims({ response, fields: { 'http.request.method': method, 'http.content_type': type } }) {
    if (response !== undefined || method !== 'POST' || typeof type !== 'string') return false;
    return /^application\/json(-rpc|request)?\b/i.test(type);
  },
  open: () => new Call(),
  bufferLimit,
};
