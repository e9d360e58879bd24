/** ICMP errors in the words of RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1 and RFC 4443. */
import type { IcmpError } from '../model/index.ts';

/** By type, then by code. */
const words4: Readonly<Record<number, readonly string[]>> = {
  3: [
    'net unreachable',
    'host unreachable',
    'protocol unreachable',
    'port unreachable',
    'fragmentation needed',
    'source route failed',
    'net unknown',
    'host unknown',
    'source host isolated',
    'net administratively prohibited',
    'host administratively prohibited',
    'net unreachable for type of service',
    'host unreachable for type of service',
    'communication administratively prohibited',
    'host precedence violation',
    'precedence cutoff in effect',
  ],
  4: ['source quench'],
  11: ['time to live exceeded in transit', 'fragment reassembly time exceeded'],
  12: ['parameter problem', 'required option missing', 'bad length'],
};

const words6: Readonly<Record<number, readonly string[]>> = {
  1: [
    'no route to destination',
    'communication administratively prohibited',
    'beyond scope of source address',
    'address unreachable',
    'port unreachable',
    'source address failed policy',
    'reject route to destination',
  ],
  2: ['packet too big'],
  3: ['hop limit exceeded in transit', 'fragment reassembly time exceeded'],
  4: ['erroneous header field', 'unrecognized next header', 'unrecognized option'],
};

/** 'port unreachable': one of few texts. */
export function icmpKind({ version, type, code }: IcmpError): string {
  const words = (version === 4 ? words4 : words6)[type];
  return words?.[code] ?? 'ICMP error';
}

/** 'fragmentation needed (MTU 1400) from 10.0.0.1' */
export function icmpText(error: IcmpError): string {
  const mtu = error.mtu > 0 ? ` (MTU ${error.mtu})` : '';
  return `${icmpKind(error)}${mtu} from ${error.from}`;
}
