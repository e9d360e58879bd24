/** Names that pcap-filter(7) itself knows, and the port to those that only a machine knows. */

/** What a machine can look up; every part may be left out. */
export interface FilterResolver {
  /** Port of a service, by transport. */
  service?(name: string, transport: Transport): number | undefined;
  /** Number of an IP protocol. */
  protocol?(name: string): number | undefined;
  /** Addresses of a host as text, IPv4 and IPv6. */
  host?(name: string): readonly string[] | undefined;
  /** MAC address as text. */
  ether?(name: string): string | undefined;
  /** Network number as text, 'a.b.c.d'. */
  network?(name: string): string | undefined;
  /** Addresses of a container or pod as text, or why there are none. */
  container?(kind: 'container' | 'pod', name: string): ContainerAddresses;
}

export type ContainerAddresses =
  | { readonly addresses: readonly string[]; readonly problem?: never }
  | { readonly problem: string; readonly hint: string };

export type Transport = 'tcp' | 'udp' | 'sctp';

/** IP protocol numbers, https://www.iana.org/assignments/protocol-numbers */
export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  igmp: 2,
  tcp: 6,
  igrp: 9,
  udp: 17,
  routing: 43,
  fragment: 44,
  esp: 50,
  ah: 51,
  icmp6: 58,
  none: 59,
  destinationOptions: 60,
  pim: 103,
  vrrp: 112,
  carp: 112,
  sctp: 132,
} as const;

/** What a machine without /etc/protocols is asked for most. */
export const ipProtocolNames: Readonly<Record<string, number>> = {
  ip: 0,
  icmp: 1,
  igmp: 2,
  tcp: 6,
  igp: 9,
  udp: 17,
  ipv6: 41,
  'ipv6-route': 43,
  'ipv6-frag': 44,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  ospf: 89,
  ipip: 94,
  pim: 103,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
};

/** Ether types, https://www.iana.org/assignments/ieee-802-numbers */
export const EtherType = {
  ip: 0x0800,
  arp: 0x0806,
  rarp: 0x8035,
  atalk: 0x809b,
  aarp: 0x80f3,
  vlan: 0x8100,
  vlanService: 0x88a8,
  vlanOld: 0x9100,
  ipx: 0x8137,
  ip6: 0x86dd,
  mpls: 0x8847,
  pppoeDiscovery: 0x8863,
  pppoeSession: 0x8864,
  decnet: 0x6003,
  lat: 0x6004,
  moprc: 0x6002,
  mopdl: 0x6001,
  sca: 0x6007,
  loopback: 0x9000,
  ns: 0x0600,
  bridging: 0x6558,
} as const;

/** Service access points of IEEE 802.2. */
export const Sap = { bridge: 0x42, ip: 0x06, netbeui: 0xf0, ipx: 0xe0, iso: 0xfe, snap: 0xaa } as const;

/** Names after `ether proto`. */
export const etherProtocolNames: Readonly<Record<string, number>> = {
  aarp: EtherType.aarp,
  arp: EtherType.arp,
  atalk: EtherType.atalk,
  decnet: EtherType.decnet,
  ip: EtherType.ip,
  ip6: EtherType.ip6,
  lat: EtherType.lat,
  loopback: EtherType.loopback,
  mopdl: EtherType.mopdl,
  moprc: EtherType.moprc,
  rarp: EtherType.rarp,
  sca: EtherType.sca,
  iso: Sap.iso,
  stp: Sap.bridge,
  ipx: Sap.ipx,
  netbeui: Sap.netbeui,
};

/** Network layer protocol identifiers of OSI, ISO/IEC TR 9577. */
export const osiProtocolNames: Readonly<Record<string, number>> = { esis: 0x82, isis: 0x83, clnp: 0x81 };

/** Types of IS-IS packets, ISO 10589 section 9: which each word stands for. */
export const isisTypes: Readonly<Record<string, readonly number[]>> = {
  l1: [26, 24, 18, 15, 17],
  l2: [27, 25, 20, 16, 17],
  iih: [17, 15, 16],
  lsp: [18, 20],
  snp: [27, 26, 24, 25],
  csnp: [24, 25],
  psnp: [26, 27],
};

