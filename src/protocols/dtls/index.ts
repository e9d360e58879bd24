// DTLS 1.0 to 1.3 without keys (RFC 6347, RFC 9147): hellos, alerts, and how much was encrypted. record.ts takes
// datagrams apart, analyzer.ts puts the hellos together and says when the handshake is over. Certificates are
// not read. The hellos themselves are read in util/tls, as TLS and QUIC carry them too.
import type { ProtocolModule } from '../../model/index.ts';
import { DtlsAnalyzer, maxHello } from './analyzer.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';

export const dtls: ProtocolModule = {
  name: 'dtls',
  title: 'DTLS',
  transports: ['udp'],
  ports: [443, 853, 4433, 5684, 2083],
  fields,
  detect,
  open: (context) => new DtlsAnalyzer(context),
  bufferLimit: 2 * maxHello,
};
