/** Expressions made by the grammar of pcap-filter(7), as fast-check arbitraries: seeded, and shrinking to the least. */
import fc from 'fast-check';
import { pools } from '../../../src/bpf/testing/packets.ts';

const oneOf = fc.constantFrom;
const join = (...parts: fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((words) => words.filter((word) => word !== '').join(' '));

const ip = oneOf(...pools.ip);
const ip6 = oneOf(...pools.ip6);
const mac = oneOf(...pools.mac);
const port = oneOf(...pools.port.map(String), 'http', 'domain');
const direction = oneOf('', 'src', 'dst', 'src or dst', 'src and dst');
const network = oneOf(
  '10.0.0.0/8',
  '10.1.0.0/16',
  '192.168.1.0/24',
  '224.0.0.0/4',
  '10',
  '192.168',
  '0.0.0.0/0',
);
const network6 = oneOf('2001:db8::/32', '2001:db8:1::/48', 'fe80::/10', 'ff00::/8', '::/0');
const list = (value: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 5, arbitrary: value },
    { weight: 1, arbitrary: fc.tuple(value, value).map(([a, b]) => `${a} or ${b}`) },
    { weight: 1, arbitrary: fc.tuple(value, value, value).map(([a, b, c]) => `(${a} or ${b} or ${c})`) },
    { weight: 1, arbitrary: fc.tuple(value, value).map(([a, b]) => `(${a} and not ${b})`) },
  );

const hosts = fc.oneof(
  join(oneOf('', '', 'ip', 'arp', 'rarp'), direction, oneOf('host'), list(ip)),
  join(oneOf('', 'ip6'), direction, oneOf('host'), list(ip6)),
  join(oneOf('src', 'dst', 'ip src', 'arp dst'), ip),
  join(oneOf('', 'ip', 'arp'), direction, oneOf('net'), list(network)),
  join(oneOf('', 'ip6'), direction, oneOf('net'), list(network6)),
  join(oneOf('ether', 'wlan'), direction, oneOf('host'), list(mac)),
);
const ports = fc.oneof(
  join(oneOf('', 'tcp', 'udp', 'sctp'), direction, oneOf('port'), list(port)),
  join(
    oneOf('', 'tcp', 'udp'),
    direction,
    oneOf('portrange'),
    oneOf('1-100', '53-443', '443-22', '6000-65535'),
  ),
);
const protocols = fc.oneof(
  oneOf(
    'ip',
    'ip6',
    'arp',
    'rarp',
    'tcp',
    'udp',
    'sctp',
    'icmp',
    'icmp6',
    'igmp',
    'pim',
    'vrrp',
    'ah',
    'esp',
  ),
  oneOf('ip', 'ip6', 'tcp', 'udp'),
  oneOf(
    'atalk',
    'aarp',
    'decnet',
    'lat',
    'sca',
    'moprc',
    'mopdl',
    'iso',
    'isis',
    'esis',
    'clnp',
    'stp',
    'ipx',
    'netbeui',
    'l1',
    'iih',
    'snp',
  ),
  join(oneOf('proto', 'ip proto', 'ip6 proto'), list(oneOf('6', '17', '58', '89', '\\tcp', '\\udp'))),
  join(oneOf('ether proto'), list(oneOf('0x800', '0x86dd', '\\arp', '0x88cc', '6', '0x8847'))),
);
const others = oneOf(
  ...['broadcast', 'multicast', 'ether multicast', 'ip broadcast', 'ip multicast', 'ip6 multicast'],
  ...['less 60', 'greater 80', 'len > 70', 'len <= 60', 'byte 0 = 0', 'byte 12 > 8'],
  ...['inbound', 'outbound', 'ifindex 1', 'llc', 'llc s', 'llc u', 'llc ui'],
  ...['type mgt', 'type data', 'type data subtype qos-data', 'subtype beacon', 'dir tods', 'dir fromds'],
  ...['wlan ra 00:00:5e:00:53:01', 'wlan ta 00:00:5e:00:53:01', 'wlan addr3 00:00:5e:00:53:02'],
  ...['tcp[tcpflags] & (tcp-syn|tcp-fin) != 0', 'icmp[icmptype] = icmp-echo', 'decnet host 1.2'],
);
const encapsulations = oneOf('vlan', 'vlan 5', 'vlan 100', 'mpls', 'mpls 16', 'pppoed', 'pppoes', 'pppoes 1');

