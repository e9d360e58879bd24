// HTTP/2 (RFC 9113) and HPACK (RFC 7541). frame.ts knows the frames, hpack.ts and huffman.ts the header
// blocks; side.ts reads one direction, stream.ts is one stream, streams.ts joins both directions' frames to
// them, and exchange.ts says what came of one. A lost table costs names, not exchanges, and hpack-recovery.ts
// mostly finds the place in it again.
import type { ProtocolModule } from '../../model/index.ts';
import { Http2Analyzer } from './analyzer.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';
import { bufferLimit } from './streams.ts';

export const http2: ProtocolModule = {
  name: 'http2',
  title: 'HTTP/2',
  transports: ['tcp'],
  ports: [80, 443, 8080, 8443, 50051],
  fields,
  detect,
  open: (context) => new Http2Analyzer(context),
  bufferLimit,
};
