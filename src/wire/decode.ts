import { type CaptureInterface, type Frame, LinkType, type Packet, Problem } from '../model/index.ts';
import { u16 } from '../util/bytes.ts';
import { decodeIpv4, decodeIpv6 } from './ip.ts';
import { decodeEthernet, decodeFamily, decodePpp, decodeSll, decodeSll2, EtherType, stop } from './link.ts';
import { createPacket, reset } from './packet.ts';

/** Fills `packet` from `frame`. Stateless; `packet` refers to the frame's bytes and is valid as long. */
export function decode(frame: Frame, packet: Packet): void {
  reset(packet, frame);
  const at = frame.start;
  switch (frame.iface.linktype) {
    case LinkType.ethernet:
      return decodeNetwork(packet, decodeEthernet(packet, at));
    case LinkType.raw:
    // LINKTYPE_RAW has had other numbers: DLT_RAW is 12, on OpenBSD 14.
    case 12:
    case 14:
      return decodeByVersion(packet, at);
    case LinkType.ipv4:
      return decodeIpv4(packet, at);
    case LinkType.ipv6:
      return decodeIpv6(packet, at);
    case LinkType.linuxSll:
      return decodeNetwork(packet, decodeSll(packet, at));
    case LinkType.linuxSll2:
      return decodeNetwork(packet, decodeSll2(packet, at));
    case LinkType.null:
      return decodeNetwork(packet, decodeFamily(packet, at, false));
    case LinkType.loop:
      return decodeNetwork(packet, decodeFamily(packet, at, true));
    case LinkType.ppp:
      return decodeNetwork(packet, decodePpp(packet, at));
    default:
      packet.problem = Problem.unknown;
  }
}

/** Whether frames of this link type can be decoded at all: of others not even a cut frame is told as cut. */
export function knowsLinkType(iface: CaptureInterface): boolean {
  const packet = createPacket();
  decode({ ...packet.frame, capLen: 0, origLen: 0, iface }, packet);
  return packet.problem !== Problem.unknown;
}

/** @param at offset behind the link header, -1 when that could not be read */
function decodeNetwork(p: Packet, at: number): void {
  if (at < 0) return;
  switch (p.etherType) {
    case EtherType.ipv4:
      return decodeIpv4(p, at);
    case EtherType.ipv6:
      return decodeIpv6(p, at);
    case EtherType.arp:
      // RFC 826: the printers read the rest; there is nothing to follow.
      p.payloadOff = at;
      p.payloadCap = p.end - at;
      p.payloadLen = p.payloadCap;
      return;
    case EtherType.pppoeSession: {
      // RFC 2516 section 4: version/type, code, session, length, then a PPP protocol number.
      if (p.end - at < 8) return stop(p, Problem.truncated);
      const protocol = u16(p.buf, at + 6);
      if (protocol === 0x0021) return decodeIpv4(p, at + 8);
      if (protocol === 0x0057) return decodeIpv6(p, at + 8);
      return stop(p, Problem.unknown);
    }
    default:
      p.problem = Problem.unknown;
  }
}

function decodeByVersion(p: Packet, at: number): void {
  if (at >= p.end) return stop(p, Problem.truncated);
  const version = p.buf[at]! >> 4;
  if (version === 4) decodeIpv4(p, at);
  else if (version === 6) decodeIpv6(p, at);
  else stop(p, Problem.malformed);
}
