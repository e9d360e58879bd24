import type { FieldSpec } from '../../model/index.ts';

export const fields: readonly FieldSpec[] = [
  {
    name: 'http.request.uri',
    type: 'string',
    label: 'path',
    role: 'subject',
    detail: 0,
    description: 'What was asked for',
  },
  {
    name: 'sse.event',
    type: 'string',
    label: 'event',
    role: 'result',
    detail: 0,
    description: 'Name of the event, "message" when it has none',
  },
  {
    name: 'sse.data',
    type: 'string',
    label: 'data',
    role: 'result',
    detail: 0,
    description: 'Beginning of its data',
  },
  { name: 'sse.id', type: 'string', label: 'id', detail: 1, description: 'What a client continues from' },
  {
    name: 'sse.retry',
    type: 'durationNs',
    label: 'retry',
    detail: 1,
    description: 'How long to wait before connecting again',
  },
  { name: 'sse.number', type: 'number', label: 'event', detail: 3, description: 'Of this stream, from 1' },
  {
    name: 'sse.events',
    type: 'number',
    label: 'events',
    detail: 1,
    description: 'Events of the response that carried them',
  },
];
