/**
 * How tcpdump begins what it has printers for and dump has not (src/sinks/tcpdump/README.md). Packets with
 * bytes changed at random, and recorded ones, get there now and then: such differences are explained.
 */
const marks =
  'egp igrp eigrp ospf ospf6 rsvp pim pimv1 pimv2 vrrp pgm mobile dccp dvmrp ipx isoclns cdp vtp dtp udld lldp slow ' +
  'eapol nsh macsec cfm mlppp lcp chap pap bgp pptp openflow msdp rpki_rtr ldp nfs rip isakmp snmp l2tp vat rx ripng ' +
  'dhcp6 ahcp babel hncp wb radius hsrp lwres olsr lspping bcm_li bfd lmp vqp sflow lwapp lisp zep ptp someip timed ' +
  'zephyr aodv forces m3ua krb tipc aoe atalk aarp decnet';

const unprinted = [
  new RegExp(`\\[\\|(${marks.replaceAll(' ', '|')}|ddp \\d+)\\]`),
  // IP protocols
  /: (egp|igrp|mobile): ?| EIGRP|OSPFv\d|RSVPv|RSVP version|PIMv\d|VRRPv| PGM|DCCP|igmp (dvmrp|pimv1)/,
  // Link layers
  /IPX|ipx-|IS-IS|ES-IS|CLNP|OSI NLPID|, length: \d+$|CDPv|VTPv|DTPv|UDLDv|CIST|EAP|LLDP|LACP|MACsec|NSH |CFM/,
  /LCP|IPCP|IP6CP|CCP|PAP|CHAP|MLPPP| AT |aarp|kip |decnet|AoE|TIPC|MS NLB|RRCP|Realtek|GeoNet|CALM|MPCP/,
  // TCP and UDP
  /BGP|pptp|OpenFlow|MSDP|RPKI|LDP|NFS |ForCES|M3UA|TSP_|RIPv|aodv|isakmp|IKE|SNMP|Get|Trap| v\d$|l2tp|udp\/v/,
  /zephyr| rx |ripng|dhcp6|ahcp|babel|hncp| wb-|autorp|RADIUS|HSRP|lwres|OLSR|LSP-PING|BCM-LI|BFD|LMP|VQP/,
  /sFlow|LWAPP|LISP|CommandMessage|Ack,|ZEP|PTP|SOMEIP|\[length \d+ < \d+\]|timed|NONESP/,
];

export const isUnprinted = (text: string) => unprinted.some((pattern) => pattern.test(text));