/** Services people write on machines without services(5). */
export const serviceNames: Readonly<Record<string, Partial<Record<Transport, number>>>> = {
  'ftp-data': { tcp: 20 },
  ftp: { tcp: 21 },
  ssh: { tcp: 22 },
  telnet: { tcp: 23 },
  smtp: { tcp: 25 },
  domain: { tcp: 53, udp: 53 },
  bootps: { udp: 67 },
  bootpc: { udp: 68 },
  tftp: { udp: 69 },
  http: { tcp: 80 },
  kerberos: { tcp: 88, udp: 88 },
  pop3: { tcp: 110 },
  ntp: { udp: 123 },
  imap: { tcp: 143 },
  imap2: { tcp: 143 },
  snmp: { tcp: 161, udp: 161 },
  ldap: { tcp: 389, udp: 389 },
  https: { tcp: 443, udp: 443 },
  syslog: { udp: 514 },
  ldaps: { tcp: 636, udp: 636 },
  imaps: { tcp: 993 },
  pop3s: { tcp: 995 },
  mysql: { tcp: 3306 },
  postgresql: { tcp: 5432 },
};

/** Offsets and values usable as numbers: ICMP of RFC 792, ICMPv6 of RFC 4443 and its kin, TCP flags of RFC 9293. */
export const constants: ReadonlyMap<string, number> = new Map(
  Object.entries({
    icmptype: 0,
    icmpcode: 1,
    'icmp-echoreply': 0,
    'icmp-unreach': 3,
    'icmp-sourcequench': 4,
    'icmp-redirect': 5,
    'icmp-echo': 8,
    'icmp-routeradvert': 9,
    'icmp-routersolicit': 10,
    'icmp-timxceed': 11,
    'icmp-paramprob': 12,
    'icmp-tstamp': 13,
    'icmp-tstampreply': 14,
    'icmp-ireq': 15,
    'icmp-ireqreply': 16,
    'icmp-maskreq': 17,
    'icmp-maskreply': 18,
    icmp6type: 0,
    icmp6code: 1,
    'icmp6-destinationunreach': 1,
    'icmp6-packettoobig': 2,
    'icmp6-timeexceeded': 3,
    'icmp6-parameterproblem': 4,
    'icmp6-echo': 128,
    'icmp6-echoreply': 129,
    'icmp6-multicastlistenerquery': 130,
    'icmp6-multicastlistenerreportv1': 131,
    'icmp6-multicastlistenerdone': 132,
    'icmp6-routersolicit': 133,
    'icmp6-routeradvert': 134,
    'icmp6-neighborsolicit': 135,
    'icmp6-neighboradvert': 136,
    'icmp6-redirect': 137,
    'icmp6-routerrenum': 138,
    'icmp6-nodeinformationquery': 139,
    'icmp6-nodeinformationresponse': 140,
    'icmp6-ineighbordiscoverysolicit': 141,
    'icmp6-ineighbordiscoveryadvert': 142,
    'icmp6-multicastlistenerreportv2': 143,
    'icmp6-homeagentdiscoveryrequest': 144,
    'icmp6-homeagentdiscoveryreply': 145,
    'icmp6-mobileprefixsolicit': 146,
    'icmp6-mobileprefixadvert': 147,
    'icmp6-certpathsolicit': 148,
    'icmp6-certpathadvert': 149,
    'icmp6-multicastrouteradvert': 151,
    'icmp6-multicastroutersolicit': 152,
    'icmp6-multicastrouterterm': 153,
    tcpflags: 13,
    'tcp-fin': 0x01,
    'tcp-syn': 0x02,
    'tcp-rst': 0x04,
    'tcp-push': 0x08,
    'tcp-ack': 0x10,
    'tcp-urg': 0x20,
    'tcp-ece': 0x40,
    'tcp-cwr': 0x80,
  }),
);
