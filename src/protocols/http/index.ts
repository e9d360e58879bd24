// HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112). head.ts is the grammar of message heads, body.ts the framing
// of bodies, side.ts reads one direction, analyzer.ts pairs requests with responses. Lenient as servers
// are: bare LF, folded lines and leading empty lines are read and named as weird.
import type { ProtocolModule } from '../../model/index.ts';
import { HttpAnalyzer } from './analyzer.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';
import { headLimit } from './head.ts';

export const http: ProtocolModule = {
  name: 'http',
  title: 'HTTP/1',
  transports: ['tcp'],
  ports: [80, 8000, 8080, 8081, 3000, 5000, 8008, 8888, 9090],
  fields,
  detect,
  open: (context) => new HttpAnalyzer(context),
  // In each direction a head, a chunk line, and what waits for a switch of protocols.
  bufferLimit: 6 * headLimit,
};
