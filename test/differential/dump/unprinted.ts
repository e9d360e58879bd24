/**
 * How tcpdump begins what it has printers for and dump has not (src/sinks/tcpdump/README.md). Packets with
 * bytes changed at random, and recorded ones, get there now and then: such differences are explained.
 */
const marks =
  'egp igrp eigrp ospf ospf2 ospf6 rsvp pim pimv1 pimv2 pgm mobile dccp dvmrp ipx isoclns clnp esis isis cdp vtp dtp udld lldp slow ' +
  'eapol nsh macsec cfm mlppp lcp chap pap bgp pptp openflow msdp rpki_rtr ldp nfs rip isakmp l2tp vat rx ripng ' +
  'ahcp babel hncp wb radius hsrp lwres olsr lspping bfd lmp vqp sflow lwapp lisp zep ptp someip timed ' +
  'zephyr aodv ddp forces m3ua krb tipc aoe atalk aarp decnet';

const unprinted = [
  new RegExp(`\\[\\|(${marks.replaceAll(' ', '|')}|ddp \\d+)\\]`),
  // IP protocols
  /: EGPv\d|: igrp|mobile: | EIGRP|OSPFv\d|RSVPv|RSVP version|PIMv\d|VRRPv| PGM|DCCP|dccp|igmp (dvmrp|pimv1)/,
  // Link layers
  /IPX|ipx-|IS-IS|ES-IS|CLNP|OSI NLPID|, length: \d+$|CDPv|VTPv|DTPv|UDLDv|CIST|EAP|LLDP|LACP|MACsec|NSH |CFM/,
  /LCP|IPCP|IP6CP|CCP|PAP|CHAP|MLPPP| AT | \d+\.\d+\.\d+ > \d+\.\d+\.\d+: |aarp|kip |decnet|AoE|TIPC|MS NLB|RRCP|Realtek|GeoNet|CALM|MPCP/,
  // TCP and UDP
  /BGP|pptp|OpenFlow|MSDP|RPKI|LDP|NFS |ForCES|M3UA|TSP_|RIPv|aodv|isakmp|IKE| v\d$|l2tp|udp\/v/,
  /zephyr| rx |ripng|[aA][hH][cC][pP]|babel|hncp| wb-|autorp|RADIUS|HSRP|lwres|OLSR|LSP-PING|BFD|LMP|VQP/,
  /sFlow|LWAPP|LISP|CommandMessage|Ack,|ZEP|PTP|SOMEIP|\[length \d+ < \d+\]|timed|NONESP| v4( |$|\n)/,
];

export const isUnprinted = (text: string) => unprinted.some((pattern) => pattern.test(text));
