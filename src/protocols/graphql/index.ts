// GraphQL over HTTP: POST with JSON or the document itself, GET with the document in the query. document.ts
// reads documents, request.ts finds them, call.ts adds what the response says of errors.
import type { InnerModule } from '../../model/index.ts';
import { bufferLimit, Call } from './call.ts';
import { fields } from './fields.ts';

export const graphql: InnerModule = {
  name: 'graphql',
  title: 'GraphQL',
  fields,
  signs: {
    request: ['application/json', 'application/graphql'],
    response: [],
    target: ['query=', 'extensions='],
  },
  claims({
    response,
    fields: { 'http.request.method': method, 'http.content_type': type, 'http.request.uri': uri },
  }) {
    if (response !== undefined) return false;
    if (method === 'GET') return typeof uri === 'string' && /[?&](query|extensions)=/.test(uri);
    return (
      method === 'POST' &&
      typeof type === 'string' &&
      /^application\/(json|graphql|graphql\+json)\b/i.test(type)
    );
  },
  open: (exchange) => new Call(exchange),
  bufferLimit,
};
