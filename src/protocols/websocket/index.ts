// WebSocket (RFC 6455) and permessage-deflate (RFC 7692), after an Upgrade of HTTP/1 or within an extended
// CONNECT of HTTP/2 (RFC 8441). frame.ts is the grammar, side.ts makes messages of one direction's frames,
// session.ts exchanges of both. plausible.ts tells frames where the handshake was not seen.
import type { Analyzer, InnerAnalyzer, InnerModule, ProtocolModule } from '../../model/index.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';
import { WebSocketSession } from './session.ts';
import { sideLimit } from './side.ts';

const bufferLimit = 2 * sideLimit;

export const websocket: ProtocolModule = {
  name: 'websocket',
  title: 'WebSocket',
  transports: ['tcp'],
  ports: [],
  fields,
  detect,
  open(context): Analyzer {
    const session = new WebSocketSession(context, context.carrier);
    return {
      data: (side, bytes, at, out) => session.data(side, bytes, at, out),
      gap: (side, length, at, out) => session.gap(side, length, at, out),
      end: (side, _reason, at, out) => session.end(side, at, out),
      buffered: () => session.buffered(),
    };
  },
  bufferLimit,
};

/** The same within one stream. */
export const websocketInside: InnerModule = {
  name: 'websocket',
  title: 'WebSocket',
  fields,
  // In HTTP/2 only.
  signs: { request: [], response: [], target: [] },
  claims: ({ fields: { 'http2.protocol': protocol } }) => protocol === 'websocket',
  open(exchange, context): InnerAnalyzer {
    let carrier = exchange;
    let session: WebSocketSession | undefined;
    const opened = () => {
      session ??= new WebSocketSession(context, carrier);
      return session;
    };
    return {
      answered(answered) {
        carrier = answered;
      },
      data: (side, bytes, at, out) => opened().data(side, bytes, at, out),
      gap: (side, length, at, out) => opened().gap(side, length, at, out),
      finish(finished, out) {
        for (const side of ['client', 'server'] as const) session?.end(side, finished.endAt, out);
        return finished;
      },
      buffered: () => session?.buffered() ?? 0,
    };
  },
  bufferLimit,
};
