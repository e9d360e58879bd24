// DNS (RFC 1035) over UDP and TCP, and what shares its format: mDNS (RFC 6762), LLMNR (RFC 4795).
// message.ts is the grammar; records.ts, service.ts and edns.ts the presentation of data; analyzer.ts pairs
// by id and question (waiting.ts), answers.ts says what the answer is, show.ts lays messages out.
import type { ProtocolModule } from '../../model/index.ts';
import { DnsAnalyzer } from './analyzer.ts';
import { detect } from './detect.ts';
import { fields } from './fields.ts';
import { maxWaitingBytes } from './waiting.ts';

export const dns: ProtocolModule = {
  name: 'dns',
  title: 'DNS',
  transports: ['udp', 'tcp'],
  ports: [53, 5353, 5355],
  fields,
  detect,
  open: (context) => new DnsAnalyzer(context),
  // Over TCP a message of 65535 bytes may be under way in each direction. Of the questions that wait the
  // newest is on top of their limit, and so is the first answer to a transfer.
  bufferLimit: 2 * 65_537 + maxWaitingBytes + 2 * 65_535,
};