const loads = oneOf(
  ...['ip[0]', 'ip[1]', 'ip[8]', 'ip[9]', 'ip[2:2]', 'ip[6:2]', 'ip[12:4]', 'ip[16:4]', 'ip6[6]', 'ip6[7]'],
  ...[
    'ip6[8:4]',
    'ip6[40]',
    'tcp[0:2]',
    'tcp[2:2]',
    'tcp[12]',
    'tcp[13]',
    'tcp[tcpflags]',
    'udp[0:2]',
    'udp[4:2]',
  ],
  ...[
    'icmp[0]',
    'icmp[icmptype]',
    'icmp6[0]',
    'icmp6[icmp6type]',
    'ether[0]',
    'ether[12:2]',
    'link[0:4]',
    'arp[6:2]',
  ],
  ...['arp[14:4]', 'sctp[0:2]', 'igmp[0]', 'len'],
);
const numbers = oneOf(
  '0',
  '1',
  '2',
  '4',
  '5',
  '6',
  '0xf',
  '20',
  '64',
  '80',
  '0xf0',
  '0x45',
  '255',
  '1000',
  '0x0a000001',
  '0xffffff00',
  'tcp-syn',
  'icmp-echo',
);
/** A divisor or shift that is not refused, and an index that often lies within the packet. */
const small = oneOf('1', '2', '3', '4', '7');

const { arithmetic } = fc.letrec<{ arithmetic: string; operand: string }>((tie) => ({
  operand: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    loads,
    numbers,
    tie('arithmetic').map((text) => `(${text})`),
    fc
      .tuple(oneOf('ip', 'tcp', 'udp', 'ether', 'ip6'), tie('arithmetic'), oneOf('', ':2', ':4'))
      .map(([protocol, index, size]) => `${protocol}[(${index}) & 0x1f${size}]`),
    tie('operand').map((text) => `-${text}`),
  ),
  arithmetic: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    tie('operand'),
    fc
      .tuple(tie('operand'), oneOf('+', '-', '*', '&', '|', '^'), tie('operand'))
      .map((words) => words.join(' ')),
    fc.tuple(tie('operand'), oneOf('/', '%', '<<', '>>'), small).map((words) => words.join(' ')),
    fc
      .tuple(tie('operand'), oneOf('+', '-', '&', '|'), tie('operand'), oneOf('+', '*', '&', '<<'), small)
      .map((words) => words.join(' ')),
  ),
}));

const relation = join(
  arithmetic,
  oneOf('=', '==', '!=', '>', '>=', '<', '<='),
  fc.oneof(numbers, numbers, arithmetic),
);

const primitive = fc.oneof(
  { weight: 5, arbitrary: hosts },
  { weight: 5, arbitrary: ports },
  { weight: 4, arbitrary: protocols },
  { weight: 2, arbitrary: others },
  { weight: 2, arbitrary: encapsulations },
  { weight: 4, arbitrary: relation },
);

/** Filters of up to some twenty primitives. */
export const { filter } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'medium', maxDepth: 4 },
    primitive,
    fc
      .tuple(tie('filter'), oneOf('and', 'or', '&&', '||', 'and not', 'or not'), tie('filter'))
      .map((words) => words.join(' ')),
    tie('filter').map((text) => `(${text})`),
    tie('filter').map((text) => `not (${text})`),
  ),
}));

const words = oneOf(
  ...[
    'ip',
    'tcp',
    'host',
    'net',
    'port',
    'src',
    'dst',
    'and',
    'or',
    'not',
    '(',
    ')',
    '[',
    ']',
    ':',
    '=',
    '&',
    '!',
  ],
  ...[
    '10.0.0.1',
    '10.0.0.0/8',
    '80',
    '2001:db8::1',
    '00:00:5e:00:53:01',
    'web',
    'proto',
    'ether',
    'len',
    '>',
    '-',
  ],
  ...['vlan', 'broadcast', 'mask', 'tcp[13]', '+', '5', 'less', 'portrange', '1-2', '\\tcp', 'mpls'],
);
/** Words in any order: mostly no filters. */
export const wordSalad = fc.array(words, { maxLength: 7 }).map((all) => all.join(' '));
