// TLS 1.0 to 1.3 and SSL before it (RFC 8446, RFC 5246); what is encrypted where secrets are known: decrypt/. record.ts finds the records of one
// direction, handshake.ts puts messages together, side.ts tells what can be read from what is encrypted,
// state.ts gathers a handshake, analyzer.ts says when it is over; der.ts and x509.ts read certificates. The
// hellos themselves are read in util/tls, as QUIC carries them too and a protocol imports no other.
import type { ProtocolModule } from '../../model/index.ts';
import { TlsAnalyzer } from './analyzer.ts';
import { waitingLimit } from './decrypt/decryptor.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';
import { maxMessage } from './handshake.ts';
import { maxRecord } from './record.ts';

export const tls: ProtocolModule = {
  name: 'tls',
  title: 'TLS',
  transports: ['tcp'],
  ports: [
    443, 8443, 6443, 853, 993, 995, 465, 636, 989, 990, 992, 994, 2376, 5061, 5671, 6697, 8883, 9093, 10250,
  ],
  fields,
  detect,
  open: (context) => new TlsAnalyzer(context),
  // In each direction a handshake message and the record that brings its end; records that wait for their secrets,
  // and early data for the server's consent.
  bufferLimit: 2 * (maxMessage + 2 * maxRecord) + 2 * waitingLimit,
};
