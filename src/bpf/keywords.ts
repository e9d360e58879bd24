/** The reserved words of pcap-filter(7), by what they are to the parser. Case counts. */

/** Word -> protocol it names as a qualifier or on its own. */
export const protocolWords: ReadonlyMap<string, string> = new Map([
  ...['link', 'ether', 'ppp', 'slip', 'fddi', 'tr', 'wlan'].map((word) => [word, 'link'] as const),
  ...['esis', 'es-is'].map((word) => [word, 'esis'] as const),
  ...['isis', 'is-is'].map((word) => [word, 'isis'] as const),
  ...[
    ...['arp', 'rarp', 'ip', 'ip6', 'sctp', 'tcp', 'udp', 'icmp', 'icmp6', 'igmp', 'igrp', 'pim', 'vrrp'],
    ...['carp', 'ah', 'esp', 'radio', 'atalk', 'aarp', 'decnet', 'lat', 'sca', 'moprc', 'mopdl', 'iso'],
    ...['l1', 'l2', 'iih', 'lsp', 'snp', 'csnp', 'psnp', 'clnp', 'stp', 'ipx', 'netbeui'],
  ].map((word) => [word, word] as const),
]);

/** Word -> direction it asks for; `src or dst` and `src and dst` are put together by the parser. */
export const directionWords: ReadonlyMap<string, string> = new Map([
  ['src', 'src'],
  ['dst', 'dst'],
  ['addr1', 'addr1'],
  ['address1', 'addr1'],
  ['addr2', 'addr2'],
  ['address2', 'addr2'],
  ['addr3', 'addr3'],
  ['address3', 'addr3'],
  ['addr4', 'addr4'],
  ['address4', 'addr4'],
  ['ra', 'ra'],
  ['ta', 'ta'],
]);

export const addressTypeWords = new Set(['host', 'net', 'port', 'portrange']);
/** Not libpcap's: keywords only before a name, which is an error there whatever stands before. */
export const containerWords = new Set(['container', 'pod']);
/** These take no direction. */
export const undirectedTypeWords = new Set(['proto', 'protochain', 'gateway']);

/** Word -> what follows it, for the constructs of link types Porthole has not: always refused. */
export const foreignWords: ReadonlyMap<string, string> = new Map([
  ...['lane', 'metac', 'bcc', 'oam', 'oamf4', 'oamf4ec', 'oamf4sc', 'sc', 'ilmic'].map(atm),
  ...['vpi', 'vci', 'connectmsg', 'metaconnect'].map(atm),
  ...['on', 'ifname', 'rset', 'ruleset', 'rnr', 'rulenum', 'srnr', 'subrulenum', 'reason', 'action'].map(
    (word) => [word, 'packets logged by the pf firewall'] as const,
  ),
  ...['fisu', 'lssu', 'lsu', 'msu', 'hfisu', 'hlssu', 'hmsu', 'sio', 'opc', 'dpc', 'sls'].map(mtp),
  ...['hsio', 'hopc', 'hdpc', 'hsls'].map(mtp),
]);

function atm(word: string) {
  return [word, 'raw ATM'] as const;
}

function mtp(word: string) {
  return [word, 'SS7 signalling (MTP)'] as const;
}

/** Words with a rule of their own in the parser. */
const otherWords = [
  ...['mask', 'type', 'subtype', 'direction', 'dir', 'less', 'greater', 'byte', 'broadcast', 'multicast'],
  ...['and', 'or', 'not', 'len', 'length', 'inbound', 'outbound', 'ifindex'],
  ...['vlan', 'mpls', 'pppoed', 'pppoes', 'geneve', 'llc'],
];

export const keywords: ReadonlySet<string> = new Set([
  ...protocolWords.keys(),
  ...directionWords.keys(),
  ...addressTypeWords,
  ...undirectedTypeWords,
  ...foreignWords.keys(),
  ...otherWords,
]);
