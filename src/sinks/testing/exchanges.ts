/** Exchanges for tests of sinks, with as little as they need. */
import type { Body, Connection, Exchange, FieldSpec, Message, SinkContext } from '../../model/index.ts';

export const connection: Connection = {
  id: 1,
  transport: 'tcp',
  netns: 1,
  target: 'upbeat',
  client: { address: '10.0.0.1', port: 40_000 },
  server: { address: '2001:db8::2', port: 80, name: 'web' },
  openedAt: 0,
  joinedMidStream: false,
};

const fields: readonly FieldSpec[] = [
  { name: 'x.method', type: 'string', label: 'method', role: 'operation', detail: 0, description: '' },
  { name: 'x.path', type: 'string', label: 'path', role: 'subject', detail: 0, description: '' },
  { name: 'x.code', type: 'number', label: 'code', role: 'result', detail: 0, description: '' },
  { name: 'x.phrase', type: 'string', label: 'phrase', role: 'result', detail: 0, description: '' },
  { name: 'x.retries', type: 'number', label: 'retries', detail: 1, description: '' },
  { name: 'x.cut', type: 'boolean', label: 'cut', detail: 1, description: '' },
  { name: 'x.list', type: 'list', label: 'list', detail: 2, description: '' },
  { name: 'x.time', type: 'durationNs', label: 'time', description: '' },
];

/** Second 1,700,000,000 is 2023-11-14 22:13:20 in UTC. */
export const context: SinkContext = {
  clock: { baseSec: 1_700_000_000 },
  fields: new Map([['x', { title: 'X', fields }]]),
};

export function body(text: string | Uint8Array, contentType = 'text/plain', more: Partial<Body> = {}): Body {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return { bytes, totalLength: bytes.length, contentType, encodings: [], ...more };
}

export function message(startLine: string, more: Partial<Message> = {}): Message {
  return { startAt: 0, endAt: 0, wireBytes: 100, startLine, headers: [], trailers: [], ...more };
}

export function exchange(more: Partial<Exchange> = {}): Exchange {
  return {
    protocol: 'x',
    connection,
    startAt: 1_234_567_891,
    endAt: 1_236_067_891,
    fields: { 'x.method': 'GET', 'x.path': '/a', 'x.code': 200, 'x.phrase': 'OK' },
    outcome: 'ok',
    missing: [],
    weirds: [],
    request: message('GET /a X/1'),
    response: message('X/1 200 OK', { wireBytes: 5000 }),
    ...more,
  };
}
