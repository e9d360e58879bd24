// DNS (RFC 1035) over UDP and TCP, and what shares its format: mDNS (RFC 6762), LLMNR (RFC 4795).
// message.ts is the grammar, records.ts the presentation of record data, analyzer.ts pairs by id and
// question. Compression pointers only ever lead backwards, so no message can make the reader loop.
import type { ProtocolModule } from '../../model/index.ts';
import { DnsAnalyzer } from './analyzer.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';

export const dns: ProtocolModule = {
  name: 'dns',
  title: 'DNS',
  transports: ['udp', 'tcp'],
  ports: [53, 5353, 5355],
  fields,
  detect,
  open: (context) => new DnsAnalyzer(context),
  // Over TCP a message of 65535 bytes may be under way in each direction.
  bufferLimit: 2 * 65_537,
};
