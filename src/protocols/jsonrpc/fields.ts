import type { FieldSpec } from '../../model/index.ts';

/** Beside these an exchange has the fields of what carries it. */
export const fields: readonly FieldSpec[] = [
  {
    name: 'jsonrpc.method',
    type: 'string',
    label: 'method',
    role: 'operation',
    detail: 0,
    description: 'Method called; of a batch all of them',
  },
  {
    name: 'http.request.uri',
    type: 'string',
    label: 'path',
    role: 'subject',
    detail: 0,
    description: 'Where it was sent',
  },
  {
    name: 'http.response.code',
    type: 'number',
    label: 'status',
    role: 'result',
    detail: 0,
    description: 'Status code of HTTP',
  },
  {
    name: 'jsonrpc.error.code',
    type: 'number',
    label: 'code',
    role: 'result',
    detail: 0,
    description: 'Code of the first error',
  },
  {
    name: 'jsonrpc.error.message',
    type: 'string',
    label: 'error',
    role: 'result',
    detail: 0,
    description: 'Message of the first error',
  },
  {
    name: 'jsonrpc.id',
    type: 'string',
    label: 'id',
    detail: 1,
    description: 'Id of the call, as it is written',
  },
  { name: 'jsonrpc.batch', type: 'number', label: 'calls', detail: 1, description: 'Calls sent at once' },
  {
    name: 'jsonrpc.errors',
    type: 'number',
    label: 'errors',
    detail: 1,
    description: 'Errors in the answer to a batch',
  },
  {
    name: 'jsonrpc.notification',
    type: 'boolean',
    label: 'notification',
    detail: 1,
    description: 'Nobody waits for an answer',
  },
];
