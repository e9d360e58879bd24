/** Link layers. Each sets `etherType` and returns the offset of what follows, -1 when it was cut. */
import { type Packet, Problem } from '../model/index.ts';
import { u16, u32, u32le } from '../util/bytes.ts';

/** https://www.iana.org/assignments/ieee-802-numbers, as far as it is followed here. */
export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  pppoeSession: 0x8864,
  qinq: 0x88a8,
  qinqOld: 0x9100,
} as const;

/** Tags before we call it nonsense: two is what networks use. */
const maxVlanTags = 4;
/** MPLS labels likewise. */
const maxLabels = 8;

export function stop(p: Packet, problem: Problem): void {
  p.problem = problem;
}

function cut(p: Packet): number {
  p.problem = Problem.truncated;
  return -1;
}

export function decodeEthernet(p: Packet, at: number): number {
  if (p.end - at < 14) return cut(p);
  return afterEtherType(p, at + 12);
}

/** VLAN tags and MPLS labels, from the ethertype's offset on. */
function afterEtherType(p: Packet, at: number): number {
  const { buf } = p;
  let type = u16(buf, at);
  while (
    (type === EtherType.vlan || type === EtherType.qinq || type === EtherType.qinqOld) &&
    p.vlanDepth < maxVlanTags
  ) {
    if (p.end - at < 6) return cut(p);
    if (p.vlanDepth++ === 0) p.vlanId = u16(buf, at + 2) & 0xfff;
    at += 4;
    type = u16(buf, at);
  }
  if (type === EtherType.mpls) return afterLabels(p, at + 2);
  p.etherType = type;
  return at + 2;
}

/** RFC 3032 section 2.1: labels until bottom-of-stack; what follows is told by its version nibble alone. */
function afterLabels(p: Packet, at: number): number {
  for (let labels = 0; labels < maxLabels; labels++, at += 4) {
    if (p.end - at < 5) return cut(p);
    if ((p.buf[at + 2]! & 1) === 0) continue;
    const version = p.buf[at + 4]! >> 4;
    p.etherType = version === 4 ? EtherType.ipv4 : version === 6 ? EtherType.ipv6 : EtherType.mpls;
    return at + 4;
  }
  p.problem = Problem.malformed;
  return -1;
}

/** https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html */
export function decodeSll(p: Packet, at: number): number {
  if (p.end - at < 16) return cut(p);
  return afterEtherType(p, at + 14);
}

/** https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html */
export function decodeSll2(p: Packet, at: number): number {
  if (p.end - at < 20) return cut(p);
  // The protocol comes first here: tags start behind the header.
  const type = u16(p.buf, at);
  if (type !== EtherType.vlan && type !== EtherType.qinq) {
    p.etherType = type;
    return at + 20;
  }
  if (p.end - at < 24) return cut(p);
  p.vlanDepth = 1;
  p.vlanId = u16(p.buf, at + 20) & 0xfff;
  return afterEtherType(p, at + 22);
}

/** AF_INET6 differs by system: 24 NetBSD, 28 FreeBSD, 30 macOS; 10 Linux. */
const inet6Families = [10, 24, 28, 30];

/** LINKTYPE_NULL: an address family in the writer's byte order; LINKTYPE_LOOP: in network order. */
export function decodeFamily(p: Packet, at: number, networkOrder: boolean): number {
  if (p.end - at < 4) return cut(p);
  let family = networkOrder ? u32(p.buf, at) : u32le(p.buf, at);
  // Families are small: a large one was written by a machine of the other byte order.
  if (family > 0xffff) family = networkOrder ? u32le(p.buf, at) : u32(p.buf, at);
  p.etherType = family === 2 ? EtherType.ipv4 : inet6Families.includes(family) ? EtherType.ipv6 : 0;
  return at + 4;
}

/** RFC 1662: address and control may be left out, and the protocol be one byte when odd. */
export function decodePpp(p: Packet, at: number): number {
  if (p.end - at < 4) return cut(p);
  if (p.buf[at] === 0xff && p.buf[at + 1] === 0x03) at += 2;
  const short = (p.buf[at]! & 1) === 1;
  const protocol = short ? p.buf[at]! : u16(p.buf, at);
  p.etherType = protocol === 0x21 ? EtherType.ipv4 : protocol === 0x57 ? EtherType.ipv6 : 0;
  return at + (short ? 1 : 2);
}
