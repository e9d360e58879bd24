// HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112). start-line.ts and head.ts are the grammar of heads, body.ts
// the framing of bodies; side.ts reads one direction, analyzer.ts pairs requests with responses, and
// exchange.ts says what came of it. Lenient as servers are: bare LF and folded lines are read and named.
import type { ProtocolModule } from '../../model/index.ts';
import { HttpAnalyzer } from './analyzer.ts';
import { trailerLimit } from './body.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';
import { headLimit } from './head.ts';
import { asideLimit } from './side.ts';
import { maxHeads } from './waiting.ts';

export const http: ProtocolModule = {
  name: 'http',
  title: 'HTTP/1',
  transports: ['tcp'],
  ports: [80, 8000, 8080, 8081, 3000, 5000, 8008, 8888, 9090],
  fields,
  detect,
  open: (context) => new HttpAnalyzer(context),
  // In each direction a head or a line of the chunked coding; what waits for a switch; requests that wait.
  bufferLimit: 2 * (headLimit + trailerLimit) + asideLimit + maxHeads + headLimit,
};
