/** Hints for what people mean when they write what is no filter. */
import { containerWords } from './keywords.ts';
import type { Token } from './lexer.ts';

/** Fields of Wireshark's display filters -> the same here; V is the value. */
const displayFields: Readonly<Record<string, string>> = {
  'ip.addr': 'host V',
  'ip.src': 'src host V',
  'ip.dst': 'dst host V',
  'ip.host': 'host V',
  'ip.proto': 'ip proto V',
  'ip.ttl': 'ip[8] = V',
  'ipv6.addr': 'host V',
  'ipv6.src': 'src host V',
  'ipv6.dst': 'dst host V',
  'eth.addr': 'ether host V',
  'eth.src': 'ether src V',
  'eth.dst': 'ether dst V',
  'eth.type': 'ether proto V',
  'tcp.port': 'tcp port V',
  'tcp.srcport': 'tcp src port V',
  'tcp.dstport': 'tcp dst port V',
  'udp.port': 'udp port V',
  'udp.srcport': 'udp src port V',
  'udp.dstport': 'udp dst port V',
  'sctp.port': 'sctp port V',
  'tcp.flags': 'tcp[tcpflags] = V',
  'tcp.flags.syn': 'tcp[tcpflags] & tcp-syn != 0',
  'tcp.flags.ack': 'tcp[tcpflags] & tcp-ack != 0',
  'tcp.flags.fin': 'tcp[tcpflags] & tcp-fin != 0',
  'tcp.flags.reset': 'tcp[tcpflags] & tcp-rst != 0',
  'tcp.flags.push': 'tcp[tcpflags] & tcp-push != 0',
  'icmp.type': 'icmp[icmptype] = V',
  'icmpv6.type': 'icmp6[icmp6type] = V',
  'vlan.id': 'vlan V',
  'frame.len': 'len = V',
};
const displayProtocols =
  /^(?:ip|ipv6|eth|tcp|udp|sctp|icmp|icmpv6|arp|vlan|frame|dns|http|http2|tls|ssl|data)\./;

/** Application protocols a filter does not know, and what usually carries them. */
const applications: Readonly<Record<string, string>> = {
  https: 'tcp port 443',
  tls: 'tcp port 443',
  ssl: 'tcp port 443',
  ssh: 'tcp port 22',
  dhcp: 'udp port 67 or 68',
  ntp: 'udp port 123',
  redis: 'tcp port 6379',
  mysql: 'tcp port 3306',
  postgres: 'tcp port 5432',
  mongodb: 'tcp port 27017',
  kafka: 'tcp port 9092',
};

/** Words of other tools and languages -> the word here. */
const words: Readonly<Record<string, string>> = {
  ipv4: 'ip',
  ipv6: 'ip6',
  icmpv6: 'icmp6',
  eth: 'ether',
  ethernet: 'ether',
  mac: 'ether host',
  source: 'src',
  destination: 'dst',
  from: 'src',
  to: 'dst',
  sport: 'src port',
  dport: 'dst port',
  ports: 'portrange',
  network: 'net',
  subnet: 'net',
  protocol: 'proto',
  addr: 'host',
  address: 'host',
  ip4: 'ip',
  pppoe: 'pppoes',
};

/** @param before the word before the unexpected one */
export function slipHint(expression: string, token: Token, before?: Token): string {
  const { text, kind } = token;
  if (kind === 'name') {
    const field = text.toLowerCase();
    if (displayProtocols.test(field)) return displayFilterHint(expression, token, field);
    if (Object.hasOwn(applications, field))
      return `'${applications[field]}' is what usually carries ${text}${/^(https|tls|ssl)$/.test(field) ? "; 'tls-hello' is what its connections begin with, on any port" : ''}`;
    if (containerWords.has(text)) return `a name follows: '${text} web'`;
    if (Object.hasOwn(words, field)) return `here it is called '${words[field]}'`;
    if (text !== field && /^[A-Z]+$/.test(text)) return 'the words of a filter are lower case';
    return `a name needs a word before it: 'host ${text}', 'port ${text}', 'container ${text}'; what to watch is the first word of the command, not part of the filter`;
  }
  if (kind === 'ipv4' || kind === 'ipv6')
    return `an address needs a word before it: 'host ${text}', 'src ${text}'`;
  if (kind === 'mac') return `a MAC address needs a word before it: 'ether host ${text}'`;
  if (kind === 'number' && (!before || before.text === '(' || before.text === 'and' || before.text === 'or'))
    return `a number needs a word before it, 'port ${text}', or a comparison`;
  if (kind === 'keyword' && before?.text === 'proto')
    return `as a name it takes a backslash: proto \\${text} (within quotes, or the shell eats it)`;
  if (kind === 'keyword' && before && ['host', 'net', 'port', 'src', 'dst'].includes(before.text))
    return `as a name it takes a backslash: ${before.text} \\${text}`;
  return '';
}

/** `tcp.port == 80` -> `tcp port 80` */
function displayFilterHint(expression: string, token: Token, field: string): string {
  const rest = expression.slice(token.position + token.length);
  const value = /^\s*(?:==|=|eq)\s*([^\s()]+)/.exec(rest)?.[1];
  const form = Object.hasOwn(displayFields, field) ? displayFields[field]! : undefined;
  const says = `${token.text} is Wireshark's display filter language`;
  if (!form) return `${says}, which is another one: see pcap-filter(7) for this one`;
  return `${says}: here it is '${form.replace('V', value ?? '...')}'`;
}
