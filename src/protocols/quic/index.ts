// QUIC (RFC 9000, 9001, 9369): what can be read without keys. packet.ts reads headers, keys.ts opens Initial
// packets with the keys that everyone can derive, frames.ts finds the pieces of the hellos,
// attempt.ts is one connection's handshake, analyzer.ts says when it is over. The hellos are read in util/tls:
// handing the CRYPTO bytes to the tls folder as a child would end this analyzer, and records they have none.
import type { ProtocolModule } from '../../model/index.ts';
import { QuicAnalyzer } from './analyzer.ts';
import { cryptoLimit } from './attempt.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';

export const quic: ProtocolModule = {
  name: 'quic',
  title: 'QUIC',
  transports: ['udp'],
  ports: [443, 4433, 8443, 853, 784],
  fields,
  detect,
  open: (context) => new QuicAnalyzer(context),
  bufferLimit: 2 * cryptoLimit,
};
