/** IPv4 (RFC 791), IPv6 with its extension headers (RFC 8200), and the transport above. */
import { type Packet, Problem } from '../model/index.ts';
import { u16, u32 } from '../util/bytes.ts';
import { stop } from './link.ts';

const IpProto = { hopByHop: 0, tcp: 6, udp: 17, routing: 43, fragment: 44, ah: 51, destination: 60 } as const;
/** Mobility (RFC 6275), HIP (RFC 7401), Shim6 (RFC 5533): same layout as the options headers. */
const otherExtensions = [135, 139, 140];

/** Extension headers before we call it nonsense: RFC 8200 section 4.1 names seven. */
const maxExtensions = 16;

export function decodeIpv4(p: Packet, at: number): void {
  const { buf, end } = p;
  if (end - at < 20) return stop(p, Problem.truncated);
  const headerLen = (buf[at]! & 0x0f) * 4;
  if (buf[at]! >> 4 !== 4 || headerLen < 20) return stop(p, Problem.malformed);
  let totalLen = u16(buf, at + 2);
  // Segmentation offload hands over packets larger than the field can say: the length is 0 then.
  if (totalLen === 0) totalLen = p.frame.origLen - (at - p.frame.start);
  if (totalLen < headerLen) return stop(p, Problem.malformed);
  p.ipVersion = 4;
  p.ipOff = at;
  p.ipTtl = buf[at + 8]!;
  p.ipProto = buf[at + 9]!;
  p.srcOff = at + 12;
  p.dstOff = at + 16;
  const flags = u16(buf, at + 6);
  if (flags & 0x3fff) {
    p.isFragment = true;
    p.fragMore = (flags & 0x2000) !== 0;
    p.fragOff = (flags & 0x1fff) * 8;
    p.fragId = u16(buf, at + 4);
  }
  p.ipPayloadOff = at + headerLen;
  p.ipPayloadLen = totalLen - headerLen;
  if (p.ipPayloadOff > end) return stop(p, Problem.truncated);
  if (!p.isFragment) transport(p);
}

export function decodeIpv6(p: Packet, at: number): void {
  const { buf, end } = p;
  if (end - at < 40) return stop(p, Problem.truncated);
  if (buf[at]! >> 4 !== 6) return stop(p, Problem.malformed);
  p.ipVersion = 6;
  p.ipOff = at;
  p.ipTtl = buf[at + 7]!;
  p.srcOff = at + 8;
  p.dstOff = at + 24;
  let payloadLen = u16(buf, at + 4);
  const next = buf[at + 6]!;
  const off = at + 40;
  // A jumbogram (RFC 2675), or offload as above.
  if (payloadLen === 0 && next !== 59) payloadLen = p.frame.origLen - (off - p.frame.start);
  walkExtensions(p, next, off, payloadLen);
}

/** From the header of type `next` at `off` to the transport; `length` bytes of payload from there on. */
function walkExtensions(p: Packet, next: number, off: number, length: number): void {
  const { buf, end } = p;
  for (let i = 0; i < maxExtensions; i++) {
    const kind = extensionKind(next);
    if (kind === 'none') break;
    p.ipProto = next;
    p.ipPayloadOff = off;
    p.ipPayloadLen = length;
    if (end - off < 8) return stop(p, Problem.truncated);
    let size = 8;
    if (kind === 'options') size = (buf[off + 1]! + 1) * 8;
    else if (kind === 'ah') size = (buf[off + 1]! + 2) * 4;
    else {
      const field = u16(buf, off + 2);
      p.fragOff = field & 0xfff8;
      p.fragMore = (field & 1) !== 0;
      p.fragId = u32(buf, off + 4);
      // Offset 0 and nothing more: an atomic fragment (RFC 6946), whole by itself.
      p.isFragment = p.fragMore || p.fragOff > 0;
    }
    next = buf[off]!;
    off += size;
    length -= size;
    if (length < 0) return stop(p, Problem.malformed);
    if (p.isFragment) break;
  }
  p.ipProto = next;
  p.ipPayloadOff = off;
  p.ipPayloadLen = length;
  if (off > end) return stop(p, Problem.truncated);
  if (!p.isFragment) transport(p);
}

function extensionKind(next: number): 'options' | 'fragment' | 'ah' | 'none' {
  if (next === IpProto.tcp || next === IpProto.udp) return 'none';
  if (next === IpProto.hopByHop || next === IpProto.routing || next === IpProto.destination) return 'options';
  if (next === IpProto.fragment) return 'fragment';
  if (next === IpProto.ah) return 'ah';
  return otherExtensions.includes(next) ? 'options' : 'none';
}

/**
 * From `ipProto` and the IP payload on, for a datagram put together from fragments: IPv6 may have headers
 * behind the fragment header too.
 */
export function decodeTransport(p: Packet): void {
  if (p.ipVersion === 6) walkExtensions(p, p.ipProto, p.ipPayloadOff, p.ipPayloadLen);
  else transport(p);
}

/** TCP (RFC 9293), UDP (RFC 768). Others keep the IP payload. */
function transport(p: Packet): void {
  const at = p.ipPayloadOff;
  if (p.ipProto === IpProto.tcp) return decodeTcp(p, at);
  if (p.ipProto === IpProto.udp) return decodeUdp(p, at);
  setPayload(p, at, p.ipPayloadLen);
}

function decodeTcp(p: Packet, at: number): void {
  const { buf } = p;
  if (p.end - at < 20) return stop(p, p.ipPayloadLen < 20 ? Problem.malformed : Problem.truncated);
  const headerLen = (buf[at + 12]! >> 4) * 4;
  if (headerLen < 20 || headerLen > p.ipPayloadLen) return stop(p, Problem.malformed);
  p.srcPort = u16(buf, at);
  p.dstPort = u16(buf, at + 2);
  p.tcpSeq = u32(buf, at + 4);
  p.tcpAck = u32(buf, at + 8);
  p.tcpFlags = buf[at + 13]!;
  p.tcpWindow = u16(buf, at + 14);
  p.transport = IpProto.tcp;
  p.tcpOptOff = at + 20;
  p.tcpOptLen = Math.max(0, Math.min(headerLen, p.end - at) - 20);
  setPayload(p, at + headerLen, p.ipPayloadLen - headerLen);
}

function decodeUdp(p: Packet, at: number): void {
  const { buf } = p;
  if (p.end - at < 8) return stop(p, p.ipPayloadLen < 8 ? Problem.malformed : Problem.truncated);
  let length = u16(buf, at + 4);
  // A jumbogram or offload: up to the end of the IP payload.
  if (length === 0) length = p.ipPayloadLen;
  if (length < 8 || length > p.ipPayloadLen) return stop(p, Problem.malformed);
  p.srcPort = u16(buf, at);
  p.dstPort = u16(buf, at + 2);
  p.transport = IpProto.udp;
  setPayload(p, at + 8, length - 8);
}

function setPayload(p: Packet, at: number, length: number): void {
  p.payloadOff = at;
  p.payloadLen = length;
  const captured = p.end - at;
  p.payloadCap = Math.max(0, Math.min(captured, length));
  if (p.payloadCap < length) p.problem = Problem.truncated;
}
